"""Records that look like totals though no word says so: all their numbers are the sums of the records above.

The number columns of a table come in, one array a field; positions of records go out. They are suggested, never set
aside: an answer may equal a sum by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place

TOLERANCE = 1e-9  # of the sum: what adding in another order may change
FEWEST_ABOVE = 2  # records that a total adds up
FEWEST_FIELDS = 2  # numbers that agree, none of them zero, before it is no chance
LARGE = 10  # one of the sums at least: ones and twos agree by chance
LONGEST = 100_000  # records of a table that somebody may have added up by hand
MOST = 50  # of one table: beyond, the table is one of totals, and the first ones say it


def may_roll_up(instrument: Instrument, records: int) -> bool:
    """Whether totals are looked for: in forms of figures, not among a survey's respondents."""
    return instrument.kind == "indicators" and instrument.layout == "table" and records <= LONGEST


def number_fields(instrument: Instrument) -> list[str]:
    """The fields that a total adds up."""
    return [item.name for item in instrument.fields if item.type in ("integer", "decimal")]


def rollup_finding(place: Place, text: str) -> Finding:
    """A record that looks like a total; `text` is the first one told in it."""
    return Finding("row-like-a-total", Level.TO_CHECK, place, text)


def rollups(columns: Sequence[NDArray[np.float64]]) -> list[int]:
    """Records of which each number is the sum of those above it, since the start or since the last such record.

    `columns`: the values of each field of numbers, NaN where there is none; all of the same length.
    """
    if len(columns) < FEWEST_FIELDS or not len(columns[0]):
        return []
    values = np.vstack(columns)
    told = ~np.isnan(values)
    filled = np.where(told, values, 0.0)
    found: list[int] = []
    start, before = 0, np.cumsum(filled, axis=1) - filled
    grand = before.copy()  # sums of the records that are no total themselves
    while len(found) < MOST:
        since = before - before[:, [start]] if start else before
        sums = ((since, start + FEWEST_ABOVE), (grand, max(start, FEWEST_ABOVE)))
        position = _first(values, told, sums)
        if position is None:
            return found
        found.append(position)
        grand[:, position + 1 :] -= filled[:, [position]]
        start = position + 1
        if start >= values.shape[1]:
            return found
    return found


def _first(
    values: NDArray[np.float64], told: NDArray[np.bool_], sums: Sequence[tuple[NDArray[np.float64], int]]
) -> int | None:
    """The first record whose numbers all equal those of one of the sums, from the record on with which it begins."""
    hits = np.zeros(values.shape[1], dtype=bool)
    for summed, after in sums:
        close = np.abs(values - summed) <= TOLERANCE * np.maximum(np.abs(summed), 1.0)
        several = (told & (summed != 0)).sum(axis=0) >= FEWEST_FIELDS
        agree = (close | ~told).all(axis=0) & several & (told & (np.abs(summed) >= LARGE)).any(axis=0)
        agree[:after] = False
        hits |= agree
    positions = np.flatnonzero(hits)
    return int(positions[0]) if positions.size else None
