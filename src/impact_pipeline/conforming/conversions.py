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
from impact_pipeline.findings import Place

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
    rows = np.array(grid.rows, dtype=np.int64)
    by_field: dict[str, list[Converted]] = {}
    for part in parts:
        if part.records.size:
            by_field.setdefault(part.field, []).append(part)
    frames = []
    for same in by_field.values():
        frame = pd.concat([_frame(part, grid, rows, columns) for part in same], ignore_index=True)
        order = np.argsort(np.concatenate([part.records for part in same]), kind="stable")
        frames.append(frame if len(same) == 1 else frame.take(order))
    return pd.concat(frames, ignore_index=True) if frames else no_conversions()


def _frame(part: Converted, grid: Grid, rows: Which, columns: Mapping[str, Column]) -> pd.DataFrame:
    size = part.records.size
    at = columns[part.field].column if part.field in columns else None
    sheets, numbers, places = [grid.sheet], rows[part.records], np.full(size, -1 if at is None else at, np.int64)
    of_sheet = np.zeros(size, np.int64)
    if grid.places:  # cells of a matrix, and the keys that a repeated group takes from its parents, know their place
        own = (Place(grid.sheet, row, at) for row in numbers.tolist())
        told = [
            grid.places.get((record, part.field), place)
            for record, place in zip(part.records.tolist(), own, strict=True)
        ]
        sheets = list(dict.fromkeys(place.sheet for place in told))
        of_sheet = np.array([sheets.index(place.sheet) for place in told], np.int64)
        numbers = np.array([place.row or row for place, row in zip(told, numbers.tolist(), strict=True)], np.int64)
        places = np.array([-1 if place.column is None else place.column for place in told], np.int64)
    codes, readings = zip(*part.notes, strict=True)
    return pd.DataFrame(
        {
            "sheet": taken(sheets, of_sheet),
            "row": numbers,
            "column": pd.Series(places, dtype="Int32").where(places >= 0),
            "field": taken([part.field], np.zeros(size, np.int64)),
            "code": taken(codes, part.which),
            "text": taken([text for text, _ in part.raws], part.which),
            "as_read": taken(readings, part.which),
        }
    )
