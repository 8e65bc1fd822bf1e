"""From an instrument to the SQL that checks a typed table inside an engine: one scan, whatever the number of checks.

The table has `_record` (its position, from 0; no field can bear that name) and one column a field, typed as
`columns.column_types` says. The same text serves small tables (rules only: pandera checks the cells) and large ones.
Nothing is executed here.
"""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.renderings.columns import SQL_TYPES


@dataclass(frozen=True, slots=True)
class CellCheck:
    """What must hold in a field: true, or unknown where the cell is missing; `code` is the finding's."""

    field: str
    code: str
    predicate: str


def cell_checks(instrument: Instrument, schemas: Schemas) -> list[CellCheck]:
    """The checks of `pandera_schema` that look at one cell, as SQL predicates, in the fields' order."""
    return [check for field in instrument.fields for check in _checks(field, schemas)]


def failures(checks: list[tuple[str, str]], table: str, *, name: str) -> str:
    """A query of (_record, `name`): for each record of `table`, the checks (SQL literal, predicate) that are false."""
    if not checks:
        return f'select _record, 0 as "{name}" from {table} where false'
    told = ", ".join(f"case when not ({predicate}) then {literal} end" for literal, predicate in checks)
    any_false = " or ".join(f"not ({predicate})" for _, predicate in checks)
    return f"""
        select _record, "{name}"
        from (
            select _record, unnest([{told}]) as "{name}"
            from {table}
            where {any_false}
        ) as failed
        where "{name}" is not null
        order by _record, "{name}"
    """


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL text."""
    return "'" + text.replace("'", "''") + "'"


def double(number: float) -> str:
    """A SQL number that engines read as the same double: without an exponent they take it for a decimal."""
    text = repr(float(number))
    return text if "e" in text else f"{text}e0"


def _checks(field: FieldDeclaration, schemas: Schemas) -> list[CellCheck]:
    name, checks = quoted(field.name), []
    if field.type == "category":
        codes = ", ".join(map(literal, schemas.codelist(field.codes).by_code))
        checks.append(CellCheck(field.name, "not-in-list", f"{name} in ({codes})"))
    if field.type == "categories":
        codes = ", ".join(map(literal, schemas.codelist(field.codes).by_code))
        checks.append(CellCheck(field.name, "not-in-list", f"list_has_all([{codes}], string_split({name}, ' '))"))
    if field.range is not None:
        lowest, highest = (f"cast({bound!r} as double)" for bound in field.range)
        checks.append(CellCheck(field.name, "out-of-range", f"{name} between {lowest} and {highest}"))
    if field.pattern is not None and SQL_TYPES[field.type] == "VARCHAR":
        checks.append(CellCheck(field.name, "pattern", f"regexp_full_match({name}, {literal(field.pattern)})"))
    return checks
