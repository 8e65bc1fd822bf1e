"""The outcome of checking one file: records accepted, rows set aside, and what there is to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from impact_pipeline.conforming.table import Column
from impact_pipeline.errors import RowsLost
from impact_pipeline.findings import Finding, Level


class Rows(Protocol):
    """A table that can be written; held by pandas for small files and by the engine for large ones."""

    def __len__(self) -> int: ...

    def first(self, count: int) -> pa.Table:
        """The first rows, in order."""
        ...

    def counted(self, column: str) -> dict[str, tuple[int, int]]:
        """Each text of a column, with the first `row` that bears it and how many do."""
        ...

    def write_parquet(self, path: Path) -> None:
        """Write all rows, in order, with the same bytes whatever the number of threads."""
        ...

    def write_csv(self, path: Path) -> None:
        """Write all rows, in order, as UTF-8 with commas."""
        ...


@dataclass(frozen=True)
class Checked:
    """Rows in = accepted + set aside, checked on construction (RowsLost otherwise).

    `records`: `row` (bigint, the row in the sheet), then one column a field of the instrument, in its order, typed
    as its DDL says. `statuses`: (row, field, status) for the cells of records that hold no value for a reason other
    than blank: refused, unknown, not-asked, invalid. `extra`: (row, header, text), cells of unknown columns.
    `set_aside`: (row, field, header, text), the cells of refused rows as received; empty cells left out.
    `conversions`: (sheet, row, column, field, code, text, as_read), one row a cell of any record that was read as
    something else than it says, by field then row; `row` is that of the sheet, `column` is 0-based.
    `duplicates`: (kind, row, key, other, other_row, other_key, differing), the pairs of rows that a person can decide
    about; `other` is the submission of the second row, empty for the same file.
    `values`: (sheet, cell, indicator, reference, perimeter, period, value, text, unit), the accepted values of a cross
    table, one a row; none for other layouts.
    `counts`: true number of cells or rows concerned, by (code, level, field), even where `findings` lists the first
    ones only.
    """

    instrument: str
    rows_in: int
    accepted: int
    set_aside_rows: int
    findings: tuple[Finding, ...]
    counts: Mapping[tuple[str, Level, str | None], int]
    records: Rows
    statuses: Rows
    extra: Rows
    set_aside: Rows
    conversions: Rows
    duplicates: Rows
    values: Rows
    read_as: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()  # where each field stood in the file
    layout: str = "table"  # of the instrument: in a `matrix`, an answer is no row
    path: str = "pandas"  # or "engine": which of the two paths checked it

    def __post_init__(self) -> None:
        if self.rows_in != self.accepted + self.set_aside_rows or self.accepted != len(self.records):
            raise RowsLost(self.instrument, self.rows_in, self.accepted, self.set_aside_rows)

    @property
    def exit_code(self) -> int:
        """0 clean, 2 with remarks only, 1 when something blocks."""
        levels = {level for _, level, _ in self.counts}
        return 1 if Level.BLOCKING in levels else 2 if Level.TO_CHECK in levels else 0
