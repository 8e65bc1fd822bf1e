"""Values that are unusual against the past of the same unit: a question to the person, with the past shown.

Typed records and earlier accepted ones, inside an engine, come in; remarks go out. Only earlier periods count as past.
A field with few past values, or with many zeros among them, is not compared: no spread can be told from so little, and
every value would be unusual in a series that is mostly zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, median

import duckdb

from impact_pipeline.declarations import History, Instrument, Rule, Schemas
from impact_pipeline.findings import Level
from impact_pipeline.renderings.engine_sql import literal, quoted
from impact_pipeline.validation.past import RECORDS, Past, Remark
from impact_pipeline.validation.rule_words import neutral, packed

SHOWN = 12  # last values that a finding shows
MANY_ZEROS = 0.25  # share of zeros among the past from which a series counts as mostly idle
NORMAL_MAD, NORMAL_MEAN = 0.6745, 1.253314  # make both spreads comparable with a standard deviation
ORDERED = ("period", "date")  # types of a wave whose texts sort by time


def unusual_values(
    connection: duckdb.DuckDBPyConnection, relation: str, instrument: Instrument, schemas: Schemas, past: Past
) -> Iterator[Remark]:
    """One remark a record and field, in the order of the fields: the first of its comparisons that asks."""
    for field, asked in _compared(instrument).items():
        fewest = min(history.least for history, _ in asked)
        series = _series(connection, relation, instrument, schemas, past, field, fewest)
        for record, value, wave, waves, values in series:
            found = next(((h, rule) for h, rule in asked if is_unusual(value, values, h)), None)
            if found is not None:
                history, rule = found
                shown = list(zip(waves, values, strict=True))[-SHOWN:]
                details: dict[str, object] = {"number": neutral(value), "past": packed(shown), "method": history.method}
                details |= {"wave": wave} if wave else {}
                code = "unusual-change" if history.method == "change" else "unusual-value"
                yield Remark(record, code, Level.TO_CHECK, field, details | _told(rule))


def is_unusual(value: float, past: Sequence[float], history: History) -> bool:
    """Whether a value asks for a question, given the past ones in order of time."""
    if len(past) < history.least or sum(each == 0 for each in past) > MANY_ZEROS * len(past):
        return False
    if history.method == "min-max":
        return not min(past) <= value <= max(past)
    if history.method == "change":
        return _is_large(value, past[-1], history)
    score = modified_z_score(value, past)
    return score is not None and abs(score) > history.threshold


def modified_z_score(value: float, past: Sequence[float]) -> float | None:
    """Distance from the median of the past in its robust spread (Iglewicz and Hoaglin 1993, How to Detect Outliers).

    Where half of the values or more are the same, the mean deviation stands for the median one; None where all are.
    """
    middle = median(past)
    deviations = [abs(each - middle) for each in past]
    spread = median(deviations) / NORMAL_MAD or fmean(deviations) * NORMAL_MEAN
    return (value - middle) / spread if spread else None


def _is_large(value: float, before: float, history: History) -> bool:
    """Whether a change passes every threshold that is declared; from nothing, only an absolute one can be passed."""
    change = abs(value - before)
    if history.relative is not None and (before == 0 or change <= history.relative * abs(before)):
        return before == 0 and history.absolute is not None and change > history.absolute
    return history.absolute is None or change > history.absolute


def _compared(instrument: Instrument) -> dict[str, list[tuple[History, Rule | None]]]:
    """The comparisons of each field, its own first."""
    found: dict[str, list[tuple[History, Rule | None]]] = {}
    for item in instrument.fields:
        for history in item.history:
            found.setdefault(item.name, []).append((history, None))
    for rule in instrument.rules:
        if rule.history is not None:
            found.setdefault(rule.history.field, []).append((rule.history, rule))
    return {item.name: found[item.name] for item in instrument.fields if item.name in found}


def _told(rule: Rule | None) -> dict[str, object]:
    if rule is None:
        return {}
    told: dict[str, object] = {"rule": rule.code, "importance": rule.importance}
    told |= {"message": rule.message} if rule.message else {}
    return told | ({"instruction": rule.instruction} if rule.instruction else {})


def _series(
    connection: duckdb.DuckDBPyConnection, relation: str, instrument: Instrument, schemas: Schemas, past: Past,
    field: str, fewest: int,
) -> list[tuple[int, float, str, list[str], list[float]]]:  # fmt: skip
    """(record, value, wave, earlier waves, their values) of each record whose unit has enough of a past.

    Earlier periods of the same file are part of it, and hold against what an earlier file said of the same period.
    """
    unit, value = quoted(instrument.unit_field), f"cast({quoted(field)} as double)"
    own_wave, past_wave = _wave(instrument, literal(past.period)), _wave(instrument, "_period")
    own_rank, past_rank = (_rank(instrument, schemas, wave) for wave in (own_wave, past_wave))
    if own_rank is None:
        return []
    earlier = ""
    if past.is_known:
        earlier = f"""
            union all
            select {unit}, {past_wave}, {past_rank}, {value}, 1, -_order
            from {RECORDS}
            where _organisation = {literal(past.organisation)} and {quoted(field)} is not null
        """
    return connection.execute(
        f"""
        with told as (
            select {unit} as unit, {own_wave} as wave, {own_rank} as place, {value} as value,
                0 as source, _record as turn
            from {relation}
            where {quoted(field)} is not null
            {earlier}
        ), series as (
            select unit, wave, place, value
            from told
            where unit is not null and place is not null
            qualify row_number() over (partition by unit, place order by source, turn) = 1
        ), own as (
            select turn as record, unit, wave, place, value
            from told
            where source = 0 and unit is not null and place is not null
        )
        select record, own.value, own.wave, list(series.wave order by series.place),
            list(series.value order by series.place)
        from own
        join series on series.unit = own.unit and series.place < own.place
        group by record, own.value, own.wave
        having count(*) >= {fewest}
        order by record
        """
    ).fetchall()


def _wave(instrument: Instrument, otherwise: str) -> str:
    """The SQL of a record's wave as text; without a field for it, that of its submission."""
    return f"cast({quoted(instrument.wave_field)} as varchar)" if instrument.wave_field else otherwise


def _rank(instrument: Instrument, schemas: Schemas, wave: str) -> str | None:
    """The SQL of what puts waves in the order of time; None where nothing tells it."""
    item = instrument.by_name[instrument.wave_field] if instrument.wave_field else None
    if item is None or item.type in ORDERED:
        return f"({wave})"
    if item.type != "category":
        return None
    codes = ", ".join(map(literal, schemas.codelist(item.codes).by_code))
    return f"nullif(list_position([{codes}], {wave}), 0)"
