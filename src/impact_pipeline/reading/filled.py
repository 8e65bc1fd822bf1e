"""The rows of a sheet that was read cell by cell: blank ones between them, and nothing of what stands far away.

Filled rows by number come in; the sheet's `Row`s and the cells left out go out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.marks import AREA, GAP_COLUMNS, GAP_ROWS, LONGEST_ROW, edge, is_sparse
from impact_pipeline.reading.sheet import Kind, Row

SPARE = 100  # rows or columns that a merged range may have beyond the last filled one


class Texts(NamedTuple):
    """A row that holds something: its texts from column A on, and their kinds."""

    texts: list[str]
    kinds: str


def rows_of(filled: Mapping[int, Texts], name: str) -> tuple[tuple[Row, ...], list[tuple[int, int]]]:
    """All rows from the first of the sheet to the last filled one, and (row, column) of the cells that are too far.

    Raises ReadingError (too-large) where the table itself would not fit.
    """
    if not filled:
        return (), []
    if any(sum(map(len, row.texts)) > LONGEST_ROW for row in filled.values()):
        raise ReadingError("too-large", name=name)
    last, width = max(filled), max(len(row.texts) for row in filled.values())
    cells = sum(len(row.texts) - row.texts.count("") for row in filled.values())
    stray: list[tuple[int, int]] = []
    if is_sparse(last * width, cells):
        last = edge(filled, GAP_ROWS)
        used = {place + 1 for row in filled.values() for place, text in enumerate(row.texts) if text}
        width = edge(used, GAP_COLUMNS)
        stray = [
            (number, place)
            for number, row in sorted(filled.items())
            for place, text in enumerate(row.texts)
            if text and (number > last or place >= width)
        ]
    if last * width > AREA:
        raise ReadingError("too-large", name=name)
    blank = ("",) * width
    kinds = Kind.TEXT.value * width
    rows = []
    for number in range(1, last + 1):
        row = filled.get(number)
        if row is None:
            rows.append(Row(number, blank, kinds))
        else:
            lacking = width - len(row.texts)
            texts = (*row.texts[:width], *blank[:lacking]) if lacking > 0 else tuple(row.texts[:width])
            rows.append(Row(number, texts, row.kinds[:width] + kinds[: max(lacking, 0)]))
    return tuple(rows), stray


def within(merged: list[tuple[int, int, int, int]], rows: tuple[Row, ...]) -> tuple[tuple[int, int, int, int], ...]:
    """Merged ranges, cut where they reach far beyond the table: some are declared over a whole column."""
    last, width = (rows[-1].number, max(len(row.texts) for row in rows)) if rows else (0, 0)
    return tuple(
        (top, left, min(bottom, last + SPARE), min(right, width + SPARE))
        for top, left, bottom, right in merged
        if 1 <= top <= last and 0 <= left < max(width, 1)
    )
