"""What there is to tell about the columns and rows of a cross table, beside its figures.

A table as `blocks` has read it comes in; findings go out: columns of totals, columns that were not read, questions
about a heading, former codes, contradictions between what a row says and what the instrument declares.
"""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.conforming.blocks import FIGURE, unknown_level
from impact_pipeline.conforming.cross_table import Line, Table, raw_of, unmerged_labels
from impact_pipeline.conforming.headings import Heading
from impact_pipeline.conforming.perimeters import length_of
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain


def columns_left_out(table: Table) -> Iterator[Finding]:
    """Totals, and columns about neither a perimeter nor a period; texts left of the values are labels or units."""
    for segment, headings in enumerate(table.headings):
        for heading in headings:
            yield from _left_out(table, segment, heading)


def _left_out(table: Table, segment: int, heading: Heading) -> Iterator[Finding]:
    column, place = heading.column, table.heading_place(segment, heading.column)
    lines = [line for line in (*table.lines, *table.unknown) if line.segment == segment]
    told = [raw_of(line.row, column)[0] for line in lines]
    details = {"header": heading.shown} if heading.shown else {}
    if heading.kind in ("total", "mean") and any(told):
        yield Finding("total-column", Level.CORRECTED, place, heading.shown)
    elif heading.kind == "question" and any(told):
        yield Finding("ambiguous-total", Level.TO_CHECK, place, heading.shown, details=details)
    elif heading.kind == "longer":
        known = [line for line in lines if line.field and not line.is_total and raw_of(line.row, column)[0]]
        yield from _longer(table, known, heading, place)
    elif heading.kind == "other" and any(map(FIGURE.search, told) if column < table.left else told):
        yield Finding("heading-not-read", unknown_level(table.reader), place, heading.shown, details=details)


def _longer(table: Table, lines: list[Line], heading: Heading, place: Place) -> Iterator[Finding]:
    """A column of years beside quarters holds the answers of annual indicators, and totals of the others."""
    length = length_of(heading.period or "")
    totals = [line for line in lines if table.often(line) != length]
    if totals and len(totals) == len(lines):
        yield Finding("total-column", Level.CORRECTED, place, heading.shown)
    elif totals:
        yield Finding("year-column", Level.CORRECTED, place, heading.shown)


def lines_told(table: Table) -> Iterator[Finding]:
    """Former codes, two names that contradict each other, periodicities that differ, answers for other periods."""
    reader = table.reader
    for line in table.lines:
        if line.is_total:
            continue
        labels = unmerged_labels(table.sheet, line.position)[: table.left]
        for column, text in enumerate(labels):
            place = Place(table.sheet.name, line.row.number, column)
            other = reader.indicators.get(plain(text))
            if other is not None and other != line.field and column <= table.naming:
                details = {"header": next(t.strip() for t in labels if reader.indicators.get(plain(t)) == line.field)}
                yield Finding("two-indicators", Level.TO_CHECK, place, text.strip(), line.field, details=details)
            if plain(text) in reader.former and other == line.field:
                yield _former(table, reader.former[plain(text)], place, text.strip(), line)
        yield from _periodicity(table, line)


def _former(table: Table, code: str, place: Place, text: str, line: Line) -> Finding:
    """A former code; a question where it was no more in use in the year of the table."""
    until, year = table.reader.instrument.former[code].until, table.reader.year
    is_late = until is not None and year is not None and year > until.year
    details = {"until": until.isoformat()} if until and is_late else {}
    return Finding(
        "former-code", Level.TO_CHECK if is_late else Level.CORRECTED, place, text, line.field, details=details
    )


def _periodicity(table: Table, line: Line) -> Iterator[Finding]:
    told, due = table.reader.often(line.often), table.often(line)
    place = Place(table.sheet.name, line.row.number)
    if told and told != due:
        yield Finding("other-periodicity", Level.TO_CHECK, place, line.often, line.field)
    if due != table.reader.length:
        headings = [h for h in table.headings[line.segment] if h.kind == "values" and raw_of(line.row, h.column)[0]]
        if headings:
            at = Place(table.sheet.name, line.row.number, headings[0].column)
            text = raw_of(line.row, headings[0].column)[0]
            yield Finding("not-due", Level.TO_CHECK, at, text, line.field, len(headings))
