"""From a declared design to the estimators that answer it: which is called, and with which of the study's arrays.

A question with its complete units comes in, the estimators' `EffectEstimate`s go out. Nothing is estimated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from impact_pipeline.declarations.study import EstimatorName
from impact_pipeline.methods.impact import cluster_trials, comparison_groups, trials
from impact_pipeline.methods.impact.before_after import before_after
from impact_pipeline.methods.impact.differences import difference_in_differences
from impact_pipeline.methods.impact.discontinuity import regression_discontinuity
from impact_pipeline.methods.impact.doubly_robust import doubly_robust
from impact_pipeline.methods.impact.effect import EffectEstimate
from impact_pipeline.methods.impact.instruments import two_stage_least_squares
from impact_pipeline.methods.studies import by_waves, matching
from impact_pipeline.methods.studies.question import Question


def estimate(name: EstimatorName, question: Question) -> EffectEstimate:
    """The answer of one estimator. Raises RefusedEffect with the estimator's own codes."""
    return ANSWERS[name](question)


def _difference_in_means(q: Question) -> EffectEstimate:
    return trials.difference_in_means(q.sample.outcome, q.sample.is_treated, **q.arms(covariates=False))


def _ancova(q: Question) -> EffectEstimate:
    return trials.ancova(q.sample.outcome, q.sample.is_treated, baseline=q.sample.baseline, **q.arms())


def _lin(q: Question) -> EffectEstimate:
    return trials.lin(q.sample.outcome, q.sample.is_treated, baseline=q.sample.baseline, **q.arms())


def _by_cluster(q: Question) -> dict[str, Any]:
    adjusting = q.with_baseline()
    return q.arms(covariates=False) | {"covariates": adjusting if adjusting.shape[1] else None}


def _cluster_means(q: Question) -> EffectEstimate:
    return cluster_trials.cluster_means(q.sample.outcome, q.sample.is_treated, **_by_cluster(q))


def _mixed(q: Question) -> EffectEstimate:
    return cluster_trials.mixed(q.sample.outcome, q.sample.is_treated, **_by_cluster(q))


def _difference_in_differences(q: Question) -> EffectEstimate:
    assert q.sample.baseline is not None
    return difference_in_differences(
        q.sample.outcome, q.sample.is_treated, baseline=q.sample.baseline, few_treated="permutation", **q.arms()
    )


def _entropy_balancing(q: Question) -> EffectEstimate:
    return comparison_groups.entropy_balancing(q.sample.outcome, q.sample.is_treated, **_made_alike(q))


def _inverse_probability(q: Question) -> EffectEstimate:
    return comparison_groups.inverse_probability(q.sample.outcome, q.sample.is_treated, **_made_alike(q))


def _doubly_robust(q: Question) -> EffectEstimate:
    return doubly_robust(q.sample.outcome, q.sample.is_treated, **_made_alike(q))


def _made_alike(q: Question) -> dict[str, Any]:
    """Groups are made alike in the covariates and the outcome before."""
    return q.arms(covariates=False, blocks=False) | {"covariates": q.with_baseline()}


def _discontinuity(q: Question) -> EffectEstimate:
    assert q.sample.running is not None
    assert q.study.assignment.cutoff is not None
    told = q.arms(blocks=False)
    side = q.sample.running >= q.study.assignment.cutoff
    side = side if q.study.assignment.treated_side == "above" else ~side
    return regression_discontinuity(
        q.sample.outcome, q.sample.is_treated, score=q.sample.running, threshold=q.study.assignment.cutoff,
        fuzzy=bool((side != q.sample.is_treated).any()), **told,
    )  # fmt: skip


def _two_stages(q: Question) -> EffectEstimate:
    assert q.sample.instrument is not None
    columns = q.with_baseline()
    told = q.arms(covariates=False, blocks=False) | {"covariates": columns if columns.shape[1] else None}
    instruments = q.sample.instrument[:, None]
    return two_stage_least_squares(q.sample.outcome, q.sample.is_treated, instruments=instruments, **told)


def _before_after(q: Question) -> EffectEstimate:
    assert q.sample.baseline is not None
    chosen = q.outcome.selection
    return before_after(
        q.sample.outcome, baseline=q.sample.baseline, clusters=q.sample.clusters, weights=q.sample.weights,
        confidence=q.confidence, population_mean=None if chosen is None else chosen.population_mean,
        correlation=None if chosen is None else chosen.correlation,
    )  # fmt: skip


ANSWERS: Mapping[EstimatorName, Callable[[Question], EffectEstimate]] = {
    "difference_in_means": _difference_in_means,
    "ancova": _ancova,
    "lin": _lin,
    "cluster_means": _cluster_means,
    "mixed_model": _mixed,
    "difference_in_differences": _difference_in_differences,
    "repeated_cross_sections": by_waves.repeated,
    "event_study": by_waves.events,
    "callaway_santanna": by_waves.staggered_by_cohort,
    "sun_abraham": by_waves.staggered_by_event,
    "imputation": by_waves.staggered_by_imputation,
    "nearest_neighbour": matching.nearest_neighbour,
    "coarsened_exact": matching.coarsened_exact,
    "entropy_balancing": _entropy_balancing,
    "inverse_probability": _inverse_probability,
    "doubly_robust": _doubly_robust,
    "regression_discontinuity": _discontinuity,
    "two_stage_least_squares": _two_stages,
    "interrupted_series": by_waves.series,
    "before_after": _before_after,
    "synthetic_control": by_waves.placebos,
}
