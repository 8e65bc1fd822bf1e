"""Repeated groups of a form as tables with keys: the members of a household carry the household's code.

A book of a survey tool and an instrument come in. `sheets_for` keeps the sheets that this instrument is about, and
tells the others; `join` gives each row of a repeat the key of its parent and its place among its siblings. A row whose
parent is not in the file is told, and keeps all that it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from impact_pipeline.conforming.grid import EMPTY, Grid
from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, Kind, Sheet

SHEET_NAME = 31  # characters that a workbook keeps of a group's name
LISTED = 8  # rows that a message names

Read = Callable[[Book, Instrument], Grid | None]


def sheets_for(book: Book, instrument: Instrument, schemas: Schemas) -> tuple[Book, tuple[Finding, ...]]:
    """The book with the sheets that the instrument is about, and findings that tell who reads the others."""
    repeats = [sheet for sheet in book.sheets if sheet.survey is not None and sheet.survey.repeat is not None]
    if not repeats:
        return book, ()
    if instrument.repeat is not None:
        kept = [sheet for sheet in repeats if _is_group(sheet, instrument.repeat.group)]
    else:
        kept = [sheet for sheet in book.sheets if sheet not in repeats]
    if not kept:
        return book, ()
    told = tuple(
        Finding("repeat-sheet", Level.CORRECTED, Place(sheet.name), details=_reader_of(sheet, instrument, schemas))
        for sheet in book.sheets
        if sheet not in kept and sheet.survey is not None and not sheet.hidden
    )
    return replace(book, sheets=tuple(kept)), told


def _is_group(sheet: Sheet, group: str) -> bool:
    """Whether a sheet is that of a group, known by its name, by the end of its path, or by what a workbook keeps."""
    told = sheet.survey.repeat.group if sheet.survey and sheet.survey.repeat else ""
    names = {plain(told), plain(told.replace("/", ".").rpartition(".")[2]), plain(str(sheet.name or ""))}
    return bool(names & {plain(group), plain(group[:SHEET_NAME])})


def _reader_of(sheet: Sheet, instrument: Instrument, schemas: Schemas) -> dict[str, object]:
    """The instrument that another sheet is for, where one declares it."""
    if sheet.survey is not None and sheet.survey.repeat is None:
        parent = instrument.repeat.parent if instrument.repeat is not None else None
        return {"as": schemas.instrument(parent).title} if parent else {}
    for other in schemas.instruments:
        if other.repeat is not None and _is_group(sheet, other.repeat.group):
            return {"as": other.title}
    return {}


def join(grid: Grid, book: Book, instrument: Instrument, schemas: Schemas, read: Read) -> None:
    """Add to the rows of a repeat the key of their parents and their index, where the instrument asks for them.

    `book` is the whole export, `read` gives the grid of a book for an instrument.
    """
    sheet = next((sheet for sheet in book.sheets if sheet.name == grid.sheet), None)
    if instrument.repeat is None or sheet is None or sheet.survey is None or sheet.survey.repeat is None:
        return
    parent = schemas.instrument(instrument.repeat.parent)
    above = read(book, parent)
    if above is None or above.sheet == grid.sheet:  # the file has no table of the parents
        above = Grid(None, {}, [], ())
    at = dict(_parents(grid.rows, sheet, above.sheet, book))
    record_of = {row: record for record, row in enumerate(above.rows)}
    parents = [record_of.get(at.get(row, 0)) for row in grid.rows]
    for name in parent.key:
        if name in instrument.by_name and name not in grid.cells and name in above.cells:
            _add_key(grid, above, name, parents)
    _add_index(grid, sheet, instrument, parent)
    orphans = [row for row, record in zip(grid.rows, parents, strict=True) if record is None]
    if orphans:
        listed = ", ".join(map(str, orphans[:LISTED])) + ("…" if len(orphans) > LISTED else "")
        place = Place(grid.sheet, orphans[0])
        grid.findings.append(Finding("orphan-row", Level.TO_CHECK, place, cells=len(orphans), details={"rows": listed}))


def _parents(rows: Sequence[int], sheet: Sheet, name: str | None, book: Book) -> Iterator[tuple[int, int]]:
    """Row -> row of the sheet `name`, climbing from group to group where groups repeat within groups."""
    by_name = {str(other.name or ""): other for other in book.sheets}
    for row in rows:
        at: int | None = row
        here: Sheet | None = sheet
        for _ in range(len(book.sheets)):
            if at is None or here is None or here.survey is None or here.survey.repeat is None:
                break
            repeat = here.survey.repeat
            at, here = repeat.rows.get(at), by_name.get(repeat.parent or "")
            if at is not None and here is not None and (here.name or "") == (name or ""):
                yield row, at
                break


def _add_key(grid: Grid, above: Grid, name: str, parents: Sequence[int | None]) -> None:
    column = next((c for c in above.columns if c.field == name), None)
    cells: list[Raw] = []
    for record, parent in enumerate(parents):
        cells.append(above.cells[name][parent] if parent is not None else EMPTY)
        if parent is not None:
            at = Place(above.sheet, above.rows[parent], column.column if column is not None else None)
            grid.places[record, name] = above.places.get((parent, name), at)
    grid.cells[name] = cells
    grid.columns += (Column(name, None, column.header if column is not None else ""),)


def _add_index(grid: Grid, sheet: Sheet, instrument: Instrument, parent: Instrument) -> None:
    """The place of each row among those of its own parent: a number, or the parent's code and the number."""
    if instrument.repeat is None or instrument.repeat.index is None or instrument.repeat.index in grid.cells:
        return
    name = instrument.repeat.index
    rows = sheet.survey.repeat.rows if sheet.survey is not None and sheet.survey.repeat is not None else {}
    order: Mapping[int, int] = _order(rows)
    is_number = instrument.by_name[name].type == "integer"
    codes = grid.cells.get(parent.unit_field, [EMPTY] * len(grid.rows))
    cells: list[Raw] = []
    for row, (code, _) in zip(grid.rows, codes, strict=True):
        if row not in order or (not is_number and not code):
            cells.append(EMPTY)
        elif is_number:
            cells.append((str(order[row]), Kind.NUMBER.value))
        else:
            cells.append((f"{code}/{order[row]}", Kind.TEXT.value))
    if any(text for text, _ in cells):
        grid.cells[name] = cells
        grid.columns += (Column(name, None, ""),)


def _order(rows: Mapping[int, int]) -> dict[int, int]:
    met: dict[int, int] = {}
    order = {}
    for row in sorted(rows):
        met[rows[row]] = order[row] = met.get(rows[row], 0) + 1
    return order
