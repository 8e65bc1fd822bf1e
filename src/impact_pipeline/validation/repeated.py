"""Records that came before: the same key in an earlier file, the same sending of a form, and people much alike.

Typed records and earlier accepted ones, inside an engine, come in; remarks, and the links between rows that a person
can decide about, go out. Nothing is set aside here: whoever sent the files knows which row is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Level
from impact_pipeline.names import plain
from impact_pipeline.renderings.engine_sql import literal, quoted
from impact_pipeline.validation.past import EXTRA, RECORDS, Link, Past, Remark

FORM_IDS = frozenset(["uuid", "key", "instanceid", "meta instanceid", "instance id", "formhub uuid instanceid"])
NEARLY_ALL = 0.8  # of the rows of a file that is most likely a copy
FORMS = "own_forms"  # the table (record, form): the sending that a row of this file comes from, where it tells one

Told = tuple[Remark, Link | None]


@dataclass(frozen=True)
class Own:
    """The records of the file: a relation of the engine (`_record`, then the fields), and the row that each bears."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    instrument: Instrument
    row: Callable[[int], int]

    def run(self, query: str) -> list[tuple[object, ...]]:
        """All rows of a query."""
        return list(self.connection.execute(query).fetchall())


def is_form_id(header: str) -> bool:
    """Whether a column holds the number of a sending: `_uuid` (KoboToolbox), `KEY`, `meta/instanceID` (ODK)."""
    return header.strip() == "__id" or plain(header) in FORM_IDS


@dataclass(frozen=True)
class Elsewhere:
    """What earlier files say of the same keys; `unchanged` are the records told together, once."""

    told: Sequence[Told]
    unchanged: frozenset[int]


def seen_elsewhere(own: Own, past: Past) -> Elsewhere:
    """Records whose key an earlier file of the initiative has too, by the newest of those files.

    What the same organisation sends again unchanged is told once, for information; so is a file that nearly all stands
    in one earlier file, where nobody says who sends it.
    """
    if not past.is_known or own.instrument.duplicates.across == "ignore":
        return Elsewhere((), frozenset())
    instrument = own.instrument
    fields = list(instrument.by_name)
    found = [
        (
            int(str(record)), str(key), str(submission), str(organisation), str(period), int(str(row)),
            " ".join(fields[position] for position in positions if position is not None),  # type: ignore[attr-defined]
        )
        for record, key, submission, organisation, period, row, positions in own.run(_same_key(own, past))
    ]  # fmt: skip
    again = _sent_again([(submission, differing) for _, _, submission, _, _, _, differing in found], own, past)
    unchanged: dict[str, list[Remark]] = {}
    told: list[Told] = []
    for record, key, submission, organisation, period, row, differing in found:
        if not differing and (organisation == past.organisation or submission == again):
            details = {"organisation": organisation, "period": period, "received_on": past.received.get(submission, "")}
            remark = Remark(record, "already-received", Level.CORRECTED, None, details)
            unchanged.setdefault(submission, []).append(remark)
            continue
        details = {"rows": str(row), "fields": differing, "organisation": organisation, "period": period}
        link = Link("elsewhere", own.row(record), key, submission, row, key, differing)
        told.append((Remark(record, "duplicate-elsewhere", Level.TO_CHECK, instrument.unit_field, details), link))
    told += [(replace(remarks[0], cells=len(remarks)), None) for remarks in unchanged.values()]
    return Elsewhere(told, frozenset(remark.record for remarks in unchanged.values() for remark in remarks))


def _sent_again(found: Sequence[tuple[str, str]], own: Own, past: Past) -> str:
    """The earlier submission of which a file from nobody knows whom is most likely the copy; empty where there is none.

    `found` tells, for each record that stands in an earlier file, in which, and on which fields they differ.
    """
    same = Counter(submission for submission, differing in found if not differing)
    if past.organisation or not same:
        return ""
    submission, count = same.most_common(1)[0]
    records = int(str(own.run(f"select count(*) from {own.relation}")[0][0]))
    return submission if count >= NEARLY_ALL * records else ""


def _same_key(own: Own, past: Past) -> str:
    instrument = own.instrument
    same = [f"own.{quoted(name)} = before.{quoted(name)}" for name in instrument.key]
    if instrument.wave_field is None:
        same.append(f"before._period = {literal(past.period)}")
    differing = ", ".join(
        f"case when own.{quoted(name)} is distinct from before.{quoted(name)} then {position} end"
        for position, name in enumerate(instrument.by_name)
    )
    return f"""
        select own._record, {key_sql(instrument, "own")}, before._submission, before._organisation, before._period,
            before.row, [{differing}]
        from {own.relation} as own
        join {RECORDS} as before on {" and ".join(same)}
        qualify row_number() over (partition by own._record order by before._order desc, before.row) = 1
        order by own._record
    """


def key_sql(instrument: Instrument, table: str) -> str:
    """The SQL of a record's key in words: `AB001 · 2026-Q1`."""
    parts = (f"coalesce(cast({table}.{quoted(name)} as varchar), '')" for name in instrument.key)
    return " || ' · ' || ".join(parts)


def sent_twice(own: Own, past: Past, known: Iterable[int]) -> Iterator[Told]:
    """Rows that come from one sending of a form, unless their key is the same too, which is told otherwise.

    `known` are the records whose key an earlier file has.
    """
    instrument = own.instrument
    same_key = " and ".join(f"mine.{quoted(name)} is not distinct from other.{quoted(name)}" for name in instrument.key)
    within = own.run(
        f"""
        with first_ones as (select form, min(record) as record from {FORMS} group by form)
        select forms.record, first_ones.record, {key_sql(instrument, "mine")}, {key_sql(instrument, "other")}
        from {FORMS} as forms
        join first_ones on first_ones.form = forms.form and first_ones.record < forms.record
        join {own.relation} as mine on mine._record = forms.record
        join {own.relation} as other on other._record = first_ones.record
        where not ({same_key})
        order by forms.record
        """
    )
    told = set(known)
    for record, first, key, other_key in within:
        number, row = int(str(record)), own.row(int(str(first)))
        told.add(number)
        link = Link("form", own.row(number), str(key), "", row, str(other_key), "")
        yield Remark(number, "form-twice", Level.TO_CHECK, None, {"rows": str(row)}), link
    if past.is_known:
        yield from _sent_before(own, told)


def _sent_before(own: Own, told: set[int]) -> Iterator[Told]:
    headers = [str(header) for (header,) in own.run(f"select distinct header from {EXTRA}") if is_form_id(str(header))]
    if not headers:
        return
    found = own.run(
        f"""
        select forms.record, sent._submission, sent._organisation, sent._period, sent.row,
            {key_sql(own.instrument, "mine")}, {key_sql(own.instrument, "other")}
        from {FORMS} as forms
        join {EXTRA} as sent on sent.text = forms.form and sent.header in ({", ".join(map(literal, headers))})
        join {own.relation} as mine on mine._record = forms.record
        join {RECORDS} as other on other._submission = sent._submission and other.row = sent.row
        qualify row_number() over (partition by forms.record order by sent._order desc, sent.row) = 1
        order by forms.record
        """
    )
    for record, submission, organisation, period, row, key, other_key in found:
        number = int(str(record))
        if number not in told:
            details: Mapping[str, object] = {"rows": str(row), "organisation": organisation, "period": period}
            link = Link("form", own.row(number), str(key), str(submission), int(str(row)), str(other_key), "")
            yield Remark(number, "form-twice", Level.TO_CHECK, None, details), link
