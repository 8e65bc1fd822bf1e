"""What checking a small file hands out: frames of typed records become the tables of a `Checked`.

A typed table, what was decided about each of its records, and what there is to tell come in. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as compute
from numpy.typing import NDArray

from impact_pipeline.conforming.table import TypedTable
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding
from impact_pipeline.renderings.columns import column_types
from impact_pipeline.validation import outcome
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.past import Link
from impact_pipeline.validation.questions import links_table
from impact_pipeline.validation.rows import ArrowRows
from impact_pipeline.validation.values import values_of

Mask = NDArray[np.bool_]  # one flag a record


def checked_of(
    table: TypedTable,
    instrument: Instrument,
    data: pd.DataFrame,
    status: pd.DataFrame,
    refused: Mask,
    findings: Sequence[Finding],
    links: Sequence[Link],
) -> Checked:
    kept = ~refused
    rows = stored_rows(table)
    records = arrow_of(data[kept], instrument).add_column(0, "row", pa.array(rows[kept], pa.int64()))
    return Checked(
        instrument=str(instrument),
        rows_in=table.rows_in,
        accepted=int(kept.sum()),
        set_aside_rows=int(refused.sum()) + len({row for row, *_ in table.left_out}),
        findings=outcome.in_order(findings),
        counts=outcome.counts(findings),
        records=ArrowRows(records),
        statuses=ArrowRows(_statuses(status[kept], rows)),
        extra=ArrowRows(_extra(table, rows, kept)),
        set_aside=ArrowRows(_set_aside(table, rows, refused)),
        columns=table.columns,
        layout=instrument.layout,
        duplicates=ArrowRows(links_table(links)),
        values=ArrowRows(values_of(table, instrument, data, [int(record) for record in np.flatnonzero(kept)])),
        conversions=ArrowRows(pa.Table.from_pandas(table.conversions, outcome.CONVERSIONS, preserve_index=False)),
    )


def arrow_of(data: pd.DataFrame, instrument: Instrument) -> pa.Table:
    types = column_types(instrument)
    arrays = [_array(data[name], outcome.ARROW_TYPES[types[name]]) for name in types]
    return pa.table(arrays, names=list(types))


def _array(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    array = pa.Array.from_pandas(values)
    return array.cast(arrow_type)


def saying(status: pd.DataFrame, said: Sequence[str]) -> Mask:
    """Which cells have one of these statuses: records x fields."""
    found, wanted = np.zeros(status.shape, bool, order="F"), pa.array(said, pa.large_string())
    for column, (_, values) in enumerate(status.items()):
        found[:, column] = compute.is_in(pa.array(values.array), wanted)
    return found


def _statuses(status: pd.DataFrame, rows: pd.Series) -> pa.Table:
    """Why cells of accepted records hold no value, blanks aside; by row, then by field in the instrument's order."""
    places = np.argwhere(~saying(status, ("", "blank")))
    told = {column: status.iloc[:, column].to_numpy() for column in set(places[:, 1].tolist())}
    number = rows.loc[status.index].to_numpy()
    return pa.table(
        {
            "row": pa.array([int(number[r]) for r, _ in places], pa.int64()),
            "field": pa.array([str(status.columns[c]) for _, c in places], pa.string()),
            "status": pa.array([str(told[c][r]) for r, c in places.tolist()], pa.string()),
        },
        schema=outcome.STATUSES,
    )


def _extra(table: TypedTable, rows: pd.Series, kept: Mask) -> pa.Table:
    mine = table.extra[kept[table.extra["record"].to_numpy(dtype=int)]]
    return pa.table(
        {
            "row": pa.array(rows.loc[mine["record"]].to_numpy(), pa.int64()),
            "header": pa.array(mine["header"].astype(str), pa.string()),
            "text": pa.array(mine["text"].astype(str), pa.string()),
        },
        schema=outcome.EXTRA,
    )


def _set_aside(table: TypedTable, rows: pd.Series, refused: Mask) -> pa.Table:
    """Cells of refused rows as received: the instrument's fields, then the unknown columns; empty ones left out."""
    headers = outcome.headers_of(table.columns)
    texts = table.text[refused]
    # cell by cell: in an array of texts, each would take the room of the longest
    found = [
        (int(record), str(name), headers.get(str(name), ""), text)
        for name in texts.columns
        for record, text in zip(texts.index, map(str, texts[name]), strict=True)
        if text.strip()
    ]
    unknown = table.extra[refused[table.extra["record"].to_numpy(dtype=int)]]
    found += [(int(r), None, str(h), str(t)) for r, h, t in unknown.itertuples(index=False)]  # type: ignore[misc]
    found.sort(key=lambda cell: cell[0])
    told = [(int(rows.loc[record]), *cell) for record, *cell in found]
    columns = list(zip(*[*told, *table.left_out], strict=True)) or [(), (), (), ()]
    return pa.table(
        [
            pa.array(columns[0], pa.int64()),
            *(pa.array(column, pa.string()) for column in columns[1:]),
        ],
        schema=outcome.SET_ASIDE,
    )


def stored_rows(table: TypedTable) -> pd.Series:
    """The row that each record bears; cells of a matrix share the rows of the sheet: there it is the position."""
    rows = table.rows.astype("int64") if table.rows.is_unique else pd.Series(range(1, len(table.data) + 1))
    return rows.set_axis(table.data.index)
