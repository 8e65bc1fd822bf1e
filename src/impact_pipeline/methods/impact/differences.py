"""Differences in differences between two groups before and after: units seen twice, or other units each time.

Arrays come in, an `EffectEstimate` of the effect on the treated goes out. It rests on parallel trends: without
treatment both groups would have changed alike. `event_studies` follows the groups over more periods; adoption at
different dates is not answered here. Errors are clustered (Bertrand, Duflo & Mullainathan 2004,
doi:10.1162/003355304772839588).
"""

from __future__ import annotations

from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import (
    SEED,
    Rule,
    effect_of,
    regress,
    wild_details,
)
from impact_pipeline.methods.impact.randomisation import randomisation_test
from impact_pipeline.methods.impact.sample import (
    FEW_CLUSTERS,
    Booleans,
    Floats,
    Integers,
    Sample,
    dummies,
    sample,
    yes_or_no,
)

FewTreated = Literal["refuse", "permutation"]
Number = TypeVar("Number", bound=np.generic)


def difference_in_differences(
    outcome: Floats,
    treated: Booleans,
    *,
    baseline: Floats,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
    few_treated: FewTreated = "refuse",
) -> EffectEstimate:
    """The treated's change from `baseline` (n,) to `outcome` (n,) less the controls', units seen in both.

    The regression of the change on the treatment, covariates (of before) and block indicators: the same as with an
    indicator a unit. Beside it, the effect of a regression on the baseline (`ancova_effect`): where groups differ at
    the start, the two bracket the truth under either assumption (Ding & Li 2019, doi:10.1017/pan.2019.25). Where an arm
    has fewer than five clusters, `permutation_p` is that of the assignments of whole clusters that could have been.

    Raises RefusedEffect as `inference.regress`: `too-few-clusters` among others. With `few_treated="permutation"` a
    single treated cluster is answered without a standard error: p is that of permutation alone, and the caution
    `one-treated-cluster` says so.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    before = sample(baseline, treated).outcome
    change = s.outcome - before
    d, others = s.treated.astype(np.float64), _others(s)
    details = _by_permutation(s, change, seed)
    arms = s.clusters_by_arm
    if few_treated == "permutation" and arms is not None and min(arms) == 1 and "permutation_p" in details:
        return _one_cluster(s, change, others, before, details)
    regression = regress(np.column_stack([np.ones(s.n), d, others]), s, change - change.mean(), rule)
    given = regress(np.column_stack([np.ones(s.n), d, before - before.mean(), others]), s, rule=rule)
    details["ancova_effect"] = float(given.coefficients[1])
    details["baseline_difference"] = _difference(before, s)
    if regression.cluster is not None:
        details |= wild_details(regression.cluster.grams, 1, seed)
    found = regression.contrast(_unit_vector(1, len(regression.coefficients)), confidence)
    return effect_of(
        found, s, estimator="difference_in_differences", estimand="att", sd=s.control_sd(before), details=details
    )


def repeated_cross_sections(
    outcome: Floats,
    treated: Booleans,
    *,
    after: Booleans,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
) -> EffectEstimate:
    """The treated group's change less the control group's, rows being those of either time (`after` (n,) says which).

    The coefficient of treated x after in a regression on both and their product, covariates and block indicators. Where
    clusters are each of one group and seen both times, the differences in differences of their means stand beside
    (`collapsed_effect`, `_se`, `_df`, `_p`), each cluster counting once. n are those of after; sd is that of the
    control group before. Raises RefusedEffect `empty-cell` (a group not seen at one of the times), and as
    `inference.regress`.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    late = yes_or_no(after, "after")
    for group, time in ((True, True), (True, False), (False, True), (False, False)):
        if not ((s.treated == group) & (late == time)).any():
            raise RefusedEffect("empty-cell", f"no row where treated is {group} and after is {time}")
    d, t = s.treated.astype(np.float64), late.astype(np.float64)
    x = np.column_stack([np.ones(s.n), d, t, d * t, _others(s)])
    regression = regress(x, s, s.outcome - np.average(s.outcome, weights=s.weights), rule)
    details = {}
    if regression.cluster is not None:
        details = wild_details(regression.cluster.grams, 3, seed) | _collapsed_beside(s, late, confidence)
    found = regression.contrast(_unit_vector(3, x.shape[1]), confidence)
    before = Sample(s.outcome[~late], s.treated[~late], s.covariates[~late], None, None, _of(s.weights, ~late))
    at_end = Sample(
        s.outcome[late], s.treated[late], s.covariates[late], _of(s.clusters, late), None, _of(s.weights, late)
    )
    return effect_of(
        found, at_end, estimator="repeated_cross_sections", estimand="att", sd=before.control_sd(), details=details
    )


def collapsed_differences(
    outcome: Floats,
    treated: Booleans,
    *,
    units: Integers,
    after: Booleans,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
) -> EffectEstimate:
    """Differences in differences of each unit's means before and after, whatever the number of rows of a unit.

    What serial correlation within units cannot mislead (Bertrand, Duflo & Mullainathan 2004). `units` (n,) may be
    clusters, each counting once then; `weights` weigh rows within a unit's mean alone. Raises RefusedEffect:
    `unit-absent-in-a-period`, `unit-in-both-arms`, and as `difference_in_differences`.
    """
    s = sample(outcome, treated, clusters=clusters, blocks=blocks, weights=weights)
    late = yes_or_no(after, "after")
    codes, first, unit = np.unique(np.asarray(units), return_index=True, return_inverse=True)
    if (s.treated != s.treated[first][unit]).any():
        raise RefusedEffect("unit-in-both-arms", "a unit is treated in some rows and not in others")
    means = []
    for time in (~late, late):
        w = np.where(time, 1.0 if s.weights is None else s.weights, 0.0)
        size = np.bincount(unit, weights=w, minlength=len(codes))
        if not (size > 0).all():
            raise RefusedEffect("unit-absent-in-a-period", f"{np.count_nonzero(size == 0)} units lack one of the times")
        means.append(np.bincount(unit, weights=w * s.outcome, minlength=len(codes)) / size)
    return difference_in_differences(
        means[1], s.treated[first], baseline=means[0], clusters=_of(s.clusters, first), blocks=_of(s.blocks, first),
        confidence=confidence, seed=seed, rule=rule,
    )  # fmt: skip


def _others(s: Sample) -> Floats:
    """Covariates and block indicators, centred."""
    columns = s.covariates if s.blocks is None else np.column_stack([s.covariates, dummies(s.blocks)])
    return columns if columns.shape[1] == 0 else columns - columns.mean(axis=0)


def _unit_vector(place: int, k: int) -> Floats:
    found = np.zeros(k)
    found[place] = 1.0
    return found


def _of(array: NDArray[Number] | None, rows: Booleans | Integers) -> NDArray[Number] | None:
    return None if array is None else array[rows]


def _difference(values: Floats, s: Sample) -> float:
    w = np.ones(s.n) if s.weights is None else s.weights
    one, zero = (float(np.average(values[arm], weights=w[arm])) for arm in (s.treated, ~s.treated))
    return one - zero


def _by_permutation(s: Sample, change: Floats, seed: int) -> dict[str, float]:
    """The permutation p of whole clusters, where an arm has few of them and no cluster is in both arms."""
    arms = s.clusters_by_arm
    if s.clusters is None or arms is None or min(arms) >= FEW_CLUSTERS or sum(arms) > int(s.clusters.max()) + 1:
        return {}
    try:
        found = randomisation_test(
            change, s.treated, covariates=s.covariates, clusters=s.clusters, blocks=s.blocks, weights=s.weights,
            seed=seed,
        )  # fmt: skip
    except RefusedEffect:
        return {}
    return {"permutation_p": found.p, "permutation_draws": float(found.draws)}


def _one_cluster(
    s: Sample, change: Floats, others: Floats, before: Floats, details: dict[str, float]
) -> EffectEstimate:
    """The effect of a single treated (or control) cluster: nothing but permutation tells how sure it is."""
    root = np.ones(s.n) if s.weights is None else np.sqrt(s.weights)
    x = np.column_stack([np.ones(s.n), s.treated.astype(np.float64), others])
    effect = float(np.linalg.lstsq(x * root[:, None], change * root)[0][1])
    arms = s.clusters_by_arm or (0, 0)
    return EffectEstimate(
        estimator="difference_in_differences", estimand="att", effect=effect, se=None, df=None, low=None, high=None,
        p=details["permutation_p"], se_rule="permutation", n_treated=s.n_treated, n_control=s.n - s.n_treated,
        clusters_treated=arms[0], clusters_control=arms[1], sd=s.control_sd(before), details=details,
        cautions=("one-treated-cluster" if arms[0] == 1 else "one-control-cluster",),
    )  # fmt: skip


def _collapsed_beside(s: Sample, late: Booleans, confidence: float) -> dict[str, float]:
    if s.clusters is None:
        return {}
    try:
        found = collapsed_differences(
            s.outcome, s.treated, units=s.clusters, after=late, weights=s.weights, confidence=confidence
        )
    except RefusedEffect:
        return {}
    told = {"effect": found.effect, "se": found.se, "df": found.df, "p": found.p}
    return {f"collapsed_{name}": value for name, value in told.items() if value is not None}
