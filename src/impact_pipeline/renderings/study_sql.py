"""From a study to the SQL that reads its units: one row a unit, or one row a unit and wave, in ANSI SQL.

Declarations come in, the text of selects goes out. A yes or no is read as 1 or 0, numbers as double, groups as text.
What belongs to a unit (arm, cluster, block, covariates, moderators) is read at the baseline wave; at the follow-up for
a unit that was not seen before. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.declarations import Expression, Outcome, Scale, Schemas, Score, Study
from impact_pipeline.declarations.kinds import Kind, kind_of
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.renderings.item_sql import complete_answers, pairs
from impact_pipeline.renderings.record_sql import record_table, scored_records

ColumnType = Literal["number", "text"]


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column of the rows that are read, and the expression that it holds."""

    name: str
    type: ColumnType
    expression: Expression


def unit_columns(study: Study, schemas: Schemas) -> tuple[ReadColumn, ...]:
    """What belongs to a unit, in the order of the selects' columns: `treated`, `cluster`, `block`, `weight`,
    `running`, `instrument`, `first_treated`, `within`, `x0`..., `m0`...; those that the study names."""
    instrument = schemas.instrument(study.instrument)
    assignment, kinds = study.assignment, schemas.kinds(instrument)
    field = None if study.cluster is None else Expression(study.cluster)
    weight = Expression(instrument.design.weight or "1") if study.weighted else None
    named: list[tuple[str, Expression | None, ColumnType]] = [
        ("treated", study.treatment, "number"), ("cluster", field, "text"), ("block", assignment.blocks, "text"),
        ("weight", weight, "number"), ("running", assignment.running, "number"),
        ("instrument", assignment.instrument, "number"), ("first_treated", assignment.first_treated, "text"),
        ("within", None if study.matching is None else study.matching.within, "text"),
    ]  # fmt: skip
    named += [(f"x{place}", covariate, "number") for place, covariate in enumerate(study.covariates)]
    for place, moderator in enumerate(study.moderators):
        is_text = kind_of(moderator.expression, kinds) == "text"
        named.append((f"m{place}", moderator.expression, "text" if is_text else "number"))
    return tuple(ReadColumn(name, kind, told) for name, told, kind in named if told is not None)


def units(study: Study, outcome: Outcome, wave: str, schemas: Schemas) -> str:
    """One row a unit: unit, seen_before, seen_after (1 or 0), outcome, baseline, then `unit_columns`.

    Without waves, or without a baseline wave, all is read from the unit's one row. Rows of `among` alone.
    """
    columns = unit_columns(study, schemas)
    before = study.baseline_of(outcome)
    names = ["outcome", "baseline", *(column.name for column in columns)]
    if study.baseline_wave is None:
        after = _rows(study, schemas, columns, {"outcome": outcome.value, "baseline": before}, (wave,) if wave else ())
        told = ", ".join(f"a.{name}" for name in names)
        return f"""select a.unit as unit, 1 as seen_before, 1 as seen_after, {told}
from ({after}) a where a.among order by a.unit"""
    first = _rows(study, schemas, columns, {"outcome": None, "baseline": before}, (study.baseline_wave,))
    after = _rows(study, schemas, columns, {"outcome": outcome.value, "baseline": None}, (wave,))
    chosen = "".join(
        f",\n    case when b.unit is null then a.{column.name} else b.{column.name} end as {column.name}"
        for column in columns
    )
    return f"""select coalesce(b.unit, a.unit) as unit, case when b.unit is null then 0 else 1 end as seen_before,
    case when a.unit is null then 0 else 1 end as seen_after, a.outcome as outcome, b.baseline as baseline{chosen}
from ({first}) b full outer join ({after}) a on a.unit = b.unit
where case when b.unit is null then a.among else b.among end
order by 1"""


def unit_waves(study: Study, outcome: Outcome, schemas: Schemas) -> str:
    """One row a unit and wave of the study: unit, wave, outcome, then `unit_columns`.

    Where the same units are followed, what belongs to a unit is that of the baseline wave, and a unit not seen then has
    no row; where new units are asked each time, it is that of their row.
    """
    columns = unit_columns(study, schemas)
    assert study.waves is not None
    rows = _rows(study, schemas, columns, {"outcome": outcome.value}, study.waves.in_order)
    follows = study.follows == "same-units" and study.baseline_wave is not None
    owner = "b" if follows else "r"
    told = "".join(f", {owner}.{column.name} as {column.name}" for column in columns)
    joined = ""
    if follows:
        first = _rows(study, schemas, columns, {}, (study.baseline_wave or "",))
        joined = f" join ({first}) b on b.unit = r.unit"
    return f"""select r.unit as unit, r.wave as wave, r.outcome as outcome{told}
from ({rows}) r{joined} where {owner}.among order by r.unit, r.wave"""


def collected_by_arm(study: Study, schemas: Schemas, waves: Sequence[str]) -> str:
    """wave, treated, version, mode and how many records of the study's units were had so; reads `collected`."""
    return f"""select a.wave as wave, a.treated as treated, c.version as version, c.mode as mode, count(*) as records
from ({_arms(study, schemas, waves)}) a
join collected c on c.record = a.record
group by a.wave, a.treated, c.version, c.mode"""


def item_moments_by_arm(study: Study, schemas: Schemas, scale: Scale, score: Score, wave: str) -> str:
    """treated, n, then the sum of each item, then the sum of the product of each of `item_sql.pairs`."""
    sums = [f"sum(p{i})" for i in range(len(score.items))] + [f"sum(p{i} * p{j})" for i, j in pairs(score)]
    answers = complete_answers(schemas.instrument(study.instrument), scale, score)
    return f"""select a.treated as treated, count(*) as n, {", ".join(sums)}
from ({_arms(study, schemas, (wave,) if wave else ())}) a
join ({answers}) p on p.record = a.record
group by a.treated"""


def _arms(study: Study, schemas: Schemas, waves: Sequence[str]) -> str:
    """record, wave and treated of the study's rows at some waves (all where none is named), arms as in `unit_waves`."""
    columns = tuple(column for column in unit_columns(study, schemas) if column.name == "treated")
    rows = _rows(study, schemas, columns, {}, waves)
    follows = study.follows == "same-units" and study.baseline_wave is not None
    owner = "b" if follows else "r"
    treated = f"{owner}.treated" if columns else "cast(1 as double)"
    first = f" join ({_rows(study, schemas, columns, {}, (study.baseline_wave or '',))}) b on b.unit = r.unit"
    return f"""select r.record as record, r.wave as wave, {treated} as treated
from ({rows}) r{first if follows else ""} where {owner}.among"""


def follow_up_submissions(study: Study) -> str:
    """The submissions that hold a row of a follow-up wave of the study, each once."""
    waves = study.waves.follow_up if study.waves is not None else ()
    return f"""select distinct r._submission from {record_table(study.instrument)} r
where {_where(study, waves)} order by r._submission"""


def _rows(
    study: Study, schemas: Schemas, columns: Sequence[ReadColumn], figures: Mapping[str, Expression | None],
    waves: Sequence[str],
) -> str:  # fmt: skip
    """Rows of the study's initiative at some waves (all where none is named): record, unit, wave, among, figures,
    columns."""
    instrument = schemas.instrument(study.instrument)
    kinds = schemas.kinds(instrument)
    expressions = [column.expression for column in columns]
    expressions += [told for told in (*figures.values(), study.among) if told is not None]
    names = tuple(dict.fromkeys(name for told in expressions for name in told.names))
    among = f"coalesce({study.among.sql(table='r')}, false)" if study.among is not None else "true"
    told = [f"{_number(expression, kinds)} as {name}" for name, expression in figures.items()]
    told += [
        f"{_number(column.expression, kinds) if column.type == 'number' else _text(column.expression)} as {column.name}"
        for column in columns
    ]
    selected = "".join(f",\n    {column}" for column in told)
    return f"""select r._record as record, r._unit as unit, r._wave as wave, {among} as among{selected}
from ({scored_records(instrument, names)}) r
where {_where(study, waves)}"""


def _where(study: Study, waves: Sequence[str]) -> str:
    told = f"r._initiative = {literal(study.initiative)}"
    return told + (f" and r._wave in ({', '.join(map(literal, waves))})" if waves else "")


def _number(expression: Expression | None, kinds: Mapping[str, Kind]) -> str:
    if expression is None:
        return "cast(null as double)"
    sql = expression.sql(table="r")
    if kind_of(expression, kinds) == "truth":
        return f"case when ({sql}) then cast(1 as double) when not ({sql}) then cast(0 as double) end"
    return f"cast(({sql}) as double)"


def _text(expression: Expression) -> str:
    return f"cast(({expression.sql(table='r')}) as varchar)"
