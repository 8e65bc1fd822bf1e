"""The rows under a header: which ones are records, and which are totals, notes or the template's example.

A header comes in, a `Grid` goes out. Rows that are no record are never dropped in silence: each has its finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from impact_pipeline.conforming.grid import EMPTY, Grid, Total
from impact_pipeline.conforming.header import Header
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Row

TOTAL = re.compile(r"(grand |sous )?tota(l|ux)\b.*|ensemble|somme|cumul|moyenne( .*)?|subtotal.*")
PARTIAL = re.compile(r"sous total\b.*|subtotal\b.*")
MEAN = re.compile(r"moyenne\b.*")
EXAMPLE = re.compile(r"\s*(EXEMPLE|EXAMPLE)\b")
NOTE = re.compile(r"\W*(nb|n b|note|notes|source|sources|remarque|remarques|attention|legende|lecture|champ)\b")
NOTE_WORDS = 4  # a lone cell with as many words is a sentence, not an answer
EXAMPLE_ROWS = 3  # rows under the header among which the template's example stands


def records_of(header: Header, instrument: Instrument) -> Grid:
    """The records of a table, in order."""
    grid = Grid(
        header.sheet.name, {column.field: [] for column in header.columns}, [], header.columns,
        findings=list(header.findings),
    )  # fmt: skip
    keeps_blanks = instrument.strictness.empty_rows == "refuse"
    since_total = 0
    for position, row in enumerate(header.below):
        if row.is_blank and "f" not in row.kinds:
            if keeps_blanks:
                _add(grid, row, header)
            continue
        told = aside(row, position, header, instrument)
        if told is None:
            _add(grid, row, header)
            continue
        place = Place(header.sheet.name, row.number)
        grid.findings.append(Finding(told, Level.CORRECTED, place, _first_text(row)))
        if told == "total-row":
            grid.totals += claims(row, header, instrument, range(since_total, len(grid.rows)))
            since_total = len(grid.rows)
    return grid


def _add(grid: Grid, row: Row, header: Header) -> None:
    record = len(grid.rows)
    grid.rows.append(row.number)
    for column in header.columns:
        grid.cells[column.field].append(_raw(row, column.column or 0))
    for place, title in header.unknown:
        text, _ = _raw(row, place)
        if text:
            grid.extra.append((record, title, text))


def _raw(row: Row, column: int) -> Raw:
    if column >= len(row.texts):
        return EMPTY
    return row.texts[column].strip(), row.kinds[column]


def _first_text(row: Row) -> str:
    return next((text.strip() for text in row.texts if text.strip()), "")


def aside(row: Row, position: int, header: Header, instrument: Instrument) -> str | None:
    """The code that tells why a row is no record; None for a record."""
    first = _first_text(row)
    if position < EXAMPLE_ROWS and EXAMPLE.match(first):
        return "example-row"
    required = [c.column or 0 for c in header.columns if instrument.by_name[c.field].required]
    lacking = sum(not _raw(row, column)[0] for column in required)
    if TOTAL.fullmatch(plain(first)) and (lacking or not required):
        return "total-row"
    told = [column for column, text in enumerate(row.texts) if text.strip()]
    if len(told) == 1 and lacking and len(header.columns) > 1 and _is_note(first, told[0], header, instrument):
        return "note-row"
    return None


def _is_note(text: str, column: int, header: Header, instrument: Instrument) -> bool:
    """Whether a lone cell is a remark; a sentence may be the answer where the form asks for a text."""
    asks_text = any(instrument.by_name[c.field].type == "text" for c in header.columns if c.column == column)
    is_sentence = len(text.split()) >= NOTE_WORDS and not asks_text
    return is_sentence or text.startswith("*") or NOTE.match(plain(text)) is not None


def claims(row: Row, header: Header, instrument: Instrument, since: range) -> Iterator[Total]:
    """What a row of totals claims: a partial one is about the records since the one before, another about all."""
    label = plain(_first_text(row))
    if MEAN.fullmatch(label):
        return
    records = since if PARTIAL.fullmatch(label) else range(since.stop)
    for column in header.columns:
        raw = _raw(row, column.column or 0)
        if raw[0] and instrument.by_name[column.field].type in ("integer", "decimal"):
            yield Total(Place(header.sheet.name, row.number, column.column), raw, column.field, records, column.header)
