"""From declared questions to the rows of the curated tables `synthesis`, `synthesis_effect`, `synthesis_moderator` and
`synthesis_condition`.

Declarations and rows of the curated table `effect` come in, lists of plain rows go out, sorted by their key, figures
rounded to the declared precision. Each question is answered from our studies, from the literature, and from both; what
cannot be answered is a row that says why. Pure: no connection, no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from impact_pipeline.declarations import Schemas, SynthesisQuestion
from impact_pipeline.declarations.synthesis_question import DeclaredModerator
from impact_pipeline.methods.synthesis.conditions import conditions
from impact_pipeline.methods.synthesis.dependent import ThreeLevel, three_level
from impact_pipeline.methods.synthesis.model import Fitted, arrays, asymmetry, checks, fit
from impact_pipeline.methods.synthesis.moderators import STUDIES_PER_MODERATOR, Regression, holm, meta_regression
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.methods.synthesis.study_effects import (
    BEFORE_AFTER,
    MEASURES,
    SetAside,
    StudyEffect,
    literature_effects,
    own_effects,
)

Row = dict[str, Any]
Pool = Literal["own", "literature", "both"]
TO_LEAVE_ONE_OUT = 4  # studies: the others are then three
HETEROGENEOUS, SMALL_STUDY, NOT_TRANSFERABLE = "heterogeneous", "small-study-effects", "not-yet-transferable"
MUCH_HETEROGENEITY = 75.0  # percent, I2
ASYMMETRIC = 0.10  # p-value of Egger's test
SURE = 0.05
FIGURES = ("effect", "se", "df", "low", "high", "p", "prediction_low", "prediction_high", "tau2", "tau2_low",
           "tau2_high", "i2", "q", "q_p")  # fmt: skip
OF_EFFECT = ("effect", "se", "low", "high", "weight", "without_effect", "without_low", "without_high")
OF_STUDY = ("year", "country", "design", "risk_of_bias", "evidence_level", "n_treated", "n_control")
OF_MODERATOR = ("coefficient", "se", "df", "low", "high", "p", "p_adjusted", "tau2", "r2")


@dataclass(frozen=True, slots=True)
class Answers:
    """Rows of the four curated tables."""

    synthesis: list[Row]
    synthesis_effect: list[Row]
    synthesis_moderator: list[Row]
    synthesis_condition: list[Row]


def synthesise(schemas: Schemas, effects: Sequence[Mapping[str, Any]]) -> Answers:
    """Answer every declared question; `effects` are rows of the curated table `effect`, none where none is computed."""
    confidence, digits = schemas.programme.statistics.confidence, schemas.programme.statistics.significant_digits
    answers = Answers([], [], [], [])
    for _, question in sorted(schemas.syntheses.items()):
        usable, aside = _gathered(question, schemas, effects)
        answers.synthesis.extend(_syntheses(question, usable, confidence, digits))
        answers.synthesis_effect.extend(_effects(question, usable, aside, confidence, digits))
        answers.synthesis_moderator.extend(_moderators(question, usable, confidence, digits))
        answers.synthesis_condition.extend(conditions(question, usable, confidence, digits))
    return Answers(
        sorted(answers.synthesis, key=lambda row: (row["question"], row["source"], row["model"])),
        sorted(answers.synthesis_effect, key=lambda row: (row["question"], row["position"])),
        sorted(answers.synthesis_moderator, key=lambda row: (row["question"], row["moderator"])),
        sorted(answers.synthesis_condition, key=lambda r: (r["question"], r["kind"], r["solution"], r["position"])),
    )


def pooled(question: SynthesisQuestion, schemas: Schemas, effects: Sequence[Mapping[str, Any]]) -> Row | None:
    """The answer from the widest pool of a question, as its row of `synthesis`; None where it is refused."""
    usable, _ = _gathered(question, schemas, effects)
    confidence, digits = schemas.programme.statistics.confidence, schemas.programme.statistics.significant_digits
    answers = [row for row in _syntheses(question, usable, confidence, digits) if row["role"] == "answer"]
    return answers[-1] if answers[-1]["status"] == "published" else None


def _gathered(
    question: SynthesisQuestion, schemas: Schemas, effects: Sequence[Mapping[str, Any]]
) -> tuple[list[StudyEffect], list[SetAside]]:
    """Effects that answer a question, in order, and those set aside."""
    confidence = schemas.programme.statistics.confidence
    told = [*own_effects(question, schemas, effects), *literature_effects(question, schemas.references, confidence)]
    usable = sorted((item for item in told if isinstance(item, StudyEffect)), key=lambda item: item.order)
    return usable, [item for item in told if isinstance(item, SetAside)]


def _pools(question: SynthesisQuestion) -> list[Pool]:
    """Ours, those of others, and both: what the question names."""
    named: list[Pool] = []
    if question.studies:
        named.append("own")
    if question.references:
        named.append("literature")
    return [*named, "both"] if len(named) > 1 else named


def _of_pool(pool: Pool, effects: Sequence[StudyEffect]) -> list[StudyEffect]:
    return [effect for effect in effects if pool in ("both", effect.source)]


def _syntheses(
    question: SynthesisQuestion, effects: Sequence[StudyEffect], confidence: float, digits: int
) -> Iterator[Row]:
    for pool in _pools(question):
        pooled = _of_pool(pool, effects)
        bare = {
            "question": question.synthesis, "source": pool, "question_fr": question.question.fr,
            "question_en": question.question.en, "outcome_fr": question.outcome.fr, "outcome_en": question.outcome.en,
            "measure": MEASURES[question.measure],
        }  # fmt: skip
        try:
            told = fit(pooled, question.correlation, confidence)
            egger_p = asymmetry(pooled, question.correlation, MEASURES[question.measure])
        except RefusedSynthesis as refused:
            nothing = dict.fromkeys((*FIGURES, "egger_p"))
            yield bare | nothing | {
                "model": "none", "role": "answer", "k": len(pooled), "studies": len(set(arrays(pooled)[2])),
                "cautions": "", "status": "refused", "reason": refused.code,
            }  # fmt: skip
            continue
        yield bare | _figures(told, "answer", egger_p, _cautions(told, pooled, egger_p), digits)
        for other in checks(pooled, question.correlation, confidence):
            yield bare | _figures(other, "check", None, other.cautions, digits)


def _figures(told: Fitted, role: str, egger_p: float | None, cautions: Sequence[str], digits: int) -> Row:
    return {
        "model": told.model, "role": role, "k": told.k, "studies": told.studies,
        **{name: _rounded(getattr(told, name), digits) for name in FIGURES}, "egger_p": _rounded(egger_p, digits),
        "cautions": _joined(cautions), "status": "published", "reason": None,
    }  # fmt: skip


def _cautions(told: Fitted, effects: Sequence[StudyEffect], egger_p: float | None) -> list[str]:
    """What a reader must know before the figure: of the effects, of the model, and of what it says."""
    found = [*told.cautions, *(caution for effect in effects for caution in effect.cautions)]
    if (told.i2 or 0) > MUCH_HETEROGENEITY:
        found.append(HETEROGENEOUS)
    if egger_p is not None and egger_p < ASYMMETRIC:
        found.append(SMALL_STUDY)
    sure = told.low > 0 or told.high < 0
    if sure and told.prediction_low is not None and told.prediction_high is not None:
        holds_none = told.prediction_low <= 0 <= told.prediction_high
        found += [NOT_TRANSFERABLE] if holds_none else []
    if {effect.design == BEFORE_AFTER for effect in effects} == {True, False}:
        found.append("mixed-designs")
    return found


def _effects(
    question: SynthesisQuestion, effects: Sequence[StudyEffect], aside: Sequence[SetAside], confidence: float,
    digits: int,
) -> Iterator[Row]:  # fmt: skip
    """What a forest plot shows: each effect, its weight in the widest pool and the mean without its study."""
    try:
        weights = fit(effects, question.correlation, confidence).weights
    except RefusedSynthesis:
        weights = None
    without = _without(question, effects, confidence)
    for nth, item in enumerate(effects):
        left = without.get((item.source, item.study))
        numbers = {
            "effect": item.effect, "se": item.se, "low": item.low, "high": item.high,
            "weight": float(weights[nth]) if weights is not None else None,
            "without_effect": left.effect if left is not None else None,
            "without_low": left.low if left is not None else None,
            "without_high": left.high if left is not None else None,
        }  # fmt: skip
        yield {
            "question": question.synthesis, "position": nth + 1, "source": item.source, "study": item.study,
            "outcome": item.outcome, "label": item.label, "reference": item.reference, "page": item.page,
            "year": item.year, "country": item.country, "design": item.design, "risk_of_bias": item.risk_of_bias,
            "evidence_level": item.evidence_level, "n_treated": item.n_treated, "n_control": item.n_control,
            "measure": MEASURES[question.measure],
            **{name: _rounded(value, digits) for name, value in numbers.items()},
            "cautions": _joined(item.cautions), "status": "pooled" if weights is not None else "shown", "reason": None,
        }  # fmt: skip
    for nth, left_out in enumerate(sorted(aside, key=lambda a: (a.source, a.study, a.outcome, a.label, a.page or ""))):
        nothing = dict.fromkeys((*OF_EFFECT, *OF_STUDY))
        yield nothing | {
            "question": question.synthesis, "position": len(effects) + nth + 1, "source": left_out.source,
            "study": left_out.study, "outcome": left_out.outcome, "label": left_out.label,
            "reference": left_out.reference, "page": left_out.page, "measure": MEASURES[question.measure],
            "cautions": "", "status": "set-aside", "reason": left_out.reason,
        }  # fmt: skip


def _without(
    question: SynthesisQuestion, effects: Sequence[StudyEffect], confidence: float
) -> dict[tuple[str, str], Fitted]:
    """The mean that the other studies give, by the study left out; nothing where fewer than three would be left."""
    studies = sorted({(effect.source, effect.study) for effect in effects})
    if len(studies) < TO_LEAVE_ONE_OUT:
        return {}
    return {
        study: fit([e for e in effects if (e.source, e.study) != study], question.correlation, confidence)
        for study in studies
    }


def _moderators(
    question: SynthesisQuestion, effects: Sequence[StudyEffect], confidence: float, digits: int
) -> Iterator[Row]:
    """One row a declared moderator, from the widest pool; p-values adjusted within the declared family (Holm)."""
    declared = question.moderators
    if not declared:
        return
    bare: Row = {"question": question.synthesis, "k": len(effects), "studies": len(set(arrays(effects)[2]))}
    try:
        told = _regressed(declared, effects, question.correlation, confidence)
    except RefusedSynthesis as refused:
        for moderator in declared:
            nothing = dict.fromkeys(OF_MODERATOR)
            yield bare | _named(moderator) | nothing | {
                "verdict": None, "status": "refused", "reason": refused.code
            }  # fmt: skip
        return
    adjusted = holm(np.array([row["p"] for row in told]))
    for moderator, row, p_adjusted in zip(declared, told, adjusted, strict=True):
        numbers: Row = {**row, "p_adjusted": float(p_adjusted)}
        yield bare | _named(moderator) | {
            **{name: _rounded(numbers[name], digits) for name in OF_MODERATOR},
            "verdict": _verdict(moderator, numbers), "status": "published", "reason": None,
        }  # fmt: skip


def _regressed(
    declared: Sequence[DeclaredModerator], effects: Sequence[StudyEffect], correlation: float, confidence: float
) -> list[dict[str, Any]]:
    """Coefficient, error, test of each moderator, all together in one model."""
    y, v, studies = arrays(effects)
    names = [moderator.name for moderator in declared]
    if len(names) * STUDIES_PER_MODERATOR > len(set(studies)):
        raise RefusedSynthesis("too-many-moderators", f"{len(names)} moderators, {len(set(studies))} studies.")
    if any(name not in effect.moderators for effect in effects for name in names):
        raise RefusedSynthesis("missing-moderator", "A study without a value of a moderator.")
    told: Regression | ThreeLevel
    x = np.array([[effect.moderators[name] for name in names] for effect in effects])
    if len(set(studies)) == len(effects):
        told = meta_regression(y, v, x, names, confidence=confidence)
        df, tau2, r2 = np.full(len(names) + 1, told.df), told.tau2, told.r2
    else:
        told = three_level(y, v, studies, moderators=x, correlation=correlation, confidence=confidence)
        df, tau2, r2 = told.df, told.between + told.within, None
    return [
        {
            "coefficient": told.coefficients[n], "se": told.se[n], "df": df[n], "low": told.low[n],
            "high": told.high[n], "p": told.p[n], "tau2": tau2, "r2": r2,
        }
        for n in range(1, len(names) + 1)
    ]  # fmt: skip


def _named(moderator: DeclaredModerator) -> Row:
    return {
        "moderator": moderator.name, "label_fr": moderator.label.fr, "label_en": moderator.label.en,
        "expected": moderator.expected,
    }  # fmt: skip


def _verdict(moderator: DeclaredModerator, row: Mapping[str, Any]) -> str:
    """Whether the effect goes with the moderator as was expected; sure only after the adjustment."""
    if row["p_adjusted"] >= SURE:
        return "undecided"
    found = "larger" if row["coefficient"] > 0 else "smaller"
    if moderator.expected == "unknown":
        return found
    return "as-expected" if found == moderator.expected else "contrary"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else float(f"{float(value):.{digits}g}")


def _joined(cautions: Sequence[str]) -> str:
    """Codes, each once, sorted, apart by spaces."""
    return " ".join(sorted(set(cautions)))
