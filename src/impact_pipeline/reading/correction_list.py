"""Our own list of what to correct, when a workbook that we gave back returns: never data, and read for what was
written in it.

A book comes in; the same book without that sheet goes out, with the justifications that people typed in it. The sheet
is known by titles that its hidden columns bear: it may be renamed, sorted, filtered, or saved in another format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from impact_pipeline.findings import Justification
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, CorrectionList, Row, Sheet

CODE, SHEET, ROW, FIELD, VALUE, KEY = HIDDEN = tuple(
    f"_impact.{name}" for name in ("code", "sheet", "row", "field", "value", "key")
)
JUSTIFICATION = "Justification"  # the title of the column where people write, in French as in English
SEARCHED = 30  # rows among which the titles stand


def set_apart(book: Book) -> Book:
    """The book without the list, which goes to `correction_list`."""
    titles = {id(sheet): found for sheet in book.sheets if (found := _titles(sheet)) is not None}
    if not titles:
        return book
    ours = [sheet for sheet in book.sheets if id(sheet) in titles]
    told = tuple(item for sheet in ours for item in _justifications(sheet, titles[id(sheet)]))
    return replace(
        book,
        sheets=tuple(sheet for sheet in book.sheets if id(sheet) not in titles),
        correction_list=CorrectionList(tuple(sheet.name or "" for sheet in ours), told),
    )


def _titles(sheet: Sheet) -> Row | None:
    """The row of titles of our list; None for any other sheet."""
    for row in sheet.rows[:SEARCHED]:
        if CODE in row.texts:
            return row
    return None


def _justifications(sheet: Sheet, titles: Row) -> Iterator[Justification]:
    places = {text.strip(): column for column, text in enumerate(titles.texts)}
    written = next((column for text, column in places.items() if plain(text) == plain(JUSTIFICATION)), None)
    if written is None:
        return
    for row in sheet.rows:
        text = _at(row, written)
        code = _at(row, places[CODE])
        if row.number <= titles.number or not text.strip() or not code:
            continue
        number = _at(row, places.get(ROW))
        yield Justification(
            code=code,
            sheet=_at(row, places.get(SHEET)) or None,
            row=int(number) if number.isdecimal() else None,
            field=_at(row, places.get(FIELD)) or None,
            value=_at(row, places.get(VALUE)),
            text=" ".join(text.split()),
            key=_at(row, places.get(KEY)),
        )


def _at(row: Row, column: int | None) -> str:
    return row.texts[column] if column is not None and column < len(row.texts) else ""
