"""Who was lost between the start and the answer, by arm, and what it could have changed.

The flow of a study's units comes in; overall and differential attrition go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impact_pipeline.methods.studies.dispatch import Question
from impact_pipeline.methods.studies.units import ArmFlow


@dataclass(frozen=True, slots=True)
class Attrition:
    """Shares of units lost, 0 to 1: `overall`, and the `differential` between arms in absolute value.

    `allowed` is the largest differential that the What Works Clearinghouse accepts at this overall attrition, None
    where it accepts none; `within` tells whether that holds, None where it was not judged. `lee_low` and `lee_high`
    bound the effect whatever the lost would have answered (Lee 2009).
    """

    overall: float
    differential: float
    within: bool | None = None
    allowed: float | None = None
    lee_low: float | None = None
    lee_high: float | None = None


def attrition(question: Question, flow: Sequence[ArmFlow]) -> Attrition | None:
    """Attrition of a study with a comparison; None where nobody stood in an arm at the start."""
    arms = {item.arm: item for item in flow}
    treated, control = arms["treated"], arms["control"]
    if not question.study.has_comparison or not treated.assigned or not control.assigned:
        return None
    overall = (treated.lost + control.lost) / (treated.assigned + control.assigned)
    return Attrition(overall, abs(treated.lost / treated.assigned - control.lost / control.assigned))
