"""Sheets of a survey tool made to look like any other sheet, for the instrument that they answer.

A book whose tool is recognised comes in with the instrument; out goes a book that the plain way reads: columns named as
the instrument names them, answers of several options put together, cells that the tool calls not asked or refused
marked as such, columns of the tool itself set apart. Rows and columns keep their place. `Exported.completed` then gives
back what was set apart, and tells what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from impact_pipeline.conforming.export_answers import Fitting, fitting_of
from impact_pipeline.conforming.grid import Grid
from impact_pipeline.conforming.header import Header, spellings
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Survey

LISTED = 6  # columns that a message names


@dataclass(frozen=True)
class Exported:
    """`book` is for the plain way; `original` holds the sheets as they were, by name, `fittings` what was changed."""

    book: Book
    original: Mapping[str | None, Sheet]
    fittings: Mapping[str | None, Fitting]
    findings: tuple[Finding, ...] = field(default=())

    def completed(self, grid: Grid, header: Header, instrument: Instrument) -> None:
        """Give the grid its headers as written, the cells that were set apart, and what there is to tell."""
        name = header.sheet.name
        grid.findings += self.findings
        if name not in self.fittings:
            return
        sheet, fitting = self.original[name], self.fittings[name]
        written = sheet.rows[0].texts
        grid.columns = tuple(
            replace(c, header=written[c.column].strip()) if c.column in fitting.renamed else c for c in grid.columns
        )
        rows = {row.number: row for row in sheet.rows}
        kept = sorted(fitting.set_apart)
        for record, number in enumerate(grid.rows):
            texts = rows[number].texts
            grid.extra += [
                (record, written[column].strip(), texts[column].strip())
                for column in kept
                if column < len(texts) and texts[column].strip()
            ]
        grid.findings += _told(self.book, sheet, fitting, instrument)


def exported(book: Book, instrument: Instrument, schemas: Schemas) -> Exported:
    """The sheets of an export, made to fit. Sheets in which the tool is not recognised stay as they are."""
    known = spellings(instrument)
    sheets, fittings = [], {}
    for sheet in book.sheets:
        if sheet.survey is None or not sheet.rows:
            sheets.append(sheet)
            continue
        fitting = fitting_of(sheet, sheet.survey, instrument, schemas, known)
        fittings[sheet.name] = fitting
        sheets.append(replace(sheet, rows=tuple(_rows(sheet, sheet.survey, fitting))))
    original = {sheet.name: sheet for sheet in book.sheets}
    return Exported(replace(book, sheets=tuple(sheets)), original, fittings)


def _rows(sheet: Sheet, survey: Survey, fitting: Fitting) -> Iterator[Row]:
    header, *rows = sheet.rows
    texts = list(header.texts)
    for column, name in fitting.renamed.items():
        texts[column] = name
    for column in fitting.set_apart:
        texts[column] = ""
    yield replace(header, texts=tuple(texts))
    for row in rows:
        if row.number not in survey.tags:
            yield fitting.applied(row)


def _told(book: Book, sheet: Sheet, fitting: Fitting, instrument: Instrument) -> Iterator[Finding]:
    tool = str(book.tool)
    header = sheet.rows[0]
    kept = sorted(fitting.metadata)
    if kept:
        names = [header.texts[column].strip() for column in kept]
        listed = ", ".join(names[:LISTED]) + ("…" if len(names) > LISTED else "")
        details = {"tool": tool, "count": str(len(kept)), "columns": listed}
        place = Place(sheet.name, header.number)
        yield Finding("survey-metadata", Level.CORRECTED, place, tool, details=details)
    for name, choice in fitting.choices.items():
        heading = header.texts[choice.at].strip()
        details = {"header": heading, "count": str(len(choice.options))}
        place = Place(sheet.name, header.number, choice.at)
        yield Finding("answers-put-together", Level.CORRECTED, place, heading, name, details=details)
    for number in sorted(sheet.survey.tags if sheet.survey else ()):
        yield Finding("tag-row", Level.CORRECTED, Place(sheet.name, number), _first(sheet, number))


def _first(sheet: Sheet, number: int) -> str:
    texts: Sequence[str] = next((row.texts for row in sheet.rows if row.number == number), ())
    return next((text.strip() for text in texts if text.strip()), "")
