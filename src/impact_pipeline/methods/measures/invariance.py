"""Whether a scale measures the same thing in groups (waves, arms): configural, metric and scalar steps of one factor.

Moments of the items by group come in, three fits and the furthest step that holds go out. Answers in few classes are
taken as numbers: maximum likelihood under normality, as the comparison of means that follows takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.methods.measures.moments import Moments
from impact_pipeline.methods.measures.one_factor import Equal, Fit, fit_groups

Step = Literal["configural", "metric", "scalar"]
EQUAL: dict[Step, frozenset[Equal]] = {
    "configural": frozenset(),
    "metric": frozenset({"loadings"}),
    "scalar": frozenset({"loadings", "intercepts"}),
}
LARGEST_FALL_OF_CFI = 0.01  # Chen 2007, doi:10.1080/10705510701301834
LARGEST_RISE_OF_RMSEA = 0.015
LEAST_CFI = 0.90  # of the configural model: without one factor in each group there is nothing to compare


@dataclass(frozen=True, slots=True)
class Invariance:
    """Fits of the three steps. `holds` is the furthest step that holds, None where not even the first does.

    Scores of groups may be compared in level where it is `scalar`, in spread and correlation where it is `metric`.
    """

    configural: Fit
    metric: Fit
    scalar: Fit
    holds: Step | None

    @property
    def changes(self) -> dict[Step, tuple[float, float]]:
        """(fall of CFI, rise of RMSEA) from each step to the next."""
        return {"metric": _change(self.configural, self.metric), "scalar": _change(self.metric, self.scalar)}


def compare_groups(groups: Sequence[Moments]) -> Invariance:
    """Fit the three steps: each holds where CFI falls by at most .01 and RMSEA rises by at most .015 (Chen 2007).

    Raises RefusedMeasure as `one_factor.fit_groups` does.
    """
    configural, metric, scalar = (fit_groups(groups, equal) for equal in EQUAL.values())
    holds: Step | None = None
    if configural.cfi >= LEAST_CFI:
        holds = "configural"
        if _holds(configural, metric):
            holds = "scalar" if _holds(metric, scalar) else "metric"
    return Invariance(configural, metric, scalar, holds)


def _change(before: Fit, after: Fit) -> tuple[float, float]:
    return before.cfi - after.cfi, after.rmsea - before.rmsea


def _holds(before: Fit, after: Fit) -> bool:
    fall, rise = _change(before, after)
    return fall <= LARGEST_FALL_OF_CFI and rise <= LARGEST_RISE_OF_RMSEA
