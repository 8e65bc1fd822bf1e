"""What a workbook hides, told so that nothing is read or left out in silence.

A book and the name of the sheet that was read come in; findings go out, one a sheet for each way of hiding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from impact_pipeline.findings import Finding, Level, Place, column_letter
from impact_pipeline.reading.sheet import Book, Sheet

LISTED = 8  # rows or columns that a sentence names


def hidden_parts(book: Book, read: str | None) -> Iterator[Finding]:
    """Hidden sheets, which are not read; rows and columns of the sheet `read` that are hidden but hold something."""
    for sheet in book.sheets:
        if sheet.hidden:
            yield Finding("hidden-sheet", Level.CORRECTED, Place(sheet.name))
        if sheet.name == read:
            yield from _rows_and_columns(sheet)


def _rows_and_columns(sheet: Sheet) -> Iterator[Finding]:
    if sheet.hidden_rows:
        rows = [row.number for row in sheet.rows if row.number in sheet.hidden_rows and not row.is_blank]
        if rows:
            code = "filtered-rows" if sheet.filtered else "hidden-rows"
            details = {"rows": _listed([str(row) for row in rows])}
            yield Finding(code, Level.TO_CHECK, Place(sheet.name), cells=len(rows), details=details)
    columns = [column for column in sorted(sheet.hidden_columns) if _is_used(sheet, column)]
    if columns:
        details = {"rows": _listed([column_letter(column) for column in columns])}
        yield Finding("hidden-columns", Level.CORRECTED, Place(sheet.name), cells=len(columns), details=details)


def _is_used(sheet: Sheet, column: int) -> bool:
    return any(column < len(row.texts) and row.texts[column].strip() for row in sheet.rows)


def _listed(names: Sequence[str]) -> str:
    named = ", ".join(names[:LISTED])
    return f"{named}…" if len(names) > LISTED else named
