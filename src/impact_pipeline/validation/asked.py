"""Which questions were put to whom: fields whose relevance is false for a record, or of which nobody can tell.

An instrument and its typed records inside an engine come in; one flag a record and field goes out. What is not asked
may stay empty, even where it is required; what may or may not have been asked is told and never refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact_pipeline.declarations import Instrument
from impact_pipeline.renderings.rule_sql import relevance

Mask = NDArray[np.bool_]  # one flag a record


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be used; `code` is empty where conforming has told it already."""

    record: int
    field: str
    code: str


@dataclass(frozen=True)
class Asked:
    """By field that is not always asked: `idle`, records to which it was not put, `unsure`, those that do not tell."""

    idle: Mapping[str, Mask]
    unsure: Mapping[str, Mask]

    def is_asked(self, record: int, field: str) -> bool:
        """True where the question was put for sure."""
        return field not in self.idle or not (self.idle[field][record] or self.unsure[field][record])

    def without_idle(self, faults: Sequence[Fault]) -> Iterator[Fault]:
        """The faults, save answers that are lacking where no question was put."""
        for fault in faults:
            if fault.code != "required" or fault.field not in self.idle or not self.idle[fault.field][fault.record]:
                yield fault

    def told_in(self, status: pd.DataFrame) -> pd.DataFrame:
        """Statuses where the blank of a question that was not put says so."""
        if not self.idle:
            return status
        told = status.copy()
        for name, idle in self.idle.items():
            told.loc[idle & (told[name] == "blank").to_numpy(), name] = "not-asked"
        return told


def find_asked(instrument: Instrument, relation: str, connection: duckdb.DuckDBPyConnection, size: int) -> Asked:
    """What was put to each of `size` records; those that `relation` lacks count as asked."""
    query = relevance(instrument, relation)
    if query is None:
        return Asked({}, {})
    found = connection.sql(query).to_arrow_table()
    records = found.column("_record").to_numpy()
    idle, unsure = {}, {}
    for number, name in enumerate(instrument.asked_in_order):
        column = found.column(f"_asked_{number}")
        idle[name], unsure[name] = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        unsure[name][records] = column.is_null().to_numpy()
        idle[name][records] = ~column.fill_null(True).to_numpy()
    return Asked(idle, unsure)
