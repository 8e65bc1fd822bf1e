"""A cross table as it was found in a sheet: its headings, its lines, and how a row of it is looked at.

What `blocks` makes, and what `matrix`, `totals` and `left_out` read. Nothing is searched here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from impact_pipeline.conforming.grid import EMPTY
from impact_pipeline.conforming.headings import LABELS_WITHIN, Heading, Part
from impact_pipeline.conforming.perimeters import LENGTHS, YEAR, Reader
from impact_pipeline.conforming.rows import TOTAL
from impact_pipeline.conforming.stacks import unmerged
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.findings import Finding, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Row, Sheet


@dataclass(frozen=True, slots=True)
class About:
    """What stands over a row or a sheet: a perimeter, a period, both; or that its figures are totals of all."""

    perimeter: Part | None = None
    period: Part | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row of figures about an indicator, at its position (from 0) in the sheet.

    `at` is the column that names it, `segment` the headings that it stands under, `block` the sub-heading. `own` is
    what its own cell of perimeters tells. A line of totals has no answer.
    """

    row: Row
    position: int
    field: str
    at: int
    segment: int
    block: int
    about: About
    own: Part | None = None
    is_total: bool = False
    often: str = ""


@dataclass
class Table:
    """The cross table of a sheet.

    Indicators are named up to the column `naming`, labels stand up to `labels`. `left` is the first column of its
    values, `score` how many indicators it names, `firsts` the positions under the headings of each segment. `sums` are
    rows of totals of several indicators.
    """

    sheet: Sheet
    reader: Reader
    over: About
    naming: int
    labels: int
    firsts: list[int] = field(default_factory=list)
    headings: list[Sequence[Heading]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    unknown: list[Line] = field(default_factory=list)
    sums: list[Line] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def left(self) -> int:
        columns = [h.column for headings in self.headings for h in headings if h.kind in ("values", "longer")]
        return min(columns, default=0)

    @property
    def score(self) -> int:
        return len({line.field for line in self.lines})

    def perimeter_of(self, line: Line, heading: Heading) -> Part | None:
        """What is nearest to a cell says whose it is: its row, its column, its block, its sheet."""
        told = (heading.perimeter, heading.perimeter_at) if heading.perimeter is not None else None
        named = told if told and told[0] else None
        return line.own or named or line.about.perimeter or self.over.perimeter or told

    def period_of(self, line: Line, heading: Heading) -> Part | None:
        told = (heading.period, heading.period_at) if heading.period else None
        return told or line.about.period or self.over.period

    def often(self, line: Line) -> str:
        """How often the indicator of a line is due: as declared, else as its row says, never more than asked."""
        declared = self.reader.instrument.by_name[line.field].periodicity
        told = self.reader.often(line.often)
        longer = told if told and LENGTHS.index(told) > LENGTHS.index(self.reader.length) else None
        return declared or longer or self.reader.length

    def heading_place(self, segment: int, column: int) -> Place:
        return Place(self.sheet.name, self.sheet.rows[max(self.firsts[segment] - 1, 0)].number, column)


def named_rows(sheet: Sheet, reader: Reader) -> dict[int, list[int]]:
    """Position -> columns that name an indicator, for the rows that do."""
    found = {position: _named(unmerged_labels(sheet, position), reader) for position in range(len(sheet.rows))}
    return {position: places for position, places in found.items() if places}


def unmerged_labels(sheet: Sheet, position: int) -> Sequence[str]:
    """The first cells of a row; one that is merged downwards stands in each of its rows."""
    texts = list(sheet.rows[position].texts[:LABELS_WITHIN])
    number = sheet.rows[position].number
    if any(top < number <= bottom for top, _, bottom, _ in sheet.merged):
        shown = unmerged(sheet, position)[:LABELS_WITHIN]
        tall = {left for top, left, bottom, right in sheet.merged if top < number <= bottom and left == right}
        texts += [""] * (len(shown) - len(texts))
        texts = [shown[column] if column in tall else text for column, text in enumerate(texts)]
    return texts


def _named(texts: Sequence[str], reader: Reader) -> list[int]:
    """The columns whose cells name an indicator: the code and the label of our template are two."""
    return [column for column, text in enumerate(texts) if plain(text) in reader.indicators]


def is_heading_row(table: Table, position: int) -> bool:
    """Whether a row repeats headings: periods, perimeters or totals in all its cells right of the labels."""
    reader = table.reader
    texts = [text for text in unmerged(table.sheet, position)[table.labels + 1 :] if text]
    periods = [
        text for text in texts if reader.when(text, reader.year or 2000) or reader.split(text, reader.year or 2000)
    ]
    others = [text for text in texts if text not in periods]
    return bool(periods) and all(
        YEAR.fullmatch(text) or TOTAL.fullmatch(plain(text)) or text == "T" or reader.is_perimeter(text)
        for text in others
    )


def header_of(table: Table, line: Line) -> str:
    """The name of a line's indicator, as written."""
    return unmerged_labels(table.sheet, line.position)[line.at].strip()


def raw_of(row: Row, column: int) -> Raw:
    return (row.texts[column].strip(), row.kinds[column]) if column < len(row.texts) else EMPTY


def first_text(texts: Sequence[str]) -> str:
    return next((text.strip() for text in texts if text.strip()), "")
