"""A file as read: text cells that remember where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What the file itself said a cell was; one letter, so that a row's kinds are one string."""

    TEXT = "t"
    NUMBER = "n"  # text is a plain decimal: `90.11`, `21010034300016`, never `2.1e13`
    DATE = "d"  # text is ISO: `2026-05-12` or `2026-05-12T14:30:00`
    BOOLEAN = "b"  # text is `true` or `false`
    ERROR = "e"  # text is the error as shown: `#REF!`
    FORMULA = "f"  # a formula whose value was never stored; text is empty


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` is 1-based as in the margin; `texts[i]` stands in column i (0-based, A is 0)."""

    number: int
    texts: tuple[str, ...]
    kinds: str

    @property
    def is_blank(self) -> bool:
        return not any(text.strip() for text in self.texts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet, blank ones included, in order.

    `merged` holds the merged ranges as (first row, first column, last row, last column), rows 1-based as in the
    margin and columns 0-based. `hidden` says that the workbook hides the sheet.
    """

    name: str | None
    rows: tuple[Row, ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """All sheets of a file, and how it was read (format, encoding, separator): shown to the person."""

    format: str  # csv | xlsx | xls | ods
    sheets: tuple[Sheet, ...]
    read_as: dict[str, str] = field(default_factory=dict)
    stamp: tuple[str, int] | None = None  # instrument and version that our own template hides in the workbook
