"""Values of a workbook as rows of texts. This runs for each cell of each workbook, so it looks at rows, not at cells.

Rows of values and a sheet's marks come in; `Row`s go out, down to the last that holds anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import ERROR, KINDS, TEXT, kind_of_text, kinds_of_texts, number, percent, text_of
from impact_pipeline.reading.marks import LONGEST_ROW, Marks
from impact_pipeline.reading.sheet import Kind, Row

REMEMBERED = 100_000  # values; columns repeat theirs, and a sheet of free texts must not fill the memory
PATTERNS = 10_000
LONGEST_NUMBER = 330  # characters that a float takes at most without an exponent
BOOLEAN = Kind.BOOLEAN.value


class _Texts(dict[Any, str]):
    """The text of each value already met, so that a row is looked up at once; a column keeps each answer once.

    No place for booleans, which are the same key as 0 and 1. `longest` is the length of the longest text or more,
    `errors` are those that say an error.
    """

    def __init__(self) -> None:
        self.longest = LONGEST_NUMBER
        self.errors: set[str] = set()

    def __missing__(self, value: Any) -> str:
        if len(self) > REMEMBERED:
            self.clear()
        of = value.__class__
        if of is float:  # most that differ are, and there is nothing else to know of them
            text = self[value] = number(value)
            return text
        text = self[value] = value if of is str else text_of(value)
        if len(text) > self.longest:
            self.longest = len(text)
        if of is str and kind_of_text(text) == ERROR:
            self.errors.add(text)
        return text


class _Kinds(dict[tuple[type, ...], str]):
    """The kinds of rows, by the types of their values: the rows of a table are much alike."""

    def __missing__(self, types: tuple[type, ...]) -> str:
        if len(self) > PATTERNS:
            self.clear()
        kinds = self[types] = "".join([KINDS[of] for of in types])
        return kinds


def rows_of_values(rows: Iterable[list[Any]], marks: Marks, name: str) -> tuple[Row, ...]:
    """Rows from the first of the sheet to the last that holds anything; faulty cells and percentages in their place.

    Raises ReadingError (too-large) for a row of texts that no spreadsheet would hold.
    """
    known, kinds_of = _Texts(), _Kinds()
    found: list[Row] = []
    for position, values in enumerate(rows, 1):
        kinds = kinds_of[tuple(map(type, values))]
        if BOOLEAN in kinds:
            texts = tuple([text_of(value) if value.__class__ is bool else known[value] for value in values])
        else:
            texts = tuple(map(known.__getitem__, values))
        if len(texts) * (known.longest + 1) > LONGEST_ROW and len("\n".join(texts)) > LONGEST_ROW:
            raise ReadingError("too-large", name=name)
        if known.errors and not known.errors.isdisjoint(texts):
            kinds = "".join(map(_with_error, kinds, kinds_of_texts(texts)))
        if position in marks.faults or position in marks.percents:
            texts, kinds = _marked(list(texts), kinds, values, marks, position)
        found.append(Row(position, texts, kinds))
    while found and found[-1].is_blank and Kind.FORMULA.value not in found[-1].kinds:
        found.pop()
    return tuple(found)


def _with_error(kind: str, error: str) -> str:
    return error if kind == TEXT else kind


def _marked(
    texts: list[str], kinds: str, values: list[Any], marks: Marks, position: int
) -> tuple[tuple[str, ...], str]:
    letters = list(kinds)
    for column in marks.percents.get(position, ()):
        if column < len(values) and isinstance(values[column], float):
            texts[column], letters[column] = percent(values[column]), Kind.TEXT.value
    for column, (text, kind) in marks.faults.get(position, {}).items():
        lacking = column + 1 - len(texts)
        texts += [""] * lacking
        letters += [Kind.TEXT.value] * lacking
        if not texts[column]:
            texts[column], letters[column] = text, kind
    return tuple(texts), "".join(letters)
