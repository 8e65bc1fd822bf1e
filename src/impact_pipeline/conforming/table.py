"""A sheet made to fit an instrument: typed columns, and where each cell stood."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from impact_pipeline.findings import Finding, Place

CONVERSIONS = {  # the log of conversions; `column` is missing where the file has none
    "sheet": "str", "row": "int64", "column": "Int32", "field": "str", "code": "str", "text": "str", "as_read": "str",
}  # fmt: skip


def no_conversions() -> pd.DataFrame:
    """The log of a table whose cells all mean what they say."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in CONVERSIONS.items()})


@dataclass(frozen=True, slots=True)
class Column:
    """How a field was found in the file: 0-based column, and its header as written; column None is `fill`ed."""

    field: str
    column: int | None
    header: str


@dataclass(frozen=True)
class TypedTable:
    """One row a record to be, before validation.

    `data`: one column a field of the instrument, in its order, index = 0..n-1; text is `str` dtype, integer Int64,
    decimal Float64, boolean `boolean`, date datetime64[us] without time; missing is NA. A field that the file lacks
    is all NA.
    `text`: the same shape, the cells as they were read (empty string where there was none).
    `status`: the same shape, `str`: "" where data holds a value, else why there is none: "blank", "refused",
    "unknown", "not-asked" (labelled codes), "invalid" (could not be typed; a finding tells).
    `rows`: the row of each record in the sheet (for a matrix, the row of its first cell).
    `extra`: cells of unknown columns, long: (record, header, text); kept, never dropped.
    `conversions`: one row a cell that was read as something else than it says, by field then record: (sheet, row,
    column, field, code, text, as_read), as CONVERSIONS types them; cells filled from the submission and labelled
    missing answers are among them.
    """

    sheet: str | None
    data: pd.DataFrame
    text: pd.DataFrame
    status: pd.DataFrame
    rows: pd.Series
    columns: tuple[Column, ...]
    extra: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    conversions: pd.DataFrame = field(default_factory=no_conversions)
    cells: dict[tuple[int, str], Place] = field(default_factory=dict)  # matrix only: (record, field) -> its cell
    reasons: dict[tuple[int, str], str] = field(default_factory=dict)  # (record, field) "invalid" -> finding code
    rows_in: int = 0  # records found in the sheet: equals len(data) and the rows of `left_out`
    left_out: tuple[tuple[int, str | None, str, str], ...] = ()  # cells of rows set aside: (row, field, header, text)
    sheets: tuple[str, ...] = ()  # matrix only: all those that were read

    def place(self, record: int, name: str) -> Place:
        """Where the cell of a record and a field stood; the row alone where the file has no such column."""
        if (record, name) in self.cells:
            return self.cells[record, name]
        column = next((c.column for c in self.columns if c.field == name), None)
        return Place(self.sheet, int(self.rows.iloc[record]), column)
