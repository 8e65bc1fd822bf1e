"""The proportional odds model of answers in ordered classes, on counted patterns: logit P(Y <= j) = cut_j - x b.

McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x. Newton's method on the observed information; the log-likelihood
has one maximum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlogy

from impact_pipeline.methods.measures.moments import Floats
from impact_pipeline.methods.measures.refused import RefusedMeasure

SETTLED = 1e-18  # Newton's decrement, a person
ROUNDS = 100
HALVINGS = 40
FARTHEST = 30.0  # coefficients beyond this, in standard deviations of x, run away


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """`value` is the log-likelihood, `cuts` (classes - 1,) rise, `coefficients` (p,) are log odds of a higher class."""

    value: float
    cuts: Floats
    coefficients: Floats


def ordinal_logit(answer: Floats, x: Floats, count: Floats) -> OrdinalFit:
    """Fit on m patterns: `answer` (m,), `x` (m, p), `count` (m,) people of each.

    Raises RefusedMeasure: `one-answer`, `separation` (x tells the answer), `not-converged`.
    """
    classes, place = np.unique(answer, return_inverse=True)
    if len(classes) < 2:
        raise RefusedMeasure("one-answer", "everybody gave the same answer")
    shares = np.array([count[place == j].sum() for j in range(len(classes))]) / count.sum()
    below = np.cumsum(shares)[:-1]
    parameters = np.concatenate([np.log(below / (1 - below)), np.zeros(x.shape[1])])
    likelihood = _Likelihood(place, x, count, len(classes) - 1)
    value = likelihood.value(parameters)
    for _ in range(ROUNDS):
        gradient, information = likelihood.slopes(parameters)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            raise RefusedMeasure("separation", "the answer is told by the level or the group alone") from None
        if float(gradient @ step) / count.sum() < SETTLED:
            cuts = len(classes) - 1
            return OrdinalFit(value, parameters[:cuts], parameters[cuts:])
        for halved in range(HALVINGS):
            tried = parameters + step / 2**halved
            told = likelihood.value(tried)
            if told >= value - 1e-12 * abs(value):
                parameters, value = tried, told
                break
        else:
            break
        if np.abs(parameters[len(classes) - 1 :]).max(initial=0) > FARTHEST:
            raise RefusedMeasure("separation", "the answer is told by the level or the group alone")
    raise RefusedMeasure("not-converged", "the ordinal model does not settle on these answers")


def null_log_likelihood(answer: Floats, count: Floats) -> float:
    """Log-likelihood of cuts alone: sum of n_j log(n_j / n)."""
    totals = np.array([count[answer == j].sum() for j in np.unique(answer)])
    return float(xlogy(totals, totals / totals.sum()).sum())


class _Likelihood:
    """The log-likelihood of patterns and its slopes; parameters are the cuts, then the coefficients."""

    def __init__(self, place: NDArray[np.int64], x: Floats, count: Floats, cuts: int):
        self.count = count
        self.has_upper, self.has_lower = place < cuts, place > 0
        upper, lower = np.zeros((len(place), cuts)), np.zeros((len(place), cuts))
        rows = np.arange(len(place))
        upper[rows[self.has_upper], place[self.has_upper]] = 1
        lower[rows[self.has_lower], place[self.has_lower] - 1] = 1
        self.upper = np.hstack([upper, -x * self.has_upper[:, None]])
        self.lower = np.hstack([lower, -x * self.has_lower[:, None]])

    def value(self, parameters: Floats) -> float:
        """Minus infinity where the cuts do not rise."""
        above, under = self._cumulated(parameters)
        between = above - under
        if (between <= 0).any():
            return -np.inf
        return float(self.count @ np.log(between))

    def slopes(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Gradient and minus the second derivative, each pattern counted as often as it occurs."""
        above, under = self._cumulated(parameters)
        between = above - under
        f_above = above * (1 - above) * self.has_upper
        f_under = under * (1 - under) * self.has_lower
        g_above, g_under = f_above / between, f_under / between
        second_above = f_above * (1 - 2 * above) / between - g_above**2
        second_under = -f_under * (1 - 2 * under) / between - g_under**2
        gradient = self.upper.T @ (self.count * g_above) - self.lower.T @ (self.count * g_under)
        crossed = self.upper.T @ (self.lower * (self.count * g_above * g_under)[:, None])
        second = (
            self.upper.T @ (self.upper * (self.count * second_above)[:, None])
            + self.lower.T @ (self.lower * (self.count * second_under)[:, None])
            + crossed
            + crossed.T
        )
        return gradient, -second

    def _cumulated(self, parameters: Floats) -> tuple[Floats, Floats]:
        """P(Y <= answer) and P(Y < answer) of each pattern."""
        above = np.where(self.has_upper, expit(self.upper @ parameters), 1.0)
        under = np.where(self.has_lower, expit(self.lower @ parameters), 0.0)
        return above, under
