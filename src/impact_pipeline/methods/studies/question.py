"""One outcome of a study at one wave, with all that an estimator may be given of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from impact_pipeline.declarations import Outcome, Study
from impact_pipeline.declarations.study import ESTIMATORS, EstimatorName, StudyWaves
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

    @property
    def place(self) -> tuple[str, str, str]:
        """What its rows are known by: study, outcome, wave."""
        return self.study.study, self.outcome.name, self.wave

    @cached_property
    def unit_waves(self) -> UnitWaves:
        return self.read_waves()

    def estimators(self) -> tuple[EstimatorName, ...]:
        """Those declared; else the design's own, the first of which gives the answer.

        A trial of few clusters is answered by their means first; without covariates or baseline there is nothing to
        adjust for, and arms are compared as they are; new units at each wave are compared as repeated cross-sections;
        strata are made where cut points are declared.
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
        if self.study.design == "matching" and not (self.study.matching and self.study.matching.cut_points):
            return ("nearest_neighbour",)
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

    @property
    def waves(self) -> StudyWaves:
        """Of a study that has them: the loader holds that designs over several waves do."""
        assert self.study.waves is not None
        return self.study.waves

    @property
    def change_or_outcome(self) -> Floats:
        """The change where the design compares changes, the outcome elsewhere."""
        s = self.sample
        differs = self.study.design == "difference-in-differences" and s.baseline is not None
        return s.outcome - s.baseline if differs and s.baseline is not None else s.outcome


def _clusters_by_arm(s: Units) -> list[int]:
    if s.clusters is None:
        return []
    return [len(np.unique(s.clusters[arm])) for arm in (s.is_treated, ~s.is_treated)]
