"""Effects fit to be pooled, from what references declare and from rows of our own table `effect`.

A declared question, references and rows come in; `StudyEffect`s go out, on one measure, turned so that above zero is
better, and `SetAside`s with the reason: an effect that is not pooled is told, never dropped in silence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from scipy.special import ndtri

from impact_pipeline.declarations import LiteratureEffect, LiteratureReference, Schemas, SynthesisQuestion
from impact_pipeline.declarations.synthesis_question import OwnEffects
from impact_pipeline.methods.synthesis.conversions import log_odds_of_smd, smd_of_log_odds
from impact_pipeline.methods.synthesis.effect_sizes import EffectSize, Group, Measure, hedges_g, standardised_change
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.methods.synthesis.two_by_two import TwoByTwo, log_odds_ratio, log_risk_ratio, risk_difference

Source = Literal["own", "literature"]
MEASURES: Mapping[str, Measure] = {  # as declared, and the scale on which it is pooled
    "smd": "smd",
    "smcr": "smcr",
    "odds-ratio": "log-odds-ratio",
    "risk-ratio": "log-risk-ratio",
    "risk-difference": "risk-difference",
}
OF_EVENTS = {"odds-ratio": log_odds_ratio, "risk-ratio": log_risk_ratio, "risk-difference": risk_difference}
CONVERTED, SYNTHETIC, UNCHECKED, HIGH_RISK = (
    "converted", "synthetic", "extraction-not-checked", "high-risk-of-bias",
)  # fmt: skip
BEFORE_AFTER = "before-after"


@dataclass(frozen=True, slots=True)
class StudyEffect:
    """One effect of one study: `effect`, `se` and bounds on the question's scale (ratios in logarithms).

    Effects of one `study` (one initiative, for ours) share their people and are not counted as so many. `label` is what
    a forest plot shows; `moderators` are the declared values.
    """

    source: Source
    study: str
    outcome: str
    label: str
    effect: float
    se: float
    low: float
    high: float
    n_treated: int | None
    n_control: int | None
    design: str
    year: int | None = None
    country: str | None = None
    risk_of_bias: str | None = None
    reference: str | None = None
    page: str | None = None
    evidence_level: int | None = None
    moderators: Mapping[str, float] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, ...]:
        """What rows are sorted by, so that no figure depends on the order in which effects came."""
        return (self.source, self.study, self.outcome, self.label, self.page or "", repr(self.effect))


@dataclass(frozen=True, slots=True)
class SetAside:
    """An effect that answers the question but is not pooled; `reason` has a sentence in both languages."""

    source: Source
    study: str
    outcome: str
    label: str
    reason: str
    reference: str | None = None
    page: str | None = None


Told = StudyEffect | SetAside


def literature_effects(
    question: SynthesisQuestion, references: Mapping[str, LiteratureReference], confidence: float
) -> Iterator[Told]:
    """Every effect of the references that the question names, pooled or set aside."""
    for named in question.references:
        reference = references[named.reference]
        for effect in reference.effects:
            if named.outcomes and effect.outcome not in named.outcomes:
                continue
            try:
                yield _of_literature(question, reference, effect, confidence)
            except RefusedSynthesis as refused:
                yield SetAside(
                    "literature", effect.study, effect.outcome, effect.label, refused.code, reference.reference,
                    effect.page,
                )  # fmt: skip


def own_effects(question: SynthesisQuestion, schemas: Schemas, rows: Sequence[Mapping[str, Any]]) -> Iterator[Told]:
    """Every effect of our studies that the question names; `rows` are those of the curated table `effect`.

    The answer of a study is its row that `is_main`; other estimators are checks of it and are not pooled beside it.
    """
    for named in question.studies:
        study = schemas.studies[named.study]
        outcome = next(item for item in study.outcomes if item.name == named.outcome)
        found = [
            row for row in rows
            if row["is_main"] and (row["study"], row["outcome"]) == (named.study, named.outcome)
            and (named.wave is None or row["wave"] == named.wave)
        ]  # fmt: skip
        if not found:
            yield SetAside("own", study.initiative, named.outcome, named.study, "no-effect-computed")
        turned = -1.0 if outcome.polarity == "lower-is-better" else 1.0
        for row in found:
            yield _of_own(question, named, study.initiative, study.design, row, turned)


def _of_own(
    question: SynthesisQuestion, named: OwnEffects, initiative: str, design: str, row: Mapping[str, Any], turned: float
) -> Told:
    label = f"{named.study} ({row['wave']})" if row["wave"] else named.study
    aside = SetAside("own", initiative, named.outcome, label, "")
    if row["status"] != "published":
        return replace(aside, reason="effect-not-published")
    keys = {"smd": ("g", "g_se", "g_low", "g_high"), "risk-difference": ("effect", "se", "low", "high")}
    if question.measure not in keys:
        return replace(aside, reason="other-measure")
    if design in (BEFORE_AFTER, "interrupted-series") and not question.with_before_after:
        return replace(aside, reason="no-comparison-group")
    figures = [row[key] for key in keys[question.measure]]
    if any(value is None for value in figures) or not figures[1] > 0:
        return replace(aside, reason="no-standard-error")
    effect, se, low, high = map(float, figures)
    bounds = (low, high) if turned > 0 else (-high, -low)
    return StudyEffect(
        "own", initiative, named.outcome, label, turned * effect, se, *bounds, row["n_treated"], row["n_control"],
        design, evidence_level=row["evidence_level"], moderators=dict(named.moderators),
        cautions=(BEFORE_AFTER,) if design == BEFORE_AFTER else (),
    )  # fmt: skip


def _of_literature(
    question: SynthesisQuestion, reference: LiteratureReference, effect: LiteratureEffect, confidence: float
) -> StudyEffect:
    size = effect_size(effect, confidence)
    cautions = [*size.cautions]
    wanted = MEASURES[question.measure]
    if size.measure == "smcr" and wanted == "smd":
        if not question.with_before_after:
            raise RefusedSynthesis("no-comparison-group", "A change of one group beside differences of two.")
        cautions.append(BEFORE_AFTER)
    elif size.measure != wanted:
        if effect.measure not in question.convert:
            raise RefusedSynthesis("other-measure", f"{effect.measure} where {question.measure} is pooled.")
        size = _converted(size, confidence)
        cautions.append(CONVERTED)
    sign = -1.0 if effect.reversed else 1.0
    low, high = (size.low, size.high) if sign > 0 else (-size.high, -size.low)
    if reference.synthetic:
        cautions.append(SYNTHETIC)
    if not reference.extraction.is_checked:
        cautions.append(UNCHECKED)
    if effect.risk_of_bias == "high":
        cautions.append(HIGH_RISK)
    return StudyEffect(
        "literature", effect.study, effect.outcome, effect.label, sign * size.value, size.se, low, high,
        effect.n_treated, effect.n_control, effect.design, effect.year, effect.country, effect.risk_of_bias,
        reference.reference, effect.page, moderators=dict(effect.moderators), cautions=tuple(cautions),
    )  # fmt: skip


def effect_size(effect: LiteratureEffect, confidence: float = 0.95) -> EffectSize:
    """The effect as printed, or from the figures printed, in its own measure and direction.

    An interval gives se = (high - low) / 2z at the confidence that the source states, on the logarithm for ratios.
    Raises RefusedSynthesis where figures give none (nobody had the event, too few people).
    """
    n_control = effect.n_control or 0
    if effect.means is not None:
        treated, control = effect.means.treated, effect.means.control
        groups = Group(treated.mean, treated.sd, effect.n_treated), Group(control.mean, control.sd, n_control)
        return hedges_g(*groups, confidence=confidence)
    if effect.change is not None:
        before = Group(effect.change.before.mean, effect.change.before.sd, effect.n_treated)
        return standardised_change(before, effect.change.after, effect.change.correlation, confidence=confidence)
    if effect.events is not None:
        table = TwoByTwo(effect.events.treated, effect.n_treated, effect.events.control, n_control)
        return OF_EVENTS[effect.measure](table, confidence=confidence)
    measure = MEASURES[effect.measure]
    printed = [effect.effect or 0.0, *(effect.interval or ())]
    value, *bounds = [math.log(figure) for figure in printed] if measure.startswith("log") else printed
    se = effect.se if effect.se is not None else (bounds[1] - bounds[0]) / (2 * _z(effect.confidence))
    half = _z(confidence) * se
    return EffectSize(measure, value, se * se, value - half, value + half, "printed")


def _converted(size: EffectSize, confidence: float) -> EffectSize:
    """Odds ratios to standardised differences, or back; the interval from the normal law."""
    to_smd = size.measure == "log-odds-ratio"
    value, variance = (smd_of_log_odds if to_smd else log_odds_of_smd)(size.value, size.variance)
    half = _z(confidence) * math.sqrt(variance)
    measure: Measure = "smd" if to_smd else "log-odds-ratio"
    return EffectSize(measure, value, variance, value - half, value + half, "normal", cautions=size.cautions)


def _z(confidence: float) -> float:
    return float(ndtri((1 + confidence) / 2))
