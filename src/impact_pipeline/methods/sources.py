"""What the methods compute from: the accepted records of one submission, as the warehouse keeps them."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.declarations import Instrument


@dataclass(frozen=True, slots=True)
class Source:
    """One current submission. `records` and `statuses` are paths of Parquet files that the engine can read.

    `records`: `row`, then the fields of `instrument`; `statuses`: (row, field, status) of the cells without a value.
    """

    submission: str
    instrument: Instrument
    initiative: str
    organisation: str
    period: str
    records: str
    statuses: str
