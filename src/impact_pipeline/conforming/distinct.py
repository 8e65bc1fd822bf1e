"""The cells of a field as the distinct ones, and which of them each record has: typing costs no object a cell.

Raw cells and the meaning of each distinct one come in; columns of values, texts and statuses go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from impact_pipeline.conforming.grid import EMPTY, Cells
from impact_pipeline.conforming.typed import Cell, Raw

Which = NDArray[np.int64]
Numbers = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """Numbers as the file itself keeps them: at which places among the distinct cells of a field, and their values."""

    places: Which
    numbers: Numbers


NO_FIGURES = Figures(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class Told:
    """The cells of a field as they were read: the text and the kind (a letter) of each distinct one, in the order in
    which they come, which of them each record has, and the text of each record."""

    words: pa.LargeStringArray
    kinds: str
    which: Which
    texts: pd.Series

    @cached_property
    def raws(self) -> list[Raw]:
        """Each distinct cell; not made where all are numbers, of which there may be many."""
        return list(zip(self.words.to_pylist(), self.kinds, strict=True))

    def others(self, figures: Figures) -> Which:
        """The places of the distinct cells that are no numbers as the file keeps them."""
        others = np.ones(len(self.kinds), bool)
        others[figures.places] = False
        return np.flatnonzero(others)

    def without(self, figures: Figures) -> list[Raw]:
        """The distinct cells that are no numbers as the file keeps them."""
        return [self.raws[place] for place in self.others(figures).tolist()]


@dataclass(frozen=True)
class Distinct:
    """Record `n` has the number `numbers[which[n]]`, or the cell that stands so far behind the numbers in `cells`.

    Most distinct cells of a large table are numbers as the file keeps them, of which there is nothing else to say.
    """

    cells: Sequence[Cell]
    which: Which
    numbers: Numbers = field(default_factory=lambda: NO_FIGURES.numbers)

    @classmethod
    def of(cls, told: Told, figures: Figures, cells: Sequence[Cell]) -> Distinct:
        """The cells of a field, of which some are numbers; the others mean one of `cells` each."""
        order = np.empty(len(told.kinds), np.int64)
        order[np.concatenate([figures.places, told.others(figures)])] = np.arange(len(order))
        return cls(cells, order[told.which], figures.numbers)

    @classmethod
    def same(cls, cell: Cell, size: int) -> Distinct:
        """The same cell for each record."""
        return cls((cell,), np.zeros(size, np.int64))

    def cell(self, record: int) -> Cell:
        """What a record has."""
        place = int(self.which[record])
        return self.cells[place - len(self.numbers)] if place >= len(self.numbers) else Cell(self.numbers[place].item())

    def put(self, cell: Cell, records: Sequence[int] | Which) -> Distinct:
        """The column where these records have another cell."""
        which = self.which.copy()
        which[np.asarray(records, np.int64)] = len(self.numbers) + len(self.cells)
        return Distinct((*self.cells, cell), which, self.numbers)

    def having(self, status: str) -> Which:
        """The records of which the cell has this status, which no number has."""
        places = [place for place, cell in enumerate(self.cells, len(self.numbers)) if cell.status == status]
        return np.flatnonzero(np.isin(self.which, places)) if places else np.empty(0, np.int64)

    def data(self, dtype: str) -> pd.Series:
        """The values in a type of pandas; missing ones are NA."""
        values: Any = pd.Series([cell.value for cell in self.cells], dtype=dtype).array
        if len(self.numbers):  # as pandas keeps numbers of which some are missing: where they are, and zeros there
            found = np.concatenate([self.numbers, values.to_numpy(self.numbers.dtype, na_value=0)])
            values = type(values)(found, np.concatenate([np.zeros(len(self.numbers), bool), values.isna()]))
        return pd.Series(values.take(self.which), copy=False)

    def values(self) -> list[object]:
        """The values as objects; missing ones are None."""
        values = [*self.numbers.tolist(), *(cell.value for cell in self.cells)]
        return [values[place] for place in self.which.tolist()]

    def statuses(self, answered: pd.Series) -> pd.Series:
        """Why each record has no value, or ""; `answered` is the column without such a record, as most are."""
        said = list(dict.fromkeys(["", *(cell.status for cell in self.cells)]))  # a few, however many cells there are
        if len(said) == 1:
            return answered
        of = np.zeros(len(self.numbers) + len(self.cells), np.int64)
        of[len(self.numbers) :] = [said.index(cell.status) for cell in self.cells]
        return taken(said, of[self.which])


def distinct_of(raws: Sequence[Raw]) -> Told:
    """The cells of a field, once each."""
    cells = raws if isinstance(raws, Cells) else Cells([text for text, _ in raws], "".join([kind for _, kind in raws]))
    column = pa.array(cells.texts, pa.large_string())
    coded = column.dictionary_encode()
    words, which = coded.dictionary, coded.indices.to_numpy().astype(np.int64)
    told = pd.Series(pd.array(column, dtype="str"), copy=False)
    kind = cells.kinds[:1] or EMPTY[1]
    if cells.kinds.count(kind) == len(cells.kinds):  # most columns
        return Told(words, kind * len(words), which, told)
    which, pairs = pd.factorize(which * 256 + np.frombuffer(cells.kinds.encode("ascii"), np.uint8))
    kinds = (pairs & 255).astype(np.uint8).tobytes().decode("ascii")
    return Told(words.take(pa.array(pairs >> 8)), kinds, which, told)


def none_told(size: int) -> Told:
    """A field that the file lacks."""
    which = np.zeros(size, np.int64)
    text, kind = EMPTY
    return Told(pa.array([text], pa.large_string()), kind, which, taken([text], which))


def answered_by(size: int) -> pd.Series:
    """The statuses of a column in which each record has a value."""
    return taken([""], np.zeros(size, np.int64))


def taken(texts: Sequence[str | None], which: Which) -> pd.Series:
    """Each distinct text as often as it stands, without a Python object a cell."""
    return pd.Series(pd.array(list(texts), dtype="str").take(which), copy=False)
