"""A cross table: indicators in rows; in columns the perimeters (services, member structures) and their periods.

A book and an instrument come in; a `Grid` goes out in which a record is a perimeter and a period. Totals are set apart
and checked, sub-headings and notes told. Which indicator a row is about stands in any cell left of its values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from impact_pipeline.conforming.grid import EMPTY, Grid, Total
from impact_pipeline.conforming.header import missing_columns, other_tables, sheets_to_search
from impact_pipeline.conforming.headings import LABELS_WITHIN, Heading, Reader, headings_of, is_example
from impact_pipeline.conforming.rows import TOTAL
from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, Row, Sheet

FIGURE = re.compile(r"\d")


@dataclass(frozen=True)
class Table:
    """Where the cross table of a sheet stands: `first` is the position of its first indicator, `left` the first column
    of its values, `score` how many indicators it names."""

    sheet: Sheet
    score: int
    first: int
    left: int
    headings: Sequence[Heading]


@dataclass
class Lines:
    """The rows of a cross table that hold cells: by indicator, with the column that names it, and the unknown ones."""

    known: dict[str, tuple[Row, int]] = field(default_factory=dict)
    unknown: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def cells_of_matrix(
    book: Book, instrument: Instrument, schemas: Schemas, *, year: int | None, filled: Mapping[str, str]
) -> Grid | None:
    """The records of the sheet that names most indicators over columns of values; None where no sheet has two."""
    reader = Reader(instrument, schemas, year, filled)
    enough = min(2, len(instrument.fields) - len(instrument.key))
    tables = [_table(sheet, reader) for sheet in sheets_to_search(book)]
    found = [table for table in tables if table is not None and table.score >= enough]
    best = max(found, key=lambda table: table.score, default=None)
    if best is None:
        return None
    grid = _grid(best, reader)
    grid.findings += other_tables(best, found)
    return grid


def _table(sheet: Sheet, reader: Reader) -> Table | None:
    """None for a sheet without an indicator or without a column of values, such as a notice that lists them."""
    named = [(position, _named(row, reader.indicators)) for position, row in enumerate(sheet.rows)]
    rows = [(position, places) for position, places in named if places]
    if not rows:
        return None
    first = rows[0][0]
    # where most rows name their indicator: elsewhere a word of a remark may be one too
    labels = Counter(places[-1] for _, places in rows).most_common(1)[0][0]
    headings = headings_of(sheet, first, labels, reader)
    left = min((heading.column for heading in headings if heading.kind == "values"), default=None)
    if left is None:
        return None
    score = len({reader.indicators[plain(sheet.rows[position].texts[places[0]])] for position, places in rows})
    return Table(sheet, score, first, left, headings)


def _named(row: Row, known: Mapping[str, str]) -> list[int]:
    """The columns whose cells name an indicator: the code and the label of our template are two."""
    return [column for column, text in enumerate(row.texts[:LABELS_WITHIN]) if plain(text) in known]


def _grid(table: Table, reader: Reader) -> Grid:
    sheet, instrument = table.sheet, reader.instrument
    lines = _lines(table, reader)
    grid = Grid(sheet.name, {}, [], (), findings=lines.findings)
    grid.findings += _columns_left_out(table, lines, instrument)
    _fill_records(grid, table, lines, instrument)
    at = Place(sheet.name, sheet.rows[max(table.first - 1, 0)].number)
    labels = [(column, text) for row in lines.unknown for column, text in enumerate(row.texts[: table.left])]
    titles = [(column, text) for column, text in labels if text.strip()]
    grid.findings += missing_columns(instrument, [*lines.known, *instrument.key], {}, titles, at)
    grid.totals = list(_totals(grid, table, lines, reader))
    return grid


def _lines(table: Table, reader: Reader) -> Lines:
    """Which rows are about which indicator; those that are about none are told."""
    instrument, left, lines = reader.instrument, table.left, Lines()
    for position, row in enumerate(table.sheet.rows):
        if position < table.first and not is_example(row):
            continue
        place = Place(table.sheet.name, row.number)
        label = _first(row.texts[:left])
        named = _named(Row(row.number, row.texts[:left], row.kinds[:left]), reader.indicators)
        name = reader.indicators[plain(row.texts[named[0]])] if named else None
        has_values = any(_raw(row, heading.column)[0] for heading in table.headings if heading.column >= left)
        if name is not None and name not in lines.known:
            lines.known[name] = row, named[0]
        elif name is not None and has_values:
            details = {"header": label}
            lines.findings.append(Finding("duplicate-column", Level.BLOCKING, place, label, name, details=details))
        elif is_example(row):
            lines.findings.append(Finding("example-row", Level.CORRECTED, place, label))
        elif TOTAL.fullmatch(plain(label)):
            lines.findings.append(Finding("total-row", Level.CORRECTED, place, label))
        elif has_values:
            lines.unknown.append(row)
            level = _level_of_unknown(instrument)
            lines.findings.append(Finding("unknown-indicator", level, place, label, details={"header": label}))
        elif not row.is_blank:
            lines.findings.append(Finding("note-row", Level.CORRECTED, place, label or _first(row.texts)))
    return lines


def _columns_left_out(table: Table, lines: Lines, instrument: Instrument) -> Iterator[Finding]:
    """Totals, and columns about neither a perimeter nor a period; texts left of the values are labels or units."""
    row = table.sheet.rows[max(table.first - 1, 0)].number
    for heading in table.headings:
        place = Place(table.sheet.name, row, heading.column)
        told = [_raw(row, heading.column)[0] for row in (*(row for row, _ in lines.known.values()), *lines.unknown)]
        if heading.kind in ("total", "mean") and any(told):
            yield Finding("total-column", Level.CORRECTED, place, heading.shown)
        elif heading.kind == "other" and any(map(FIGURE.search, told) if heading.column < table.left else told):
            details = {"header": heading.shown} if heading.shown else {}
            yield Finding("heading-not-read", _level_of_unknown(instrument), place, heading.shown, details=details)


def _level_of_unknown(instrument: Instrument) -> Level:
    return Level.BLOCKING if instrument.strictness.unknown_columns == "refuse" else Level.TO_CHECK


def _fill_records(grid: Grid, table: Table, lines: Lines, instrument: Instrument) -> None:
    """One record a column that holds anything at all."""
    sheet = table.sheet
    unit, wave = instrument.key
    grid.columns = tuple(Column(name, at, row.texts[at].strip()) for name, (row, at) in lines.known.items())
    grid.cells = {name: [] for name in (unit, wave, *lines.known)}
    for heading in table.headings:
        cells = {name: _raw(row, heading.column) for name, (row, _) in lines.known.items()}
        others = [(row, _raw(row, heading.column)[0]) for row in lines.unknown]
        is_empty = not any(text or kind == "f" for text, kind in cells.values()) and not any(text for _, text in others)
        if heading.kind != "values" or is_empty:
            continue
        record = len(grid.rows)
        rows = [row.number for name, (row, _) in lines.known.items() if cells[name][0]]
        grid.rows.append(min(rows or [row.number for row, _ in lines.known.values()]))
        for name, text, at in (
            (unit, heading.perimeter, heading.perimeter_at),
            (wave, heading.period, heading.period_at),
        ):
            grid.cells[name].append((text, "t") if text else EMPTY)
            grid.places[record, name] = at
        for name, (row, _) in lines.known.items():
            grid.cells[name].append(cells[name])
            grid.places[record, name] = Place(sheet.name, row.number, heading.column)
        for row, text in others:
            if text:
                grid.extra.append((record, _first(row.texts[: table.left]), text))
    grid.columns += (Column(unit, None, ""), Column(wave, None, ""))


def _totals(grid: Grid, table: Table, lines: Lines, reader: Reader) -> Iterator[Total]:
    """Declared totals of a row: over the periods of a perimeter, the perimeters of a period, or all."""
    unit, wave = reader.instrument.key
    keys = [(reader.same(u), w) for (u, _), (w, _) in zip(grid.cells[unit], grid.cells[wave], strict=True)]
    totals = [heading for heading in table.headings if heading.kind == "total"]
    of_one = Counter(reader.same(heading.perimeter) for heading in totals if heading.perimeter)
    told: set[str] = set()
    for heading in totals:
        of = reader.same(heading.perimeter) if heading.perimeter else None
        # without merging, a total after the last perimeter may be its own or that of all
        is_carried = heading.perimeter_at.column != heading.column
        if of and is_carried and (of in told or not all(of_one[perimeter] for perimeter, _ in keys)):
            of = None
        told.add(of or "")
        records = tuple(
            record
            for record, (perimeter, period) in enumerate(keys)
            if of in (None, perimeter) and period.startswith(heading.period or "")
        )
        for name, (row, at) in lines.known.items():
            raw = _raw(row, heading.column)
            if records and raw[0] and reader.instrument.by_name[name].type in ("integer", "decimal"):
                place = Place(table.sheet.name, row.number, heading.column)
                yield Total(place, raw, name, records, row.texts[at].strip())


def _raw(row: Row, column: int) -> Raw:
    return (row.texts[column].strip(), row.kinds[column]) if column < len(row.texts) else EMPTY


def _first(texts: Sequence[str]) -> str:
    return next((text.strip() for text in texts if text.strip()), "")
