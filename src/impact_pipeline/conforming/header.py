"""Where the table of a book begins, and which column holds which field.

A book and an instrument come in. Every visible sheet is searched for the rows that best match the instrument's headers,
whatever their case, accents and order, over one row or several; what goes out is that place, its columns, and what
there is to tell about them. The rows under it are not looked at, save to know whether a column is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from impact_pipeline.conforming.matching import JOIN, Match, Names, Told, lettered, likely, matched, names_of
from impact_pipeline.conforming.stacks import stacks
from impact_pipeline.conforming.table import Column
from impact_pipeline.declarations import ColumnMapping, Instrument
from impact_pipeline.findings import Finding, Level, Place, column_letter
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.words import LANGUAGES, say

LIKELY = 2  # columns that look like ours, for a row to be taken for a header that names none
BESIDE = 2  # columns that a table beside the first one has at least


@dataclass(frozen=True, slots=True)
class Fit:
    """A header of `height` rows that ends at the position `last` and names `score` fields; `parts` are its texts, by
    column, downwards."""

    sheet: Sheet
    score: int
    height: int
    last: int
    parts: Mapping[int, Told]


@dataclass(frozen=True)
class Header:
    """`last` is the position (0-based, in the sheet's rows) of the header's last row.

    `unknown` holds the columns that answer no field: (0-based column, header as written, "" where there is none).
    `names` are the spellings that a header may have, for rows that repeat it.
    """

    sheet: Sheet
    last: int
    columns: tuple[Column, ...]
    names: Names
    unknown: tuple[tuple[int, str], ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def below(self) -> Sequence[Row]:
        return self.sheet.rows[self.last + 1 :]

    @cached_property
    def openings(self) -> frozenset[str]:
        """Plain texts with which a row of titles may begin: the spellings of the fields, and the titles themselves."""
        texts = {*self.names.exact, *self.names.mapped}
        return frozenset(texts | {plain(title) for _, title in self.unknown} | {plain(c.header) for c in self.columns})

    def opens(self, text: str) -> bool:
        """Whether a row that begins with this text may be one of titles; most codes have a digit, most titles none."""
        if self._without_digits and any(map(str.isdigit, text)):
            return False
        return plain(text) in self.openings

    @cached_property
    def _without_digits(self) -> bool:
        return not any(any(map(str.isdigit, text)) for text in self.openings)


def sheets_to_search(book: Book) -> list[Sheet]:
    """The sheets that may hold the table: those that a person sees, save the notice of our own template."""
    notices = {say("template.sheet.notice", language) for language in LANGUAGES} if book.stamp else set()
    return [sheet for sheet in book.sheets if not sheet.hidden and sheet.name not in notices]


def find_header(book: Book, instrument: Instrument, mapping: ColumnMapping | None = None) -> Header | None:
    """The header that matches most fields, over the fewest rows, in the first sheet that has it; None without any.

    A row whose cells only look like our names is a header too, all of whose columns are to be confirmed.

    `mapping`: how the sender writes the instrument, where a person has confirmed it; it goes before what we would match
    by ourselves, and what it changes, or names in vain, is told.
    """
    names = names_of(instrument, mapping.fields_of_columns if mapping else None)
    enough = min(2, len(instrument.fields))
    sheets = sheets_to_search(book)
    asked = [sheet for sheet in sheets if mapping and mapping.sheet and plain(sheet.name or "") == plain(mapping.sheet)]
    best = _best([_fit(sheet, names, mapping.header_row if mapping else None) for sheet in asked or sheets], enough)
    findings: list[Finding] = []
    if mapping and mapping.sheet and not asked and any(sheet.name for sheet in sheets):
        findings.append(Finding("mapped-sheet-gone", Level.TO_CHECK, value=mapping.sheet))
    if best is None and mapping and mapping.header_row:
        best = _best([_fit(sheet, names) for sheet in asked or sheets], enough)
        findings += (
            [Finding("mapped-row-gone", Level.TO_CHECK, Place(best.sheet.name, mapping.header_row))] if best else []
        )
    if best is None:
        best = _best([_likely_fit(sheet, instrument) for sheet in asked or sheets], LIKELY)
    if best is None:
        return None
    header = _header(best, names, instrument)
    found = [
        fit for sheet in sheets if (fit := best if sheet is best.sheet else _fit(sheet, names)) and fit.score >= enough
    ]
    filled = [fit for fit in found if any(not row.is_blank for row in fit.sheet.rows[fit.last + 1 :])]
    if asked:
        findings += [Finding("mapped-sheet", Level.CORRECTED, Place(best.sheet.name))] if len(filled) > 1 else []
    else:
        findings += other_tables(best, filled)
    if mapping:
        answered = {column.field for column in header.columns}
        findings += _told_of_mapping(best, mapping, names_of(instrument), answered)
    return replace(header, findings=(*header.findings, *findings))


def _best(fits: Iterable[Fit | None], enough: int) -> Fit | None:
    found = [fit for fit in fits if fit is not None and fit.score >= enough]
    return max(found, key=lambda fit: (fit.score, -fit.height), default=None)


def _likely_fit(sheet: Sheet, instrument: Instrument) -> Fit | None:
    """The row of which most cells look like the name of a field, where none names any: its columns can be suggested."""
    fits = []
    for first, last, parts in stacks(sheet):
        headers = [(column, JOIN.join(told)) for column, told in parts.items() if told]
        if first == last and len(headers) >= LIKELY:
            near = likely(headers, instrument.fields)
            fits += [Fit(sheet, len(near), 1, last, parts)] if 2 * len(near) > len(headers) else []
    return max(fits, key=lambda fit: fit.score, default=None)


def _told_of_mapping(fit: Fit, mapping: ColumnMapping, plainly: Names, answered: set[str]) -> Iterator[Finding]:
    """What a mapping changed in the reading of the header, and what it names that is no longer there: a question where
    no other column answers its field."""
    at = fit.sheet.rows[fit.last].number
    written = {plain(JOIN.join(told)): (column, told) for column, told in fit.parts.items() if told}
    for header, name in mapping.fields_of_columns.items():
        if plain(header) not in written:
            if name is not None:
                level = Level.CORRECTED if name in answered else Level.TO_CHECK
                yield Finding("mapped-column-gone", level, Place(fit.sheet.name, at), header, name)
            continue
        column, told = written[plain(header)]
        place, details = Place(fit.sheet.name, at, column), {"header": JOIN.join(told)}
        alone = plainly.match(told)
        if name is None:
            yield Finding("ignored-column", Level.CORRECTED, place, JOIN.join(told), details=details)
        elif alone is None or alone.field != name or alone.way != "exact":
            yield Finding("mapped-column", Level.CORRECTED, place, JOIN.join(told), name, details=details)


class Table(Protocol):
    """A table found in a sheet; `score` says how many fields it names."""

    @property
    def sheet(self) -> Sheet: ...

    @property
    def score(self) -> int: ...


def other_tables(read: Table, found: Iterable[Table]) -> Iterator[Finding]:
    """Other sheets that hold a table much like the one that was read, a sheet a month for example."""
    for table in found:
        if table is not read and 2 * table.score >= read.score:
            yield Finding("sheet-not-read", Level.TO_CHECK, Place(table.sheet.name))


def missing_columns(
    instrument: Instrument,
    found: Sequence[str],
    filled: Mapping[str, str],
    unknown: Sequence[tuple[int, str]],
    at: Place,
    fitting: Mapping[str, int] | None = None,
) -> Iterator[Finding]:
    """Compulsory fields that no column answers; points at the column that is likely meant, if any: by its header, or
    (`fitting`: field -> column) by what stands in it.

    A field that is not always asked may be lacking where nobody was asked: its rows tell.
    """
    missing = [item for item in instrument.fields if item.name not in found and item.name not in filled]
    near = {name: unknown[place] for place, name in likely(enumerate(h for _, h in unknown), missing).items()}
    for item in missing:
        if not ((item.required and item.relevant is None) or item.name in instrument.key):
            continue
        column, header = near.get(item.name, ((fitting or {}).get(item.name), ""))
        details = {"nearest": header, "header": header} if header else {}
        if column is not None and not header:
            headers = dict(unknown)
            details = {"fitting": column_letter(column)} | ({"header": headers[column]} if headers[column] else {})
        yield Finding(
            "missing-column", Level.BLOCKING, Place(at.sheet, at.row, column), field=item.name, details=details
        )


def _fit(sheet: Sheet, names: Names, row: int | None = None) -> Fit | None:
    """What matches best in a sheet; only a header that ends at `row`, where it is given.

    The search ends at a single row that names every field: nothing under it can match better.
    """
    best: Fit | None = None
    for first, last, shown in stacks(sheet):
        parts = lettered(shown, names)
        if row is None or sheet.rows[last].number == row:
            fit = Fit(sheet, _score(parts, names), last - first + 1, last, parts)
            if best is None or (fit.score, -fit.height) > (best.score, -best.height):
                best = fit
            if best.height == 1 and best.score >= len(names.fields):
                break
    return best


def _score(parts: Mapping[int, Told], names: Names) -> int:
    return len({match.field for match in matched(parts, names).values()} - {None})


def _header(fit: Fit, names: Names, instrument: Instrument) -> Header:
    sheet, last, parts = fit.sheet, fit.last, fit.parts
    below = sheet.rows[last + 1 :]
    widest = max((len(row.texts) for row in sheet.rows), default=0)
    used = _used(below, widest)
    headers = {column: JOIN.join(told) for column, told in parts.items()}
    number = sheet.rows[last].number
    means = matched(parts, names)
    columns, doubled = _one_a_field(means, used)
    findings: list[Finding] = []
    beside = _is_beside(doubled, columns)
    if beside:
        first = min(doubled)
        place = Place(sheet.name, number, first)
        findings.append(Finding("table-beside", Level.TO_CHECK, place, details={"column": column_letter(first)}))
    for column, name in () if beside else doubled.items():
        both = ", ".join(column_letter(at) for at in sorted((columns[name], column)))
        place, details = Place(sheet.name, number, column), {"header": headers[column], "places": both}
        findings.append(Finding("duplicate-column", Level.BLOCKING, place, headers[column], name, details=details))
    taken = {*columns.values(), *(() if beside else doubled)}
    unknown = tuple(
        (column, headers.get(column, ""))
        for column in range(widest)
        if column not in taken and (column in used or (headers.get(column) and column not in means))
    )
    ignored = {column for column, match in means.items() if match.field is None} | set(doubled if beside else ())
    asked = [(column, header) for column, header in unknown if column not in ignored]
    findings += _unknown_columns(asked, set(columns), instrument, Place(sheet.name, number))
    findings += [
        Finding("column-read-as", Level.CORRECTED, Place(sheet.name, number, column), headers[column], match.field,
                details={"header": headers[column]})
        for column, match in means.items()
        if match.way == "loose" and columns.get(match.field or "") == column
    ]  # fmt: skip
    ordered = tuple(
        Column(item.name, columns[item.name], headers[columns[item.name]])
        for item in instrument.fields
        if item.name in columns
    )
    return Header(sheet, last, ordered, names, unknown, tuple(findings))


def _used(rows: Iterable[Row], widest: int) -> set[int]:
    """The columns that hold anything; most do in the first rows, and are not looked at further down."""
    empty = set(range(widest))
    for row in rows:
        if not empty:
            break
        empty -= {column for column in empty if column < len(row.texts) and row.texts[column].strip()}
    return set(range(widest)) - empty


def _one_a_field(means: Mapping[int, Match], used: set[int]) -> tuple[dict[str, int], dict[int, str]]:
    """Field -> its column, and the columns that mean a field a second time; an empty twin says nothing."""
    columns: dict[str, int] = {}
    doubled: dict[int, str] = {}
    for column, match in sorted(means.items()):
        name = match.field
        if name is None:
            continue
        if name not in columns or (columns[name] not in used and column in used):
            columns[name] = column
        elif column in used:
            doubled[column] = name
    return columns, doubled


def _is_beside(doubled: Mapping[int, str], columns: Mapping[str, int]) -> bool:
    """Whether the columns that come twice are those of a second table, right of the first."""
    return len(doubled) >= BESIDE and 2 * len(doubled) >= len(columns) and min(doubled) > max(columns.values())


def _unknown_columns(
    asked: Sequence[tuple[int, str]], found: set[str], instrument: Instrument, at: Place
) -> Iterator[Finding]:
    """Columns that answer no field, each with the field that its header may mean."""
    level = Level.BLOCKING if instrument.strictness.unknown_columns == "refuse" else Level.TO_CHECK
    near = likely(asked, [item for item in instrument.fields if item.name not in found])
    for column, header in asked:
        details: dict[str, object] = {"header": header}
        if column in near:
            details |= {"nearest": instrument.by_name[near[column]].label, "suggested": near[column]}
        yield Finding("unknown-column", level, Place(at.sheet, at.row, column), header, details=details)
