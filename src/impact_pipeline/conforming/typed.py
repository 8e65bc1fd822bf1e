"""One cell as the pipeline understood it: a value, or why there is none, and what was done to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

Raw = tuple[str, str]  # text of a cell, stripped and never empty, and its kind


class Cell(NamedTuple):
    """`status` is "" where there is a value, else "blank", "refused", "unknown", "not-asked" or "invalid".

    `code` tells how a value was converted, or why it is invalid; `as_read` is the value in neutral writing, for the
    findings that show what was understood.
    """

    value: Any = None
    status: str = ""
    code: str = ""
    as_read: str = ""


Column = Mapping[Raw, Cell]  # what each distinct cell of a column means
BLANK = Cell(status="blank")


def invalid(code: str) -> Cell:
    """A cell that could not be typed; `code` is the finding that tells it."""
    return Cell(status="invalid", code=code)


def each(cells: Iterable[Raw], read: Callable[[str, str], Cell]) -> Column:
    """Distinct cells read one by one, where a column's other cells change nothing."""
    return {cell: read(*cell) for cell in cells}
