"""The whole way of a large CSV: find its header, load its texts, type its columns, find its faults.

A path, an instrument and an engine come in; a `Checked` whose rows live in that engine goes out.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import numpy as np

from impact_pipeline.conforming.conform import fills, mismatches, year_of
from impact_pipeline.conforming.fitting import ROWS, lacking, told_once
from impact_pipeline.conforming.grid import Total
from impact_pipeline.conforming.header import Header, find_header
from impact_pipeline.conforming.mojibake import MARKS, mojibake
from impact_pipeline.conforming.rollups import LONGEST, may_roll_up, number_fields, rollup_finding, rollups
from impact_pipeline.conforming.rows import EXAMPLE_ROWS, FOOTER_CELLS, aside, below_finding, blank_rows_finding, claims
from impact_pipeline.conforming.stacks import SEARCHED
from impact_pipeline.conforming.versions import VERSION, version_finding, with_former_headers
from impact_pipeline.declarations import ColumnMapping, Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading import Dialect
from impact_pipeline.reading.cells import kind_of_text
from impact_pipeline.reading.exports import recognised
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.renderings.engine_sql import literal, quoted
from impact_pipeline.validation import outcome
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.engine.conversions import conversions, drop_unlogged
from impact_pipeline.validation.engine.faults import find_faults
from impact_pipeline.validation.engine.source import load_texts
from impact_pipeline.validation.engine.table import EngineTable, checked_rows
from impact_pipeline.validation.engine.typing import type_fields
from impact_pipeline.validation.past import NO_PAST, Past

# a row that may be one of totals; decided in Python
TOTAL_WORDS = "tota|ttl|ensemble|somme|cumul|moyenne|median|average|mean|ecart|minim|maxim"


def check_csv(
    path: Path,
    dialect: Dialect,
    instrument: Instrument,
    schemas: Schemas,
    connection: duckdb.DuckDBPyConnection,
    *,
    fill: Mapping[str, str],
    past: Past = NO_PAST,
    mapping: ColumnMapping | None = None,
) -> Checked | None:
    """Check a CSV inside the engine; None for what the small path alone knows: a matrix, a survey tool's export, a file
    without a header.

    `dialect` is that of the whole file. The outcome's rows live in `connection`, which must stay open until they are
    written. Raises ImpactError for a rule that cannot be evaluated, DecisionError for a decision about no row of the
    file, RowsLost if a row vanished.
    """
    mapping = mapping or schemas.mapping(fill.get("organisation", ""), instrument)
    instrument = with_former_headers(instrument, schemas)
    head = _head(path, dialect)
    if recognised(_book(head)).tool is not None:
        return None
    header = find_header(_book(head), instrument, mapping) if instrument.layout == "table" else None
    if header is None:
        return None
    skip = dialect.skip_lines + header.last + 1
    first = head[header.last + 1] if len(head) > header.last + 1 else ()
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        width = load_texts(
            connection, path, encoding=dialect.encoding, separator=dialect.separator, quote=dialect.quote,
            errors=dialect.errors, skip=skip, width=len(head[header.last]), first=first, folder=Path(folder),
        )  # fmt: skip
    header = _header_with_use(head, header, width, instrument, connection, mapping)
    findings = [*header.findings, *dialect.findings]
    filled = fills(instrument, schemas, fill)
    answered = [*filled, *(column.field for column in header.columns)]
    first_rows = _book(head).sheets[0].rows[header.last + 1 :]
    findings = told_once([*findings, *lacking(header, answered, first_rows, instrument, schemas)])
    table = EngineTable(
        connection, instrument, schemas, header.last + 2, header.columns, header.unknown,
        dialect.read_as, mapping,
    )  # fmt: skip
    told, totals = _set_apart(table, header, width)
    findings += [*told, *_versions(table)]
    findings += type_fields(table, width, year_of(fill.get("period", "")), filled)
    findings += _mojibake(table)
    findings += mismatches(totals, _values(table, totals), instrument, schemas)
    findings += _like_totals(table)
    findings, counts, links = find_faults(table, findings, outcome.counts(findings), past)
    checked = checked_rows(table, findings, counts, conversions(table), links)
    drop_unlogged(table)
    return checked


def _head(path: Path, dialect: Dialect) -> list[tuple[str, ...]]:
    """The first rows, as a spreadsheet counts them."""
    with path.open("r", encoding=dialect.encoding, errors=dialect.errors, newline="") as stream:
        for _ in range(dialect.skip_lines):
            stream.readline()
        rows = csv.reader(stream, delimiter=dialect.separator, quotechar=dialect.quote)
        return [tuple(row) for row, _ in zip(rows, range(SEARCHED + 1 + ROWS), strict=False)]


def _book(rows: list[tuple[str, ...]]) -> Book:
    told = (Row(number, row, "".join(map(kind_of_text, row))) for number, row in enumerate(rows, 1))
    return Book("csv", (Sheet(None, tuple(told)),))


def _header_with_use(
    head: list[tuple[str, ...]], header: Header, width: int, instrument: Instrument, engine: duckdb.DuckDBPyConnection,
    mapping: ColumnMapping | None,
) -> Header:  # fmt: skip
    """The header again, knowing which columns hold anything below it: one row of marks stands for all rows."""
    asked = ", ".join(f"bool_or(c{place} <> '')" for place in range(width))
    used = engine.sql(f"select {asked} from texts").fetchall()[0]
    marks = tuple("x" if flag else "" for flag in used)
    again = find_header(_book([*head[: header.last + 1], marks]), instrument, mapping)
    return again or header


def _set_apart(table: EngineTable, header: Header, width: int) -> tuple[list[Finding], list[Total]]:
    """Rows that are no record go to `aside_rows`; returns what there is to tell, and what totals claim.

    SQL finds the few rows that may be one, `conforming` decides.
    """
    blank = " and ".join(f"c{place} = ''" for place in range(width))
    table.run("create or replace temp table aside_rows (record bigint)")
    if table.instrument.strictness.empty_rows == "ignore":
        table.run(f"insert into aside_rows select rowid from texts where {blank}")
    findings: list[Finding] = []
    totals: list[Total] = []
    since, end = 0, None
    for record, *texts in table.run(_may_be_aside(table, header, width)):
        row = Row(table.first_row + record, tuple(texts), "t" * width)
        code = None if row.is_blank else aside(row, record, header, table.instrument)
        if code is None:
            continue
        if code == "table-below":
            end = record
            break
        findings.append(Finding(code, Level.CORRECTED, Place(None, row.number), next(t for t in texts if t)))
        if code == "total-row":
            totals += claims(row, header, table.instrument, range(since, record))
            since = record
        table.run(f"insert into aside_rows values ({record})")
    if end is not None:
        left = table.run(f"select count(*) from texts where rowid >= {end} and not ({blank})")[0][0]
        findings.append(below_finding(Place(None, table.first_row + end), left))
        table.run(f"delete from aside_rows where record >= {end}")
        table.run(f"insert into aside_rows select rowid from texts where rowid >= {end}")
    if table.instrument.strictness.empty_rows == "ignore":
        findings += _blank_rows(table, blank)
    return findings, totals


def _versions(table: EngineTable) -> Iterator[Finding]:
    """Columns by which a tool says the version of each answer, where there are several."""
    for column, header in table.unknown:
        if plain(header) == VERSION:
            counted = table.run(
                f"select c{column}, count(*) from texts where c{column} <> '' "
                f"and rowid not in (select record from aside_rows) group by c{column}"
            )
            finding = version_finding(dict(counted), None)
            if finding is not None:
                yield finding


def _may_be_aside(table: EngineTable, header: Header, width: int) -> str:
    """The rows that may be no record, by SQL that lets through more than there are: `aside` decides."""
    columns = [f"c{place}" for place in range(width)]
    filled = " + ".join(f"({column} <> '')::int" for column in columns)
    required = [f"c{c.column} = ''" for c in header.columns if table.instrument.by_name[c.field].required]
    lacking = f"({' or '.join(required)})" if required else "true"
    said = f"strip_accents(lower(concat_ws(' ', {', '.join(columns)})))"
    first_text = "coalesce(" + ", ".join(f"nullif({column}, '')" for column in columns) + ", '')"
    opening = f"strip_accents(lower(replace(replace({first_text}, 'œ', 'oe'), 'Œ', 'oe')))"
    opening = f"trim(regexp_replace({opening}, '[^0-9a-z%€+<>=]+', ' ', 'g'))"
    openings = ", ".join(literal(text) for text in sorted(header.openings))
    return f"""
        select rowid, * from texts
        where rowid < {EXAMPLE_ROWS} or {filled} = 1
            or ({lacking} and ({filled} <= {FOOTER_CELLS} or regexp_matches({said}, {literal(TOTAL_WORDS)})))
            or {opening} in ({openings})
        order by rowid
    """


def _blank_rows(table: EngineTable, blank: str) -> list[Finding]:
    """Blank rows between the first record and the last one."""
    first, count = table.run(
        f"""
        with record as (
            select min(rowid) as first, max(rowid) as last
            from texts
            where not ({blank}) and rowid not in (select record from aside_rows)
        )
        select min(rowid), count(*)
        from texts, record
        where {blank} and texts.rowid between record.first and record.last
        """
    )[0]
    return blank_rows_finding(None, table.first_row + (first or 0), count)


def _mojibake(table: EngineTable) -> Iterator[Finding]:
    """Columns whose texts were saved twice over, rows that are no record aside."""
    for column in table.columns:
        if column.column is None:
            continue
        text = f"c{column.column}"
        marked = " or ".join(f"contains({text}, {literal(mark)})" for mark in MARKS)
        found = table.run(
            f"""
            select {text}, min(rowid), count(*) from texts
            where ({marked}) and rowid not in (select record from aside_rows) group by {text}
            """
        )
        at = column.column

        def place(record: int, at: int = at) -> Place:
            return Place(None, table.first_row + record, at)

        yield from mojibake(column, {text: (first, count) for text, first, count in found}, place)


def _values(table: EngineTable, totals: list[Total]) -> dict[str, list[object]]:
    """The typed cells of the fields that totals are about, by position in the file; None where a row is no record."""
    values: dict[str, list[object]] = {}
    for name in {total.field for total in totals}:
        size = table.run("select count(*) from texts")[0][0]
        values[name] = [None] * size
        for record, value in table.run(f'select _record, "{name}" from typed where "{name}" is not null'):
            values[name][record] = value
    return values


def _like_totals(table: EngineTable) -> Iterator[Finding]:
    """Records whose numbers are all the sums of those above."""
    records = [record for (record,) in table.run(f"select _record from typed order by _record limit {LONGEST + 1}")]
    names = [name for name in number_fields(table.instrument) if table.column(name) is not None]
    if not names or not may_roll_up(table.instrument, len(records)):
        return
    shown = ", ".join(f"cast({quoted(name)} as double) as {quoted(name)}" for name in names)
    found = table.connection.execute(f"select {shown} from typed order by _record").fetchnumpy()
    told = sorted(c.column for c in table.columns if c.column is not None)
    first = ", ".join(f"nullif(c{column}, '')" for column in told)
    for position in rollups([np.ma.filled(found[name], np.nan) for name in names]):
        record = records[position]
        text = table.run(f"select coalesce({first}, '') from texts where rowid = {record}")[0][0]
        yield rollup_finding(table.place(record, None), text)
