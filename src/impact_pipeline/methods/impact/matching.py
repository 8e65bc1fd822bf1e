"""Comparison groups by matching: exact, coarsened exact, and nearest neighbours without replacement.

Arrays of units come in, an `EffectEstimate` of the effect on the matched treated goes out; `Matched` is for the balance
table. Where some treated find no match the effect is that of the others, and a caution says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.methods.impact import robust
from impact_pipeline.methods.impact.comparison_groups import adjustment_details, weighted_cautions
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.gram import cluster_grams
from impact_pipeline.methods.impact.inference import Told, effect_of, refuse_few_clusters, regress, told
from impact_pipeline.methods.impact.propensity import logit
from impact_pipeline.methods.impact.robust import inverse
from impact_pipeline.methods.impact.row_order import rows_of, sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample

Distance = Literal["propensity", "mahalanobis"]
UNMATCHED = -1


@dataclass(frozen=True, slots=True)
class Matched:
    """weights (n,), 0 for units left out, the treated keeping theirs and controls adding up to their own total; groups
    (n,): the stratum or pair of each, from 0, UNMATCHED for units left out."""

    weights: Floats
    groups: Integers


def exact_strata(treated: Booleans, *, covariates: Floats, weights: Floats | None = None) -> Matched:
    """Units alike in all covariates (n, p). Raises RefusedEffect as `exact_matching`."""
    s = _asked(np.zeros(len(treated)), treated, covariates, None, weights)
    return _strata(s, s.covariates)


def coarsened_strata(
    treated: Booleans,
    *,
    covariates: Floats,
    cut_points: Sequence[Sequence[float] | None],
    weights: Floats | None = None,
) -> Matched:
    """Units alike in all covariates once cut at declared points. Raises RefusedEffect as `coarsened_exact_matching`."""
    s = _asked(np.zeros(len(treated)), treated, covariates, None, weights)
    return _strata(s, coarsened(s.covariates, cut_points))


def nearest_pairs(
    treated: Booleans,
    *,
    units: Integers,
    covariates: Floats,
    exact: Integers | None = None,
    distance: Distance = "propensity",
    ratio: int = 1,
    caliper: float | None = None,
) -> Matched:
    """Each treated unit with its nearest controls. Raises RefusedEffect as `nearest_neighbour_matching`."""
    s = _asked(np.zeros(len(treated)), treated, covariates, None, None)
    return _nearest(s, np.asarray(units, dtype=np.int64), exact, distance, ratio, caliper)


def exact_matching(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> EffectEstimate:
    """Treated against controls alike in all covariates: differences within strata, averaged by the treated's numbers.

    A control's weight is that of the stratum's treated over that of its controls (Iacus, King & Porro 2012,
    doi:10.1093/pan/mpr013); errors are HC2 or clustered, weights taken as known. Raises RefusedEffect:
    `no-covariates`, `no-match`, and those of `inference.regress`. Cautions: `treated-unmatched`, `low-effective-n`,
    `heavy-weight`, `imbalance-left`.
    """
    s, _ = sorted_rows(_asked(outcome, treated, covariates, clusters, weights))
    return _of_strata(s, _strata(s, s.covariates), "exact_matching", confidence)


def coarsened_exact_matching(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    cut_points: Sequence[Sequence[float] | None],
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> EffectEstimate:
    """`exact_matching` on covariates cut at declared points, one sequence a covariate, None to keep it as it is.

    A value at a cut point belongs above it. Raises as `exact_matching`.
    """
    s, _ = sorted_rows(_asked(outcome, treated, covariates, clusters, weights))
    return _of_strata(s, _strata(s, coarsened(s.covariates, cut_points)), "coarsened_exact_matching", confidence)


def nearest_neighbour_matching(
    outcome: Floats,
    treated: Booleans,
    *,
    units: Integers,
    covariates: Floats,
    clusters: Integers | None = None,
    exact: Integers | None = None,
    distance: Distance = "propensity",
    ratio: int = 1,
    caliper: float | None = None,
    confidence: float = 0.95,
) -> EffectEstimate:
    """Treated against their nearest controls, each control serving once, in the order of the highest propensity.

    Rounds of one control for each treated unit, `ratio` of them; nearest in propensity, or by Mahalanobis' distance;
    within `exact` (n,) codes and `caliper` standard deviations of the propensity where given. Ties go to the smallest
    of `units` (n,), so that the rows' order does not matter. Errors are clustered by pair (Abadie & Spiess 2022,
    doi:10.1080/01621459.2020.1840383), CR1 from 50 pairs on and CR2 below; with `clusters`, by both (Cameron, Gelbach &
    Miller 2011, doi:10.1198/jbes.2010.07136), CR1 on the fewer less one.

    Raises RefusedEffect: `no-covariates`, `units-not-unique`, `no-match`, `separation`, `collinear`, `no-variation`,
    `too-few-clusters`. Cautions as `exact_matching`.
    """
    s = _asked(outcome, treated, covariates, clusters, None)
    by_unit = np.argsort(np.asarray(units), kind="stable")
    s = rows_of(s, by_unit)
    matched = _nearest(
        s, np.asarray(units, dtype=np.int64)[by_unit], None if exact is None else np.asarray(exact)[by_unit], distance,
        ratio, caliper,
    )  # fmt: skip
    kept, groups = _kept(s, matched)
    x = np.column_stack([np.ones(kept.n), kept.treated.astype(np.float64)])
    if s.clusters is None:
        paired = Sample(kept.outcome, kept.treated, kept.covariates, groups, None, kept.weights)
        found = regress(x, paired, kept.outcome - kept.outcome.mean()).contrast(np.array([0.0, 1.0]), confidence)
    else:
        found = _two_ways(x, kept, groups, confidence)
    return _answer(s, matched, kept, found, "nearest_neighbour_matching", {"pairs": float(groups.max() + 1)})


def coarsened(covariates: Floats, cut_points: Sequence[Sequence[float] | None]) -> Floats:
    """Covariates (n, p) as the number of the interval that each value lies in."""
    if len(cut_points) != covariates.shape[1]:
        raise ValueError(f"{len(cut_points)} sequences of cut points for {covariates.shape[1]} covariates")
    cut = [
        column if points is None else np.searchsorted(np.sort(np.asarray(points, dtype=np.float64)), column, "right")
        for column, points in zip(covariates.T, cut_points, strict=True)
    ]
    return np.column_stack(cut).astype(np.float64)


def _asked(
    outcome: Floats, treated: Booleans, covariates: Floats, clusters: Integers | None, weights: Floats | None
) -> Sample:
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, weights=weights)
    if s.covariates.shape[1] == 0:
        raise RefusedEffect("no-covariates", "a comparison group is made by its covariates: none was given")
    return s


def _strata(s: Sample, keys: Floats) -> Matched:
    """One GROUP BY: strata with treated and controls, and what a control of each weighs."""
    groups = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    base = np.ones(s.n) if s.weights is None else s.weights
    count = int(groups.max()) + 1
    one = np.bincount(groups[s.treated], weights=base[s.treated], minlength=count)
    zero = np.bincount(groups[~s.treated], weights=base[~s.treated], minlength=count)
    both = (one > 0) & (zero > 0)
    if not both.any():
        raise RefusedEffect("no-match", "no stratum has both treated and controls")
    ratio = np.where(both, one / np.where(both, zero, 1.0), 0.0)
    w = np.where(both[groups], np.where(s.treated, base, base * ratio[groups]), 0.0)
    numbers = np.where(both, np.cumsum(both) - 1, UNMATCHED)
    return Matched(_scaled(s, w, base), numbers[groups].astype(np.int64))


def _scaled(s: Sample, w: Floats, base: Floats) -> Floats:
    """Weights of the controls, adding up to the sampling weights of those kept."""
    controls = ~s.treated & (w > 0)
    found: Floats = np.where(controls, w * (base[controls].sum() / w[controls].sum()), w)
    return found


def _nearest(
    s: Sample, units: Integers, exact: Integers | None, distance: Distance, ratio: int, caliper: float | None
) -> Matched:
    if len(np.unique(units)) < s.n:
        raise RefusedEffect("units-not-unique", "a unit stands in several rows: matching takes one row a unit")
    if ratio < 1:
        raise ValueError(f"ratio {ratio}: at least one control a treated unit")
    score = logit(s.treated, s.covariates).probabilities
    within = None if caliper is None else caliper * float(score.std(ddof=1))
    place = score[:, None] if distance == "propensity" else _standard(s.covariates)
    treated, controls = np.flatnonzero(s.treated), np.flatnonzero(~s.treated)
    treated = treated[np.lexsort([units[treated], -score[treated]])]
    controls = controls[np.argsort(units[controls], kind="stable")]
    free = np.ones(len(controls), dtype=np.bool_)
    groups = np.full(s.n, UNMATCHED, dtype=np.int64)
    found: dict[int, list[int]] = {}
    for _ in range(ratio):
        for unit in treated.tolist():
            far = ((place[controls] - place[unit]) ** 2).sum(axis=1)
            possible = free.copy()
            if exact is not None:
                possible &= exact[controls] == exact[unit]
            if within is not None:
                possible &= np.abs(score[controls] - score[unit]) <= within
            if possible.any():
                taken = int(np.argmin(np.where(possible, far, np.inf)))
                free[taken] = False
                found.setdefault(unit, []).append(int(controls[taken]))
    if not found:
        raise RefusedEffect("no-match", "no treated unit has a control near enough")
    w = np.zeros(s.n)
    for number, unit in enumerate(sorted(found, key=lambda place: int(units[place]))):
        mates = found[unit]
        w[unit], w[mates] = 1.0, 1.0 / len(mates)
        groups[[unit, *mates]] = number
    return Matched(_scaled(s, w, np.ones(s.n)), groups)


def _standard(covariates: Floats) -> Floats:
    """Covariates whose Euclidean distances are Mahalanobis' of all units."""
    centred = covariates - covariates.mean(axis=0)
    root = inverse(centred.T @ centred / (len(covariates) - 1))[1]
    found: Floats = centred @ root
    return found


def _kept(s: Sample, matched: Matched) -> tuple[Sample, Integers]:
    """Matched units with their weights, and their groups."""
    rows = matched.weights > 0
    kept = rows_of(s, rows)
    return (
        Sample(kept.outcome, kept.treated, kept.covariates, kept.clusters, None, matched.weights[rows]),
        matched.groups[rows],
    )


def _of_strata(s: Sample, matched: Matched, estimator: str, confidence: float) -> EffectEstimate:
    kept, groups = _kept(s, matched)
    x = np.column_stack([np.ones(kept.n), kept.treated.astype(np.float64)])
    found = regress(x, kept, kept.outcome - kept.outcome.mean()).contrast(np.array([0.0, 1.0]), confidence)
    return _answer(s, matched, kept, found, estimator, {"strata": float(groups.max() + 1)})


def _two_ways(x: Floats, kept: Sample, pairs: Integers, confidence: float) -> Told:
    """CR1 by pair, plus by cluster, less by both at once."""
    assert kept.clusters is not None
    codes = np.unique(kept.clusters, return_inverse=True)[1].reshape(-1).astype(np.int64)
    grouped = Sample(kept.outcome, kept.treated, kept.covariates, codes, None, kept.weights)
    refuse_few_clusters(grouped)
    both = np.unique(np.column_stack([pairs, codes]), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    y = kept.outcome - kept.outcome.mean()
    parts = []
    for groups in (pairs, codes, both):
        fitted = robust.fit(cluster_grams(x, y, groups, kept.weights))
        parts.append((fitted, float(robust.covariance(fitted, "CR1")[1, 1])))
    variance = parts[0][1] + parts[1][1] - parts[2][1]
    fewest = min(int(pairs.max()) + 1, int(codes.max()) + 1)
    return told(float(parts[0][0].coefficients[1]), variance, float(fewest - 1), confidence, "CR1-two-ways")


def _answer(
    s: Sample, matched: Matched, kept: Sample, found: Told, estimator: str, details: dict[str, float]
) -> EffectEstimate:
    beside = adjustment_details(s, matched.weights, None) | details
    beside["treated_unmatched"] = float(s.n_treated - kept.n_treated)
    cautions = weighted_cautions(s, matched.weights, beside["max_smd_after"])
    if kept.n_treated < s.n_treated:
        cautions = ("treated-unmatched", *cautions)
    return effect_of(
        found, kept, estimator=estimator, estimand="att", sd=s.control_sd(), details=beside, cautions=cautions
    )
