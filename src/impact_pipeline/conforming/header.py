"""Where the table of a book begins, and which column holds which field.

A book and an instrument come in. Every visible sheet is searched for the rows that best match the instrument's headers,
whatever their case, accents and order, over one row or several; what goes out is that place, its columns, and what
there is to tell about them. The rows under it are not looked at, save to know whether a column is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from impact_pipeline.conforming.table import Column
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import nearest, plain
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.words import LANGUAGES, say

SEARCHED = 60  # rows in which a header is looked for
TALLEST = 6  # rows that a header may take
JOIN = " / "  # between a heading and those that stand under it


@dataclass(frozen=True, slots=True)
class Fit:
    """A header of `height` rows that ends at the position `last` and names `score` fields; `parts` are its texts, by
    column, downwards."""

    sheet: Sheet
    score: int
    height: int
    last: int
    parts: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True)
class Header:
    """`last` is the position (0-based, in the sheet's rows) of the header's last row.

    `unknown` holds the columns that answer no field: (0-based column, header as written, "" where there is none).
    """

    sheet: Sheet
    last: int
    columns: tuple[Column, ...]
    unknown: tuple[tuple[int, str], ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def below(self) -> Sequence[Row]:
        return self.sheet.rows[self.last + 1 :]


def spellings(instrument: Instrument) -> dict[str, str]:
    """Plain spelling of a header -> field: its name, labels, synonyms, and its name in the previous version."""
    found = {plain(old): new for old, new in instrument.corresponds.items()}
    found |= {plain(code): former.field for code, former in instrument.former.items()}
    for item in instrument.fields:
        references = (item.reference,) if item.reference else ()
        for spelling in (item.name, item.label.fr, item.label.en, *item.synonyms, *references):
            found[plain(spelling)] = item.name
    return found


def sheets_to_search(book: Book) -> list[Sheet]:
    """The sheets that may hold the table: those that a person sees, save the notice of our own template."""
    notices = {say("template.sheet.notice", language) for language in LANGUAGES} if book.stamp else set()
    return [sheet for sheet in book.sheets if not sheet.hidden and sheet.name not in notices]


def find_header(book: Book, instrument: Instrument) -> Header | None:
    """The header that matches most fields, over the fewest rows, in the first sheet that has it; None without any."""
    known = spellings(instrument)
    fits = [_fit(sheet, known) for sheet in sheets_to_search(book)]
    found = [fit for fit in fits if fit is not None and fit.score >= min(2, len(instrument.fields))]
    best = max(found, key=lambda fit: (fit.score, -fit.height), default=None)
    if best is None:
        return None
    header = _header(best.sheet, best.last, best.parts, known, instrument)
    filled = [fit for fit in found if any(not row.is_blank for row in fit.sheet.rows[fit.last + 1 :])]
    return replace(header, findings=(*header.findings, *other_tables(best, filled)))


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
) -> Iterator[Finding]:
    """Compulsory fields that no column answers; points at the column whose header looks most alike, if any.

    A field that is not always asked may be lacking where nobody was asked: its rows tell.
    """
    for item in instrument.fields:
        is_compulsory = (item.required and item.relevant is None) or item.name in instrument.key
        if item.name in found or item.name in filled or not is_compulsory:
            continue
        headers = {header: column for column, header in unknown if header}
        alike = (nearest(known, headers) for known in (item.label.fr, item.label.en, item.name, *item.synonyms))
        near = next((header for header in alike if header), None)
        place = Place(at.sheet, at.row, headers[near] if near else None)
        details = {"nearest": near, "header": near} if near else {}
        yield Finding("missing-column", Level.BLOCKING, place, field=item.name, details=details)


def unmerged(sheet: Sheet, position: int) -> tuple[str, ...]:
    """The texts of a row where every cell of a merged range shows the range's text."""
    row = sheet.rows[position]
    texts = list(row.texts)
    for top, left, bottom, right in sheet.merged:
        if top <= row.number <= bottom:
            shown = _text_at(sheet, position - (row.number - top), left)
            texts += [""] * (right + 1 - len(texts))
            texts[left : right + 1] = [shown] * (right + 1 - left)
    return tuple(" ".join(text.split()) for text in texts)


def _text_at(sheet: Sheet, position: int, column: int) -> str:
    texts = sheet.rows[position].texts if 0 <= position < len(sheet.rows) else ()
    return texts[column] if column < len(texts) else ""


def _candidates(sheet: Sheet) -> Iterator[tuple[int, int, dict[int, tuple[str, ...]]]]:
    """(first, last, column -> its texts downwards) for the rows that may be a header, short ones first."""
    merged = [set(range(top, bottom + 1)) for top, _, bottom, _ in sheet.merged]
    shown = [unmerged(sheet, position) for position in range(min(SEARCHED, len(sheet.rows)))]
    for last, texts in enumerate(shown):
        if not any(texts):
            continue
        for first in range(last, max(last - TALLEST, -1), -1):
            numbers = {row.number for row in sheet.rows[first : last + 1]}
            # a taller header is likely where cells are merged or where two rows of headings follow each other
            if first < last - 1 and not any(numbers & rows for rows in merged):
                break
            parts: dict[int, list[str]] = {}
            for row in shown[first : last + 1]:
                for column, text in enumerate(row):
                    told = parts.setdefault(column, [])
                    if text and (not told or told[-1] != text):
                        told.append(text)
            yield first, last, {column: tuple(told) for column, told in parts.items()}


def _fit(sheet: Sheet, known: Mapping[str, str]) -> Fit | None:
    """What matches best in a sheet."""
    fits = (
        Fit(sheet, len(set(_matched(parts, known).values())), last - first + 1, last, parts)
        for first, last, parts in _candidates(sheet)
    )
    return max(fits, key=lambda fit: (fit.score, -fit.height), default=None)


def _matched(parts: Mapping[int, tuple[str, ...]], known: Mapping[str, str]) -> dict[int, str]:
    """Column -> field, for the columns whose headings, joined or the lowest alone, name one."""
    found = {}
    for column, told in parts.items():
        spellings = (JOIN.join(told), told[-1], _repaired(told[-1])) if told else ()
        name = next((known[word] for word in map(plain, spellings) if word in known), None)
        if name:
            found[column] = name
    return found


def _repaired(text: str) -> str:
    """`PÃ©riode` is `Période` written in UTF-8 and read in Windows Western by whoever saved the file."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _header(
    sheet: Sheet, last: int, parts: Mapping[int, tuple[str, ...]], known: Mapping[str, str], instrument: Instrument
) -> Header:
    below = sheet.rows[last + 1 :]
    used = {column for row in below for column, text in enumerate(row.texts) if text.strip()}
    headers = {column: JOIN.join(told) for column, told in parts.items()}
    number = sheet.rows[last].number
    columns: dict[str, int] = {}
    doubled: list[int] = []
    findings: list[Finding] = []
    for column, name in _matched(parts, known).items():
        if name not in columns:
            columns[name] = column
        elif column not in used:
            continue  # an empty twin says nothing
        elif columns[name] not in used:
            columns[name] = column
        else:
            doubled.append(column)
            details = {"header": headers[column]}
            place = Place(sheet.name, number, column)
            findings.append(Finding("duplicate-column", Level.BLOCKING, place, headers[column], name, details=details))
    taken = set(columns.values()) | set(doubled)
    widest = max((len(row.texts) for row in sheet.rows), default=0)
    unknown = tuple(
        (column, headers.get(column, ""))
        for column in range(widest)
        if column not in taken and (column in used or headers.get(column)) and not _is_twin(parts.get(column), known)
    )
    level = Level.BLOCKING if instrument.strictness.unknown_columns == "refuse" else Level.TO_CHECK
    findings += [
        Finding("unknown-column", level, Place(sheet.name, number, column), header, details={"header": header})
        for column, header in unknown
    ]
    ordered = tuple(
        Column(item.name, columns[item.name], headers[columns[item.name]])
        for item in instrument.fields
        if item.name in columns
    )
    return Header(sheet, last, ordered, unknown, tuple(findings))


def _is_twin(told: tuple[str, ...] | None, known: Mapping[str, str]) -> bool:
    return bool(told) and bool(_matched({0: told or ()}, known))
