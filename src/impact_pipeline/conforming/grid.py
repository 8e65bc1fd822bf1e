"""Cells of records before they are typed, whatever the layout they came from: the bridge from both layouts to types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.findings import Finding, Place

EMPTY: Raw = ("", "t")


@dataclass(frozen=True, slots=True)
class Cells(Sequence[Raw]):
    """A column of cells as its texts and its kinds, a letter each: it holds no object a cell of its own."""

    texts: Sequence[str]
    kinds: str

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Raw]:
        return zip(self.texts, self.kinds, strict=True)

    @overload
    def __getitem__(self, record: int) -> Raw: ...

    @overload
    def __getitem__(self, record: slice) -> Cells: ...

    def __getitem__(self, record: int | slice) -> Raw | Cells:
        if isinstance(record, slice):
            return Cells(self.texts[record], self.kinds[record])
        return self.texts[record], self.kinds[record]


@dataclass
class Grid:
    """Records in order: `cells[field][record]` is the text and kind of a cell, `rows[record]` its row in the sheet.

    A field without a list was not in the file. `extra` holds cells of unknown columns: (record, header, text).
    `totals` are declared totals: what they claim, checked once the cells are typed. `left_out` holds the cells of rows
    that are set aside whatever they say: (row, field or None, header, text).
    Of a cross table alone: `sheets` are those that were read, `origins[record]` those that a record comes from,
    `not_due` the blank cells of indicators that are not due for the period, `longer` the periods already read that are
    longer than those that the instrument asks by default.
    """

    sheet: str | None
    cells: dict[str, Sequence[Raw]]
    rows: list[int]
    columns: tuple[Column, ...]
    extra: list[tuple[int, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    places: dict[tuple[int, str], Place] = field(default_factory=dict)
    totals: list[Total] = field(default_factory=list)
    left_out: list[tuple[int, str | None, str, str]] = field(default_factory=list)
    sheets: tuple[str, ...] = ()
    origins: list[set[str | None]] = field(default_factory=list)
    not_due: set[tuple[int, str]] = field(default_factory=set)
    longer: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Total:
    """A cell that claims to be the sum of `field` over `records`, or over one of `others`, and of the cells `also`,
    (record, field). `said` names its row; `is_across` where it adds up the columns of its row."""

    place: Place
    raw: Raw
    field: str
    records: Sequence[int]
    header: str
    also: Sequence[tuple[int, str]] = ()
    said: str = ""
    others: tuple[Sequence[int], ...] = ()
    is_across: bool = False
