"""From declared studies and stored records to their effects, with the evidence level of each answer.

An engine holding the tables of `methods.compute` comes in with the declarations and what is known of each plan's
declaration; the tables `effect`, `evidence`, `balance`, `attrition` and `moderator` are left in it, not yet protected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from impact_pipeline.declarations import Outcome, Schemas, Study
from impact_pipeline.declarations.kinds import kind_of
from impact_pipeline.declarations.study import EstimatorName
from impact_pipeline.methods.engine import Engine, put, run
from impact_pipeline.methods.evidence import Grade, grade
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.power import detectable_effect
from impact_pipeline.methods.studies.attrition import Lost, lost_of
from impact_pipeline.methods.studies.balance import balance_of, balance_rows
from impact_pipeline.methods.studies.dispatch import estimate
from impact_pipeline.methods.studies.facts import Found, facts_of
from impact_pipeline.methods.studies.families import adjusted
from impact_pipeline.methods.studies.hidden_bias import hidden_bias
from impact_pipeline.methods.studies.measured import CollectedByArm, Measured, measured, read_collected
from impact_pipeline.methods.studies.moderation import moderators
from impact_pipeline.methods.studies.pooled import Pooled, pooled_effects
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.rows import (
    STATUS_REFUSED,
    TABLES,
    AttritionRow,
    EffectRow,
    EvidenceRow,
    table_of,
)
from impact_pipeline.methods.studies.sensitivity import e_values, undoing
from impact_pipeline.methods.studies.units import ARMS, ArmFlow, analysed, read_unit_waves, read_units
from impact_pipeline.methods.synthesis.effect_sizes import EffectSize, standardised_effect
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.renderings.study_sql import follow_up_submissions
from impact_pipeline.words import say

SHARE = "percent"  # the unit of shares, between 0 and 1 in every table
LEE = ("lee_low", "lee_high", "lee_interval_low", "lee_interval_high")
Standing = Literal["before", "after", "not"]


@dataclass(frozen=True, slots=True)
class Plan:
    """When a study's plan of today was declared (None where it was not), and when each submission was first received
    for its key: the earliest that its data could have been known."""

    declared_at: datetime | None
    received: Mapping[str, datetime]


@dataclass
class Answers:
    """Rows of the five tables, in the order in which they were made."""

    effect: list[EffectRow] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    balance: list[Any] = field(default_factory=list)
    attrition: list[AttritionRow] = field(default_factory=list)
    moderator: list[Any] = field(default_factory=list)


@dataclass
class Asked:
    """One outcome at one wave while its study is being answered."""

    question: Question
    estimates: dict[EstimatorName, EffectEstimate | RefusedEffect]
    flow: Sequence[ArmFlow]
    declared: Standing
    measured: Measured
    p_adjusted: float | None = None
    tested: int = 1

    @property
    def main(self) -> EstimatorName:
        return next(iter(self.estimates))

    @property
    def answer(self) -> EffectEstimate | RefusedEffect:
        return self.estimates[self.main]


def compute_studies(engine: Engine, schemas: Schemas, plans: Mapping[str, Plan]) -> None:
    """Create the five tables of studies in the engine.

    The same records and declarations give the same rows to the last bit. An effect that cannot be told has the status
    `refused` and the code of the refusal as its reason; an instrument that has received nothing gives `no-data`.
    """
    told = Answers()
    asked: list[Asked] = []
    tables = {row[0] for row in run(engine, "select distinct instrument from record_key")}
    for name, study in sorted(schemas.studies.items()):
        if study.instrument in tables:
            asked += _asked(engine, study, schemas, _standing(engine, study, plans.get(name)), told)
        else:
            told.effect += [
                _bare(study, outcome, wave, "", reason="no-data") for outcome, wave in _outcomes(study)
            ]  # fmt: skip
    reliability = _reliability(engine)
    pooled = pooled_effects(schemas, [_main_row(item) for item in asked])
    for item in asked:
        _tell(item, schemas, reliability, pooled.get(item.question.place, Pooled()), told)
    told.effect = [replace(row, unit=row.unit or _unit(schemas, row)) for row in told.effect]
    digits = schemas.programme.statistics.significant_digits
    for table in TABLES:
        put(engine, table, table_of(table, getattr(told, table), digits))


def _unit(schemas: Schemas, row: EffectRow) -> str | None:
    """An outcome that is a yes or no is a share whether or not its declaration says so."""
    study = schemas.studies[row.study]
    value = next(outcome.value for outcome in study.outcomes if outcome.name == row.outcome)
    is_share = kind_of(value, schemas.kinds(schemas.instrument(study.instrument))) == "truth"
    return SHARE if is_share else None


def _outcomes(study: Study) -> list[tuple[Outcome, str]]:
    return [(outcome, wave) for outcome in study.outcomes for wave in study.waves_of(outcome)]


def _standing(engine: Engine, study: Study, plan: Plan | None) -> Standing:
    """Whether the plan was declared before the first follow-up data were received."""
    if plan is None or plan.declared_at is None:
        return "not"
    submissions = [row[0] for row in run(engine, follow_up_submissions(study))]
    first = min((plan.received[name] for name in submissions if name in plan.received), default=None)
    return "before" if first is None or plan.declared_at <= first else "after"


def _asked(engine: Engine, study: Study, schemas: Schemas, declared: Standing, told: Answers) -> list[Asked]:
    asked: list[Asked] = []
    had = read_collected(engine, study, schemas)
    for outcome, wave in _outcomes(study):
        try:
            asked.append(_ask(engine, study, outcome, wave, schemas, declared, had))
        except RefusedEffect as refused:
            told.effect.append(_bare(study, outcome, wave, "", reason=refused.code))
    found = adjusted([(item.question, item.answer) for item in asked])
    for item, (p, tested) in zip(asked, found, strict=True):
        item.p_adjusted, item.tested = p, tested
    return asked


def _ask(
    engine: Engine, study: Study, outcome: Outcome, wave: str, schemas: Schemas, declared: Standing, had: CollectedByArm
) -> Asked:
    everyone = read_units(engine, study, outcome, wave, schemas)
    whole, flow = analysed(study, everyone)
    question = Question(
        study, outcome, wave, whole, everyone, lambda: read_unit_waves(engine, study, outcome, schemas),
        schemas.programme.statistics.confidence,
    )  # fmt: skip
    estimates = {name: _estimated(name, question) for name in question.estimators()}
    return Asked(question, estimates, flow, declared, measured(engine, question, schemas, had))


def _estimated(name: EstimatorName, question: Question) -> EffectEstimate | RefusedEffect:
    try:
        return estimate(name, question)
    except RefusedEffect as refused:
        return refused


def _tell(
    item: Asked, schemas: Schemas, reliability: Sequence[Mapping[str, Any]], pooled: Pooled, told: Answers
) -> None:
    question = item.question
    lost = lost_of(question)
    told.attrition += _attrition_rows(question, item.flow, lost)
    differences = balance_of(question)
    told.balance += balance_rows(question, differences)
    answer, row = item.answer, _main_row(item)
    if isinstance(answer, EffectEstimate):
        size, mde = _size(answer, question.confidence), _detectable(answer, question.confidence)
        beside, hidden = _beside(item.estimates), hidden_bias(question)
        found = Found(
            answer, mde, None if size is None else size.value, differences, lost, beside.get("pretrend_p"),
            beside.get("breakdown"), item.declared, item.tested, reliability, item.measured, pooled, hidden,
        )  # fmt: skip
        found_grade = grade(facts_of(question, found, schemas))
        told.evidence += _evidence_rows(question, found_grade)
        told.moderator += moderators(question, item.main)
        row = replace(_graded(row, found_grade), **asdict(undoing(question, answer, hidden)))
    told.effect.append(row)
    told.effect += [_effect_row(question, name, found) for name, found in item.estimates.items() if name != item.main]


def _beside(estimates: Mapping[EstimatorName, EffectEstimate | RefusedEffect]) -> dict[str, float]:
    """Details of all estimators, those of the answer first."""
    told: dict[str, float] = {}
    for found in estimates.values():
        if isinstance(found, EffectEstimate):
            told = {**found.details, **told}
    return told


def _bare(study: Study, outcome: Outcome, wave: str, estimator: str, *, reason: str | None = None) -> EffectRow:
    return EffectRow(
        study=study.study, outcome=outcome.name, wave=wave, estimator=estimator, is_main=not estimator,
        initiative=study.initiative, design=study.design, role=outcome.role, family=outcome.family,
        polarity=outcome.polarity, label_fr=outcome.label.fr, label_en=outcome.label.en, unit=outcome.unit,
        status=STATUS_REFUSED if reason else "published", reason=reason,
    )  # fmt: skip


def _main_row(item: Asked) -> EffectRow:
    """The answer, not yet graded."""
    row = _effect_row(item.question, item.main, item.answer)
    return replace(row, is_main=True, p_adjusted=item.p_adjusted, declared=item.declared)


def _effect_row(question: Question, name: str, found: EffectEstimate | RefusedEffect) -> EffectRow:
    if isinstance(found, RefusedEffect):
        return _bare(question.study, question.outcome, question.wave, name, reason=found.code)
    size = _size(found, question.confidence)
    standardised: dict[str, Any] = {} if size is None else {
        "g": size.value, "g_se": size.se, "g_low": size.low, "g_high": size.high,
    }  # fmt: skip
    copied = (
        "estimand", "n_treated", "n_control", "clusters_treated", "clusters_control", "effect", "se", "se_rule", "df",
        "low", "high", "p",
    )  # fmt: skip
    return replace(
        _bare(question.study, question.outcome, question.wave, name),
        **{column: getattr(found, column) for column in copied},
        **standardised,
        **asdict(e_values(question, found)),
        mde=_detectable(found, question.confidence), cautions=" ".join(found.cautions) or None,
    )  # fmt: skip


def _graded(row: EffectRow, found: Grade) -> EffectRow:
    return replace(
        row, evidence_ceiling=found.ceiling, evidence_level=found.level, nesta_level=found.nesta,
        certainty=found.certainty, labels=" ".join(found.labels) or None,
    )  # fmt: skip


def _size(found: EffectEstimate, confidence: float) -> EffectSize | None:
    """Hedges' g over the comparison group's (or the baseline's) standard deviation, with its exact interval."""
    n = found.n_control or found.n_treated
    if found.se is None or found.sd is None:
        return None
    try:
        return standardised_effect(found.effect, found.se, found.sd, n - 1, confidence=confidence)
    except RefusedSynthesis:
        return None


def _detectable(found: EffectEstimate, confidence: float) -> float | None:
    if found.se is None or (found.df is not None and not found.df > 0):
        return None
    return detectable_effect(found.se, found.df, alpha=1 - confidence)


def _evidence_rows(question: Question, found: Grade) -> Iterator[EvidenceRow]:
    for position, rule in enumerate(found.rules, start=1):
        yield EvidenceRow(
            question.study.study, question.outcome.name, question.wave, position, rule.rule, rule.fired,
            None if rule.figure is None else float(rule.figure),
            None if rule.threshold is None else float(rule.threshold), rule.change,
            say(f"evidence.{rule.rule}", "fr"), say(f"evidence.{rule.rule}", "en"),
        )  # fmt: skip


def _attrition_rows(question: Question, flow: Sequence[ArmFlow], lost: Lost | None) -> Iterator[AttritionRow]:
    def row(arm: str, members: Sequence[ArmFlow], **more: Any) -> AttritionRow:
        left: dict[str, Any] = {name: sum(m.left_out[name] for m in members) for name in members[0].left_out}
        assigned = sum(m.assigned for m in members)
        return AttritionRow(
            study=question.study.study, outcome=question.outcome.name, wave=question.wave, arm=arm,
            seen=sum(m.seen for m in members), assigned=assigned, analysed=sum(m.analysed for m in members), **left,
            rate=sum(m.lost for m in members) / assigned if assigned else None, **more,
        )  # fmt: skip

    by_arm = {item.arm: item for item in flow}
    for arm in ARMS:
        if by_arm[arm].seen or arm != "unknown":
            yield row(arm, [by_arm[arm]])
    figures = {} if lost is None else {
        name: getattr(lost, name) for name in ("differential", "allowed", *LEE)
    }  # fmt: skip
    yield row("all", list(flow), **figures)


def _reliability(engine: Engine) -> list[dict[str, Any]]:
    names = ("score", "instrument", "initiative", "wave", "alpha", "floor_share", "ceiling_share")
    rows = run(engine, f"select {', '.join(names)} from reliability")
    return [dict(zip(names, row, strict=True)) for row in rows]
