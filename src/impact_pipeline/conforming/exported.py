"""Sheets of a survey tool made to look like any other sheet, for the instrument that they answer.

A book whose tool is recognised comes in with the instrument; out goes a book that the plain way reads: columns named as
the instrument names them, answers of several options put together, cells that the tool calls not asked or refused
marked as such, columns of the tool itself set apart. Rows and columns keep their place. `Exported.completed` then gives
back what was set apart, and tells what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from impact_pipeline.conforming.export_answers import Fitting, fitting_of
from impact_pipeline.conforming.grid import Grid
from impact_pipeline.conforming.header import Header
from impact_pipeline.conforming.matching import spellings
from impact_pipeline.conforming.repeats import sheets_for
from impact_pipeline.conforming.submissions import rows_set_aside, tell_submissions
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Submission, Survey

LISTED = 6  # columns that a message names


@dataclass(frozen=True)
class Fitted:
    """A sheet as it was, what its tool says of it, how it fits the instrument, and the rows that are set aside."""

    sheet: Sheet
    survey: Survey
    fitting: Fitting
    submissions: Mapping[int, Submission]
    aside: frozenset[int]


@dataclass(frozen=True)
class Exported:
    """`book` is for the plain way; `fitted` holds the sheets that were changed for it, by name."""

    book: Book
    fitted: Mapping[str | None, Fitted]
    findings: tuple[Finding, ...]

    def completed(self, grid: Grid, header: Header, instrument: Instrument) -> None:
        """Give the grid its headers as written, the cells that were set apart, and what there is to tell."""
        grid.findings += self.findings
        fitted = self.fitted.get(header.sheet.name)
        if fitted is None:
            return
        sheet, fitting = fitted.sheet, fitted.fitting
        written = sheet.rows[0].texts
        grid.columns = tuple(
            replace(c, header=written[c.column].strip()) if c.column in fitting.renamed else c for c in grid.columns
        )
        rows = {row.number: row for row in sheet.rows}
        apart = [column for column in sorted(fitting.set_apart) if column < len(written)]
        for record, number in enumerate(grid.rows):
            grid.extra += [(record, written[column].strip(), text) for column, text in _told(rows[number], apart)]
        field_of = {column.column: column.field for column in grid.columns}
        for number in sorted(fitted.aside):
            told = _told(rows[number], range(len(rows[number].texts)))
            grid.left_out += [
                (number, field_of.get(column), written[column].strip() if column < len(written) else "", text)
                for column, text in told
            ]
        grid.findings += _findings(self.book, fitted)
        grid.findings += _without_answers(grid, fitted)
        grid.findings += tell_submissions(grid, sheet, fitted.submissions, fitted.aside, instrument)


def exported(book: Book, instrument: Instrument, schemas: Schemas) -> Exported:
    """The sheets of an export, made to fit. Sheets in which the tool is not recognised stay as they are."""
    known = spellings(instrument)
    chosen, told = sheets_for(book, instrument, schemas)
    sheets: list[Sheet] = []
    fitted: dict[str | None, Fitted] = {}
    for sheet in chosen.sheets:
        if sheet.survey is None or not sheet.rows:
            sheets.append(sheet)
            continue
        submissions = _submissions(sheet, sheet.survey, book)
        found = Fitted(
            sheet,
            sheet.survey,
            fitting_of(sheet, sheet.survey, instrument, schemas, known),
            submissions,
            rows_set_aside(submissions, instrument),
        )
        fitted[sheet.name] = found
        sheets.append(replace(sheet, rows=tuple(_rows(found))))
    return Exported(replace(book, sheets=tuple(sheets)), fitted, told)


def _submissions(sheet: Sheet, survey: Survey, book: Book) -> dict[int, Submission]:
    """What the tool says of each row; a row of a repeat is as complete and as approved as its parent."""
    own = dict(survey.submissions)
    parent = next((s for s in book.sheets if survey.repeat is not None and s.name == survey.repeat.parent), None)
    if survey.repeat is None or parent is None or parent.survey is None or parent is sheet:
        return own
    above = _submissions(parent, parent.survey, book)
    for row, at in survey.repeat.rows.items():
        mine, theirs = own.get(row, Submission()), above.get(at, Submission())
        own[row] = Submission(
            mine.id, mine.sent or theirs.sent, mine.version or theirs.version, mine.state or theirs.state
        )
    return own


def _rows(fitted: Fitted) -> Iterator[Row]:
    header, *rows = fitted.sheet.rows
    texts = list(header.texts)
    for column, name in fitted.fitting.renamed.items():
        texts[column] = name
    apart = sorted(fitted.fitting.set_apart)
    for column in apart:
        texts[column] = ""
    yield replace(header, texts=tuple(texts))
    for row in rows:
        if row.number not in fitted.survey.tags and row.number not in fitted.aside:
            yield fitted.fitting.applied(row, apart)


def _told(row: Row, columns: Sequence[int]) -> Iterator[tuple[int, str]]:
    """(column, text) of the cells that hold anything."""
    for column in columns:
        text = row.texts[column].strip() if column < len(row.texts) else ""
        if text:
            yield column, text


def _findings(book: Book, fitted: Fitted) -> Iterator[Finding]:
    sheet, fitting = fitted.sheet, fitted.fitting
    header = sheet.rows[0]
    kept = sorted(fitting.metadata)
    tool = str(book.tool)
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
    for number in sorted(fitted.survey.tags):
        texts = next(row.texts for row in sheet.rows if row.number == number)
        first = next(text.strip() for text in texts if text.strip())
        yield Finding("tag-row", Level.CORRECTED, Place(sheet.name, number), first)
    others = book.read_as.get("others")
    if others:
        yield Finding("archive-not-read", Level.CORRECTED, Place(), others, details={"count": others})


def _without_answers(grid: Grid, fitted: Fitted) -> Iterator[Finding]:
    """Rows that hold nothing but what the tool adds: somebody sent the form without an answer."""
    met = {*grid.rows, *fitted.aside, *fitted.survey.tags}
    rows = [row.number for row in fitted.sheet.rows[1:] if row.number not in met and not row.is_blank]
    told = {finding.place.row for finding in grid.findings if finding.place.sheet == fitted.sheet.name}
    empty = [number for number in rows if number not in told]
    if empty:
        listed = ", ".join(map(str, empty[:LISTED])) + ("…" if len(empty) > LISTED else "")
        place = Place(fitted.sheet.name, empty[0])
        yield Finding("submission-empty", Level.CORRECTED, place, cells=len(empty), details={"rows": listed})
