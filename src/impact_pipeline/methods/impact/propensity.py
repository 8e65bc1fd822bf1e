"""The propensity score: the probability of being treated given the covariates, by logistic regression.

Treatment, covariates and weights come in, coefficients with each unit's score and influence on the coefficients go out.
Maximum likelihood, by Newton's method to the last digits and without any penalty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.robust import inverse

Floats = NDArray[np.float64]

ROUNDS = 50
STILL = 1e-11  # a step that moves no unit's log odds by more has arrived
FARTHEST = 30.0  # log odds: a probability of 1e-13, which no sample of ours can tell from never


@dataclass(frozen=True, slots=True)
class Logit:
    """A logistic regression on the constant and p covariates.

    coefficients (p + 1,), the constant first; probabilities (n,) fitted; design (n, p + 1), covariates standardised;
    influences (n, p + 1): what each unit moves the coefficients of `design` by; scale, centre (p,) of the covariates.
    """

    coefficients: Floats
    probabilities: Floats
    design: Floats
    influences: Floats
    centre: Floats
    scale: Floats

    def predict(self, covariates: Floats) -> Floats:
        """Probabilities (m,) of other units."""
        found: Floats = expit(self.coefficients[0] + covariates @ self.coefficients[1:])
        return found


def logit(answered: NDArray[np.bool_], covariates: Floats, weights: Floats | None = None) -> Logit:
    """Logistic regression of a yes/no on covariates (n, p), weighted maximum likelihood.

    Raises RefusedEffect: `separation` (the covariates tell some yes from no for sure: probabilities go to 0 or 1 and
    coefficients to infinity), `collinear`.
    """
    d = answered.astype(np.float64)
    w = np.ones(len(d)) if weights is None else weights
    centre, scale = _centre_and_scale(covariates)
    x = np.column_stack([np.ones(len(d)), (covariates - centre) / scale])
    b = np.zeros(x.shape[1])
    share = float(np.average(d, weights=w))
    if not 0 < share < 1:
        raise RefusedEffect("separation", "all answers are alike: no probability between 0 and 1 can be fitted")
    b[0] = np.log(share / (1 - share))
    for _ in range(ROUNDS):
        p = expit(x @ b)
        step = _step(x, w, d, p)
        b = b + step
        if float(np.abs(x @ b).max()) > FARTHEST:
            break
        if float(np.abs(x @ step).max()) < STILL:
            p = expit(x @ b)
            bread = _bread(x, w, p)
            slopes = b[1:] / scale
            return Logit(
                np.concatenate([[b[0] - float(slopes @ centre)], slopes]), p, x,
                (w * (d - p))[:, None] * (x @ bread), centre, scale,
            )  # fmt: skip
    raise RefusedEffect("separation", "the covariates tell some treated from all controls, or the reverse, for sure")


def _centre_and_scale(covariates: Floats) -> tuple[Floats, Floats]:
    centre, scale = covariates.mean(axis=0), covariates.std(axis=0)
    if covariates.shape[1] and not (scale > 1e-12 * np.maximum(np.abs(centre), 1e-300)).all():
        raise RefusedEffect("collinear", f"covariate {int(np.argmin(scale))} is the same for all units")
    return centre, scale


def _bread(x: Floats, w: Floats, p: Floats) -> Floats:
    return inverse((x * (w * p * (1 - p))[:, None]).T @ x)[0]


def _step(x: Floats, w: Floats, d: Floats, p: Floats) -> Floats:
    try:
        found: Floats = _bread(x, w, p) @ (x.T @ (w * (d - p)))
    except RefusedEffect:
        # Regressors alike in the sample are collinear; those alike only among the units left undecided are separation.
        inverse(x.T @ x)
        raise RefusedEffect("separation", "the covariates tell treated from controls for sure") from None
    return found
