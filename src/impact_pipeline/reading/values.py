"""Values of a workbook as rows of texts. This runs for each cell of each workbook, so it looks at rows, not at cells.

Rows of values and a sheet's marks come in; `Row`s go out, down to the last that holds anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import KINDS, kinds_of_texts, number, percent, text_of
from impact_pipeline.reading.marks import LONGEST_ROW, Marks
from impact_pipeline.reading.sheet import Kind, Row

REMEMBERED = 100_000  # numbers and texts; columns repeat theirs, and a sheet of free texts must not fill the memory


class _Numbers(dict[float, str]):
    """Numbers already written as text."""

    def __missing__(self, value: float) -> str:
        if len(self) > REMEMBERED:
            self.clear()
        text = self[value] = number(value)
        return text


class _Texts(dict[str, str]):
    """Texts already met: a column of answers keeps each of them once."""

    def __missing__(self, text: str) -> str:
        if len(self) > REMEMBERED:
            self.clear()
        self[text] = text
        return text


def rows_of_values(rows: Iterable[list[Any]], marks: Marks, name: str) -> tuple[Row, ...]:
    """Rows from the first of the sheet to the last that holds anything; faulty cells and percentages in their place.

    Raises ReadingError (too-large) for a row of texts that no spreadsheet would hold.
    """
    numbers, known = _Numbers(), _Texts()
    kinds_of = KINDS
    found: list[Row] = []
    filled = 0
    for position, values in enumerate(rows, 1):
        classes = [value.__class__ for value in values]
        texts = [
            known[value] if of is str else numbers[value] if of is float else text_of(value)
            for of, value in zip(classes, values, strict=True)
        ]
        kinds = "".join([kinds_of[of] for of in classes])
        shown = "\n".join(texts)
        if len(shown) > LONGEST_ROW:
            raise ReadingError("too-large", name=name)
        if "#" in shown or "Err:" in shown:
            errors = kinds_of_texts(texts)
            kinds = "".join(map(_with_error, kinds, errors))
        if position in marks.faults or position in marks.percents:
            texts, kinds = _marked(texts, kinds, values, marks, position)
            shown = "\n".join(texts)
        found.append(Row(position, tuple(texts), kinds))
        if Kind.FORMULA.value in kinds or not (shown == "" or shown.isspace()):
            filled = position
    del found[filled:]
    return tuple(found)


def _with_error(kind: str, error: str) -> str:
    return error if kind == Kind.TEXT.value else kind


def _marked(texts: list[str], kinds: str, values: list[Any], marks: Marks, position: int) -> tuple[list[str], str]:
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
    return texts, "".join(letters)
