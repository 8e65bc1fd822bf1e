"""The long table of a cross table's answers: one row an indicator, a perimeter and a period, with its value's cell.

A typed table and the records that were accepted come in; Arrow rows go out. Records in columns say the same; this says
where each value was read, so that anybody can go back to the cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from impact_pipeline.conforming.table import TypedTable
from impact_pipeline.declarations import Instrument

VALUES = pa.schema(
    [
        ("sheet", pa.string()),
        ("cell", pa.string()),
        ("indicator", pa.string()),
        ("reference", pa.string()),
        ("perimeter", pa.string()),
        ("period", pa.string()),
        ("value", pa.float64()),  # of numbers
        ("text", pa.string()),  # as written in the cell
        ("unit", pa.string()),
    ]
)


def values_of(table: TypedTable, instrument: Instrument, data: pd.DataFrame, records: Sequence[int]) -> pa.Table:
    """The values of accepted `records`, as checked in `data`; none where the instrument is no matrix."""
    rows = list(_rows(table, instrument, data, records)) if instrument.layout == "matrix" else []
    return pa.Table.from_pylist(rows, schema=VALUES)


def _rows(
    table: TypedTable, instrument: Instrument, data: pd.DataFrame, records: Sequence[int]
) -> Iterator[dict[str, Any]]:
    unit, wave = instrument.key
    columns: dict[str, list[Any]] = {item.name: data[item.name].tolist() for item in instrument.fields}
    for record in records:
        about = {"perimeter": columns[unit][record], "period": columns[wave][record]}
        for item in instrument.fields:
            value = columns[item.name][record]
            if item.name in instrument.key or pd.isna(value):
                continue
            place = table.place(record, item.name)
            yield about | {
                "sheet": place.sheet,
                "cell": place.cell,
                "indicator": item.name,
                "reference": item.reference,
                "value": float(value) if item.type in ("integer", "decimal") else None,
                "text": str(table.text.at[record, item.name]),
                "unit": item.unit,
            }
