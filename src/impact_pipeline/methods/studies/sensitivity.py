"""What it would take for the effects of a declared study to be nothing: what the draw itself could have given in a
trial, and how strong what was not measured would have to be elsewhere.

A question and an estimate come in; small frozen rows go out, their fields those of the table `effect`. A figure that is
not defined is None: the table says so by leaving it empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.declarations import Study
from impact_pipeline.declarations.study import DesignName
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import SEED
from impact_pipeline.methods.impact.randomisation import randomisation_test
from impact_pipeline.methods.impact.sensitivity import EValue, e_value, oster_delta, rosenbaum_bounds
from impact_pipeline.methods.studies import matching
from impact_pipeline.methods.studies.hidden_bias import HiddenBias, adjusting
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.units import Floats, Integers, Units

TRIALS: tuple[DesignName, ...] = ("randomised", "cluster-randomised")
OVER_WAVES: tuple[DesignName, ...] = ("staggered", "synthetic-control")  # no arm at one wave is what is compared
DRAWS = 1999  # where assignments are too many to go through: p is within 0.01 of its value, for 5,000 units in 0.3 s


@dataclass(frozen=True, slots=True)
class Undoing:
    """Of a study's answer. `randomisation_p` over `randomisation_draws` assignments; `robustness_value` of
    `hidden_bias`; `oster_delta` with R2 at most 1.3 times that of the covariates; `rosenbaum_gamma` at which pairs no
    longer tell the effect from zero."""

    randomisation_p: float | None = None
    randomisation_draws: int | None = None
    robustness_value: float | None = None
    oster_delta: float | None = None
    rosenbaum_gamma: float | None = None


@dataclass(frozen=True, slots=True)
class EValues:
    """The E-values of an estimate and of the bound of its interval that is nearest to no effect."""

    e_value: float | None = None
    e_value_limit: float | None = None


def undoing(question: Question, found: EffectEstimate, hidden: HiddenBias | None) -> Undoing:
    """Of a trial the randomisation's p; elsewhere what a hidden factor would need."""
    if question.study.design in TRIALS:
        return _drawn_again(question, found)
    return Undoing(
        robustness_value=None if hidden is None else hidden.needed,
        oster_delta=None if hidden is None else _delta(question),
        rosenbaum_gamma=_gamma(question, found),
    )


def e_values(question: Question, found: EffectEstimate) -> EValues:
    """Of an estimate of a study with a comparison that nothing but people or administrations assigned.

    A number's effect is taken over `sd` of the comparison; that of a yes or no becomes a risk ratio: of the share that
    the treated have to the share that they would have had, for an effect on the treated; else of the comparison's share
    with and without the effect. That share is taken as known, as the interval is. Not told where everyone of an arm
    answers alike, nor for a yes or no of designs over several waves.
    """
    ends = found.low, found.effect, found.high
    if not _is_judged(question.study) or ends[0] is None or ends[2] is None:
        return EValues()
    low, effect, high = ends[0], found.effect, ends[2]
    try:
        if np.isin(question.sample.outcome, (0.0, 1.0)).all():
            told = _of_shares(question, found, low, high)
        elif found.sd is None or not found.sd > 0:
            return EValues()
        else:
            told = e_value(effect / found.sd, low / found.sd, high / found.sd, "standardised-difference")
    except RefusedEffect:
        return EValues()
    return EValues() if told is None else EValues(told.estimate, told.limit)


def _is_judged(study: Study) -> bool:
    return study.has_comparison and study.assignment.mechanism in ("self", "administrative")


def _of_shares(q: Question, found: EffectEstimate, low: float, high: float) -> EValue | None:
    s = q.sample
    if q.study.design in OVER_WAVES:
        return None
    weights = _weights(q, found)
    treated, comparison = (
        float(np.average(s.outcome[arm], weights=weights[arm])) for arm in (s.is_treated, ~s.is_treated)
    )
    if not (0 < treated < 1 and 0 < comparison < 1):
        return None
    without = treated - found.effect if found.estimand == "att" else comparison
    if not 0 < without < 1:
        return None
    ratios = (max((without + end) / without, np.finfo(float).tiny) for end in (low, found.effect, high))
    lowest, ratio, highest = ratios
    return e_value(ratio, lowest, highest)


def _weights(q: Question, found: EffectEstimate) -> Floats:
    """What each unit counts in its arm's share: units that matching left out count for nothing."""
    if found.estimator == "nearest_neighbour_matching":
        return matching.pairs(q).weights
    if found.estimator == "coarsened_exact_matching":
        return matching.strata(q).weights
    return np.ones(q.sample.n) if q.sample.weights is None else q.sample.weights


def _drawn_again(q: Question, found: EffectEstimate) -> Undoing:
    """The treatment's coefficient given blocks, and covariates where the answer adjusts for them, under the other
    assignments: of clusters where they were drawn."""
    s = q.sample
    adjusts = found.estimator != "difference_in_means"
    try:
        told = randomisation_test(
            s.outcome, s.is_treated, covariates=q.with_baseline() if adjusts else None,
            clusters=s.clusters if q.study.assignment.level == "cluster" else None, blocks=s.blocks, weights=s.weights,
            adjust_blocks=True, draws=DRAWS, seed=SEED,
        )  # fmt: skip
    except RefusedEffect:
        return Undoing()
    return Undoing(randomisation_p=told.p, randomisation_draws=told.draws)


def _delta(q: Question) -> float | None:
    s = q.sample
    try:
        return oster_delta(q.change_or_outcome, s.is_treated, covariates=adjusting(q), weights=s.weights)
    except RefusedEffect:
        return None


def _gamma(q: Question, found: EffectEstimate) -> float | None:
    """Of pairs of one treated and one comparison unit, each unit its own draw."""
    several = q.study.matching is not None and q.study.matching.ratio > 1
    if found.estimator != "nearest_neighbour_matching" or several or q.sample.clusters is not None:
        return None
    try:
        return rosenbaum_bounds(_differences(q.sample, matching.pairs(q).groups), alpha=1 - q.confidence).breaking_gamma
    except RefusedEffect:
        return None


def _differences(s: Units, groups: Integers) -> Floats:
    """(pairs,) treated less comparison."""
    kept = groups >= 0
    signed = np.where(s.is_treated, s.outcome, -s.outcome)
    found: Floats = np.bincount(groups[kept], weights=signed[kept]).astype(np.float64)
    return found
