"""From declarations to the SQL that turns records into long tables: answers to items, profiles, observations.

Instruments, indicators and paths of Parquet files come in; texts of queries go out. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.declarations import Expression, Indicator, Instrument, Schemas
from impact_pipeline.renderings.columns import column_types

MISSING = "(missing)"  # the category of units without one, so that a breakdown stays complete


def quoted(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def record_query(target: Instrument, source: Instrument, path: str, ordinal: int, **told: str) -> str:
    """Rows of one file of records under the newest version's columns, with a number of their own.

    `told` gives submission, initiative, organisation and period. A field that an older version did not ask is null; one
    that bore another name then is found by `corresponds`.
    """
    back = {new: old for old, new in target.corresponds.items()}
    known = column_types(source)
    columns = []
    for name, kind in column_types(target).items():
        old = name if name in known else back.get(name, name)
        columns.append(f'cast("{old}" as {kind}) as "{name}"' if old in known else f'cast(null as {kind}) as "{name}"')
    wave = f'cast("{source.wave_field}" as varchar)' if source.wave_field else quoted(told["period"])
    constants = ", ".join(f"{quoted(value)} as _{name}" for name, value in told.items())
    return (
        f'select cast({ordinal} as bigint) * 4294967296 + "row" as _record, {constants}, '
        f'cast("{source.unit_field}" as varchar) as _unit, {wave} as _wave, {", ".join(columns)} '
        f"from read_parquet({quoted(path)})"
    )


def response_query(instrument: Instrument, items: Sequence[str], table: str) -> str:
    """(record, item, number): the answers to the items that scales score, long; `items` are names of fields."""
    parts = [
        f"select _record as record, {quoted(instrument.by_name[name].scale_item)} as item, "
        f'cast("{name}" as double) as number from {table}'
        for name in items
    ]
    return " union all ".join(parts)


def profile_columns(instrument: Instrument, names: Sequence[str]) -> str:
    """The category of each breakdown, as text, `(missing)` where there is none: `expression as "name", ...`."""
    expressions = {dimension.name: dimension.expression.sql() for dimension in instrument.dimensions}
    return ", ".join(
        f'coalesce(cast({expressions.get(name, chr(34) + name + chr(34))} as varchar), {quoted(MISSING)}) as "{name}"'
        for name in names
    )


def observation_query(indicator: Indicator, schemas: Schemas, table: str) -> str:
    """(indicator, initiative, record, wave, value, base): one row for each record that the indicator is about."""
    instrument = schemas.instrument(indicator.instrument)
    scores = schemas.scores(instrument)
    used = [e for e in (indicator.value, indicator.base, indicator.among) if e is not None]
    needed = dict.fromkeys(name for expression in used for name in expression.names if name in scores)
    joins = " ".join(
        f'left join (select record, value as "{name}" from score where instrument = {quoted(instrument.instrument)} '
        f'and score = {quoted(name)}) as "score_{name}" on "score_{name}".record = _record'
        for name in needed
    )
    initiatives = ", ".join(map(quoted, schemas.initiatives_of(indicator)))
    among = f" and ({indicator.among.sql()})" if indicator.among is not None else ""
    base = _number(indicator.base) if indicator.base is not None else "1.0"
    return (
        f"select {quoted(indicator.indicator)} as indicator, initiative, record, wave, value, base from ("
        f"select _initiative as initiative, _record as record, _wave as wave, {_number(indicator.value)} as value, "
        f"{base} as base from {table} {joins} where _initiative in ({initiatives}){among}"
        ") as told where value is not null and base is not null"
    )


def _number(expression: Expression) -> str:
    return f"cast({expression.sql()} as double)"
