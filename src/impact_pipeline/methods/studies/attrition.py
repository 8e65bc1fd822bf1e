"""Who was lost between the start and the answer, by arm, and between what bounds the effect lies whatever they would
have answered.

A question with all its units comes in; `Lost` goes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.impact.attrition import attrition
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.lee_bounds import lee_bounds
from impact_pipeline.methods.studies.question import Question


@dataclass(frozen=True, slots=True)
class Lost:
    """Shares of units lost, 0 to 1: `overall`, and `differential`, that of the treated less that of the controls.

    `allowed` is the largest differential that the What Works Clearinghouse accepts at this overall attrition, leavers
    being suspected of leaving because of the programme; `within` tells whether that holds. `lee_low` and `lee_high`
    bound the effect whatever the lost would have answered (Lee 2009); None where nobody was lost, or no bound is told.
    """

    overall: float
    differential: float
    allowed: float
    within: bool
    lee_low: float | None
    lee_high: float | None


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
    low, high = _bounds(question, started)
    return Lost(
        found.overall, found.differential, found.allowed_cautious, abs(found.differential) <= found.allowed_cautious,
        low, high,
    )  # fmt: skip


def _bounds(question: Question, started: np.ndarray) -> tuple[float | None, float | None]:
    """Lee's bounds of the effect; of the change, where the design compares changes."""
    s = question.everyone
    values = s.outcome
    if question.study.design == "difference-in-differences" and s.baseline is not None:
        values = s.outcome - s.baseline
    try:
        found = lee_bounds(values[started], s.is_treated[started])
    except RefusedEffect:
        return None, None
    return found.low, found.high
