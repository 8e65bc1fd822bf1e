"""The whole way of a large CSV: find its header, load its texts, type its columns, find its faults.

A path, an instrument and an engine come in; a `Checked` whose rows live in that engine goes out.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from impact_pipeline.conforming.conform import fills, mismatches, year_of
from impact_pipeline.conforming.grid import Total
from impact_pipeline.conforming.header import SEARCHED, Header, find_header, missing_columns
from impact_pipeline.conforming.rows import EXAMPLE_ROWS, aside, claims
from impact_pipeline.conforming.versions import VERSION, version_finding, with_former_headers
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading import Dialect
from impact_pipeline.reading.cells import kind_of_text
from impact_pipeline.reading.exports import recognised
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.validation import outcome
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.engine.conversions import conversions, drop_unlogged
from impact_pipeline.validation.engine.faults import find_faults
from impact_pipeline.validation.engine.source import load_texts
from impact_pipeline.validation.engine.table import EngineTable, checked_rows
from impact_pipeline.validation.engine.typing import type_fields
from impact_pipeline.validation.past import NO_PAST, Past

TOTAL_WORDS = "total|totaux|ensemble|somme|cumul|moyenne"  # a row that may be one of totals; decided in Python


def check_csv(
    path: Path,
    dialect: Dialect,
    instrument: Instrument,
    schemas: Schemas,
    connection: duckdb.DuckDBPyConnection,
    *,
    fill: Mapping[str, str],
    past: Past = NO_PAST,
) -> Checked | None:
    """Check a CSV inside the engine; None for what the small path alone knows: a matrix, a survey tool's export, a file
    without a header.

    `dialect` is that of the whole file. The outcome's rows live in `connection`, which must stay open until they are
    written. Raises ImpactError for a rule that cannot be evaluated, DecisionError for a decision about no row of the
    file, RowsLost if a row vanished.
    """
    instrument = with_former_headers(instrument, schemas)
    head = _head(path, dialect)
    if recognised(_book(head)).tool is not None:
        return None
    header = find_header(_book(head), instrument) if instrument.layout == "table" else None
    if header is None:
        return None
    skip = dialect.skip_lines + header.last + 1
    first = head[header.last + 1] if len(head) > header.last + 1 else ()
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        width = load_texts(
            connection, path, encoding=dialect.encoding, separator=dialect.separator, quote=dialect.quote,
            errors=dialect.errors, skip=skip, width=len(head[header.last]), first=first, folder=Path(folder),
        )  # fmt: skip
    header = _header_with_use(head, header, width, instrument, connection)
    findings = [*header.findings, *dialect.findings]
    filled = fills(instrument, schemas, fill)
    at = Place(None, header.last + 1)
    findings += missing_columns(instrument, [c.field for c in header.columns], filled, header.unknown, at)
    table = EngineTable(
        connection, instrument, schemas, header.last + 2, header.columns, header.unknown,
        dialect.read_as,
    )  # fmt: skip
    told, totals = _set_apart(table, header, width)
    findings += [*told, *_versions(table)]
    findings += type_fields(table, width, year_of(fill.get("period", "")), filled)
    findings += mismatches(totals, _values(table, totals), instrument, schemas)
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
        return [tuple(row) for row, _ in zip(rows, range(SEARCHED + 1), strict=False)]


def _book(rows: list[tuple[str, ...]]) -> Book:
    told = (Row(number, row, "".join(map(kind_of_text, row))) for number, row in enumerate(rows, 1))
    return Book("csv", (Sheet(None, tuple(told)),))


def _header_with_use(
    head: list[tuple[str, ...]], header: Header, width: int, instrument: Instrument, engine: duckdb.DuckDBPyConnection
) -> Header:
    """The header again, knowing which columns hold anything below it: one row of marks stands for all rows."""
    asked = ", ".join(f"bool_or(c{place} <> '')" for place in range(width))
    used = engine.sql(f"select {asked} from texts").fetchall()[0]
    marks = tuple("x" if flag else "" for flag in used)
    again = find_header(_book([*head[: header.last + 1], marks]), instrument)
    return again or header


def _set_apart(table: EngineTable, header: Header, width: int) -> tuple[list[Finding], list[Total]]:
    """Rows that are no record go to `aside_rows`; returns what there is to tell, and what totals claim.

    SQL finds the few rows that may be one, `conforming` decides.
    """
    blank = " and ".join(f"c{place} = ''" for place in range(width))
    table.run("create or replace temp table aside_rows (record bigint)")
    if table.instrument.strictness.empty_rows == "ignore":
        table.run(f"insert into aside_rows select rowid from texts where {blank}")
    first_text = "coalesce(" + ", ".join(f"nullif(c{place}, '')" for place in range(width)) + ")"
    filled = " + ".join(f"(c{place} <> '')::int" for place in range(width))
    candidates = table.run(
        f"""
        select rowid, * from texts
        where rowid < {EXAMPLE_ROWS} or {filled} = 1
            or regexp_matches(strip_accents(lower({first_text})), {literal(TOTAL_WORDS)})
        order by rowid
        """
    )
    findings: list[Finding] = []
    totals: list[Total] = []
    since = 0
    for record, *texts in candidates:
        row = Row(table.first_row + record, tuple(texts), "t" * width)
        code = None if row.is_blank else aside(row, record, header, table.instrument)
        if code is None:
            continue
        findings.append(Finding(code, Level.CORRECTED, Place(None, row.number), next(t for t in texts if t)))
        if code == "total-row":
            totals += claims(row, header, table.instrument, range(since, record))
            since = record
        table.run(f"insert into aside_rows values ({record})")
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


def _values(table: EngineTable, totals: list[Total]) -> dict[str, list[object]]:
    """The typed cells of the fields that totals are about, by position in the file; None where a row is no record."""
    values: dict[str, list[object]] = {}
    for name in {total.field for total in totals}:
        size = table.run("select count(*) from texts")[0][0]
        values[name] = [None] * size
        for record, value in table.run(f'select _record, "{name}" from typed where "{name}" is not null'):
            values[name][record] = value
    return values
