"""Who was lost between the start and the answer, by arm, and between what bounds the effect lies whatever they would
have answered.

A question with all its units comes in; `Lost` goes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.impact.attrition import attrition
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.lee_bounds import LeeBounds, lee_bounds
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.units import Booleans, Floats, Integers, Units


@dataclass(frozen=True, slots=True)
class Lost:
    """Shares of units lost, 0 to 1: `overall`, and `differential`, that of the treated less that of the controls.

    `allowed` is the largest differential that the What Works Clearinghouse accepts at this overall attrition, leavers
    being suspected of leaving because of the programme; `within` tells whether that holds. `lee_low` and `lee_high`
    bound the effect whatever the lost would have answered (Lee 2009), `lee_interval_low` and `lee_interval_high` hold
    it with the study's confidence, clusters counting; None where nobody was lost, or no bound or error is told.
    """

    overall: float
    differential: float
    allowed: float
    within: bool
    lee_low: float | None = None
    lee_high: float | None = None
    lee_interval_low: float | None = None
    lee_interval_high: float | None = None


def lost_of(question: Question) -> Lost | None:
    """Of the units there from the start and whose arm is known; None without a comparison, or where it is refused.

    Units with the outcome count as kept even where another answer is missing: they were not lost.
    """
    s = question.everyone
    started = s.seen[:, 0] & np.isfinite(s.treated)
    if not question.study.has_comparison or question.study.follows == "new-units":
        return None
    outcome, treated = s.outcome[started], s.is_treated[started]
    try:
        found = attrition(outcome, treated)
    except RefusedEffect:
        return None
    within = abs(found.differential) <= found.allowed_cautious
    return Lost(found.overall, found.differential, found.allowed_cautious, within, **_bounds(question, started))


def _bounds(question: Question, started: Booleans) -> dict[str, float]:
    """Lee's bounds of the effect, or of the change where the design compares changes, and the interval around them;
    none where places are compared.

    Of units whose cluster and weight are known. With too few clusters to tell an error there are bounds alone.
    """
    if question.study.design == "synthetic-control":
        return {}
    s = question.everyone
    known = started.copy()
    known &= True if s.clusters is None else s.clusters >= 0
    known &= True if s.weights is None else np.isfinite(s.weights) & (s.weights > 0)
    s = s.rows(known)
    differs = question.study.design == "difference-in-differences" and s.baseline is not None
    values = s.outcome - s.baseline if differs and s.baseline is not None else s.outcome
    found = _told(s, values, s.clusters, question.confidence)
    if found is not None:
        return {
            "lee_low": found.low, "lee_high": found.high, "lee_interval_low": found.interval_low,
            "lee_interval_high": found.interval_high,
        }  # fmt: skip
    bare = _told(s, values, None, question.confidence)
    return {} if bare is None else {"lee_low": bare.low, "lee_high": bare.high}


def _told(s: Units, values: Floats, clusters: Integers | None, confidence: float) -> LeeBounds | None:
    try:
        return lee_bounds(values, s.is_treated, clusters=clusters, weights=s.weights, confidence=confidence)
    except RefusedEffect:
        return None
