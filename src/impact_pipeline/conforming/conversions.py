"""The log of conversions: each cell that was read as something else than it says, with its text and what it became.

The cells of a field and the meaning of each distinct one come in; rows of the log go out, one a cell. Cells read as
they are written are not looked at one by one, so that a large clean file costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from impact_pipeline.conforming.distinct import Told, Which, taken
from impact_pipeline.conforming.grid import Grid
from impact_pipeline.conforming.table import Column, no_conversions
from impact_pipeline.conforming.typed import Cell, Raw

FILLED = "filled-from-submission"
LABELLED = "labelled-missing"  # a number that stands for a refusal, an "I do not know"...
LABELS = ("refused", "unknown", "not-asked")


def noted(cell: Cell) -> tuple[str, str] | None:
    """The code and the reading that the log keeps of a cell; None for one that was read as it is written, or not."""
    if cell.status in LABELS:
        return cell.code or LABELLED, cell.status
    return (cell.code, cell.as_read) if cell.code and cell.status == "" else None


@dataclass(frozen=True)
class Converted:
    """The converted cells of a field, in order: `records[n]` holds the distinct text `which[n]` of `raws`."""

    field: str
    records: Which
    which: Which
    raws: Sequence[Raw]
    notes: Sequence[tuple[str, str]]

    def first_by_code(self) -> dict[str, tuple[int, int, int]]:
        """Code -> the first record that it concerns, its place in `raws`, and how many cells there are; in order."""
        codes = sorted({code for code, _ in self.notes})
        of = np.array([codes.index(code) for code, _ in self.notes], dtype=np.int64)[self.which]
        found = {}
        for number, code in enumerate(codes):
            mine = np.flatnonzero(of == number)
            if mine.size:
                found[code] = int(self.records[mine[0]]), int(self.which[mine[0]]), int(mine.size)
        return dict(sorted(found.items(), key=lambda one: one[1]))


def converted(field: str, told: Told, meanings: Mapping[Raw, Cell]) -> Converted:
    """The cells of a field that mean something else than they say; those without a meaning are what they say."""
    read = [(raw, cell) for raw, cell in meanings.items() if cell.code or cell.status]  # hardly any
    notes = {raw: note for raw, cell in read if (note := noted(cell))}
    if not notes:
        return Converted(field, np.empty(0, np.int64), np.empty(0, np.int64), (), ())
    number = {raw: place for place, raw in enumerate(notes)}
    place = np.fromiter((number.get(raw, -1) for raw in told.raws), np.int64, len(told.raws))
    noted_as = place[told.which]
    records = np.flatnonzero(noted_as >= 0)
    return Converted(field, records, noted_as[records], tuple(notes), tuple(notes.values()))


def filled(field: str, records: Which, value: str) -> Converted:
    """The blank cells of a field into which the submission's own value was put."""
    found = np.array(records, dtype=np.int64)
    return Converted(field, found, np.zeros(len(found), np.int64), (("", "t"),), ((FILLED, value),))


def log(parts: Iterable[Converted], grid: Grid, columns: Mapping[str, Column]) -> pd.DataFrame:
    """The log of a table, by field in the order of `parts`, then by record."""
    told = [part for part in parts if part.records.size]
    if not told:
        return no_conversions()
    sizes, fields = [part.records.size for part in told], list(dict.fromkeys(part.field for part in told))
    records = np.concatenate([part.records for part in told])
    of_field = np.repeat([fields.index(part.field) for part in told], sizes)
    begins = np.cumsum([0, *(len(part.notes) for part in told[:-1])])  # of each part's notes among all
    which = np.concatenate([part.which for part in told]) + np.repeat(begins, sizes)
    order = np.lexsort((records, of_field))
    records, of_field, which = records[order], of_field[order], which[order]
    codes, readings = zip(*(note for part in told for note in part.notes), strict=True)
    sheet, row, column = _places(records, of_field, fields, grid, columns)
    return pd.DataFrame(
        {
            "sheet": sheet,
            "row": row,
            "column": column,
            "field": taken(fields, of_field),
            "code": taken(codes, which),
            "text": taken([text for part in told for text, _ in part.raws], which),
            "as_read": taken(readings, which),
        }
    )


def _places(
    records: Which, of_field: Which, fields: Sequence[str], grid: Grid, columns: Mapping[str, Column]
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Sheets, rows and columns of cells; cells of a matrix, and the keys that a repeated group takes from its parents,
    know their own place."""
    found = [columns[name].column if name in columns else None for name in fields]
    sheets, rows = np.full(len(records), grid.sheet, object), np.array(grid.rows, np.int64)[records]
    at = np.array([-1 if column is None else column for column in found], np.int32)[of_field]
    for cell in range(len(records)) if grid.places else ():
        place = grid.places.get((int(records[cell]), fields[of_field[cell]]))
        if place is not None:
            sheets[cell], rows[cell] = place.sheet, place.row or rows[cell]
            at[cell] = -1 if place.column is None else place.column
    column = pd.Series(pd.arrays.IntegerArray(at, at < 0), copy=False)
    return pd.Series(sheets, dtype="str"), pd.Series(rows, copy=False), column
