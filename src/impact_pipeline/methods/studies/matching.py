"""Estimators that choose the comparison units of a study, as they are called for it: pairs, and strata of units alike.

A question with its complete units comes in; `EffectEstimate`s go out, and `Matched` for the balance table. Nothing is
estimated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from impact_pipeline.declarations.matching import Matching
from impact_pipeline.methods.impact.effect import EffectEstimate
from impact_pipeline.methods.impact.matching import (
    Matched,
    coarsened_exact_matching,
    coarsened_strata,
    nearest_neighbour_matching,
    nearest_pairs,
)
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.units import covariates_of


def nearest_neighbour(q: Question) -> EffectEstimate:
    """Pairs in the covariates and the outcome before."""
    s = q.sample
    return nearest_neighbour_matching(
        s.outcome, s.is_treated, clusters=s.clusters, confidence=q.confidence, **_pairing(q)
    )


def pairs(q: Question) -> Matched:
    """The pairs of `nearest_neighbour`."""
    return nearest_pairs(q.sample.is_treated, **_pairing(q))


def coarsened_exact(q: Question) -> EffectEstimate:
    """Strata in the covariates as they are declared to be cut; the outcome before is among them where it has cut
    points, or is a covariate."""
    s = q.sample
    return coarsened_exact_matching(
        s.outcome, s.is_treated, clusters=s.clusters, confidence=q.confidence, **_stratifying(q)
    )


def strata(q: Question) -> Matched:
    """The strata of `coarsened_exact`."""
    return coarsened_strata(q.sample.is_treated, **_stratifying(q))


def _pairing(q: Question) -> dict[str, Any]:
    told = _declared(q)
    return {
        "units": np.arange(q.sample.n),  # in the order of their names
        "covariates": q.with_baseline(), "exact": q.sample.within, "distance": told.distance, "ratio": told.ratio,
        "caliper": told.caliper,
    }  # fmt: skip


def _stratifying(q: Question) -> dict[str, Any]:
    s, cut = q.sample, _declared(q).cut_points
    columns = list(s.covariates.T)
    points: list[Sequence[float] | None] = [cut.get(name) for name in covariates_of(q.study, q.outcome)]
    before = q.study.baseline_of(q.outcome)
    declared = before is not None and any(item.text == before.text for item in q.study.covariates)
    if before is not None and s.baseline is not None and (declared or before.text in cut):
        columns, points = [s.baseline, *columns], [cut.get(before.text), *points]
    if s.within is not None:
        columns, points = [*columns, s.within.astype(np.float64)], [*points, None]
    covariates = np.column_stack(columns) if columns else np.zeros((s.n, 0))
    return {"covariates": covariates, "cut_points": points, "weights": s.weights}


def _declared(q: Question) -> Matching:
    return q.study.matching or Matching()
