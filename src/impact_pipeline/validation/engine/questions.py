"""Decisions replayed and questions asked inside the engine: what `check_table` does with frames.

The tables of an `EngineTable` and what came before come in; `typed` takes the identifiers that were decided, `dropped`
holds the records left out, and findings, true counts and links between rows go out.
"""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.findings import Finding
from impact_pipeline.renderings.engine_sql import literal, quoted
from impact_pipeline.validation import outcome
from impact_pipeline.validation.decided import drop_finding, dropped, new_id_finding, renamed
from impact_pipeline.validation.engine.table import Counts, EngineTable
from impact_pipeline.validation.past import Link, Past, Remark
from impact_pipeline.validation.questions import questions
from impact_pipeline.validation.repeated import FORMS, Own, is_form_id


def replay_decisions(table: EngineTable, past: Past) -> list[Finding]:
    """Make `dropped` (record), change identifiers, and tell both. Raises DecisionError for a row that is no record."""
    table.run("create or replace temp table dropped (record bigint)")
    if not past.decisions:
        return []
    asked = ", ".join(str(row - table.first_row) for row in past.decisions)
    record_of = {
        table.first_row + record: record
        for (record,) in table.run(f"select _record from typed where _record in ({asked})")
    }
    unit = table.instrument.unit_field
    header = outcome.headers_of(table.columns).get(unit)
    findings = []
    for record, decision in dropped(past, record_of).items():
        table.run(f"insert into dropped values ({record})")
        findings.append(drop_finding(decision, table.place(record, None)))
    table.run("delete from cells where record in (from dropped)")
    position = list(table.instrument.by_name).index(unit)
    for record, (decision, value) in renamed(past, record_of, table.instrument, table.schemas).items():
        table.connection.execute(f"update typed set {quoted(unit)} = ? where _record = ?", [value, record]).fetchall()
        table.run(f"delete from cells where record = {record} and position = {position}")
        text = table.run(f"select {table.text(unit)} from texts where rowid = {record}")[0][0]
        findings.append(new_id_finding(decision, table.place(record, unit), text, unit, header))
    return findings


def ask(table: EngineTable, past: Past, limit: int) -> tuple[list[Finding], Counts, list[Link]]:
    """What there is to ask about the records: the first `limit` of each cause, true counts, every link."""
    _name_forms(table)
    own = Own(table.connection, "clean", table.instrument, lambda record: table.first_row + record)
    told = questions(own, table.schemas, past)
    counts: Counts = {}
    shown: dict[tuple[object, ...], list[Remark]] = {}
    for remark, _ in told:
        cause = remark.code, remark.level, remark.field
        counts[cause] = counts.get(cause, 0) + remark.cells
        shown.setdefault(cause, []).append(remark)
    findings = [finding for remarks in shown.values() for finding in _findings(table, remarks[:limit])]
    return findings, counts, [link for _, link in told if link is not None]


def _findings(table: EngineTable, remarks: Sequence[Remark]) -> list[Finding]:
    """The findings of remarks of one cause, at their places."""
    headers, field = outcome.headers_of(table.columns), remarks[0].field
    texts: dict[int, str] = {}
    if field is not None:
        records = ", ".join(str(remark.record) for remark in remarks)
        texts = dict(table.run(f"select rowid, {table.text(field)} from texts where rowid in ({records})"))
    return [
        outcome.question_finding(remark, table.place(remark.record, field), texts.get(remark.record, ""), headers)
        for remark in remarks
    ]


def _name_forms(table: EngineTable) -> None:
    """Make the table of the sendings that rows come from."""
    table.run(f"create or replace temp table {FORMS} (record bigint, form varchar)")
    known = [(column.column, column.header) for column in table.columns if column.column is not None]
    for column, header in (*table.unknown, *known):
        if is_form_id(header):
            table.run(f"insert into {FORMS} select rowid, c{column} from texts where c{column} <> {literal('')}")
    table.run(f"delete from {FORMS} where record not in (select _record from typed)")
