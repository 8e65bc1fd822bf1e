"""Bounds of an effect among those who would have answered in either arm, whatever the lost would have said.

The outcome of all assigned units comes in, NaN for those lost; `LeeBounds` go out. They suppose that the treatment can
only keep people answering, or only lose them, never both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.sample import Booleans, Floats, sample


@dataclass(frozen=True, slots=True)
class LeeBounds:
    """`low` and `high` bound the effect, in the outcome's unit, with their errors.

    `trimmed` is the share of the more answering arm's answers that is set aside, from above for one bound and from
    below for the other; `trimmed_arm` says whose. The effect itself lies between `interval_low` and `interval_high`
    with the confidence asked (Imbens & Manski 2004, doi:10.1111/j.1468-0262.2004.00555.x).
    """

    low: float
    high: float
    low_se: float
    high_se: float
    trimmed: float
    trimmed_arm: str
    interval_low: float
    interval_high: float
    n_treated: int
    n_control: int


def lee_bounds(
    outcome: Floats, treated: Booleans, *, weights: Floats | None = None, confidence: float = 0.95
) -> LeeBounds:
    """Lee (2009, doi:10.1111/j.1467-937X.2009.00536.x), with the variances of its proposition 3.

    Of an arm that kept a share q1 and another that kept q0 < q1, p = 1 - q0/q1 of the first's answers are set aside;
    an answer at the limit is set aside in part, so that ties have one answer. With m the mean of the rest, y the limit:
    V = [var of the rest + (y - m)^2 p] / ((1 - p) n1 q1) + (y - m)^2 [(1 - q1)/(n1 q1) + (1 - q0)/(n0 q0)] + var0/(n0
    q0), n being sums of weights squared over sums of squares where units have weights. Clusters are not known here.
    Raises RefusedEffect: `no-leaver`, `nobody-stayed`, `no-variation`, and those of `sample`.
    """
    y = np.asarray(outcome, dtype=np.float64)
    left = np.isnan(y)
    s = sample(np.where(left, 0.0, y), treated, weights=weights)
    if not left.any():
        raise RefusedEffect("no-leaver", "nobody was lost: the effect needs no bounds")
    order = np.lexsort([np.ones(s.n) if s.weights is None else s.weights, s.outcome, left, s.treated])
    base = (np.ones(s.n) if s.weights is None else s.weights)[order]
    d, stayed, answer = s.treated[order], ~left[order], s.outcome[order]
    arms = [_Arm.of(answer[d], stayed[d], base[d]), _Arm.of(answer[~d], stayed[~d], base[~d])]
    more = int(arms[1].kept > arms[0].kept)
    trimmed, whole = arms[more], arms[1 - more]
    p = 1 - whole.kept / trimmed.kept
    shares = (1 - trimmed.kept) / (trimmed.size * trimmed.kept) + (1 - whole.kept) / (whole.size * whole.kept)
    means = []
    for least in (True, False):
        mean, spread, limit = trimmed.rest(p, least)
        variance = (spread + (limit - mean) ** 2 * p) / (trimmed.size * trimmed.kept * (1 - p))
        variance += (limit - mean) ** 2 * shares
        means.append((mean, variance))
    other, other_variance = whole.rest(0.0, True)[0], whole.rest(0.0, True)[1] / (whole.size * whole.kept)
    bounds = [(mean - other, float(np.sqrt(variance + other_variance))) for mean, variance in means]
    if more == 1:
        bounds = [(-effect, se) for effect, se in reversed(bounds)]
    (low, low_se), (high, high_se) = bounds
    if not min(low_se, high_se) > 0:
        raise RefusedEffect("no-variation", "outcomes do not vary within arms: no error can be told")
    critical = _imbens_manski(high - low, max(low_se, high_se), confidence)
    kept = [int(np.count_nonzero(stayed & arm)) for arm in (d, ~d)]
    return LeeBounds(
        low, high, low_se, high_se, p, "control" if more else "treated", low - critical * low_se,
        high + critical * high_se, kept[0], kept[1],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Arm:
    """Answers (m,) from the least, their weights; the share kept, and the number of units assigned that weights are
    worth."""

    answers: Floats
    weights: Floats
    kept: float
    size: float

    @staticmethod
    def of(answer: Floats, stayed: Booleans, base: Floats) -> _Arm:
        if not stayed.any():
            raise RefusedEffect("nobody-stayed", "an arm has no outcome")
        y, w = answer[stayed], base[stayed]
        order = np.lexsort([w, y])
        return _Arm(y[order], w[order], float(w.sum() / base.sum()), float(base.sum() ** 2 / (base**2).sum()))

    def rest(self, p: float, least: bool) -> tuple[float, float, float]:
        """Mean, variance and limit of the least (or greatest) 1 - p of the answers."""
        y, w = (self.answers, self.weights) if least else (self.answers[::-1], self.weights[::-1])
        before = np.concatenate([[0.0], np.cumsum(w)[:-1]])
        left = np.clip(float(w.sum()) * (1 - p) - before, 0.0, w)
        mean = float(left @ y / left.sum())
        variance = float(left @ (y - mean) ** 2 / left.sum())
        return mean, variance, float(y[np.flatnonzero(left > 1e-12 * w)[-1]])


def _imbens_manski(width: float, se: float, confidence: float) -> float:
    """c such that Phi(c + width/se) - Phi(-c) is the confidence: between the one- and the two-sided value."""
    one, two = float(ndtri(confidence)), float(ndtri(1 - (1 - confidence) / 2))

    def short(c: float) -> float:
        return float(ndtr(c + width / se) - ndtr(-c)) - confidence

    if short(one) >= 0:
        return one
    return float(brentq(short, one, two + 1e-9, xtol=1e-14, rtol=1e-14))
