"""One file that an organisation sends, what is known about it, and the slips that are planted in its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.files import Cell

Table = list[list[Cell]]


@dataclass(frozen=True)
class Sending:
    """`rows` and `set_aside` are counts of records; `slips` counts cells or rows by the code of their finding."""

    file: str
    initiative: str
    instrument: str
    organisation: str
    period: str
    content: bytes
    about: str
    rows: int
    set_aside: int = 0
    slips: Mapping[str, int] = field(default_factory=dict)


class Slips:
    """Plants slips in a table whose first row is the header, and counts them by the code of the finding they earn."""

    def __init__(self, table: Table):
        self._table = table
        self.counts: dict[str, int] = {}
        self.set_aside = 0

    def cell(self, code: str, row: int, header: str, text: Cell, *, blocks: bool = False) -> None:
        """Write over one cell; `row` counts records from 1. `blocks` says that its row will be set aside."""
        self._table[row][self._table[0].index(header)] = text
        self._count(code, 1, set_aside=int(blocks))

    def same_person_twice(self, row: int, header: str, other: Cell) -> None:
        """Repeat a record at the end with another answer: both will be set aside."""
        again = list(self._table[row])
        again[self._table[0].index(header)] = other
        self._table.append(again)
        self._count("duplicate-key", 2, set_aside=2)

    def same_row_twice(self, row: int) -> None:
        """Repeat a record at the end as it is: one of the two will be set aside."""
        self._table.append(list(self._table[row]))
        self._count("duplicate-row", 1, set_aside=1)

    def whole_column(self, code: str, header: str, texts: Mapping[Cell, Cell]) -> None:
        """Write over every cell of a column that `texts` knows."""
        place = self._table[0].index(header)
        for row in self._table[1:]:
            if row[place] in texts:
                row[place] = texts[row[place]]
                self._count(code, 1)

    def _count(self, code: str, cells: int, *, set_aside: int = 0) -> None:
        self.counts[code] = self.counts.get(code, 0) + cells
        self.set_aside += set_aside
