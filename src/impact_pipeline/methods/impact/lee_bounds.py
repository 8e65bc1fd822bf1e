"""Bounds of an effect among those who would have answered in either arm, whatever the lost would have said.

The outcome of all assigned units comes in, NaN for those lost; `LeeBounds` go out. They suppose that the treatment can
only keep people answering, or only lose them, never both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.inference import Told
from impact_pipeline.methods.impact.influence import influence_told
from impact_pipeline.methods.impact.row_order import sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample


@dataclass(frozen=True, slots=True)
class LeeBounds:
    """`low` and `high` bound the effect, in the outcome's unit, with their errors.

    `trimmed` is the share of the more answering arm's answers that is set aside, from above for one bound and from
    below for the other; `trimmed_arm` says whose. The effect itself lies between `interval_low` and `interval_high`
    with the confidence asked (Imbens & Manski 2004, doi:10.1111/j.1468-0262.2004.00555.x), on Student's law with `df`
    degrees of freedom, the normal law where it is None.
    """

    low: float
    high: float
    low_se: float
    high_se: float
    se_rule: str
    df: float | None
    trimmed: float
    trimmed_arm: str
    interval_low: float
    interval_high: float
    n_treated: int
    n_control: int


def lee_bounds(
    outcome: Floats,
    treated: Booleans,
    *,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> LeeBounds:
    """Lee (2009, doi:10.1111/j.1467-937X.2009.00536.x), with the variances of its proposition 3.

    Of an arm that kept a share q1 and another that kept q0 < q1, p = 1 - q0/q1 of the first's answers are set aside;
    an answer at the limit is set aside in part, so that ties have one answer. With m the mean of the rest, y the limit:
    V = [var of the rest + (y - m)^2 p] / ((1 - p) n1 q1) + (y - m)^2 [(1 - q1)/(n1 q1) + (1 - q0)/(n0 q0)] + var0/(n0
    q0), n being sums of weights squared over sums of squares where units have weights. With clusters V is that of the
    bounds' influence functions, whose sum of squares it is without, added up by cluster; the jackknife's where there
    are fewer than 50 (`influence`). Raises RefusedEffect: `no-leaver`, `nobody-stayed`, `no-variation`,
    `too-few-clusters`, `cluster-decides`, and those of `sample`.
    """
    y = np.asarray(outcome, dtype=np.float64)
    left = np.isnan(y)
    if not left.any():
        sample(y, treated, clusters=clusters, weights=weights)
        raise RefusedEffect("no-leaver", "nobody was lost: the effect needs no bounds")
    s, order = sorted_rows(sample(np.where(left, 0.0, y), treated, clusters=clusters, weights=weights), left)
    stayed = ~left[order]
    found = _Trimming.of(s, stayed)
    low, high = found.bounds
    if s.clusters is None:
        (low_se, high_se), df, rule = found.errors, None, "influence"
    else:
        told = [_clustered(s, stayed, end, confidence) for end in (0, 1)]
        low_se, high_se, df, rule = told[0].se, told[1].se, told[0].df, told[0].rule
    if not min(low_se, high_se) > 0:
        raise RefusedEffect("no-variation", "outcomes do not vary within arms: no error can be told")
    critical = _imbens_manski(high - low, max(low_se, high_se), confidence, df)
    kept = [int(np.count_nonzero(stayed & arm)) for arm in (s.treated, ~s.treated)]
    return LeeBounds(
        low, high, low_se, high_se, rule, df, found.share, "treated" if found.trims_treated else "control",
        low - critical * low_se, high + critical * high_se, kept[0], kept[1],
    )  # fmt: skip


def _clustered(s: Sample, stayed: Booleans, end: int, confidence: float) -> Told:
    """The lower (`end` 0) or upper bound with the error that clusters give it."""
    found = _Trimming.of(s, stayed)

    def again(left: Sample, rows: Integers) -> float:
        return _Trimming.of(left, stayed[rows]).bounds[end]

    return influence_told(found.bounds[end], found.influences(s, stayed)[end], s, confidence, again)[0]


@dataclass(frozen=True, slots=True)
class _Trimming:
    """The arm that answered more, the other one, and the share of the first's answers to set aside."""

    more: _Arm
    other: _Arm
    trims_treated: bool
    share: float

    @staticmethod
    def of(s: Sample, stayed: Booleans) -> _Trimming:
        base = np.ones(s.n) if s.weights is None else s.weights
        one, zero = (_Arm.of(s.outcome[arm], stayed[arm], base[arm]) for arm in (s.treated, ~s.treated))
        trims_treated = one.kept >= zero.kept
        more, other = (one, zero) if trims_treated else (zero, one)
        return _Trimming(more, other, trims_treated, 1 - other.kept / more.kept)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lower and the upper bound of the effect."""
        least, greatest = (
            self.more.rest(self.share, told)[0] - self.other.rest(0.0, True)[0] for told in (True, False)
        )
        return (least, greatest) if self.trims_treated else (-greatest, -least)

    @property
    def errors(self) -> tuple[float, float]:
        """Of the lower and of the upper bound, units being drawn one by one."""
        more, other, p = self.more, self.other, self.share
        shares = (1 - more.kept) / (more.size * more.kept) + (1 - other.kept) / (other.size * other.kept)
        beside = other.rest(0.0, True)[1] / (other.size * other.kept)
        told = []
        for least in (True, False):
            mean, spread, limit = more.rest(p, least)
            variance = (spread + (limit - mean) ** 2 * p) / (more.size * more.kept * (1 - p))
            told.append(float(np.sqrt(variance + (limit - mean) ** 2 * shares + beside)))
        return (told[0], told[1]) if self.trims_treated else (told[1], told[0])

    def influences(self, s: Sample, stayed: Booleans) -> tuple[Floats, Floats]:
        """Of each unit (n,) on the lower and on the upper bound.

        Of the trimmed mean m with limit y and r = q0/q1: (y_i - y)/r among the rest, y - m besides, for each who stayed
        in its arm; (y - m) times the influence on r/r, that of log q0 less log q1.
        """
        w = np.ones(s.n) if s.weights is None else s.weights
        ours = s.treated == self.trims_treated
        shares = np.zeros(s.n)
        for arm, sign in ((ours, -1.0), (~ours, 1.0)):
            kept = float(w[arm & stayed].sum() / w[arm].sum())
            shares[arm] = sign * w[arm] * (stayed[arm] - kept) / (kept * w[arm].sum())
        ours, others = ours & stayed, ~ours & stayed
        mean0 = self.other.rest(0.0, True)[0]
        beside = np.where(others, w * (s.outcome - mean0) / w[others].sum(), 0.0)
        told = []
        for least in (True, False):
            mean, _, limit = self.more.rest(self.share, least)
            beyond = s.outcome - limit
            inside = np.minimum(beyond, 0.0) if least else np.maximum(beyond, 0.0)
            trimmed = np.where(ours, w / w[ours].sum() * (inside / (1 - self.share) + limit - mean), 0.0)
            told.append(trimmed + (limit - mean) * shares - beside)
        return (told[0], told[1]) if self.trims_treated else (-told[1], -told[0])


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


def _imbens_manski(width: float, se: float, confidence: float, df: float | None) -> float:
    """c such that F(c + width/se) - F(-c) is the confidence: between the one- and the two-sided value."""

    def law(x: float) -> float:
        return float(ndtr(x) if df is None else stdtr(df, x))

    def short(c: float) -> float:
        return law(c + width / se) - law(-c) - confidence

    ends = (confidence, 1 - (1 - confidence) / 2)
    one, two = (float(ndtri(share) if df is None else stdtrit(df, share)) for share in ends)

    if short(one) >= 0:
        return one
    return float(brentq(short, one, two + 1e-9, xtol=1e-14, rtol=1e-14))
