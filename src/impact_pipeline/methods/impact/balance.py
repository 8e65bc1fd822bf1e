"""How alike two groups are before and after adjustment: means, spreads, distributions, overlap, and tests for trials.

Treatment, covariates and the weights of an adjustment come in, one `Balance` row a covariate goes out. Differences are
judged by their size, not by a test: p is computed for trials alone, where it asks whether the draw went as declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.inference import Rule, regress
from impact_pipeline.methods.impact.robust import JointTest
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, dummies, sample


@dataclass(frozen=True, slots=True)
class Balance:
    """A covariate in both groups, before an adjustment or after (`adjusted`), of the units that it does not leave out.

    Means and standard deviations are in the covariate's unit. `smd` = (mean_treated - mean_control) / standard
    deviation of the treated before adjustment; `normalised_difference` divides by the root of the mean of both
    variances before adjustment (Imbens & Rubin 2015); both None where units are all alike; a standard deviation
    is None for a single unit. `variance_ratio` is treated
    over control; `ks` the largest difference of the two cumulative distributions, 0 to 1. `p` is two-sided, for trials.
    """

    covariate: str
    adjusted: bool
    n_treated: int
    n_control: int
    mean_treated: float
    mean_control: float
    sd_treated: float | None
    sd_control: float | None
    smd: float | None
    variance_ratio: float | None
    ks: float
    normalised_difference: float | None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """What weights leave of a comparison group.

    effective_n = (sum w)^2 / sum w^2 (Kish 1965) of each arm; max_weight_share: the largest share that one unit has of
    its arm's weights; off_support: share of the treated whose score lies outside the controls' range, None without
    scores.
    """

    effective_n_treated: float
    effective_n_control: float
    max_weight_share: float
    off_support: float | None


def balance(
    treated: Booleans,
    *,
    covariates: Floats,
    names: Sequence[str] | None = None,
    weights: Floats | None = None,
    adjustment: Floats | None = None,
) -> tuple[Balance, ...]:
    """The covariates (n, p) before adjustment and, where `adjustment` (n,) is given, after it, p rows each.

    `weights` (n,) are of sampling; `adjustment` are the whole weights of an adjusted comparison (sampling weights among
    them), 0 for a unit left out. Variances of weighted units are sum w (x - mean)^2 / (sum w - sum w^2 / sum w). Raises
    RefusedEffect: `missing-values`, `bad-weights`, `empty-arm` (also where an adjustment leaves an arm empty).
    """
    s = sample(np.zeros(len(treated)), treated, covariates=covariates, weights=weights)
    called = _names(s, names)
    before = np.ones(s.n) if s.weights is None else s.weights
    rows = [_row(s, j, name, before, before, False) for j, name in enumerate(called)]
    if adjustment is not None:
        after = _checked(s, adjustment)
        rows += [_row(s, j, name, before, after, True) for j, name in enumerate(called)]
    return tuple(rows)


def trial_balance(
    treated: Booleans,
    *,
    covariates: Floats,
    names: Sequence[str] | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    rule: Rule | None = None,
) -> tuple[Balance, ...]:
    """The rows of `balance` before adjustment, with the p of each covariate's difference between arms.

    The coefficient of the treatment in a regression of the covariate on it and block indicators, with HC2 or clustered
    errors as the house's rule. Raises RefusedEffect as `inference.regress`; a covariate that does not vary has no p.
    """
    s = sample(
        np.zeros(len(treated)), treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights
    )
    w = np.ones(s.n) if s.weights is None else s.weights
    return tuple(
        _row(s, j, name, w, w, False, _difference_p(s, s.covariates[:, j], rule))
        for j, name in enumerate(_names(s, names))
    )


def joint_balance(
    treated: Booleans,
    *,
    covariates: Floats,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    rule: Rule | None = None,
) -> JointTest:
    """That no covariate tells the arms apart: all are zero in a regression of the treatment on them and on blocks.

    An F test with HC2 or clustered errors. A missing covariate is refused, never left out in silence. Raises
    RefusedEffect `no-covariates`, and those of `inference.regress`.
    """
    s = sample(
        np.zeros(len(treated)), treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights
    )
    k = s.covariates.shape[1]
    if k == 0:
        raise RefusedEffect("no-covariates", "balance needs a covariate")
    x = np.column_stack([s.covariates - s.covariates.mean(axis=0), np.ones(s.n), *_block_columns(s)])
    regression = regress(x, s, s.treated.astype(np.float64), rule)
    return regression.joint_test(np.eye(k, x.shape[1]))


def overlap(treated: Booleans, adjustment: Floats, scores: Floats | None = None) -> Overlap:
    """Effective sizes and the heaviest unit under the weights (n,) of an adjustment; `scores` (n,) are propensities."""
    s = sample(np.zeros(len(treated)), treated)
    w = _checked(s, adjustment)
    one, zero = w[s.treated], w[~s.treated]
    off = None
    if scores is not None:
        among = scores[~s.treated]
        off = float(np.mean((scores[s.treated] < among.min()) | (scores[s.treated] > among.max())))
    return Overlap(effective_n(one), effective_n(zero), float(max(one.max() / one.sum(), zero.max() / zero.sum())), off)


def effective_n(weights: Floats) -> float:
    """(sum w)^2 / sum w^2 (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def largest_smd(rows: Sequence[Balance], adjusted: bool) -> float:
    """The largest absolute standardised difference of the rows before or after; infinite where one has no scale."""
    sizes = [_size(row) for row in rows if row.adjusted == adjusted]
    return max(sizes, default=0.0)


def _size(row: Balance) -> float:
    if row.smd is not None:
        return abs(row.smd)
    return 0.0 if row.mean_treated == row.mean_control else float("inf")


def _names(s: Sample, names: Sequence[str] | None) -> Sequence[str]:
    p = s.covariates.shape[1]
    called = [f"covariate {j + 1}" for j in range(p)] if names is None else names
    if len(called) != p:
        raise ValueError(f"{len(called)} names for {p} covariates")
    return called


def _checked(s: Sample, adjustment: Floats) -> Floats:
    w = np.asarray(adjustment, dtype=np.float64)
    if len(w) != s.n:
        raise ValueError(f"adjustment: {len(w)} rows, there are {s.n} units")
    if not (np.isfinite(w).all() and (w >= 0).all()):
        raise RefusedEffect("bad-weights", "a weight of the adjustment is missing, infinite or below zero")
    if not (w[s.treated].any() and w[~s.treated].any()):
        raise RefusedEffect("empty-arm", "the adjustment leaves no unit of an arm")
    return w


def _row(
    s: Sample, j: int, name: str, before: Floats, weights: Floats, adjusted: bool, p: float | None = None
) -> Balance:
    x, d = s.covariates[:, j], s.treated
    m1, m0 = (float(np.average(x[arm], weights=weights[arm])) for arm in (d, ~d))
    v1, v0 = (_variance(x[arm], weights[arm]) for arm in (d, ~d))
    b1, b0 = (_variance(x[arm], before[arm]) for arm in (d, ~d))
    return Balance(
        covariate=name, adjusted=adjusted, n_treated=int(np.count_nonzero(weights[d])),
        n_control=int(np.count_nonzero(weights[~d])), mean_treated=m1, mean_control=m0, sd_treated=_root(v1),
        sd_control=_root(v0), smd=_over(m1 - m0, float(np.sqrt(b1))), variance_ratio=_over(v1, v0),
        ks=_kolmogorov_smirnov(x, d, weights), normalised_difference=_over(m1 - m0, float(np.sqrt((b1 + b0) / 2))), p=p,
    )  # fmt: skip


def _over(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


def _root(variance: float) -> float | None:
    return float(np.sqrt(variance)) if np.isfinite(variance) else None


def _variance(x: Floats, w: Floats) -> float:
    left = float(w.sum() - (w**2).sum() / w.sum())
    centred = x - np.average(x, weights=w)
    return float((w * centred**2).sum()) / left if left > 1e-12 * float(w.sum()) else float("nan")


def _kolmogorov_smirnov(x: Floats, d: Booleans, w: Floats) -> float:
    order = np.lexsort([w, d, x])
    values, arm = x[order], d[order]
    last = np.append(values[1:] != values[:-1], True)
    mass = [np.cumsum(np.where(arm == which, w[order], 0.0)) for which in (True, False)]
    return float(np.abs(mass[0] / mass[0][-1] - mass[1] / mass[1][-1])[last].max())


def _block_columns(s: Sample) -> list[Floats]:
    return [] if s.blocks is None else [dummies(s.blocks)]


def _difference_p(s: Sample, values: Floats, rule: Rule | None) -> float | None:
    x = np.column_stack([np.ones(s.n), s.treated.astype(np.float64), *_block_columns(s)])
    try:
        return regress(x, s, values - values.mean(), rule).contrast(np.eye(x.shape[1])[1], 0.95).p
    except RefusedEffect as refused:
        if refused.code == "no-variation":
            return None
        raise
