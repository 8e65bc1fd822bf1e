"""Cross tables: indicators in rows; in columns the perimeters (services, member structures) and their periods.

A book and an instrument come in; one `Grid` goes out for all its sheets, in which a record is a perimeter and a period
and each cell knows its sheet. Totals, and the sheet that recapitulates the others, are set apart and checked. What a
sheet's rows and columns are about is told by `blocks` and `headings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from impact_pipeline.conforming.blocks import table_of
from impact_pipeline.conforming.cross_table import About, Line, Table, header_of, named_rows, raw_of
from impact_pipeline.conforming.grid import EMPTY, Grid
from impact_pipeline.conforming.header import missing_columns, sheets_to_search
from impact_pipeline.conforming.headings import Part
from impact_pipeline.conforming.left_out import columns_left_out, lines_told
from impact_pipeline.conforming.perimeters import Reader, length_of
from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.totals import records_of_grid, totals_of, years_alone
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, Sheet

RECAP = re.compile(r"(recap|synthese|tota(l|ux)\b|ensemble|consolid|global|cumul|tous|toutes|bilan general).*")
# names that a spreadsheet or a template gives, and that say nothing
NO_NAME = re.compile(
    r"(feuil|feuille|sheet|tabelle|hoja|page|onglet|tableau|indicateurs?|indicators?|donnees|data|saisie|matrice"
    r"|tableau de bord|reporting|classeur) ?\d*"
)


@dataclass
class Strip:
    """A column of a block: what it is about, and its cells: (field, cell, its place)."""

    sheet: str | None
    perimeter: Part
    period: Part
    heading: Place
    cells: list[tuple[str, Raw, Place]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)  # label and text of unknown indicators

    @property
    def told(self) -> dict[str, tuple[Raw, Place]]:
        return {name: (raw, place) for name, raw, place in self.cells if raw[0] or raw[1] == "f"}


def cells_of_matrix(
    book: Book, instrument: Instrument, schemas: Schemas, *, year: int | None, filled: Mapping[str, str]
) -> Grid | None:
    """The records of all sheets that name indicators over columns of values; None where no sheet names two."""
    reader = Reader(instrument, schemas, year, filled)
    enough = min(2, len(instrument.fields) - len(instrument.key))
    tables = _tables(book, reader)
    found = [table for table in tables if table.score >= enough]
    recaps = [table for table in found if _is_recap(table.sheet)]
    read = [table for table in found if table not in recaps] or found
    if not read:
        return None
    grid = _grid(read, reader)
    for table in recaps if read is not found else ():
        grid.findings.append(Finding("recap-sheet", Level.CORRECTED, Place(table.sheet.name)))
        grid.totals += totals_of(table, records_of_grid(grid, reader), recap=True)
    for table in tables:
        if table.score < enough:
            grid.findings.append(Finding("sheet-not-read", Level.TO_CHECK, Place(table.sheet.name)))
    return grid


def _tables(book: Book, reader: Reader) -> list[Table]:
    named = [sheet for sheet in sheets_to_search(book) if named_rows(sheet, reader)]
    several = sum(not _is_recap(sheet) for sheet in named) > 1
    tables = (table_of(sheet, reader, About() if book.stamp else _over(sheet, reader, several)) for sheet in named)
    return [table for table in tables if table is not None]


def _is_recap(sheet: Sheet) -> bool:
    return bool(RECAP.fullmatch(plain(sheet.name or "")))


def _over(sheet: Sheet, reader: Reader, several: bool) -> About:
    """What the name of a sheet says of its figures."""
    name, place = (sheet.name or "").strip(), Place(sheet.name)
    both, when = reader.split(name, reader.year), reader.when(name, reader.year)
    if not name or _is_recap(sheet):
        return About(is_total=bool(name) and several)
    if when:
        return About(None, (when.period, place))
    if both and (reader.is_listed or several):
        return About((both.perimeter, place), (both.period, place))
    if reader.is_listed and reader.is_perimeter(name):
        return About((name, place))
    # a sheet a service: where the list does not know the name, it is one to mend
    free = several or (reader.unit not in reader.filled and not reader.is_listed)
    return About((reader.bare(name), place)) if free and not NO_NAME.fullmatch(plain(name)) else About()


def _grid(tables: Sequence[Table], reader: Reader) -> Grid:
    instrument = reader.instrument
    grid = Grid(tables[0].sheet.name, {}, [], (), sheets=tuple(table.sheet.name or "" for table in tables))
    columns: dict[str, Column] = {}
    for table in tables:
        grid.findings += [*table.findings, *columns_left_out(table), *lines_told(table)]
        for line in table.lines:
            if not line.is_total:
                columns.setdefault(line.field, Column(line.field, line.at, header_of(table, line)))
    grid.cells = {name: [] for name in (*instrument.key, *columns)}
    grid.columns = (*columns.values(), *(Column(name, None, "") for name in instrument.key))
    records: dict[tuple[str, str], list[int]] = {}
    for table in tables:
        for strip in _strips(table):
            _add(grid, strip, records, table.reader)
    _find_not_due(grid, tables, reader)
    grid.findings += missing_columns(instrument, [*columns, *instrument.key], {}, _titles(tables[0]), _top(tables))
    records_of_all = records_of_grid(grid, reader)
    for table in tables:
        grid.totals += totals_of(table, records_of_all)
        grid.findings += years_alone(table, records_of_all)
    return grid


def _top(tables: Sequence[Table]) -> Place:
    return Place(tables[0].sheet.name, tables[0].heading_place(0, 0).row)


def _titles(table: Table) -> list[tuple[int, str]]:
    labels = [(c, text) for line in table.unknown for c, text in enumerate(line.row.texts[: table.left])]
    return [(column, text) for column, text in labels if text.strip()]


def _strips(table: Table) -> Iterator[Strip]:
    """The columns of values of each block that hold anything, in the order of the sheet."""
    blocks: dict[tuple[object, ...], list[Line]] = {}
    for line in (*table.lines, *table.unknown):
        if not line.is_total and not line.about.is_total:
            own = table.reader.same(line.own[0]) if line.own else ""
            blocks.setdefault((line.segment, line.block, own), []).append(line)
    for lines in blocks.values():
        for heading in table.headings[lines[0].segment]:
            if heading.kind not in ("values", "longer"):
                continue
            at = table.heading_place(lines[0].segment, heading.column)
            perimeter = table.perimeter_of(lines[0], heading) or ("", at)
            period = table.period_of(lines[0], heading) or ("", at)
            strip = Strip(table.sheet.name, perimeter, period, at)
            for line in lines:
                raw = raw_of(line.row, heading.column)
                if not line.field:
                    strip.others += [(_label(line, table), raw[0])] if raw[0] else []
                elif heading.kind == "values" or table.often(line) == length_of(period[0]):
                    place = Place(table.sheet.name, line.row.number, heading.column)
                    strip.cells.append((line.field, raw, place))
            if strip.told or strip.others:
                yield strip


def _label(line: Line, table: Table) -> str:
    return next((text.strip() for text in line.row.texts[: table.left] if text.strip()), "")


def _add(grid: Grid, strip: Strip, records: dict[tuple[str, str], list[int]], reader: Reader) -> None:
    """Add a column to the record of its perimeter and period; another record where that one says the same already."""
    unit, wave = reader.unit, reader.wave
    columns = cast("dict[str, list[Raw]]", grid.cells)  # those of a cross table grow as it is read
    key = reader.same(strip.perimeter[0]), strip.period[0]
    told = strip.told
    mine = records.setdefault(key, [])
    free = (r for r in mine if all(key) and not any(_has(grid, r, name) for name in told))
    record = next(free, None)
    if record is None:
        record = len(grid.rows)
        mine.append(record)
        grid.rows.append(min([p.row or 0 for _, p in told.values()] or [p.row or 0 for _, _, p in strip.cells] or [0]))
        grid.origins.append(set())
        for cells in columns.values():
            cells.append(EMPTY)
        for name in grid.cells:
            grid.places[record, name] = strip.heading
        for name, (text, at) in ((unit, strip.perimeter), (wave, strip.period)):
            columns[name][record] = (reader.name(text) if name == unit else text, "t") if text else EMPTY
            grid.places[record, name] = at
    grid.origins[record].add(strip.sheet)
    for name, raw, place in strip.cells:
        if name in told or not _has(grid, record, name):
            columns[name][record] = raw
            grid.places[record, name] = place
    grid.extra += [(record, label, text) for label, text in strip.others]


def _has(grid: Grid, record: int, name: str) -> bool:
    text, kind = grid.cells[name][record]
    return bool(text) or kind == "f"


def _find_not_due(grid: Grid, tables: Sequence[Table], reader: Reader) -> None:
    """Blank cells of indicators that are not due for the period: the quarters of an annual one, and the reverse."""
    often = {line.field: table.often(line) for table in tables for line in table.lines if not line.is_total}
    grid.longer = frozenset(
        text for text, _ in grid.cells[reader.wave] if (length_of(text) or reader.length) != reader.length
    )
    for record, (period, _) in enumerate(grid.cells[reader.wave]):
        length = length_of(period) or reader.length
        for item in reader.instrument.fields:
            due = often.get(item.name, reader.periodicity(item))
            is_blank = item.name not in grid.cells or not _has(grid, record, item.name)
            if item.name not in reader.instrument.key and due != length and is_blank:
                grid.not_due.add((record, item.name))
