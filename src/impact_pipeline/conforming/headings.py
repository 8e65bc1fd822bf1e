"""What each column of a cross table is about: a perimeter and a period, a total of some, or neither.

The rows above the first indicator come in, as a sheet shows them; one `Heading` a column goes out. A heading that was
meant as a perimeter or a period but cannot be read keeps its text, so that its column is told and not passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import Literal

from impact_pipeline.conforming.perimeters import NOT_A_PERIMETER, YEAR, Reader
from impact_pipeline.conforming.rows import EXAMPLE, MEAN, TOTAL
from impact_pipeline.conforming.stacks import unmerged
from impact_pipeline.findings import Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Row, Sheet

LABELS_WITHIN = 6  # columns in which the name of an indicator may stand
HEADINGS = 8  # rows above the first indicator in which perimeters and periods are looked for
# words of a total that do not say what it is of
TOTAL_WORD = re.compile(
    r"(sous |grand |sub)?tota(l|ux)|sous|grand|ensemble|somme|cumul|moyennes?|general|global|annuel|annee|year"
    r"|d[eu]s?|l[ae]s?"
)

Part = tuple[str, Place]  # a text above a column, and where it was written
Kind = Literal["values", "longer", "total", "mean", "question", "other"]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column is about; `shown` is its heading as written.

    `perimeter` and `period` are texts to be typed. A total without one of them is over all of them, and its period may
    be a year. `longer` columns are about a whole year (or semester) where the instrument asks by quarter; a `question`
    may be a total or a last period; `other` columns are about neither a perimeter nor a period.
    """

    column: int
    kind: Kind
    perimeter: str | None
    period: str | None
    shown: str
    perimeter_at: Place
    period_at: Place


def headings_of(
    sheet: Sheet, first: int, labels: int, reader: Reader, *, since: int = 0, given: Collection[str] = ()
) -> list[Heading]:
    """The heading of each column right of `labels`, from the rows above `first`, the first indicator's position.

    Rows before `since` belong to another table. `given` names the key's fields that something else than the heading
    may tell: the sheet, a sub-heading, a cell of the row.
    """
    positions = [p for p in range(max(since, first - HEADINGS), first) if not is_example(sheet.rows[p])]
    shown = {position: unmerged(sheet, position) for position in positions}
    width = max((len(row.texts) for row in sheet.rows), default=0)
    over: dict[int, Part] = {}  # the last heading of each row: it may stand for the columns after its own
    found = []
    for column in range(labels + 1, width):
        written = {p: texts[column] for p, texts in shown.items() if column < len(texts) and texts[column]}
        over |= {p: (text, Place(sheet.name, sheet.rows[p].number, column)) for p, text in written.items()}
        # written once over several, without merging: it is about the columns that have a heading of their own under it
        parts = [over[p] for p in positions if p in written or (p in over and p < max(written, default=-1))]
        found.append(_heading(column, parts, reader, given))
    return [_asked(heading, found, reader) for heading in found]


def is_example(row: Row) -> bool:
    return any(EXAMPLE.match(text) for text in row.texts[:LABELS_WITHIN])


def _heading(column: int, parts: Sequence[Part], reader: Reader, given: Collection[str]) -> Heading:
    """Each part read from the lowest up, since a title far above names many things."""
    told_year = next((part for part in reversed(parts) if YEAR.fullmatch(part[0])), None)
    year = int(told_year[0]) if told_year else reader.year
    kind: Kind = "values"
    perimeter: Part | None = None
    period: Part | None = None
    unread: list[Part] = []
    for written, place in reversed(parts):
        text, is_total = _without_total(written, reader)
        if is_total:
            kind = "mean" if MEAN.match(plain(written)) else "total"
        if not plain(text):
            continue
        read = reader.when(text, year)
        if read and period is None:
            period, kind = (read.period, place), "longer" if read.is_longer and kind == "values" else kind
        elif YEAR.fullmatch(text):
            if period is None and place == parts[-1][1] and kind == "values":
                period, kind = (text, place), "longer"
        elif perimeter is None and period is None and (both := reader.split(text, year)):
            perimeter, period = (both.perimeter, place), (both.period, place)
            kind = "longer" if both.is_longer and kind == "values" else kind
        elif perimeter is None and not read and reader.is_perimeter(text):
            perimeter = text, place
        else:
            unread.append((text, place))
    if kind == "values":
        kind, perimeter, period = _meant(perimeter, period, unread, parts, year, reader, given)
    elif kind == "longer":
        kind = kind if perimeter or reader.unit in {*reader.filled, *given} else "other"
    else:
        # a total of something unknown is no total of all
        perimeter, period = perimeter or next(iter(unread), None), period or told_year
    return Heading(
        column, kind, perimeter and perimeter[0], period and period[0], " / ".join(text for text, _ in parts),
        perimeter[1] if perimeter else Place(), period[1] if period else Place(),
    )  # fmt: skip


def _without_total(text: str, reader: Reader) -> tuple[str, bool]:
    """What a heading says beside `Total`, and whether it says so; `T` alone, or at an end, is one too."""
    if TOTAL.fullmatch(plain(text)):
        return " ".join(dropwhile(lambda word: TOTAL_WORD.fullmatch(plain(word)), text.split())), True
    words = text.split()
    for end, rest in ((words[-1:], words[:-1]), (words[:1], words[1:])):
        about = " ".join(rest)
        if end == ["T"] and (not about or YEAR.fullmatch(about) or reader.is_perimeter(about)):
            return about, True
    return text, False


def _asked(heading: Heading, found: Sequence[Heading], reader: Reader) -> Heading:
    """A lone `T` is the total of `T1 T2 T3 T4`, but after `T1 T2 T3` it may be a slip for T4: nobody but the sender
    knows."""
    if heading.kind != "total" or "T" not in heading.shown.replace("/", " ").split():
        return heading
    beside = {
        other.period
        for other in found
        if other.kind == "values"
        and (other.perimeter and reader.same(other.perimeter)) == (heading.perimeter and reader.same(heading.perimeter))
        and (other.period or "").startswith(heading.period or "")
    }
    lasts = {period[:4] for period in beside if period and period.endswith("-Q4")}
    years = {period[:4] for period in beside if period and "-Q" in period}
    return replace(heading, kind="question") if not years or years - lasts else heading


def _meant(
    perimeter: Part | None,
    period: Part | None,
    unread: Sequence[Part],
    parts: Sequence[Part],
    year: int | None,
    reader: Reader,
    given: Collection[str],
) -> tuple[Literal["values", "other"], Part | None, Part | None]:
    """What a column is about where its heading could not wholly be read: the texts that were meant to tell it."""
    if perimeter is None and period is None and unread:
        text, place = unread[0]
        both = reader.split(text, year, listed=False)
        perimeter, period = ((both.perimeter, place), (both.period, place)) if both else (None, None)
    if period is None and reader.wave not in {*reader.filled, *given}:
        period = next((part for part in unread if _is_like_a_period(part[0])), None)
        if perimeter is None or period is None:
            return "other", None, None
    if period is None and (perimeter is None or not reader.is_listed):
        return "other", None, None
    if perimeter is None and reader.unit not in given:
        perimeter = next(iter(unread), None)
        if perimeter is None and reader.unit not in reader.filled:
            perimeter = "", parts[-1][1]
    return "values", perimeter, period


def _is_like_a_period(text: str) -> bool:
    """`T5` was meant as one, `Écart 2025` and `Remarques` were not."""
    is_of_figures = NOT_A_PERIMETER.fullmatch(plain(text))  # `Objectif T1`
    return bool(re.search(r"\d", YEAR.sub("", text))) and len(text.split()) <= 2 and not is_of_figures
