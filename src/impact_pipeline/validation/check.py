"""From a typed table to what is accepted, what is set aside, and what there is to tell.

Conforming has typed the cells; here pandera checks them, DuckDB evaluates the instrument's rules, and duplicates are
told apart. A bad cell of a required field sets its row aside; elsewhere the cell becomes missing and the row is kept.
Files are neither read nor written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from numpy.typing import NDArray

from impact_pipeline.conforming.table import TypedTable
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import ImpactError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.renderings.columns import column_types
from impact_pipeline.renderings.pandera_schema import pandera_schema
from impact_pipeline.renderings.rule_sql import rule_failures
from impact_pipeline.validation import outcome
from impact_pipeline.validation.asked import Asked, Fault, find_asked
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.rows import ArrowRows
from impact_pipeline.validation.sides import broken_sides

Mask = NDArray[np.bool_]  # one flag a record


def check_table(
    table: TypedTable, instrument: Instrument, schemas: Schemas, connection: duckdb.DuckDBPyConnection
) -> Checked:
    """Check every row of a typed table; `connection` is an in-memory engine that evaluates the rules.

    Raises ImpactError for a rule that cannot be evaluated over the instrument's types, RowsLost if a row vanished.
    """
    if outcome.concerns_all_rows(table.findings):
        return _checked(table, instrument, table.data, table.status, _no_row(table) | True, table.findings)
    headers = outcome.headers_of(table.columns)
    blank = _blank(table, instrument)
    failed, twins = _pandera_failures(table, instrument, schemas, blank)
    faults = [*_untyped(table), *failed]
    data, status = _without(table, faults)
    findings = list(table.findings)
    refused = blank.copy()
    findings += [outcome.blank_row_finding(_row_of(table, record)) for record in np.flatnonzero(blank).tolist()]
    with _records(data[~blank], instrument, connection) as relation:
        asked = find_asked(instrument, relation, connection, len(data))
        for fault in asked.without_idle(faults):
            is_asked = asked.is_asked(fault.record, fault.field)
            if outcome.cell_level(instrument, fault.field, asked=is_asked) is Level.BLOCKING:
                refused[fault.record] = True
            if fault.code:
                findings.append(_cell_finding(table, instrument, fault, headers, is_asked))
        findings += _answered_not_asked(table, instrument, asked, status, headers)
        for record, finding in _duplicates(table, instrument, twins, headers):
            refused[record] = True
            findings.append(finding)
        for record, finding in _broken_rules(table, instrument, relation, connection, headers):
            refused[record] = refused[record] or finding.level is Level.BLOCKING
            findings.append(finding)
    return _checked(table, instrument, data, asked.told_in(status), refused, outcome.asked_once(findings))


@contextmanager
def _records(data: pd.DataFrame, instrument: Instrument, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The name under which the engine knows typed records, their unusable cells missing, by `_record`."""
    connection.register("typed_records", _arrow(data, instrument).append_column("_record", pa.array(data.index)))
    try:
        yield "typed_records"
    except duckdb.Error as error:
        raise ImpactError(f"{instrument}: a rule cannot be evaluated: {error}") from error
    finally:
        connection.unregister("typed_records")


def _cell_finding(
    table: TypedTable, instrument: Instrument, fault: Fault, headers: Mapping[str, str], is_asked: bool
) -> Finding:
    text = str(table.text.at[fault.record, fault.field])
    place, header = table.place(fault.record, fault.field), headers.get(fault.field)
    return outcome.cell_finding(instrument, fault.code, place, text, fault.field, header, asked=is_asked)


def _answered_not_asked(
    table: TypedTable, instrument: Instrument, asked: Asked, status: pd.DataFrame, headers: Mapping[str, str]
) -> Iterator[Finding]:
    """Cells that hold a value though their question was not to be asked."""
    for name, idle in asked.idle.items():
        answered = idle & (status[name] == "").to_numpy() & (table.text[name] != "").to_numpy()
        for record in np.flatnonzero(answered).tolist():
            text, place = str(table.text.at[record, name]), table.place(record, name)
            yield outcome.unasked_finding(instrument, place, text, name, headers.get(name))


def _no_row(table: TypedTable) -> Mask:
    return np.zeros(len(table.data), dtype=bool)


def _row_of(table: TypedTable, record: int) -> Place:
    return Place(table.sheet, int(table.rows.iloc[record]))


def _blank(table: TypedTable, instrument: Instrument) -> Mask:
    """Rows without a single answer, where the instrument refuses them; what was filled for them does not count."""
    if instrument.strictness.empty_rows == "ignore" or table.data.empty:
        return _no_row(table)
    in_file = [column.field for column in table.columns if column.column is not None]
    # by text, not by status: the submission may have filled the cells that it can
    empty = (table.text[in_file] == "") & (table.status[in_file] != "invalid")
    blank = empty.all(axis=1).to_numpy(dtype=bool, copy=True)
    blank[table.extra["record"].to_numpy(dtype=int)] = False
    return blank


def _untyped(table: TypedTable) -> Iterator[Fault]:
    """Cells that conforming could not type, by its reason."""
    fields = list(table.status.columns)
    for record, position in np.argwhere(table.status.to_numpy() == "invalid"):
        name = fields[position]
        yield Fault(int(record), name, table.reasons.get((int(record), name), ""))


def _pandera_failures(
    table: TypedTable, instrument: Instrument, schemas: Schemas, blank: Mask
) -> tuple[list[Fault], list[int]]:
    """Faults of typed cells, and the records whose key another record has too."""
    try:
        pandera_schema(instrument, schemas).validate(table.data, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return [], []
    # a check of the whole table gives one case by column: a record is told once
    twins = sorted({int(record) for record in cases.loc[cases["check"] == "duplicate-key", "index"]})
    cells = cases[(cases["schema_context"] == "Column") & (cases["check"] != "duplicate-key")]
    if cells["index"].isna().any():
        raise ImpactError(f"{instrument}: a typed table that its own schema does not know:\n{cells}")
    faults = []
    for record, name, check in zip(cells["index"].astype(int), cells["column"], cells["check"], strict=True):
        if check != "not_nullable":
            faults.append(Fault(record, name, check))
        elif not blank[record] and _lacks_an_answer(str(table.status.at[record, name]), name, instrument):
            faults.append(Fault(record, name, "required"))
    return faults, twins


def _lacks_an_answer(status: str, name: str, instrument: Instrument) -> bool:
    """A refusal is an answer, save in the key; a cell that could not be typed is told for what it is."""
    return status == "blank" or (status != "invalid" and name in instrument.key)


def _without(table: TypedTable, faults: Sequence[Fault]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Data and statuses where faulty cells are missing."""
    data, status = table.data.copy(), table.status.copy()
    by_field: dict[str, list[int]] = {}
    for fault in faults:
        if fault.code != "required":
            by_field.setdefault(fault.field, []).append(fault.record)
    for name, records in by_field.items():
        data.loc[records, name] = pd.NA
        status.loc[records, name] = "invalid"
    return data, status


def _duplicates(
    table: TypedTable, instrument: Instrument, twins: Sequence[int], headers: dict[str, str]
) -> Iterator[tuple[int, Finding]]:
    """Records to set aside because another has their key, each with its finding.

    Where all records of a key say the same, the first one is kept; where they differ, none is.
    """
    said = {record: _said(table, record) for record in twins}
    groups: dict[tuple[object, ...], list[int]] = {}
    for record in twins:
        groups.setdefault(tuple(table.data.loc[record, list(instrument.key)]), []).append(record)
    for group in groups.values():
        rows = {record: int(table.rows.iloc[record]) for record in group}
        differing = [
            name for place, name in enumerate(table.data.columns) if len({said[record][place] for record in group}) > 1
        ]
        if differing:
            for record in group:
                others = [row for other, row in rows.items() if other != record][: outcome.LISTED_ROWS + 1]
                place, unit = table.place(record, instrument.unit_field), instrument.unit_field
                text = str(table.text.at[record, unit])
                header = headers.get(unit)
                yield (
                    record,
                    outcome.duplicate_key_finding(instrument, place, text, header, others, differing),
                )
        else:
            for record in group[1:]:
                yield record, outcome.duplicate_row_finding(_row_of(table, record), [rows[group[0]]])


def _said(table: TypedTable, record: int) -> tuple[object, ...]:
    """What a record says, field by field: its value, or why it has none; an unreadable cell says what was written."""
    cells = zip(table.data.loc[record], table.status.loc[record], table.text.loc[record], strict=True)
    return tuple(
        value if not pd.isna(value) else (status, text.strip() if status == "invalid" else "")
        for value, status, text in cells
    )


def _broken_rules(
    table: TypedTable, instrument: Instrument, relation: str, connection: duckdb.DuckDBPyConnection,
    headers: Mapping[str, str],
) -> Iterator[tuple[int, Finding]]:  # fmt: skip
    """Records that break a rule, each with its finding."""
    if not instrument.rules:
        return
    broken = connection.sql(rule_failures(instrument, relation)).fetchall()
    found = sorted({rule for _, rule in broken})
    sides = {rule: broken_sides(connection, instrument.rules[rule], instrument, relation, None) for rule in found}
    for record, rule in broken:
        texts = {name: str(table.text.at[record, name]) for name in outcome.rule_cells(instrument, rule)}
        place = table.place(record, outcome.rule_fields(instrument, rule)[0])
        yield record, outcome.rule_finding(instrument, rule, place, texts, headers, sides[rule].get(record))


def _checked(
    table: TypedTable,
    instrument: Instrument,
    data: pd.DataFrame,
    status: pd.DataFrame,
    refused: Mask,
    findings: Sequence[Finding],
) -> Checked:
    kept = ~refused
    # cells of a matrix share the rows of the sheet: there a record is known by its position
    rows = table.rows.astype("int64") if table.rows.is_unique else pd.Series(range(1, len(table.data) + 1))
    rows.index = table.data.index
    records = _arrow(data[kept], instrument).add_column(0, "row", pa.array(rows[kept], pa.int64()))
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
        conversions=ArrowRows(pa.Table.from_pandas(table.conversions, outcome.CONVERSIONS, preserve_index=False)),
    )


def _arrow(data: pd.DataFrame, instrument: Instrument) -> pa.Table:
    types = column_types(instrument)
    arrays = [_array(data[name], outcome.ARROW_TYPES[types[name]]) for name in types]
    return pa.table(arrays, names=list(types))


def _array(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    array = pa.Array.from_pandas(values)
    return array.cast(arrow_type)


def _statuses(status: pd.DataFrame, rows: pd.Series) -> pa.Table:
    """Why cells of accepted records hold no value, blanks aside; by row, then by field in the instrument's order."""
    cells = status.to_numpy()
    places = np.argwhere((cells != "") & (cells != "blank"))
    number = rows.loc[status.index].to_numpy()
    return pa.table(
        {
            "row": pa.array([int(number[r]) for r, _ in places], pa.int64()),
            "field": pa.array([str(status.columns[c]) for _, c in places], pa.string()),
            "status": pa.array([str(cells[r, c]) for r, c in places], pa.string()),
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
    cells = texts.to_numpy()
    found = [
        (int(texts.index[r]), str(texts.columns[c]), headers.get(str(texts.columns[c]), ""), str(cells[r, c]))
        for r, c in np.argwhere(np.char.strip(cells.astype(str)) != "" if cells.size else np.zeros(cells.shape))
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
