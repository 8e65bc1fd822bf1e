"""Declared totals of a cross table: what each one claims to be the sum of.

A table and the grid of all records come in; `Total`s go out, one a cell: over the periods of a perimeter, the
perimeters of a period, or all; in a column, in a row, in a block of totals, or in the sheet that recapitulates the
others. Nothing is summed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from impact_pipeline.conforming.cross_table import Line, Table, header_of, raw_of
from impact_pipeline.conforming.grid import Grid, Total
from impact_pipeline.conforming.headings import Heading
from impact_pipeline.conforming.perimeters import Reader, length_of
from impact_pipeline.conforming.rows import PARTIAL
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain

OF_WHICH = ("dont ", "of whom ", "of which ")  # rows already counted in another


@dataclass(frozen=True)
class Records:
    """The records of a grid, by perimeter and by sheet, so that each total finds its own without looking at all."""

    grid: Grid
    periods: Sequence[str]
    by_perimeter: Mapping[str, Sequence[int]]
    by_sheet: Mapping[str | None, Sequence[int]]

    @property
    def every(self) -> Sequence[int]:
        return range(len(self.periods))


def records_of_grid(grid: Grid, reader: Reader) -> Records:
    """What totals may be about; `grid` holds all its records by then."""
    by_perimeter: dict[str, list[int]] = {}
    by_sheet: dict[str | None, list[int]] = {}
    for record, (text, _) in enumerate(grid.cells[reader.unit]):
        by_perimeter.setdefault(reader.same(text), []).append(record)
        for sheet in grid.origins[record]:
            by_sheet.setdefault(sheet, []).append(record)
    return Records(grid, [text for text, _ in grid.cells[reader.wave]], by_perimeter, by_sheet)


def totals_of(table: Table, records: Records, *, recap: bool = False) -> Iterator[Total]:
    """Every cell of the table that claims to be a sum of records; all cells of a recapitulation do."""
    scope = records.every if recap else records.by_sheet.get(table.sheet.name, ())
    for segment, headings in enumerate(table.headings):
        for heading in _over_all(headings, table, records):
            for line in table.lines:
                if line.segment == segment and (recap or _is_total(table, line, heading)):
                    yield from _total(table, records, line, heading, scope)
    yield from _sums(table, records.grid)


def _over_all(headings: Sequence[Heading], table: Table, records: Records) -> Iterator[Heading]:
    """The headings, where a total after the last perimeter (or period) is of all if each has none of its own.

    Without merging, `Total` alone stands under the perimeter that was written last, and may be its own or that of all.
    """
    reader = table.reader
    perimeters = set(records.by_perimeter)
    periods = {text for text in records.periods if length_of(text) in (None, reader.length)}
    totals = [heading for heading in headings if heading.kind == "total"]
    of_perimeter = {reader.same(heading.perimeter) for heading in totals if heading.perimeter}
    of_period = {heading.period for heading in totals}
    told: set[str | None] = set()
    for heading in headings:
        if heading.kind != "total":
            yield heading
            continue
        of = reader.same(heading.perimeter) if heading.perimeter else None
        is_carried = bool(of) and heading.perimeter_at.column != heading.column
        of_all = is_carried and (of in told or bool(perimeters - of_perimeter))
        perimeter = None if of_all else heading.perimeter
        is_carried = heading.period_at.column != heading.column and heading.period in periods
        of_all = is_carried and not perimeter and (heading.period in told or bool(periods - of_period))
        told |= {of, heading.period}
        yield replace(heading, perimeter=perimeter, period=None if of_all else heading.period)


def _is_total(table: Table, line: Line, heading: Heading) -> bool:
    if heading.kind == "longer":
        return line.is_total or table.often(line) != length_of(heading.period or "")
    return heading.kind == "total" or (line.is_total and heading.kind == "values")


def _total(table: Table, records: Records, line: Line, heading: Heading, scope: Sequence[int]) -> Iterator[Total]:
    raw, item = raw_of(line.row, heading.column), table.reader.instrument.by_name[line.field]
    is_sum = item.additive and item.type in ("integer", "decimal") and heading.kind not in ("mean", "question", "other")
    addends = _addends(table, records, line, heading, scope) if is_sum and raw[0] else ()
    if addends:
        place = Place(table.sheet.name, line.row.number, heading.column)
        where = (records.grid.places.get((record, line.field)) for record in addends)
        is_across = {at.row for at in where if at is not None} == {line.row.number}
        yield Total(place, raw, line.field, addends, header_of(table, line), is_across=is_across)


def _addends(table: Table, records: Records, line: Line, heading: Heading, scope: Sequence[int]) -> tuple[int, ...]:
    """The records of which a cell holds the total; none where none of them has an answer."""
    reader, cells = table.reader, records.grid.cells.get(line.field)
    if cells is None:
        return ()
    near = None if line.is_total and not line.own else line.own or line.about.perimeter or table.over.perimeter
    named = heading.perimeter or (near[0] if near else None)
    period, due = table.period_of(line, heading), table.often(line)
    found = tuple(
        record
        for record in (records.by_perimeter.get(reader.same(named), ()) if named else scope)
        if (length_of(records.periods[record]) or reader.length) == due
        and _is_within(records.periods[record], period[0] if period else "")
    )
    return found if any(cells[record][0] for record in found) else ()


def years_alone(table: Table, records: Records) -> Iterator[Finding]:
    """Figures of a whole year for indicators that are asked by quarter, where no quarter has an answer."""
    for line in table.lines:
        for heading in table.headings[line.segment]:
            text = raw_of(line.row, heading.column)[0]
            if heading.kind != "longer" or line.is_total or not text or not _is_total(table, line, heading):
                continue
            if not _addends(table, records, line, heading, records.every):
                place = Place(table.sheet.name, line.row.number, heading.column)
                details = {"header": header_of(table, line)}
                yield Finding("year-only", Level.TO_CHECK, place, text, line.field, details=details)


def _is_within(period: str, longer: str) -> bool:
    """Whether a period is the other or a part of it; a half year is of two quarters."""
    if length_of(longer) != "semester" or period == longer:
        return period.startswith(longer)
    half, number = int(longer[-1]), period[-1:]
    if length_of(period) == "quarter":
        return period[:4] == longer[:4] and (int(number) + 1) // 2 == half
    return length_of(period) == "month" and period[:4] == longer[:4] and (int(period[-2:]) + 5) // 6 == half


def _sums(table: Table, grid: Grid) -> Iterator[Total]:
    """A row `Total` under several indicators is their sum where they count the same thing."""
    by_place = {place: key for key, place in grid.places.items()}
    for row in table.sums:
        lines = [
            line
            for line in table.lines
            if (line.segment, line.block) == (row.segment, row.block)
            and line.row.number < row.row.number
            and not line.is_total
        ]
        labels = [plain(header_of(table, line)) + " " for line in lines]
        items = [table.reader.instrument.by_name[line.field] for line in lines]
        units = {item.unit for item in items}
        is_sum = (
            len(lines) > 1 and len(units) == 1 and all(i.additive and i.type in ("integer", "decimal") for i in items)
        )
        shown = plain(next((text for text in row.row.texts if text.strip()), ""))
        if not is_sum or any(label.startswith(OF_WHICH) for label in labels) or PARTIAL.fullmatch(shown):
            continue
        for heading in table.headings[row.segment]:
            raw = raw_of(row.row, heading.column)
            if heading.kind != "values" or not raw[0]:
                continue
            places = [Place(table.sheet.name, line.row.number, heading.column) for line in lines]
            cells = [by_place[place] for place in places if place in by_place]
            if cells:
                place = Place(table.sheet.name, row.row.number, heading.column)
                header = next(text.strip() for text in row.row.texts if text.strip())
                yield Total(place, raw, cells[0][1], (), header, also=tuple((r, name) for r, name in cells))
