"""The sender's own workbook with what is wrong marked in it, and the list of it all in a sheet of its own.

A wrong cell is coloured (red: blocking, orange: to check) and bears a note in words. What concerns a whole row is
marked at its first cell, a column at its title, a sheet on its tab; the list tells all, and what concerns the file.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from xlsxwriter.workbook import Workbook as EmptyWorkbook

from impact_pipeline.findings import Finding, Level, place_of
from impact_pipeline.giving_back.correction_sheet import FREE, LISTED, correction_sheet
from impact_pipeline.giving_back.listing import JUSTIFIED, Cause, Line, causes, worst
from impact_pipeline.giving_back.received import BLOCKING, MARKS, SUFFIXES, TO_CHECK, Copy, Given, Received, through
from impact_pipeline.giving_back.xlsx import Change, Workbook
from impact_pipeline.reading.sheet import Row, Sheet
from impact_pipeline.validation.outcome import SHOWN
from impact_pipeline.words import say

NOTED = 2_000  # notes of a workbook; with more of them spreadsheets take long to open
COLOURED = 50_000  # cells that are coloured
COLOURS = {Level.BLOCKING: BLOCKING, Level.TO_CHECK: TO_CHECK}
NOTE = 1_500  # characters of a note
Cell = tuple[int, int]


@dataclass
class Marks:
    """What a sheet bears: the level of each cell, what its note tells, and the level of its tab."""

    levels: dict[Cell, Level] = field(default_factory=dict)
    notes: dict[Cell, list[Line]] = field(default_factory=dict)
    tab: Level | None = None

    def mark(self, cell: Cell, level: Level, line: Line | None) -> None:
        self.levels[cell] = worst(self.levels.get(cell, level), level)
        if line is not None:
            self.notes.setdefault(cell, []).append(line)


def annotated(received: Received) -> Given:
    """The workbook to give back: theirs, or one made from what was read; where neither can be, the list alone."""
    told = list(causes(received, listed=LISTED, levels=(Level.BLOCKING.value, Level.TO_CHECK.value, JUSTIFIED)))
    return through(received, lambda copy: _marked(received, told, copy)) or _alone(received, told)


def _marked(received: Received, told: Sequence[Cause], copy: Copy) -> Given:
    workbook, marks = copy.workbook, _marks(told, received, copy)
    before = received.book.correction_list if received.book else None
    workbook.forget(before.sheets if before else (), MARKS)
    for name, of in marks.items():
        _apply(workbook, name, of, received)
    sheet, names = correction_sheet(received, told, workbook.styles, copy.names)
    # macros count the sheets from the first
    title = say("giving_back.sheet.list", received.language)
    workbook.add_sheet(title, sheet, first=not workbook.has_macros, names=names)
    return Given(workbook.save(), SUFFIXES[workbook.has_macros], sum(len(of.levels) for of in marks.values()))


def _alone(received: Received, told: Sequence[Cause]) -> Given:
    workbook = Workbook(_empty())
    only = list(workbook.sheets)
    sheet, names = correction_sheet(received, told, workbook.styles, None)
    workbook.add_sheet(say("giving_back.sheet.list", received.language), sheet, first=True, names=names)
    workbook.forget(only, frozenset())
    return Given(workbook.save(), SUFFIXES[False], 0)


def _marks(told: Sequence[Cause], received: Received, copy: Copy) -> dict[str, Marks]:
    """By sheet of the workbook."""
    marks: dict[str, Marks] = defaultdict(Marks)
    sheets = {sheet.name: sheet for sheet in received.book.sheets} if received.book else {}
    left = COLOURED
    questions = {(cause.code, line.finding.field) for cause in told for line in cause.lines
                 if cause.level == Level.TO_CHECK and line.finding.cells > 1}  # fmt: skip
    for cause in told:
        for line in cause.lines:
            finding = line.finding
            sheet = sheets.get(finding.place.sheet)
            if cause.level == JUSTIFIED or sheet is None or left <= 0:
                continue
            of = marks[copy.names[sheet.name]]
            cell = _cell(finding, sheet, received.rows[sheet.name])
            if cell is None:
                of.tab = worst(of.tab or finding.level, finding.level)
                continue
            of.mark(cell, finding.level, line)
            left -= 1
            for also in map(place_of, filter(None, str(finding.details.get("also", "")).split(SHOWN))):
                if also.row is not None and also.column is not None and also.sheet in copy.names:
                    marks[copy.names[also.sheet]].mark((also.row, also.column), finding.level, None)
                    left -= 1
    if questions and left > 0:
        for name, cell in _converted(received, questions, copy, left):
            marks[name].mark(cell, Level.TO_CHECK, None)
    return marks


def _cell(finding: Finding, sheet: Sheet, rows: Mapping[int, Row]) -> Cell | None:
    """Where a finding is marked: its cell, the first cell of its row, the title of its column; None for a sheet."""
    row, column = finding.place.row, finding.place.column
    if row is not None and column is not None:
        return row, column
    if row is not None:
        texts = rows[row].texts if row in rows else ()
        return row, next((place for place, text in enumerate(texts) if text.strip()), 0)
    if column is not None:
        filled = (r.number for r in sheet.rows if column < len(r.texts) and r.texts[column].strip())
        return next(filled, 1), column
    return None


def _converted(
    received: Received, questions: set[tuple[str, str | None]], copy: Copy, limit: int
) -> Iterator[tuple[str, Cell]]:
    """The cells that a question asked once a column is about."""
    table = received.checked.conversions.first(limit).select(["code", "field", "sheet", "row", "column"])
    for code, name, sheet, row, column in zip(*(table[n].to_pylist() for n in table.column_names), strict=True):
        if (code, name) in questions and column is not None and sheet in copy.names:
            yield copy.names[sheet], (row, column)


def _apply(workbook: Workbook, name: str, marks: Marks, received: Received) -> None:
    changes: dict[int, dict[int, Change]] = defaultdict(dict)
    paints = {level: Change(partial(workbook.styles.filled, colour=colour)) for level, colour in COLOURS.items()}
    for (row, column), level in marks.levels.items():
        changes[row][column] = paints[level]
    workbook.change(name, changes)
    noted = sorted(marks.notes, key=lambda cell: (marks.levels[cell] is not Level.BLOCKING, cell))[:NOTED]
    workbook.note(name, {cell: _note(marks.notes[cell], received) for cell in noted})
    if marks.tab is not None:
        workbook.colour_tab(name, COLOURS[marks.tab])


def _note(lines: Sequence[Line], received: Received) -> tuple[str, str]:
    """The title of a note and its text: what was read, what is expected, what to do, an example; for each finding."""
    language, told = received.language, []
    for line in lines:
        message = line.message
        parts = [message.read]
        for name, text in (("expected", message.expected), ("todo", message.todo), ("example", message.example)):
            if text:
                parts.append(say(f"check.{name}", language, text=text))
        told.append("\n".join(parts))
    level = min((line.finding.level for line in lines), key=list(Level).index)
    text = "\n\n".join(told)
    return say(f"level.{level.value}", language), text if len(text) <= NOTE else text[: NOTE - 1] + "…"


def _empty() -> bytes:
    stream = io.BytesIO()
    workbook = EmptyWorkbook(stream)
    workbook.add_worksheet(FREE)
    workbook.close()
    return stream.getvalue()
