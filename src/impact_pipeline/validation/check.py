"""From a typed table to what is accepted, what is set aside, and what there is to tell.

Conforming has typed the cells; here pandera checks them, DuckDB evaluates the instrument's rules, and duplicates are
told apart. A bad cell of a required field sets its row aside; elsewhere the cell becomes missing and the row is kept.
Files are neither read nor written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

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
from impact_pipeline.renderings.pandera_schema import pandera_schema
from impact_pipeline.renderings.rule_sql import rule_failures
from impact_pipeline.validation import outcome
from impact_pipeline.validation.asked import Asked, Fault, find_asked
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.decided import drop_finding, dropped, new_id_finding, renamed
from impact_pipeline.validation.doubtful import doubtful_fields
from impact_pipeline.validation.frames import arrow_of, checked_of, saying, stored_rows
from impact_pipeline.validation.past import NO_PAST, Decision, Link, Past, Remark
from impact_pipeline.validation.questions import questions
from impact_pipeline.validation.repeated import FORMS, Own, is_form_id
from impact_pipeline.validation.sides import broken_sides

Mask = NDArray[np.bool_]  # one flag a record


def check_table(
    table: TypedTable, instrument: Instrument, schemas: Schemas, connection: duckdb.DuckDBPyConnection,
    past: Past = NO_PAST,
) -> Checked:  # fmt: skip
    """Check every row of a typed table; `connection` is an in-memory engine that evaluates the rules, and holds the
    tables of `past`.

    Raises ImpactError for a rule that cannot be evaluated over the instrument's types, DecisionError for a decision
    that is about no row of the file, RowsLost if a row vanished.
    """
    if outcome.concerns_all_rows(table.findings):
        told = [*table.findings, *_cells_alone(table, instrument, schemas, connection)]
        return checked_of(table, instrument, table.data, table.status, _no_row(table) | True, told, ())
    headers = outcome.headers_of(table.columns)
    blank = _blank(table, instrument)
    numbers = stored_rows(table).tolist()  # looked up once a record
    record_of = {row: record for record, row in enumerate(numbers)} if past.decisions else {}
    gone = dropped(past, record_of)
    table, changed = _with_new_ids(table, instrument, renamed(past, record_of, instrument, schemas), headers)
    apart = blank.copy()
    apart[list(gone)] = True
    failed, twins = _pandera_failures(table, instrument, schemas, apart)
    twins = [record for record in twins if record not in gone]
    faults = [fault for fault in (*_untyped(table), *failed) if fault.record not in gone]
    data, status = _without(table, faults)
    findings = [*table.findings, *changed]
    refused = apart.copy()
    findings += [drop_finding(decision, _row_of(table, record)) for record, decision in gone.items()]
    findings += [outcome.blank_row_finding(_row_of(table, record)) for record in np.flatnonzero(blank).tolist()]
    links: list[Link] = []
    with _records(data[~apart], instrument, connection) as relation:
        asked = find_asked(instrument, relation, connection, len(data))
        for fault in asked.without_idle(faults):
            is_asked = asked.is_asked(fault.record, fault.field)
            if outcome.cell_level(instrument, fault.field, asked=is_asked) is Level.BLOCKING:
                refused[fault.record] = True
            if fault.code:
                findings.append(_cell_finding(table, instrument, fault, headers, is_asked))
        findings += _answered_not_asked(table, instrument, asked, status, headers)
        for record, finding, link in _duplicates(table, instrument, twins, headers):
            refused[record] = True
            findings.append(finding)
            links += [link] if link is not None else []
        for record, finding in _broken_rules(table, instrument, relation, connection, headers):
            refused[record] = refused[record] or finding.level is Level.BLOCKING
            findings.append(finding)
        own = Own(connection, relation, instrument, numbers.__getitem__)
        with _forms(table, connection):
            for remark, link in questions(own, schemas, past):
                findings.append(_question(table, remark, headers))
                links += [link] if link is not None else []
    return checked_of(table, instrument, data, asked.told_in(status), refused, outcome.asked_once(findings), links)


def _cells_alone(
    table: TypedTable, instrument: Instrument, schemas: Schemas, connection: duckdb.DuckDBPyConnection
) -> list[Finding]:
    """What is wrong with the cells of a table that lacks a column: told in the same pass, though no row is accepted."""
    lacking = outcome.lacking_columns(table.findings)
    if lacking is None:
        return []
    blank, headers = _blank(table, instrument), outcome.headers_of(table.columns)
    failed, _ = _pandera_failures(table, instrument, schemas, blank)
    faults = [fault for fault in (*_untyped(table), *failed) if fault.code and fault.field not in lacking]
    data, _ = _without(table, faults)
    with _records(data[~blank], instrument, connection) as relation:
        asked = find_asked(instrument, relation, connection, len(data))
    told = asked.without_idle(faults)
    found = [_cell_finding(table, instrument, f, headers, asked.is_asked(f.record, f.field)) for f in told]
    return outcome.asked_once(found)


@contextmanager
def _records(data: pd.DataFrame, instrument: Instrument, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The name under which the engine knows typed records, their unusable cells missing, by `_record`."""
    connection.register("typed_records", arrow_of(data, instrument).append_column("_record", pa.array(data.index)))
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


@contextmanager
def _forms(table: TypedTable, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """The sendings of forms that rows come from, as the engine knows them: from unknown columns, and from fields."""
    sent = table.extra[table.extra["header"].astype(str).map(is_form_id).astype(bool)]
    found = [(int(record), str(text)) for record, _, text in sent.itertuples(index=False)]
    for column in table.columns:
        if column.column is not None and is_form_id(column.header):
            found += [(record, text) for record, text in enumerate(table.text[column.field].tolist()) if text]
    records, forms = zip(*found, strict=True) if found else ((), ())
    connection.register(
        FORMS, pa.table([pa.array(records, pa.int64()), pa.array(forms, pa.string())], ["record", "form"])
    )
    try:
        yield
    finally:
        connection.unregister(FORMS)


def _question(table: TypedTable, remark: Remark, headers: Mapping[str, str]) -> Finding:
    """The finding of a remark, at the place of its record."""
    if remark.field is None:
        return outcome.question_finding(remark, _row_of(table, remark.record), "", headers)
    text = str(table.text.at[remark.record, remark.field])
    return outcome.question_finding(remark, table.place(remark.record, remark.field), text, headers)


def _with_new_ids(
    table: TypedTable, instrument: Instrument, changes: Mapping[int, tuple[Decision, Any]], headers: Mapping[str, str]
) -> tuple[TypedTable, list[Finding]]:
    """The table in which records bear the identifiers that were decided, and what there is to tell of it."""
    unit = instrument.unit_field
    if not changes:
        return table, []
    data, status, reasons = table.data.copy(), table.status.copy(), dict(table.reasons)
    findings = []
    for record, (decision, value) in changes.items():
        data.loc[record, unit] = value
        status.loc[record, unit] = ""
        reasons.pop((record, unit), None)
        text = str(table.text.at[record, unit])
        findings.append(new_id_finding(decision, table.place(record, unit), text, unit, headers.get(unit)))
    return replace(table, data=data, status=status, reasons=reasons), findings


def _no_row(table: TypedTable) -> Mask:
    return np.zeros(len(table.data), dtype=bool)


def _row_of(table: TypedTable, record: int) -> Place:
    """The row of a record; in a cross table, the heading that it stands under."""
    if table.cells:
        return next(place for (of, _), place in table.cells.items() if of == record)
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
    for record, position in np.argwhere(saying(table.status, ["invalid"])):
        name = fields[position]
        yield Fault(int(record), name, table.reasons.get((int(record), name), ""))


def _pandera_failures(
    table: TypedTable, instrument: Instrument, schemas: Schemas, blank: Mask
) -> tuple[list[Fault], list[int]]:
    """Faults of typed cells, and the records whose key another record has too."""
    names = doubtful_fields(table.data, instrument, schemas)
    if not names:
        return [], []
    try:
        pandera_schema(instrument, schemas, names).validate(table.data[names], lazy=True)
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
) -> Iterator[tuple[int, Finding, Link | None]]:
    """Records to set aside because another has their key, each with its finding, and the link to be decided about.

    Where all records of a key say the same, the first one is kept; where they differ, none is.
    """
    said = {record: _said(table, record) for record in twins}
    groups: dict[tuple[object, ...], list[int]] = {}
    for record in twins:
        groups.setdefault(tuple(table.data.loc[record, list(instrument.key)]), []).append(record)
    stored = stored_rows(table)
    for key, group in groups.items():
        if len(group) == 1:
            continue  # the others were dropped
        places = {record: _row_of(table, record) for record in group}
        differing = [
            name for place, name in enumerate(table.data.columns) if len({said[record][place] for record in group}) > 1
        ]
        if differing:
            for record in group:
                others = [at for other, at in places.items() if other != record][: outcome.LISTED_ROWS + 1]
                place, unit = table.place(record, instrument.unit_field), instrument.unit_field
                text = str(table.text.at[record, unit])
                header = headers.get(unit)
                finding = outcome.duplicate_key_finding(instrument, place, text, header, others, differing)
                yield record, finding, _link(key, int(stored[record]), int(stored[group[0]]), differing)
        else:
            for record in group[1:]:
                yield record, outcome.duplicate_row_finding(places[record], [places[group[0]]]), None


def _link(key: tuple[object, ...], row: int, first: int, differing: Sequence[str]) -> Link | None:
    told = " · ".join(map(str, key))
    return Link("key", row, told, "", first, told, " ".join(differing)) if row != first else None


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
        places = {name: table.place(record, name) for name in texts}
        of = sides[rule].get(record)
        yield (
            record,
            outcome.rule_finding(instrument, rule, places, texts, headers, of, _about(table, record, instrument)),
        )


def _about(table: TypedTable, record: int, instrument: Instrument) -> dict[str, str]:
    """Of whom and when a record of a cross table is; elsewhere its row says it."""
    if not table.cells:
        return {}
    told = {"about": f"{str(table.text.at[record, instrument.unit_field]).strip()} – "}
    wave = instrument.wave_field
    return told | ({"wave": str(table.data.at[record, wave])} if wave is not None else {})
