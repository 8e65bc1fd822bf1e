"""From a declared design to the estimators that answer it: which is called, and with which of the study's arrays.

Complete units come in (and, for designs over several waves, their rows by wave), the estimators' `EffectEstimate`s go
out. Nothing is estimated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations import Outcome, Study
from impact_pipeline.declarations.study import ESTIMATORS, EstimatorName
from impact_pipeline.methods.impact import cluster_trials, comparison_groups, trials
from impact_pipeline.methods.impact.differences import difference_in_differences, repeated_cross_sections
from impact_pipeline.methods.impact.doubly_robust import doubly_robust
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.event_studies import event_study
from impact_pipeline.methods.studies.units import Floats, Units, UnitWaves

FEW_CLUSTERS_A_TRIAL = 15  # in an arm; below it clusters are compared by their means (statistics of small trials)


@dataclass(frozen=True)
class Question:
    """One outcome of a study at one wave: its complete units, everyone, and rows by wave where they are asked for."""

    study: Study
    outcome: Outcome
    wave: str
    sample: Units
    everyone: Units
    read_waves: Callable[[], UnitWaves]
    confidence: float

    @cached_property
    def unit_waves(self) -> UnitWaves:
        return self.read_waves()

    def estimators(self) -> tuple[EstimatorName, ...]:
        """Those declared; else the design's own, the first of which gives the answer.

        A trial of few clusters is answered by their means first; without covariates or baseline there is nothing to
        adjust for, and arms are compared as they are; new units at each wave are compared as repeated cross-sections.
        """
        if self.study.estimators:
            return self.study.estimators
        answers = ESTIMATORS[self.study.design]
        if self.study.design == "cluster-randomised":
            few = min(_clusters_by_arm(self.sample), default=0) < FEW_CLUSTERS_A_TRIAL
            return ("cluster_means", "ancova", "mixed_model") if few else ("ancova", "cluster_means", "mixed_model")
        if self.study.design == "difference-in-differences":
            if self.study.follows == "new-units":
                return ("repeated_cross_sections",)
            has_pre = self.study.waves is not None and bool(self.study.waves.pre)
            return ("difference_in_differences", "event_study") if has_pre else ("difference_in_differences",)
        if self.study.design in ("randomised", "cross-section") and not self.adjusts:
            return ("difference_in_means",)
        return answers

    @property
    def adjusts(self) -> bool:
        """Whether there is anything to adjust for."""
        s = self.sample
        return s.baseline is not None or s.covariates.shape[1] > 0 or s.blocks is not None

    def arms(self, *, covariates: bool = True, blocks: bool = True) -> dict[str, Any]:
        """What every estimator is given by name."""
        s = self.sample
        told: dict[str, Any] = {"clusters": s.clusters, "weights": s.weights, "confidence": self.confidence}
        if blocks:
            told["blocks"] = s.blocks
        if covariates:
            told["covariates"] = s.covariates if s.covariates.shape[1] else None
        return told

    def with_baseline(self) -> Floats:
        """Covariates (n, p) with the outcome before among them."""
        s = self.sample
        before = np.zeros((s.n, 0)) if s.baseline is None else s.baseline[:, None]
        return np.column_stack([before, s.covariates])


def estimate(name: EstimatorName, question: Question) -> EffectEstimate:
    """The answer of one estimator. Raises RefusedEffect: its own codes, or `not-offered` for one not built yet."""
    if name not in ANSWERS:
        raise RefusedEffect("not-offered", f"{name} is not offered yet")
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


def _repeated(q: Question) -> EffectEstimate:
    told, waves = q.unit_waves, _waves(q.study)
    at = {code: place for place, code in enumerate(waves.in_order)}
    assert waves.baseline is not None
    kept = np.isin(told.waves, [at[waves.baseline], at[q.wave]])
    after = told.waves[kept] == at[q.wave]
    return repeated_cross_sections(told.outcome[kept], told.treated[kept], after=after, **_rows(told, kept, q))


def _event_study(q: Question) -> EffectEstimate:
    told, waves = q.unit_waves, _waves(q.study)
    kept = np.ones(len(told.outcome), dtype=np.bool_)
    follows = q.study.follows == "same-units"
    return event_study(
        told.outcome, told.treated, periods=told.waves, first_treated=len(waves.pre) + 1,
        units=told.units if follows else None, **_rows(told, kept, q),
    ).average  # fmt: skip


def _entropy_balancing(q: Question) -> EffectEstimate:
    return comparison_groups.entropy_balancing(q.sample.outcome, q.sample.is_treated, **_made_alike(q))


def _inverse_probability(q: Question) -> EffectEstimate:
    return comparison_groups.inverse_probability(q.sample.outcome, q.sample.is_treated, **_made_alike(q))


def _doubly_robust(q: Question) -> EffectEstimate:
    return doubly_robust(q.sample.outcome, q.sample.is_treated, **_made_alike(q))


def _made_alike(q: Question) -> dict[str, Any]:
    """Groups are made alike in the covariates and the outcome before."""
    return q.arms(covariates=False, blocks=False) | {"covariates": q.with_baseline()}


def _rows(told: UnitWaves, kept: NDArray[np.bool_], q: Question) -> dict[str, Any]:
    return {
        "covariates": told.covariates[kept] if told.covariates.shape[1] else None,
        "clusters": None if told.clusters is None else told.clusters[kept],
        "blocks": None if told.blocks is None else told.blocks[kept],
        "weights": None if told.weights is None else told.weights[kept],
        "confidence": q.confidence,
    }


def _waves(study: Study) -> Any:
    assert study.waves is not None
    return study.waves


def _clusters_by_arm(s: Units) -> list[int]:
    if s.clusters is None:
        return []
    return [len(np.unique(s.clusters[arm])) for arm in (s.is_treated, ~s.is_treated)]


ANSWERS: Mapping[EstimatorName, Callable[[Question], EffectEstimate]] = {
    "difference_in_means": _difference_in_means,
    "ancova": _ancova,
    "lin": _lin,
    "cluster_means": _cluster_means,
    "mixed_model": _mixed,
    "difference_in_differences": _difference_in_differences,
    "repeated_cross_sections": _repeated,
    "event_study": _event_study,
    "entropy_balancing": _entropy_balancing,
    "inverse_probability": _inverse_probability,
    "doubly_robust": _doubly_robust,
}
