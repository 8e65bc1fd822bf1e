"""How strong a hidden factor would have to be to undo the effect of a study that was not drawn by lot, beside the
strongest covariate that was observed.

A question comes in, `HiddenBias` goes out, from the regression of the outcome (the change, where changes are compared)
on the treatment, the covariates and the outcome before.
"""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.declarations.study import DesignName
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.sensitivity import robustness
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.units import Floats

BY_ADJUSTMENT: tuple[DesignName, ...] = ("difference-in-differences", "matching", "weighting", "cross-section")


@dataclass(frozen=True, slots=True)
class HiddenBias:
    """`needed`: the share of what is left of both treatment and outcome that a hidden factor would have to explain
    (Cinelli & Hazlett 2020); `strongest`: the share that the strongest covariate explains of both."""

    needed: float
    strongest: float


def hidden_bias(question: Question) -> HiddenBias | None:
    """None for a trial or a quasi-random design, or where there is no covariate to compare a hidden factor with."""
    study = question.study
    if study.design not in BY_ADJUSTMENT or study.assignment.mechanism not in ("self", "administrative"):
        return None
    try:
        found = robustness(question.change_or_outcome, question.sample.is_treated, covariates=adjusting(question))
    except RefusedEffect:
        return None
    return HiddenBias(found.rv, max(min(told.r2_treatment, told.r2_outcome) for told in found.benchmarks))


def adjusting(question: Question) -> Floats:
    """Covariates (n, p) of the regression: the outcome before is among them unless changes are compared."""
    differs = question.study.design == "difference-in-differences"
    return question.sample.covariates if differs else question.with_baseline()
