"""A cross table: indicators in rows; in columns the perimeters (services, member structures) and their periods.

A book and an instrument come in; a `Grid` goes out in which a record is a perimeter and a period. Totals are set apart
and checked, sub-headings and notes told. Which indicator a row is about stands in any cell left of its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from impact_pipeline.conforming.answers import code_of
from impact_pipeline.conforming.calendar import read_period
from impact_pipeline.conforming.grid import EMPTY, Grid, Total
from impact_pipeline.conforming.header import missing_columns, spellings, unmerged
from impact_pipeline.conforming.rows import EXAMPLE, TOTAL
from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, Row, Sheet

LABELS_WITHIN = 6  # columns in which the name of an indicator may stand
HEADINGS = 8  # rows above the first indicator in which perimeters and periods are looked for


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column is about. A total has `is_total`; `shown` is the heading as written."""

    column: int
    perimeter: str | None
    period: str | None
    is_total: bool
    shown: str
    perimeter_at: Place
    period_at: Place


@dataclass(frozen=True)
class Reader:
    """How perimeters, periods and indicators of an instrument are recognised."""

    instrument: Instrument
    schemas: Schemas
    year: int | None
    filled: Mapping[str, str]

    @property
    def indicators(self) -> dict[str, str]:
        """Plain spelling -> field, keys aside."""
        return {text: name for text, name in spellings(self.instrument).items() if name not in self.instrument.key}

    def period(self, text: str, year: int | None) -> str | None:
        length = self.instrument.by_name[self.instrument.key[1]].period
        cell = read_period(text, "t", str(length), year)
        return None if cell.status else str(cell.value)

    def perimeter(self, text: str) -> str | None:
        """The text as it is to be typed later: any text, or one that the code list knows."""
        item = self.instrument.by_name[self.instrument.key[0]]
        return text if item.codes is None or code_of(text, self.schemas.codelist(item.codes)) else None

    def split(self, text: str, year: int | None) -> tuple[str | None, str | None]:
        """Perimeter and period that one heading names together (`Recyclerie T1`, `T1 - Recyclerie`)."""
        words = text.replace(" - ", " ").split()
        for cut in range(1, len(words)):
            for name, when in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
                perimeter, period = self.perimeter(" ".join(name)), self.period(" ".join(when), year)
                if perimeter and period:
                    return perimeter, period
        return None, None


def cells_of_matrix(
    book: Book, instrument: Instrument, schemas: Schemas, *, year: int | None, filled: Mapping[str, str]
) -> Grid | None:
    """The records of the sheet that names most indicators; None where no sheet names two of them."""
    reader = Reader(instrument, schemas, year, filled)
    known = reader.indicators
    enough = min(2, len(instrument.fields) - len(instrument.key))
    scored = [(len({name for _, name in _rows_of(sheet, known)}), sheet) for sheet in book.sheets if not sheet.hidden]
    score, sheet = max(scored, key=lambda pair: pair[0], default=(0, None))
    if sheet is None or score < enough:
        return None
    first = min(position for position, _ in _rows_of(sheet, known))
    headings = list(_headings(sheet, first, reader))
    if not any(not heading.is_total for heading in headings):
        return None
    return _grid(sheet, first, headings, reader)


def _rows_of(sheet: Sheet, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """(position, indicator) of each row that names one."""
    for position, row in enumerate(sheet.rows):
        named = _named(row, known)
        if named is not None:
            yield position, known[plain(row.texts[named])]


def _named(row: Row, known: Mapping[str, str]) -> int | None:
    """The column of the cell that names an indicator."""
    return next((c for c, text in enumerate(row.texts[:LABELS_WITHIN]) if plain(text) in known), None)


def _headings(sheet: Sheet, first: int, reader: Reader) -> Iterator[Heading]:
    """What each column right of the indicators is about, from the rows above the first of them."""
    positions = [p for p in range(max(0, first - HEADINGS), first) if not _is_example(sheet.rows[p])]
    shown = {position: unmerged(sheet, position) for position in positions}
    width = max((len(row.texts) for row in sheet.rows), default=0)
    carried: dict[int, str] = {}
    for column in range(width):
        parts = []
        for position in positions:
            text = shown[position][column] if column < len(shown[position]) else ""
            if not text and reader.perimeter(carried.get(position, "")) and _is_code(reader, carried[position]):
                text = carried[position]  # a perimeter written once over its periods, without merging
            elif text:
                carried[position] = text
            if text:
                parts.append((text, Place(sheet.name, sheet.rows[position].number, column)))
        heading = _heading(column, parts, reader)
        if heading is not None:
            yield heading


def _is_code(reader: Reader, text: str) -> bool:
    return reader.instrument.by_name[reader.instrument.key[0]].codes is not None and not TOTAL.fullmatch(plain(text))


def _heading(column: int, parts: Sequence[tuple[str, Place]], reader: Reader) -> Heading | None:
    """Perimeter and period of a column, each from whichever part names it; None for a column about neither."""
    year = next((int(t) for t, _ in parts if t.isdigit() and len(t) == 4 and t[:2] in ("19", "20")), reader.year)
    perimeter = period = None
    perimeter_at = period_at = Place()
    is_total = False
    # from the lowest row up: a title far above names many things
    for text, place in reversed(parts):
        if TOTAL.fullmatch(plain(text)):
            is_total = True
        elif period is None and (read := reader.period(text, year)):
            period, period_at = read, place
        elif perimeter is None and reader.perimeter(text) and not reader.period(text, year):
            perimeter, perimeter_at = text, place
        elif perimeter is None and period is None:
            perimeter, period = reader.split(text, year)
            perimeter_at = period_at = place
    shown = " / ".join(text for text, _ in parts)
    unit, wave = reader.instrument.key
    if is_total:
        return Heading(column, perimeter, period, True, shown, perimeter_at, period_at)
    if period is None and perimeter is None:
        return None
    has_both = (period or wave in reader.filled) and (perimeter or unit in reader.filled)
    free = reader.instrument.by_name[unit].codes is None
    if not has_both or (free and period is None):
        return None
    return Heading(column, perimeter, period, False, shown, perimeter_at, period_at)


def _is_example(row: Row) -> bool:
    return any(EXAMPLE.match(text) for text in row.texts[:LABELS_WITHIN])


def _grid(sheet: Sheet, first: int, headings: Sequence[Heading], reader: Reader) -> Grid:
    instrument, known = reader.instrument, reader.indicators
    values = [heading for heading in headings if not heading.is_total]
    left = min(heading.column for heading in headings)
    grid = Grid(sheet.name, {}, [], ())
    found: dict[str, tuple[Row, int]] = {}
    unknown: list[Row] = []
    for position, row in enumerate(sheet.rows):
        if position < first and not _is_example(row):
            continue
        place = Place(sheet.name, row.number)
        label = next((text.strip() for text in row.texts[:left] if text.strip()), "")
        named = _named(Row(row.number, row.texts[:left], row.kinds[:left]), known)
        has_values = any(_raw(row, heading.column)[0] for heading in headings)
        if named is not None and known[plain(row.texts[named])] not in found:
            found[known[plain(row.texts[named])]] = row, named
        elif named is not None and has_values:
            name = known[plain(row.texts[named])]
            details = {"header": row.texts[named].strip()}
            grid.findings.append(Finding("duplicate-column", Level.BLOCKING, place, label, name, details=details))
        elif _is_example(row):
            grid.findings.append(Finding("example-row", Level.CORRECTED, place, label))
        elif TOTAL.fullmatch(plain(label)):
            grid.findings.append(Finding("total-row", Level.CORRECTED, place, label))
        elif has_values:
            unknown.append(row)
            level = Level.BLOCKING if instrument.strictness.unknown_columns == "refuse" else Level.TO_CHECK
            grid.findings.append(Finding("unknown-column", level, place, label, details={"header": label}))
        elif not row.is_blank:
            grid.findings.append(Finding("note-row", Level.CORRECTED, place, label or _first(row)))
    _fill_records(grid, sheet, values, found, unknown, reader, left)
    at = Place(sheet.name, sheet.rows[max(first - 1, 0)].number)
    titles = [(column, text) for row in unknown for column, text in enumerate(row.texts[:left]) if text.strip()]
    grid.findings += missing_columns(instrument, [*found, *instrument.key], {}, titles, at)
    grid.totals = list(_totals(grid, sheet, headings, values, found, instrument))
    return grid


def _fill_records(
    grid: Grid,
    sheet: Sheet,
    values: Sequence[Heading],
    found: Mapping[str, tuple[Row, int]],
    unknown: Iterable[Row],
    reader: Reader,
    left: int,
) -> None:
    """One record a column that holds anything at all."""
    unit, wave = reader.instrument.key
    grid.columns = tuple(Column(name, at, row.texts[at].strip()) for name, (row, at) in found.items())
    grid.cells = {name: [] for name in (unit, wave, *found)}
    for heading in values:
        cells = {name: _raw(row, heading.column) for name, (row, _) in found.items()}
        others = [(row, _raw(row, heading.column)[0]) for row in unknown]
        if not any(text or kind == "f" for text, kind in cells.values()) and not any(text for _, text in others):
            continue
        record = len(grid.rows)
        rows = [row.number for name, (row, _) in found.items() if cells[name][0]]
        grid.rows.append(min(rows or [row.number for row, _ in found.values()]))
        for name, text, at in (
            (unit, heading.perimeter, heading.perimeter_at),
            (wave, heading.period, heading.period_at),
        ):
            grid.cells[name].append((text, "t") if text else EMPTY)
            grid.places[record, name] = at
        for name, (row, _) in found.items():
            grid.cells[name].append(cells[name])
            grid.places[record, name] = Place(sheet.name, row.number, heading.column)
        for row, text in others:
            if text:
                title = next((t.strip() for t in row.texts[:left] if t.strip()), "")
                grid.extra.append((record, title, text))
    grid.columns += (Column(unit, None, ""), Column(wave, None, ""))


def _totals(
    grid: Grid,
    sheet: Sheet,
    headings: Sequence[Heading],
    values: Sequence[Heading],
    found: Mapping[str, tuple[Row, int]],
    instrument: Instrument,
) -> Iterator[Total]:
    """Declared totals of a row: over the periods of a perimeter, the perimeters of a period, or all."""
    unit, wave = instrument.key
    pairs = list(zip((t for t, _ in grid.cells[unit]), (t for t, _ in grid.cells[wave]), strict=True))
    for heading in headings:
        if not heading.is_total:
            continue
        records = tuple(
            record
            for record, (perimeter, period) in enumerate(pairs)
            if heading.perimeter in (None, perimeter) and heading.period in (None, period)
        )
        for name, (row, at) in found.items():
            raw = _raw(row, heading.column)
            if raw[0] and instrument.by_name[name].type in ("integer", "decimal"):
                place = Place(sheet.name, row.number, heading.column)
                yield Total(place, raw, name, records, row.texts[at].strip())


def _raw(row: Row, column: int) -> Raw:
    return (row.texts[column].strip(), row.kinds[column]) if column < len(row.texts) else EMPTY


def _first(row: Row) -> str:
    return next((text.strip() for text in row.texts if text.strip()), "")
