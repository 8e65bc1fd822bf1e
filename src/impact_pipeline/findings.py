"""What there is to tell about a submission: coded, placed, and without a sentence in it.

Reading, conforming and validation say *what* they found; `validation.messages` says it in French and English.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a finding matters, in the order in which a person should look."""

    BLOCKING = "blocking"  # the row (or the file) cannot be used until it is mended
    TO_CHECK = "to-check"  # used as it stands; somebody should look
    CORRECTED = "corrected"  # read the French way, or information: nothing to do


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file as the person sees it; None is "the whole of"."""

    sheet: str | None = None  # None for a CSV
    row: int | None = None  # 1-based, as in the margin of the spreadsheet
    column: int | None = None  # 0-based

    @property
    def address(self) -> str:
        """`T1!B12`, `B12`, `B` (a column), `12` (a row), or `` (the file)."""
        cell = self.cell
        return f"{self.sheet}!{cell}" if self.sheet and cell else cell or (self.sheet or "")

    @property
    def cell(self) -> str:
        """The address within the sheet: `B12`, `B`, `12` or ``."""
        return (column_letter(self.column) if self.column is not None else "") + (str(self.row) if self.row else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell: stable code, level, place, what was read, and what the sentence needs.

    `field` is the instrument's field concerned; `cells` counts the cells that a grouped finding stands for
    (conversions are told once a column). `details` holds values for the sentence's named blanks: plain strings, or
    declarations' `Text` where the value itself has a French and an English form.
    """

    code: str
    level: Level
    place: Place = Place()
    value: str = ""
    field: str | None = None
    cells: int = 1
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Justification:
    """What a person wrote about a finding that asks: `row` as in the margin of the sheet, `text` in their words, `key`
    that of the record, empty where nobody knows."""

    code: str
    sheet: str | None
    row: int | None
    field: str | None
    value: str
    text: str
    key: str = ""


def place_of(address: str) -> Place:
    """The cell that an address names: `T1!B12`, `B12`. Raises ValueError for what is no address of a cell."""
    sheet, _, cell = address.rpartition("!")
    letters = cell.rstrip("0123456789")
    return Place(sheet or None, int(cell[len(letters) :]), column_of(letters))


def column_of(letters: str) -> int:
    """The 0-based column that spreadsheet letters name, whatever their case: A is 0, aa is 26."""
    column = 0
    for letter in letters.upper():
        column = 26 * column + ord(letter) - 64
    return column - 1


def column_letter(column: int) -> str:
    """Spreadsheet letters of a 0-based column: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
