"""Values of DHIS2, one a row, as the records that an instrument asks for: one an organisation unit and a period.

A sheet of data values and an instrument come in; a `Grid` goes out, where each cell stands at the row of its value.
A data element is a field by the field's name, label or synonyms, among which stand its codes in DHIS2 (`fbfJHSPpUQD`,
or `fbfJHSPpUQD.pq2XI5kz2BY` with a category option combination). What answers no field is kept and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from impact_pipeline.conforming.grid import EMPTY, Grid
from impact_pipeline.conforming.matching import spellings
from impact_pipeline.conforming.table import Column
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.exports.dhis2 import CATEGORY, COLUMNS, DELETED, ELEMENT, PERIOD, UNIT, VALUE
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Tool

DEFAULT = frozenset(["", "default", "hllvx50cxc0"])  # the category option combination of what has no category


@dataclass
class _Records:
    """Records as they are met: the key of each, and its values with the rows where they stand."""

    of: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    values: dict[tuple[int, str], Row] = field(default_factory=dict)

    def at(self, row: Row) -> int:
        key = (_text(row, UNIT), _text(row, PERIOD))
        if key not in self.of:
            self.of[key] = len(self.rows)
            self.rows.append(row)
        return self.of[key]


def cells_of_values(book: Book, instrument: Instrument) -> Grid | None:
    """The records of a data value set; None where none of its data elements is a field of the instrument."""
    sheet = next(sheet for sheet in book.sheets if sheet.survey is not None)
    known = spellings(instrument)
    period = _period_field(instrument)
    records, unknown = _Records(), dict[str, list[int]]()
    grid = Grid(sheet.name, {}, [], ())
    combinations = _combinations(sheet)
    deleted: list[int] = []
    for row in sheet.rows[1:]:
        if row.is_blank:
            continue
        record = records.at(row)
        element, text = _text(row, ELEMENT), _text(row, VALUE)
        name = _field(row, known, combinations)
        twin = records.values.get((record, name or ""))
        if _text(row, DELETED) == "true":
            deleted.append(row.number)
        elif name is None or name in (instrument.unit_field, period):
            unknown.setdefault(_named(row), []).append(row.number)
        elif twin is not None:
            if _text(twin, VALUE) == text:
                continue
            details = {"rows": str(twin.number), "header": element}
            at = Place(sheet.name, row.number, VALUE)
            grid.findings.append(Finding("data-value-twice", Level.TO_CHECK, at, text, name, details=details))
        else:
            records.values[record, name] = row
            grid.extra += _besides(row, record, element)
            continue
        grid.extra.append((record, _named(row), text))
    if not records.values:
        return None
    _fill(grid, records, sheet, instrument, period)
    grid.findings += _told(sheet, unknown, deleted, instrument)
    return grid


def _period_field(instrument: Instrument) -> str | None:
    """The field of periods: that of the key, else the first one."""
    names = [*instrument.key, *instrument.by_name]
    return next((name for name in names if instrument.by_name[name].type == "period"), None)


def _combinations(sheet: Sheet) -> Mapping[str, int]:
    """How many category option combinations each data element comes with."""
    met: dict[str, set[str]] = {}
    for row in sheet.rows[1:]:
        met.setdefault(_text(row, ELEMENT), set()).add(_text(row, CATEGORY))
    return {element: len(found) for element, found in met.items()}


def _field(row: Row, known: Mapping[str, str], combinations: Mapping[str, int]) -> str | None:
    """The field of a value; an element of several categories is a field only with its category."""
    element, category = _text(row, ELEMENT), _text(row, CATEGORY)
    precise = known.get(plain(f"{element}.{category}")) if category else None
    is_whole = plain(category) in DEFAULT or combinations[element] == 1
    return precise or (known.get(plain(element)) if is_whole else None)


def _named(row: Row) -> str:
    """A data element as DHIS2 writes it in an expression: with its category, save where it has none."""
    element, category = _text(row, ELEMENT), _text(row, CATEGORY)
    return element if plain(category) in DEFAULT else f"{element}.{category}"


def _besides(row: Row, record: int, element: str) -> Iterator[tuple[int, str, str]]:
    """What DHIS2 says of a value: who stored it, when, and the comment of whoever entered it."""
    for column in range(VALUE + 1, len(COLUMNS)):
        if text := _text(row, column):
            yield record, f"{element}/{COLUMNS[column]}", text


def _fill(grid: Grid, records: _Records, sheet: Sheet, instrument: Instrument, period: str | None) -> None:
    header = sheet.rows[0].texts
    names = [item.name for item in instrument.fields if any(name == item.name for _, name in records.values)]
    keys = [(instrument.unit_field, UNIT), *([(period, PERIOD)] if period else [])]
    grid.rows = [row.number for row in records.rows]
    for name, column in keys:
        grid.cells[name] = [(text, "t") if (text := _text(row, column)) else EMPTY for row in records.rows]
        grid.places |= {(n, name): Place(sheet.name, row.number, column) for n, row in enumerate(records.rows)}
    for name in names:
        rows = [records.values.get((record, name)) for record in range(len(records.rows))]
        grid.cells[name] = [(_text(row, VALUE), row.kinds[VALUE]) if row is not None else EMPTY for row in rows]
        grid.places |= {(n, name): Place(sheet.name, r.number, VALUE) for n, r in enumerate(rows) if r is not None}
    columns = [Column(name, column, header[column].strip()) for name, column in keys]
    told = {name: _text(row, ELEMENT) for (_, name), row in reversed(records.values.items())}
    grid.columns = (*columns, *(Column(name, VALUE, told[name]) for name in names))


def _told(
    sheet: Sheet, unknown: Mapping[str, Sequence[int]], deleted: Sequence[int], instrument: Instrument
) -> Iterator[Finding]:
    level = Level.BLOCKING if instrument.strictness.unknown_columns == "refuse" else Level.TO_CHECK
    for element, rows in unknown.items():
        place = Place(sheet.name, rows[0], ELEMENT)
        yield Finding("unknown-indicator", level, place, element, cells=len(rows), details={"header": element})
    if deleted:
        listed = ", ".join(map(str, deleted[:8])) + ("…" if len(deleted) > 8 else "")
        place = Place(sheet.name, deleted[0])
        yield Finding("data-value-deleted", Level.CORRECTED, place, cells=len(deleted), details={"rows": listed})
    kept = [text.strip() for text in sheet.rows[0].texts[VALUE + 1 :] if text.strip()]
    tool = Tool.DHIS2.value
    details = {"tool": tool, "count": str(len(kept)), "columns": ", ".join(kept)}
    if kept:
        yield Finding(
            "survey-metadata", Level.CORRECTED, Place(sheet.name, sheet.rows[0].number), tool, details=details
        )


def _text(row: Row, column: int) -> str:
    return row.texts[column].strip() if column < len(row.texts) else ""
