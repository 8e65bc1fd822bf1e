"""From accepted records to estimates: the long tables of the design, then the figures.

A connection to a private database, the declarations and the sources of records come in; the connection holds `response`,
`score`, `design`, `observation`, `membership`, `estimate`, `lineage` and `left_out` when it ends. The SQL that reduces
rows stands in `sql/`; a few lines of numpy finish what is one row an estimate. No file is written, no clock is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import duckdb
import pyarrow as pa

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.methods.estimation import finish
from impact_pipeline.renderings import record_sql
from impact_pipeline.renderings.record_sql import quoted


@dataclass(frozen=True, slots=True)
class Source:
    """The accepted records of one submission, in Parquet, in the order of arrival of the submissions."""

    submission: str
    instrument: Instrument
    initiative: str
    organisation: str
    period: str
    records: str


def compute(connection: duckdb.DuckDBPyConnection, schemas: Schemas, sources: Sequence[Source]) -> None:
    """Fill the connection with the long tables and the estimates of everything declared.

    `estimate` has the columns of the curated table, before the disclosure gate, plus `dominance` (share of the largest
    contribution in the weighted sum of absolute values). The result does not depend on threads nor on the rows' order.
    """
    _create(connection)
    ordered = list(enumerate(sources, start=1))
    for name in sorted({source.instrument.instrument for source in sources}):
        mine = [(ordinal, source) for ordinal, source in ordered if source.instrument.instrument == name]
        _store(connection, schemas, schemas.instrument(name), mine)
    _number_design(connection)
    estimates = finish(connection, schemas)
    connection.register("finished", estimates)
    _run(connection, "create table estimate as select * from finished")
    connection.unregister("finished")
    _run(connection, """
        create table lineage as
        select o.indicator, o.initiative, s.submission, count(*) as records
        from observation o join submission_of s on s.ordinal = o.record // 4294967296
        group by all order by all""")  # fmt: skip


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    for declared in (
        "response(instrument varchar, record bigint, item varchar, number double)",
        "score(instrument varchar, record bigint, score varchar, value double)",
        "design_text(record bigint, initiative varchar, instrument varchar, wave varchar, unit varchar, weight double,"
        " stratum varchar, psu varchar, fpc double, profile bigint)",
        "membership(indicator varchar, instrument varchar, profile bigint, dimension varchar, category varchar)",
        "observation(indicator varchar, initiative varchar, record bigint, wave varchar, value double, base double)",
        "left_out(submission varchar, reason varchar, records bigint)",
        "submission_of(ordinal bigint, submission varchar)",
    ):
        _run(connection, f"create table {declared}")


def _store(
    connection: duckdb.DuckDBPyConnection, schemas: Schemas, instrument: Instrument, sources: list[tuple[int, Source]]
) -> None:
    """The long tables of one instrument, over all its versions."""
    name = instrument.instrument
    table = f"record_{name.replace('-', '_')}"
    queries = [
        record_sql.record_query(
            instrument, source.instrument, source.records, ordinal,
            submission=source.submission, initiative=source.initiative, period=source.period,
        )
        for ordinal, source in sources
    ]  # fmt: skip
    _run(connection, f"create view {table}_received as {' union all '.join(queries)}")
    _run(connection, f"create table {table}_repeated (_record bigint)")
    places = [source.initiative for _, source in sources]
    if len(places) > len(set(places)):  # only then can two submissions speak of the same unit and wave
        _run(connection, f"""
            insert into {table}_repeated
            select _record from (
                select _record, row_number() over (partition by _initiative, _unit, _wave order by _record desc) as rank
                from {table}_received
            ) as ranked where rank > 1""")  # fmt: skip
    _run(connection, f"""
        create view {table} as
        select * from {table}_received where _record not in (select _record from {table}_repeated)""")  # fmt: skip
    _run(connection, f"""
        insert into left_out
        select _submission, 'answered-again', count(*) from {table}_received
        where _record in (select _record from {table}_repeated) group by all order by all""")  # fmt: skip
    for ordinal, source in sources:
        connection.execute("insert into submission_of values (?, ?)", [ordinal, source.submission]).fetchall()
    _score(connection, schemas, instrument, table)
    _design(connection, schemas, instrument, table)
    for indicator in schemas.indicators_of(instrument):
        _run(connection, f"insert into observation {record_sql.observation_query(indicator, schemas, table)}")


def _score(connection: duckdb.DuckDBPyConnection, schemas: Schemas, instrument: Instrument, table: str) -> None:
    """Answers to items, long, and the scores that the instrument's scales make of them."""
    scores = schemas.scores(instrument)
    if not scores:
        return
    asked = [field.name for field in instrument.fields if field.scale in {scale.scale for scale, _ in scores.values()}]
    name = instrument.instrument
    _run(
        connection,
        f"""
        insert into response
        select {quoted(name)}, record, item, number from ({record_sql.response_query(instrument, asked, table)}) as told""",
    )
    items = [
        {"instrument": name, "score": score.name, "item": item, "lowest": scale.by_item[item].range[0],
         "highest": scale.by_item[item].range[1], "reverse": scale.by_item[item].reverse}
        for scale, score in scores.values() for item in score.items
    ]  # fmt: skip
    rules = [
        {"instrument": name, "score": score.name, "items": len(score.items), "method": score.method,
         "multiply": float(score.multiply), "missing_allowed": score.missing_allowed,
         "has_metric": score.metric is not None}
        for _, score in scores.values()
    ]  # fmt: skip
    metrics = [
        {"instrument": name, "score": score.name, "raw": float(raw), "metric": float(value)}
        for _, score in scores.values() for raw, value in (score.metric or {}).items()
    ]  # fmt: skip
    columns = [("instrument", pa.string()), ("score", pa.string()), ("raw", pa.float64()), ("metric", pa.float64())]
    given = {
        "score_item": pa.Table.from_pylist(items),
        "score_rule": pa.Table.from_pylist(rules),
        "score_metric": pa.Table.from_pylist(metrics, schema=pa.schema(columns)),
    }
    for given_name, rows in given.items():
        connection.register(given_name, rows)
    _run(connection, f"insert into score {statement('10_score.sql')}")
    for given_name in given:
        connection.unregister(given_name)


def _design(connection: duckdb.DuckDBPyConnection, schemas: Schemas, instrument: Instrument, table: str) -> None:
    """Weight, stratum, primary sampling unit and profile of each record; profiles are combinations of categories.

    A record without a usable weight, stratum or unit cannot be estimated with: it is left out and counted.
    """
    design, indicators = instrument.design, schemas.indicators_of(instrument)
    names = list(dict.fromkeys(name for indicator in indicators for name in indicator.by))
    categories = record_sql.profile_columns(instrument, names)
    listed = "".join(f', "{name}"' for name in names)
    profiles = f"profile_{instrument.instrument.replace('-', '_')}"
    _run(
        connection,
        f"""
        create table {profiles} as
        select row_number() over (order by 1{listed}) as profile{listed}
        from (select distinct 1 as one{", " + categories if names else ""} from {table}) as met""",
    )
    weight = f'cast("{design.weight}" as double)' if design.weight else "cast(1 as double)"
    stratum = f'cast("{design.stratum}" as varchar)' if design.stratum else "''"
    psu = f'cast("{design.psu}" as varchar)' if design.psu else "_unit"
    fpc = f'cast("{design.fpc}" as double)' if design.fpc else "cast(null as double)"
    joined = " and ".join(f'p."{name}" = r."{name}"' for name in names) or "true"
    _run(
        connection,
        f"""
        insert into design_text
        select r._record, r._initiative, {quoted(instrument.instrument)}, r._wave, r._unit, r._weight, r._stratum,
               r._psu, r._fpc, p.profile
        from (
            select _record, _initiative, _wave, _unit, {weight} as _weight, {stratum} as _stratum, {psu} as _psu,
                   {fpc} as _fpc{", " + categories if names else ""}
            from {table}
        ) as r join {profiles} p on {joined}
        where r._weight > 0 and r._stratum is not null and r._psu is not null""",
    )
    _run(
        connection,
        f"""
        insert into left_out
        select _submission, 'no-design', count(*) from {table}
        where not coalesce({weight} > 0 and {stratum} is not null and {psu} is not null, false)
        group by all order by all""",
    )
    for indicator in indicators:
        shown = [("all", "'all'"), *((name, f'"{name}"') for name in indicator.by)]
        for dimension, category in shown:
            _run(
                connection,
                f"""
                insert into membership
                select {quoted(indicator.indicator)}, {quoted(instrument.instrument)}, profile, {quoted(dimension)},
                       {category} from {profiles}""",
            )


def _number_design(connection: duckdb.DuckDBPyConnection) -> None:
    """Strata and units by number: engines join and group numbers faster than texts."""
    _run(
        connection,
        """
        create table sampling_unit as
        select instrument, initiative, stratum, psu,
               dense_rank() over (order by instrument, initiative, stratum) as stratum_no,
               row_number() over () as psu_no
        from (select distinct instrument, initiative, stratum, psu from design_text) as met""",
    )
    _run(
        connection,
        """
        create table design as
        select d.record, d.initiative, d.instrument, d.wave, d.unit, d.weight, d.fpc, d.profile, u.stratum_no, u.psu_no
        from design_text d
        join sampling_unit u on u.instrument = d.instrument and u.initiative = d.initiative
                            and u.stratum = d.stratum and u.psu = d.psu""",
    )
    _run(
        connection,
        """
        create table wave_psu as
        select instrument, initiative, wave, stratum_no, psu_no, max(fpc) as fpc
        from design group by instrument, initiative, wave, stratum_no, psu_no""",
    )
    _run(connection, "create table indicator_instrument as select distinct indicator, instrument from membership")


def statement(name: str) -> str:
    """The text of one of the numbered SQL files."""
    return (files("impact_pipeline") / "sql" / name).read_text(encoding="utf-8")


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    connection.execute(sql).fetchall()
