"""What each column of a cross table is about: a perimeter and a period, a total of some, or neither.

The rows above the first indicator come in, as a sheet shows them; one `Heading` a column goes out. A heading that was
meant as a perimeter or a period but cannot be read keeps its text, so that its column is told and not passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile
from typing import Literal

from impact_pipeline.conforming.answers import code_of
from impact_pipeline.conforming.calendar import read_period
from impact_pipeline.conforming.header import spellings, unmerged
from impact_pipeline.conforming.rows import EXAMPLE, MEAN, TOTAL
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Row, Sheet

LABELS_WITHIN = 6  # columns in which the name of an indicator may stand
HEADINGS = 8  # rows above the first indicator in which perimeters and periods are looked for
YEAR = re.compile(r"(19|20)\d\d")
# words of a total that do not say what it is of
TOTAL_WORD = re.compile(
    r"(sous |grand |sub)?tota(l|ux)|sous|grand|ensemble|somme|cumul|moyennes?|general|global|annuel|d[eu]s?|l[ae]s?"
)

Part = tuple[str, Place]  # a text above a column, and where it was written


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column is about; `shown` is its heading as written.

    `perimeter` and `period` are texts to be typed. A total without one of them is over all of them, and its period may
    be a year. `other` columns are about neither a perimeter nor a period.
    """

    column: int
    kind: Literal["values", "total", "mean", "other"]
    perimeter: str | None
    period: str | None
    shown: str
    perimeter_at: Place
    period_at: Place


@dataclass(frozen=True)
class Reader:
    """How perimeters, periods and indicators of an instrument are recognised; `year` is the submission's."""

    instrument: Instrument
    schemas: Schemas
    year: int | None
    filled: Mapping[str, str]

    @cached_property
    def indicators(self) -> dict[str, str]:
        """Plain spelling -> field, keys aside."""
        return {text: name for text, name in spellings(self.instrument).items() if name not in self.instrument.key}

    @property
    def is_listed(self) -> bool:
        """Whether perimeters come from a code list, so that other texts cannot be one."""
        return self.instrument.by_name[self.instrument.unit_field].codes is not None

    def period(self, text: str, year: int | None) -> str | None:
        length = self.instrument.by_name[self.instrument.key[1]].period
        cell = read_period(text, "t", str(length), year)
        return None if cell.status else str(cell.value)

    def is_perimeter(self, text: str) -> bool:
        """Whether a text may be a perimeter: any may, or those that the code list knows."""
        return not self.is_listed or self._code(text) is not None

    def same(self, text: str) -> str:
        """One spelling for all those of a perimeter."""
        return self._code(text) or plain(text)

    def _code(self, text: str) -> str | None:
        codes = self.instrument.by_name[self.instrument.unit_field].codes
        return None if codes is None else code_of(text, self.schemas.codelist(codes))

    def split(self, text: str, year: int | None, *, listed: bool = True) -> tuple[str, str] | None:
        """Perimeter and period that one heading names together (`Recyclerie T1`, `T1 - Recyclerie`).

        Without `listed`, the perimeter may be any text.
        """
        words = text.replace(" - ", " ").split()
        for cut in range(1, len(words)):
            for name, when in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
                period = self.period(" ".join(when), year)
                if period and (not listed or self.is_perimeter(" ".join(name))):
                    return " ".join(name), period
        return None


def headings_of(sheet: Sheet, first: int, labels: int, reader: Reader) -> list[Heading]:
    """The heading of each column right of `labels`, from the rows above `first`, the first indicator's position."""
    positions = [p for p in range(max(0, first - HEADINGS), first) if not is_example(sheet.rows[p])]
    shown = {position: unmerged(sheet, position) for position in positions}
    width = max((len(row.texts) for row in sheet.rows), default=0)
    over: dict[int, Part] = {}  # the last heading of each row: it may stand for the columns after its own
    found = []
    for column in range(labels + 1, width):
        written = {p: texts[column] for p, texts in shown.items() if column < len(texts) and texts[column]}
        over |= {p: (text, Place(sheet.name, sheet.rows[p].number, column)) for p, text in written.items()}
        # written once over several, without merging: it is about the columns that have a heading of their own under it
        parts = [over[p] for p in positions if p in written or (p in over and p < max(written, default=-1))]
        found.append(_heading(column, parts, reader))
    return found


def is_example(row: Row) -> bool:
    return any(EXAMPLE.match(text) for text in row.texts[:LABELS_WITHIN])


def _heading(column: int, parts: Sequence[Part], reader: Reader) -> Heading:
    """Each part read from the lowest up, since a title far above names many things."""
    told_year = next((part for part in reversed(parts) if YEAR.fullmatch(part[0])), None)
    year = int(told_year[0]) if told_year else reader.year
    kind: Literal["values", "total", "mean", "other"] = "values"
    perimeter: Part | None = None
    period: Part | None = None
    unread: list[Part] = []
    for written, place in reversed(parts):
        text = written
        if TOTAL.fullmatch(plain(written)):
            kind = "mean" if MEAN.match(plain(written)) else "total"
            text = " ".join(dropwhile(lambda word: TOTAL_WORD.fullmatch(plain(word)), written.split()))
        read = reader.period(text, year)
        if not plain(text):
            continue
        if read and period is None:
            period = read, place
        elif YEAR.fullmatch(text):
            continue
        elif perimeter is None and period is None and (both := reader.split(text, year)):
            perimeter, period = (both[0], place), (both[1], place)
        elif perimeter is None and not read and reader.is_perimeter(text):
            perimeter = text, place
        else:
            unread.append((text, place))
    if kind == "values":
        kind, perimeter, period = _meant(perimeter, period, unread, parts, year, reader)
    else:
        # a total of something unknown is no total of all
        perimeter, period = perimeter or next(iter(unread), None), period or told_year
    return Heading(
        column, kind, perimeter and perimeter[0], period and period[0], " / ".join(text for text, _ in parts),
        perimeter[1] if perimeter else Place(), period[1] if period else Place(),
    )  # fmt: skip


def _meant(
    perimeter: Part | None,
    period: Part | None,
    unread: Sequence[Part],
    parts: Sequence[Part],
    year: int | None,
    reader: Reader,
) -> tuple[Literal["values", "other"], Part | None, Part | None]:
    """What a column is about where its heading could not wholly be read: the texts that were meant to tell it."""
    unit, wave = reader.instrument.key
    if perimeter is None and period is None and unread:
        text, place = unread[0]
        both = reader.split(text, year, listed=False)
        perimeter, period = ((both[0], place), (both[1], place)) if both else (None, None)
    if period is None and wave not in reader.filled:
        period = next((part for part in unread if _is_like_a_period(part[0])), None)
        if perimeter is None or period is None:
            return "other", None, None
    if period is None and (perimeter is None or not reader.is_listed):
        return "other", None, None
    if perimeter is None and unit not in reader.filled:
        perimeter = next(iter(unread), ("", parts[-1][1]))
    return "values", perimeter, period


def _is_like_a_period(text: str) -> bool:
    """`T5` was meant as one, `Écart 2025` and `Remarques` were not."""
    return bool(re.search(r"\d", YEAR.sub("", text))) and len(text.split()) <= 2
