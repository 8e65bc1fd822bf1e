"""The cells of a field as the distinct ones, and which of them each record has: typing costs no object a cell.

Raw cells and the meaning of each distinct one come in; columns of values, texts and statuses go out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact_pipeline.conforming.grid import Cells
from impact_pipeline.conforming.typed import Cell, Raw

Which = NDArray[np.int64]


@dataclass(frozen=True)
class Distinct:
    """Record `n` has `cells[which[n]]`."""

    cells: Sequence[Cell]
    which: Which

    @classmethod
    def same(cls, cell: Cell, size: int) -> Distinct:
        """The same cell for each record."""
        return cls((cell,), np.zeros(size, np.int64))

    def put(self, cell: Cell, records: Sequence[int] | Which) -> Distinct:
        """The column where these records have another cell."""
        which = self.which.copy()
        which[np.asarray(records, np.int64)] = len(self.cells)
        return Distinct((*self.cells, cell), which)

    def having(self, status: str) -> Which:
        """The records of which the cell has this status."""
        places = [place for place, cell in enumerate(self.cells) if cell.status == status]
        return np.flatnonzero(np.isin(self.which, places)) if places else np.empty(0, np.int64)

    def data(self, dtype: str) -> pd.Series:
        """The values in a type of pandas; missing ones are NA."""
        return pd.Series(pd.Series([cell.value for cell in self.cells], dtype=dtype).array.take(self.which), copy=False)

    def values(self) -> list[object]:
        """The values as objects; missing ones are None."""
        return [self.cells[place].value for place in self.which.tolist()]

    def statuses(self) -> pd.Series:
        """Why each record has no value, or ""."""
        return taken([cell.status for cell in self.cells], self.which)


def distinct_of(raws: Sequence[Raw]) -> tuple[list[Raw], Which]:
    """Each distinct cell once, in the order in which they come, and which of them each record has."""
    keys: Iterable[Hashable] = raws
    if isinstance(raws, Cells) and len(set(raws.kinds)) == 1:  # most columns: texts are found sooner than pairs
        keys, found = raws.texts, list(zip(dict.fromkeys(raws.texts), raws.kinds, strict=False))
        place: dict[Hashable, int] = {text: number for number, (text, _) in enumerate(found)}
    else:
        found = list(dict.fromkeys(raws))
        place = {raw: number for number, raw in enumerate(found)}
    return found, np.fromiter(map(place.__getitem__, keys), np.int64, len(raws))


def taken(texts: Sequence[str | None], which: Which) -> pd.Series:
    """Each distinct text as often as it stands, without a Python object a cell."""
    return pd.Series(pd.array(list(texts), dtype="str").take(which), copy=False)
