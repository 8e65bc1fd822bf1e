"""The whole way from a book to a typed table: find the cells, type them, tell what was done.

A book, an instrument and what the submission says (period, organisation) come in; a `TypedTable` goes out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from impact_pipeline.conforming.columns import figures_of, read_column
from impact_pipeline.conforming.conversions import FILLED, LABELLED, Converted, converted, log
from impact_pipeline.conforming.conversions import filled as filled_cells
from impact_pipeline.conforming.data_values import cells_of_values
from impact_pipeline.conforming.distinct import Distinct, answered_by, distinct_of, none_told
from impact_pipeline.conforming.exported import exported
from impact_pipeline.conforming.fitting import lacking, told_once
from impact_pipeline.conforming.grid import Grid, Total
from impact_pipeline.conforming.header import find_header, missing_columns
from impact_pipeline.conforming.hidden import hidden_parts
from impact_pipeline.conforming.mapped import mapped_indicators, with_words_of
from impact_pipeline.conforming.matrix import cells_of_matrix
from impact_pipeline.conforming.mojibake import MARKS, doubtful, mojibake
from impact_pipeline.conforming.repeats import join
from impact_pipeline.conforming.rollups import may_roll_up, number_fields, rollup_finding, rollups
from impact_pipeline.conforming.rows import records_of
from impact_pipeline.conforming.table import Column, TypedTable
from impact_pipeline.conforming.typed import BLANK, Cell, Raw
from impact_pipeline.conforming.versions import reading_of, with_former_headers
from impact_pipeline.declarations import ColumnMapping, FieldDeclaration, Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.reading.sheet import Book
from impact_pipeline.reading.survey import Tool
from impact_pipeline.renderings.columns import frame_types

NOT_DUE = Cell(status="not-asked")  # a quarter of an indicator that is annual
TOLD_AS_QUESTION = frozenset({
    "ambiguous-date", "month-first-date", "serial-date", "code-from-date", "point-reversed", "point-outside-france",
    "several-phones", "several-emails", "commune-from-postcode",
})  # fmt: skip  # conversions that somebody should look at


def conform(
    book: Book,
    instrument: Instrument,
    schemas: Schemas,
    *,
    fill: Mapping[str, str],
    mapping: ColumnMapping | None = None,
) -> TypedTable:
    """The table of a book as the instrument has it. `fill`: `period` and `organisation` of the submission; `mapping`:
    how its sender writes the instrument, the one that the programme keeps for the organisation unless given.

    What the file lacks or has too much is in the findings; a table whose header is not found has no record.
    """
    mapping = mapping or schemas.mapping(fill.get("organisation", ""), instrument)
    reading = reading_of(book, instrument, schemas, fill)
    instrument = reading.instrument
    year = year_of(reading.fill.get("period", ""))
    filled = fills(instrument, schemas, reading.fill)
    grid = _cells(book, instrument, schemas, year, filled, mapping)
    if grid is None:
        grid, filled = _without_header(book), {}
    not_asked = reading.told(grid) - set(filled)
    grid.findings += [*book.findings, *hidden_parts(book, grid.sheet)]
    return _typed(grid, instrument, schemas, year, filled, not_asked, mapping, book.from_1904)


def fit(book: Book, instrument: Instrument, schemas: Schemas) -> int:
    """How many fields of an instrument the headers of a book name; 0 where no header is found."""
    grid = _cells(book, with_former_headers(instrument, schemas), schemas, None, {}, None)
    return 0 if grid is None else len({column.field for column in grid.columns} | set(grid.cells))


def _cells(
    book: Book,
    instrument: Instrument,
    schemas: Schemas,
    year: int | None,
    filled: Mapping[str, str],
    mapping: ColumnMapping | None,
) -> Grid | None:
    grid = cells_of_values(book, instrument) if book.tool is Tool.DHIS2 else None
    if grid is not None:
        grid.findings += missing_columns(instrument, [*grid.cells], filled, (), Place(grid.sheet, 1))
        return grid
    if instrument.layout == "matrix":
        grid = cells_of_matrix(book, with_words_of(mapping, instrument), schemas, year=year, filled=filled)
        if grid is not None and mapping:
            grid.findings += mapped_indicators(grid, mapping)
        return grid
    return _cells_of_table(book, instrument, schemas, filled, mapping)


def _without_header(book: Book) -> Grid:
    """Every row that holds something, none of it in a field: without a header, data cannot be told from titles."""
    sheet = next((sheet for sheet in book.sheets if not sheet.hidden and sheet.rows), None)
    rows = [row for row in sheet.rows if not row.is_blank] if sheet else []
    name = sheet.name if sheet else None
    place = Place(name, rows[0].number if rows else None)
    grid = Grid(
        name, {}, [row.number for row in rows], (), findings=[Finding("header-not-found", Level.BLOCKING, place)]
    )
    grid.extra = [(n, "", text.strip()) for n, row in enumerate(rows) for text in row.texts if text.strip()]
    return grid


def fills(instrument: Instrument, schemas: Schemas, fill: Mapping[str, str]) -> dict[str, str]:
    """Field -> value, for the fields that the submission can fill; a period only where it has the field's length."""
    found = {}
    for item in instrument.fields:
        text = fill.get(item.fill or "", "")
        if text:
            cell = read_column([(text, "t")], item, instrument, schemas, None)[text, "t"]
            if cell.status == "":
                found[item.name] = cell.value
    return found


def _cells_of_table(
    book: Book, instrument: Instrument, schemas: Schemas, filled: Mapping[str, str], mapping: ColumnMapping | None
) -> Grid | None:
    export = exported(book, instrument, schemas) if book.tool is not None else None
    header = find_header(export.book if export is not None else book, instrument, mapping)
    if header is None:
        return None
    grid = records_of(header, instrument)
    if export is not None:
        export.completed(grid, header, instrument)
        join(grid, book, instrument, schemas, lambda whole, parent: _cells_of_table(whole, parent, schemas, {}, None))
    answered = [*filled, *(column.field for column in grid.columns)]
    missing = lacking(header, answered, header.below, instrument, schemas)
    grid.findings = told_once([*grid.findings, *missing])
    return grid


def _typed(
    grid: Grid,
    instrument: Instrument,
    schemas: Schemas,
    year: int | None,
    filled: Mapping[str, str],
    not_asked: Collection[str],
    mapping: ColumnMapping | None,
    from_1904: bool,
) -> TypedTable:
    """Every field typed, in the instrument's order; `not_asked` are those of which the file's version knew nothing."""
    size = len(grid.rows)
    columns = {column.field: column for column in grid.columns}
    data, texts, statuses = {}, {}, {}
    reasons: dict[tuple[int, str], str] = {}
    findings, conversions = list(grid.findings), list[Converted]()
    read: dict[str, Distinct] = {}
    answered = answered_by(size)
    for name, dtype in frame_types(instrument).items():
        raws = grid.cells.get(name)
        if raws is None:
            told, meanings = none_told(size), dict[Raw, Cell]()
            column = Distinct.same(Cell(status="not-asked") if name in not_asked else BLANK, size)
        else:
            told, item = distinct_of(raws), instrument.by_name[name]
            figures = figures_of(told, item, instrument, mapping)
            others = told.without(figures)
            meanings = _meanings(others, item, instrument, schemas, year, mapping, from_1904)
            if name == instrument.wave_field:
                meanings |= {(text, "t"): Cell(text) for text in grid.longer}
            column = Distinct.of(told, figures, [meanings[raw] for raw in others])
        texts[name] = told.texts
        if grid.not_due:
            column = column.put(NOT_DUE, [record for record in range(size) if (record, name) in grid.not_due])
        if name in filled:
            blanks = column.having("blank")
            column = column.put(Cell(filled[name]), blanks)
            if blanks.size:
                findings.append(filled_finding(name, filled[name], blanks.size))
                conversions.append(filled_cells(name, blanks, filled[name]))
        if raws is not None:
            conversions.append(converted(name, told, meanings))
            findings += _conversions(conversions[-1], meanings, grid, columns[name])
            findings += _mojibake(raws, meanings, grid, columns[name])
        read[name] = column
        data[name], statuses[name] = column.data(dtype), column.statuses(answered)
        reasons |= {(record, name): column.cell(record).code for record in column.having("invalid").tolist()}
    is_summed = bool(grid.totals) or may_roll_up(instrument, size)
    values = {name: column.values() for name, column in read.items()} if is_summed else {}
    findings += mismatches(grid.totals, values, instrument, schemas)
    findings += _like_totals(grid, values, instrument)
    index = pd.RangeIndex(size)
    return TypedTable(
        sheet=grid.sheet,
        data=pd.DataFrame(data, index=index),
        text=pd.DataFrame(texts, index=index),
        status=pd.DataFrame(statuses, index=index),
        rows=pd.Series(grid.rows, index=index, dtype="int64"),
        columns=tuple(columns.get(item.name, Column(item.name, None, "")) for item in instrument.fields),
        extra=pd.DataFrame(grid.extra, columns=["record", "header", "text"]),
        findings=tuple(findings),
        conversions=log(conversions, grid, columns),
        cells=grid.places,
        sheets=grid.sheets,
        reasons=reasons,
        rows_in=size + len({row for row, *_ in grid.left_out}),
        left_out=tuple(grid.left_out),
    )


def _like_totals(grid: Grid, values: Mapping[str, list[object]], instrument: Instrument) -> Iterable[Finding]:
    """Records whose numbers are all the sums of those above."""
    if not may_roll_up(instrument, len(grid.rows)):
        return
    names = [name for name in number_fields(instrument) if name in grid.cells]
    told = sorted((c for c in grid.columns if c.column is not None), key=lambda c: c.column or 0)
    for record in rollups([np.array(values[name], dtype=float) for name in names]):
        text = next((t for c in told if (t := grid.cells[c.field][record][0])), "")
        yield rollup_finding(Place(grid.sheet, grid.rows[record]), text)


def _meanings(
    told: list[Raw],
    item: FieldDeclaration,
    instrument: Instrument,
    schemas: Schemas,
    year: int | None,
    mapping: ColumnMapping | None,
    from_1904: bool,
) -> dict[Raw, Cell]:
    blank = [raw for raw in told if not raw[0] and raw[1] != "f"]
    sound = [raw for raw in told if raw[0] or raw[1] == "f"] if blank else told
    return dict.fromkeys(blank, BLANK) | read_column(
        sound, item, instrument, schemas, year, mapping, from_1904=from_1904
    )


def _mojibake(raws: Sequence[Raw], meanings: Mapping[Raw, Cell], grid: Grid, column: Column) -> list[Finding]:
    told = "\n".join([text for text, _ in meanings])
    if told.isascii() or not any(mark in told for mark in MARKS):
        return []

    def place(record: int) -> Place:
        return grid.places.get((record, column.field), Place(grid.sheet, grid.rows[record], column.column))

    return mojibake(column, doubtful(raws), place)


def filled_finding(name: str, value: str, cells: int) -> Finding:
    return Finding(FILLED, Level.CORRECTED, field=name, cells=cells, details={"as": value})


def _conversions(of: Converted, meanings: Mapping[Raw, Cell], grid: Grid, column: Column) -> Iterable[Finding]:
    """One finding a way of converting: its first cell, and how many cells it stands for."""
    for code, (record, which, count) in of.first_by_code().items():
        if code == LABELLED:
            continue  # an answer as good as another: logged, not told
        place = grid.places.get((record, of.field), Place(grid.sheet, grid.rows[record], column.column))
        yield conversion_finding(meanings[of.raws[which]], place, of.raws[which][0], column, count)


def conversion_finding(cell: Cell, place: Place, text: str, column: Column, count: int) -> Finding:
    """The first of `count` cells of a column that were converted in the same way."""
    level = Level.TO_CHECK if cell.code in TOLD_AS_QUESTION else Level.CORRECTED
    details = {"as": cell.as_read, "header": column.header}
    return Finding(cell.code, level, place, text, column.field, count, details)


def mismatches(
    totals: Iterable[Total], values: Mapping[str, list[object]], instrument: Instrument, schemas: Schemas
) -> Iterable[Finding]:
    """Declared totals that are not the sum of their records, beyond the decimals that they show."""
    for total in totals:
        # a total of whole numbers that is none is wrong, not unreadable
        as_number = instrument.by_name[total.field].model_copy(update={"type": "decimal"})
        read = read_column([total.raw], as_number, instrument, schemas, None)[total.raw]
        if read.status or read.value is None:
            continue
        declared = Decimal(str(read.value))
        shown = len(total.raw[0].replace(",", ".").partition(".")[2].rstrip("%€ "))
        more = [values[name][record] for record, name in total.also]
        sums = [
            _sum([*(values[total.field][record] for record in records), *more])
            for records in (total.records, *total.others)
        ]
        if any(abs(declared - summed) <= Decimal(5) / 10 ** (shown + 1) for summed in sums):
            continue
        nearest = min(sums, key=lambda summed: abs(declared - summed))
        details = {"declared": f"{declared.normalize():f}", "sum": f"{nearest.normalize():f}", "header": total.header}
        details |= {"named": total.said} if total.said else {}
        details |= {"across": "yes"} if total.is_across else {}
        yield Finding("total-mismatch", Level.TO_CHECK, total.place, total.raw[0], total.field, details=details)


def _sum(values: Iterable[object]) -> Decimal:
    return sum((Decimal(str(value)) for value in values if value is not None), Decimal(0))


def year_of(period: str) -> int | None:
    found = re.match(r"(\d{4})(?!-\d{4})", period)  # a school year has two: neither is that of `T1`
    return int(found[1]) if found else None
