"""A workbook made from the cells of a book: for files that are no XLSX, so that their sender gets one to correct.

Each cell stands at the address at which a spreadsheet shows it in the file, under its own type; what a text table holds
stays text, so that it is read again as it was.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from impact_pipeline.reading.sheet import Book, Kind, Row, Sheet
from impact_pipeline.words import Language, say

ROWS, COLUMNS, LONGEST = 1_048_576, 16_384, 32_767  # what a sheet and a cell can hold
LOOKED_AT = 200  # rows that decide how wide the columns are
NARROWEST, WIDEST = 9, 34  # characters
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
NAME = 31  # characters of a sheet's name
FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets count days in two ways


def sheet_names(book: Book, language: Language) -> dict[str | None, str]:
    """What each sheet is called in the workbook: its name, as far as a spreadsheet admits it."""
    names: dict[str | None, str] = {}
    for sheet in book.sheets:
        plain = FORBIDDEN.sub(" ", sheet.name or say("giving_back.sheet.data", language)).strip("' ")[:NAME] or "1"
        taken = {name.casefold() for name in names.values()}
        tries = (plain if n == 1 else f"{plain[: NAME - 5]} ({n})" for n in range(1, len(book.sheets) + 2))
        names[sheet.name] = next(name for name in tries if name.casefold() not in taken)
    return names


def made(book: Book, language: Language) -> bytes:
    """The workbook's bytes. Raises ValueError for a book that no workbook can hold."""
    if any((sheet.rows and sheet.rows[-1].number > ROWS) or _width(sheet) > COLUMNS for sheet in book.sheets):
        raise ValueError("more rows or columns than a sheet has")
    stream = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = Workbook(stream, options)
    looks = {
        "text": workbook.add_format({"num_format": "@"}),
        "quoted": workbook.add_format({"num_format": "@", "quote_prefix": True}),
        "date": workbook.add_format({"num_format": "dd/mm/yyyy"}),
        "moment": workbook.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
    }
    names = sheet_names(book, language)
    for sheet in book.sheets:
        _fill(workbook.add_worksheet(names[sheet.name]), sheet, looks, typed=book.format != "csv")
    workbook.close()
    return stream.getvalue()


def _width(sheet: Sheet) -> int:
    return max((len(row.texts) for row in sheet.rows), default=0)


def _fill(page: Worksheet, sheet: Sheet, looks: Mapping[str, Format], *, typed: bool) -> None:
    if sheet.hidden:
        page.hide()
    for column, width in enumerate(_widths(sheet.rows[:LOOKED_AT])):
        hidden = {"hidden": column in sheet.hidden_columns}
        page.set_column(column, column, width, None if typed else looks["text"], hidden)
    for number in sheet.hidden_rows:
        page.set_row(number - 1, None, None, {"hidden": True})
    for row in sheet.rows:
        for column, (text, kind) in enumerate(zip(row.texts, row.kinds, strict=True)):
            if text:
                _write(page, row.number - 1, column, text, kind, looks, typed)
    page.merge += [[top - 1, left, bottom - 1, right] for top, left, bottom, right in sheet.merged]


def _widths(rows: Sequence[Row]) -> list[float]:
    longest: dict[int, int] = {}
    for row in rows:
        for column, text in enumerate(row.texts):
            longest[column] = max(longest.get(column, 0), max(map(len, text.splitlines()), default=0))
    return [min(WIDEST, max(NARROWEST, longest.get(column, 0) + 2)) for column in range(max(longest, default=-1) + 1)]


def _write(
    page: Worksheet, row: int, column: int, text: str, kind: str, looks: Mapping[str, Format], typed: bool
) -> None:
    try:
        if kind == Kind.NUMBER:
            page.write_number(row, column, float(text))
            return
        if kind == Kind.BOOLEAN:
            page.write_boolean(row, column, text == "true")
            return
        if kind == Kind.DATE and date.fromisoformat(text[:10]) >= FIRST_DAY:
            look = looks["date" if len(text) == 10 else "moment"]
            page.write_datetime(row, column, datetime.fromisoformat(text), look)
            return
    except ValueError:  # a text that the file calls a number, `12%`: as it is written
        pass
    look = looks["quoted"] if text[0] in "=+-@" else None if typed else looks["text"]
    page.write_string(row, column, text[:LONGEST], look)
