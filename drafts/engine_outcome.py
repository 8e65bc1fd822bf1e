"""From typed records inside the engine to what is accepted, what is set aside, and what there is to tell.

The tables `texts` (as read), `typed` (`_record` and one column a field) and `cells` (why a cell holds no value) come
in; a `Checked` whose rows stay in the engine goes out. It finds what `check_table` finds, with SQL over all rows
where the other has frames; findings are built by the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from impact_pipeline.conforming.table import Column
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import ImpactError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.renderings.engine_sql import cell_checks, failures, literal, quoted, rule_failures
from impact_pipeline.validation import outcome
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.rows import EngineRows

LISTED = 200  # findings of one cause that are listed; all are counted
Counts = dict[tuple[str, Level, str | None], int]


@dataclass(frozen=True)
class EngineTable:
    """A large file inside the engine: what `TypedTable` is to a small one.

    `first_row` is the sheet's row of record 0. `unknown` holds the columns that the instrument does not know, with
    their headers. `findings` and `counts` are what reading and conforming told.
    """

    connection: duckdb.DuckDBPyConnection
    instrument: Instrument
    first_row: int
    columns: tuple[Column, ...]
    unknown: tuple[tuple[int, str], ...]
    findings: tuple[Finding, ...]
    counts: Counts
    read_as: Mapping[str, str]

    def column(self, field: str) -> int | None:
        return next((c.column for c in self.columns if c.field == field), None)

    def place(self, record: int, field: str) -> Place:
        return Place(None, self.first_row + record, self.column(field))


def check_typed(table: EngineTable, schemas: Schemas) -> Checked:
    """Check every record. Raises ImpactError for a rule that cannot be evaluated, RowsLost if a row vanished."""
    run(table.connection, "alter table typed add column _refused boolean default false")
    if outcome.concerns_all_rows(table.findings):
        run(table.connection, "update typed set _refused = true")
        return _checked(table, list(table.findings), dict(table.counts))
    findings, counts = list(table.findings), dict(table.counts)
    blank = _blank_rows(table)
    _add_faults(table, schemas)
    run(table.connection, f"create or replace view clean as select {_clean(table, schemas)} from typed where not {blank}")
    for told, how_many in (
        _blank_findings(table, blank),
        _cell_findings(table),
        _duplicate_findings(table),
        _rule_findings(table),
    ):
        findings += told
        for key, count in how_many.items():
            counts[key] = counts.get(key, 0) + count
    return _checked(table, findings, counts)


def run(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[object, ...]]:
    """All rows of a statement: an unread result would block the connection."""
    return list(connection.execute(statement).fetchall())
