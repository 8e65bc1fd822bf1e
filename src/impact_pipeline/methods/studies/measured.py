"""Whether the answers that a study compares were had in the same way: mode and wording, and what a scale measures, from
wave to wave and from arm to arm.

An engine holding `collected`, `invariance` and the records comes in with a question; `Measured` goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from impact_pipeline.declarations import Scale, Schemas, Score, Study
from impact_pipeline.declarations.study import DesignName
from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.measures.comparability import Collected, compare_waves
from impact_pipeline.methods.measures.invariance import compare_groups
from impact_pipeline.methods.measures.moments import moments_from_sums
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.renderings.item_sql import pairs
from impact_pipeline.renderings.study_sql import collected_by_arm, item_moments_by_arm

OVER_ALL_WAVES: tuple[DesignName, ...] = ("staggered", "interrupted-series", "synthetic-control")
FEWEST_ANSWERS = 150  # in a group: with fewer, steps that hold are often said not to (three in ten at fifty)
HadByArm = Mapping[tuple[str, float], Mapping[Collected, int]]  # wave and arm -> records by version and mode
CollectedByArm = Callable[[tuple[str, ...]], HadByArm]
LEVELS_COMPARE = "scalar"  # the step of invariance from which means may be compared


@dataclass(frozen=True, slots=True)
class Measured:
    """`same_version`: the same wording and mode in all waves and arms that are compared; `invariant`: the scale lets
    means be compared between them. None where it cannot be told: a mode that is not declared, no scale, few answers."""

    same_version: bool | None
    invariant: bool | None


def measured(engine: Engine, question: Question, schemas: Schemas, had: CollectedByArm) -> Measured:
    """What is known of the measure of an outcome at a wave."""
    return Measured(_same_version(question, schemas, had(_waves(question))), _invariant(engine, question, schemas))


def read_collected(engine: Engine, study: Study, schemas: Schemas) -> CollectedByArm:
    """In which versions and modes a study's records were had at some waves: read once, for outcomes share waves."""

    @cache
    def read(waves: tuple[str, ...]) -> HadByArm:
        found: dict[tuple[str, float], dict[Collected, int]] = {}
        for wave, treated, version, mode, records in run(engine, collected_by_arm(study, schemas, waves)):
            if treated is not None:
                found.setdefault((str(wave), float(treated)), {})[Collected(int(version), mode)] = int(records)
        return found

    return read


def _same_version(question: Question, schemas: Schemas, had: HadByArm) -> bool | None:
    study = question.study
    before = study.baseline_of(question.outcome)
    expressions = [question.outcome.value, *([] if before is None else [before])]
    fields = schemas.fields_of(schemas.instrument(study.instrument), expressions)
    groups = [told for _, told in sorted(had.items())]
    if len(groups) < 2:
        return None
    versions = schemas.versions[study.instrument]
    if any(compare_waves(versions, fields, frozenset(), groups[0], other) for other in groups[1:]):
        return False
    return None if any(how.mode is None for told in groups for how in told) else True


def _waves(question: Question) -> tuple[str, ...]:
    """The waves that the answer rests on; none named where the instrument has one row a unit."""
    waves = question.study.waves
    if waves is None:
        return ()
    if question.study.design in OVER_ALL_WAVES:
        return waves.in_order
    before = () if waves.baseline is None or not question.outcome.has_baseline else (*waves.pre, waves.baseline)
    return (*before, question.wave)


def _invariant(engine: Engine, question: Question, schemas: Schemas) -> bool | None:
    """None where no comparison can be told; false where one of them fails."""
    scores = schemas.scores(schemas.instrument(question.study.instrument))
    told = [
        verdict
        for name in question.outcome.value.names
        if name in scores
        for verdict in (
            *_from_wave_to_wave(engine, question, name),
            _between_arms(engine, question, *scores[name], schemas),
        )
        if verdict is not None
    ]
    return all(told) if told else None


def _from_wave_to_wave(engine: Engine, question: Question, score: str) -> Iterator[bool]:
    """As the table `invariance` tells it of the study's baseline and this wave."""
    study = question.study
    where = {
        "score": score, "instrument": study.instrument, "initiative": study.initiative,
        "wave_from": study.baseline_wave or "", "wave_to": question.wave,
    }  # fmt: skip
    matching = " and ".join(f"{column} = {literal(value)}" for column, value in where.items())
    for n_from, n_to, holds in run(engine, f"select n_from, n_to, holds from invariance where {matching}"):
        if holds is not None and min(n_from, n_to) >= FEWEST_ANSWERS:
            yield holds == LEVELS_COMPARE


def _between_arms(engine: Engine, question: Question, scale: Scale, score: Score, schemas: Schemas) -> bool | None:
    if not question.study.has_comparison:
        return None
    k, groups = len(score.items), []
    rows = run(engine, item_moments_by_arm(question.study, schemas, scale, score, question.wave))
    for _, n, *told in sorted((row for row in rows if row[0] is not None), key=lambda row: float(row[0])):
        products = [[Fraction(0)] * k for _ in range(k)]
        for (a, b), product in zip(pairs(score), told[k:], strict=True):
            products[a][b] = products[b][a] = Fraction(product)
        groups.append((int(n), [Fraction(total) for total in told[:k]], products))
    if len(groups) < 2 or min(n for n, _, _ in groups) < FEWEST_ANSWERS:
        return None
    try:
        return compare_groups([moments_from_sums(*told) for told in groups]).holds == LEVELS_COMPARE
    except RefusedMeasure:
        return None
