"""A large file inside the engine, and the rows that come out of it once it is checked.

`texts` (cells without spaces around them), `typed` (`_record`, `_blank`, one column a field, and `_refused` once
checked) and `cells` (record, position of the field, status, code) are tables of the connection. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from impact_pipeline.conforming.table import Column
from impact_pipeline.declarations import ColumnMapping, Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.renderings.engine_sql import cell_checks, literal, quoted
from impact_pipeline.validation import outcome
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.past import Link
from impact_pipeline.validation.questions import links_table
from impact_pipeline.validation.rows import ArrowRows, EngineRows
from impact_pipeline.validation.values import VALUES

Counts = dict[tuple[str, Level, str | None], int]


@dataclass(frozen=True)
class EngineTable:
    """What `TypedTable` is to a small file.

    `first_row` is the sheet's row of record 0. `unknown` holds the columns that the instrument does not know, with
    their headers.
    """

    connection: duckdb.DuckDBPyConnection
    instrument: Instrument
    schemas: Schemas
    first_row: int
    columns: tuple[Column, ...]
    unknown: tuple[tuple[int, str], ...]
    read_as: Mapping[str, str]
    mapping: ColumnMapping | None = None

    def column(self, field: str) -> int | None:
        """The 0-based column of a field; None where the file does not have it."""
        return next((c.column for c in self.columns if c.field == field), None)

    def words(self, field: str) -> tuple[str, ...]:
        """The texts of a field to which its sender's mapping gives a meaning."""
        return tuple(self.mapping.values.get(field, ())) if self.mapping else ()

    def text(self, field: str) -> str:
        """The SQL of a field's text as read."""
        column = self.column(field)
        return "''" if column is None else f"texts.c{column}"

    def place(self, record: int, field: str | None) -> Place:
        """Where the cell of a record stands; the row alone without a field."""
        return Place(None, self.first_row + record, self.column(field) if field else None)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement: an unread result would block the connection."""
        return list(self.connection.execute(statement).fetchall())


def clean_fields(table: EngineTable) -> str:
    """The fields of `typed` to select, where a cell that fails a check is missing."""
    checks: dict[str, list[str]] = {}
    for check in cell_checks(table.instrument, table.schemas):
        checks.setdefault(check.field, []).append(f"({check.predicate})")
    shown = []
    for name in table.instrument.by_name:
        column = quoted(name)
        value = f"case when {' and '.join(checks[name])} then {column} end" if name in checks else column
        shown.append(f"{value} as {column}")
    return ", ".join(shown)


def checked_rows(
    table: EngineTable, findings: Sequence[Finding], counts: Counts, conversions: EngineRows, links: Sequence[Link]
) -> Checked:
    """The outcome, once `typed._refused` is settled; records stay in `typed` until they are written.

    Raises RowsLost if a row vanished.
    """
    rows_in, refused = table.run("select count(*), count(*) filter (where _refused) from typed")[0]
    records = f"select {_row(table)}, {clean_fields(table)} from typed where not _refused order by _record"
    statuses, extra, set_aside = (
        _kept(table, "statuses", "row, field, status", _statuses(table)),
        _kept(table, "extra", "row, header, text", _extra(table)),
        _kept(table, "set_aside", "row, field, header, text", _set_aside(table)),
    )
    return Checked(
        instrument=str(table.instrument),
        rows_in=rows_in,
        accepted=rows_in - refused,
        set_aside_rows=refused,
        findings=outcome.in_order(findings),
        counts=counts,
        records=EngineRows(table.connection, records, rows_in - refused),
        statuses=statuses,
        extra=extra,
        set_aside=set_aside,
        conversions=conversions,
        columns=table.columns,
        duplicates=ArrowRows(links_table(links)),
        values=ArrowRows(VALUES.empty_table()),
        read_as=table.read_as,
        path="engine",
    )


def _row(table: EngineTable) -> str:
    return f'_record + {table.first_row} as "row"'


def _kept(table: EngineTable, name: str, columns: str, query: str) -> EngineRows:
    """Rows of a query, computed now."""
    table.run(f"create or replace temp table {name} as select {columns} from ({query}) as found order by row, place")
    return EngineRows(table.connection, f"from {name}", table.run(f"select count(*) from {name}")[0][0])


def _statuses(table: EngineTable) -> str:
    """Why cells of accepted records hold no value, blanks aside."""
    names = ", ".join(map(literal, table.instrument.by_name))
    return f"""
        select {_row(table)}, [{names}][position + 1] as field, status, position as place
        from cells
        join typed on typed._record = cells.record
        where not _refused and status <> 'blank'
    """


def _extra(table: EngineTable) -> str:
    """Cells of unknown columns of accepted records."""
    return united(
        [
            _cells(table, column, None, header, place, "not _refused")
            for place, (column, header) in enumerate(table.unknown)
        ]
    )


def _set_aside(table: EngineTable) -> str:
    """Cells of refused records as received: the instrument's fields, then the unknown columns."""
    known = [
        (column.column, column.field, column.header, list(table.instrument.by_name).index(column.field))
        for column in table.columns
        if column.column is not None
    ]
    after = len(table.instrument.by_name)
    unknown = [(column, None, header, after + place) for place, (column, header) in enumerate(table.unknown)]
    return united([_cells(table, *cell, "_refused") for cell in (*known, *unknown)])


def _cells(table: EngineTable, column: int, field: str | None, header: str, place: int, which: str) -> str:
    """The cells of one column that hold something."""
    name = "cast(null as varchar)" if field is None else literal(field)
    return f"""
        select {_row(table)}, {name} as field, {literal(header)} as header, c{column} as text, {place} as place
        from typed
        join texts on texts.rowid = typed._record
        where {which} and c{column} <> ''
    """


EMPTY = """
    select 0 as row, '' as field, '' as header, '' as text, 0 as place
    where false
"""


def united(queries: list[str], *, empty: str = EMPTY) -> str:
    """All rows of the queries; `empty` gives the columns where there is none."""
    return " union all ".join([*queries, empty])
