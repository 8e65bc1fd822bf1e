"""The long tables that every estimate comes from, built in a connection from declarations and stored records.

`source`, `record_<instrument>`, `record_count`, `superseded_record`, `record_without_design`, `missing_status`; what is
declared (`measure`, `measure_dimension`, and what scores need, from `score_item` to `score_metric`); the views
`response`, `record_key`, `design`, `membership`, `observation`, `score`; and what estimation reduces, `sampled` and
`cell` with `cell_category` and `cell_post`.
"""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline import geography
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.declarations.indicator import CHANGES
from impact_pipeline.methods.engine import Engine, fill, run
from impact_pipeline.methods.sources import Source
from impact_pipeline.renderings import record_sql
from impact_pipeline.sql import text

RESPONSE = {
    "instrument": "varchar", "version": "bigint", "initiative": "varchar", "record": "bigint", "unit": "varchar",
    "wave": "varchar", "scale": "varchar", "item": "varchar", "number": "double", "code": "varchar",
    "status": "varchar",
}  # fmt: skip
RECORD_KEY = {
    "instrument": "varchar", "submission": "varchar", "initiative": "varchar", "record": "bigint", "row": "bigint",
    "unit": "varchar", "wave": "varchar",
}  # fmt: skip
DESIGN = {
    "instrument": "varchar", "initiative": "varchar", "record": "bigint", "unit": "varchar", "wave": "varchar",
    "weight": "double", "stratum": "varchar", "psu": "varchar", "fpc": "double",
    "psu_population": "double",
}  # fmt: skip
COLLECTED = {"instrument": "varchar", "record": "bigint", "version": "bigint", "mode": "varchar"}
OBSERVATION = {
    "indicator": "varchar", "initiative": "varchar", "record": "bigint", "unit": "varchar", "wave": "varchar",
    "value": "double", "base": "double",
}  # fmt: skip


def store_records(connection: Engine, schemas: Schemas, sources: Sequence[Source]) -> None:
    """`source`, `record_<instrument>`, `superseded_record`, `missing_status`; sources in received order.

    Where two sources tell of the same unit and wave, the later one counts and `superseded_record` (submission,
    records) accounts for the others.
    """
    fill(
        connection,
        "source(source bigint, received bigint, submission varchar, version bigint, initiative varchar, "
        "organisation varchar, period varchar, path varchar, statuses varchar)",
        [
            (ordinal, received, s.submission, s.instrument.version, s.initiative, s.organisation, s.period, s.records,
             s.statuses)
            for ordinal, (received, s) in enumerate(sorted(enumerate(sources), key=lambda item: item[1].submission))
        ],
    )  # fmt: skip
    run(connection, "create table superseded_record (submission varchar, records bigint)")
    run(connection, "create table missing_status (record bigint, field varchar, status varchar)")
    for newest in received_instruments(schemas, sources):
        received = [s for s in sources if s.instrument.instrument == newest.instrument]
        versions = schemas.versions[newest.instrument]
        table = record_sql.record_table(newest.instrument)
        by_version: dict[int, list[Source]] = {}
        for source in received:
            by_version.setdefault(source.instrument.version, []).append(source)
        selects = [record_sql.records(versions, v, [s.records for s in same]) for v, same in sorted(by_version.items())]
        may_repeat = len({s.initiative for s in received}) < len(received)
        read = record_sql.received_table(newest.instrument) if may_repeat else table
        run(connection, f"create view {read} as\n" + "\nunion all\n".join(selects))
        if may_repeat:
            _supersede(connection, read, table)
        if any(item.scale for item in newest.fields):
            for version, same in sorted(by_version.items()):
                told = record_sql.statuses(versions, version, [s.statuses for s in same])
                run(connection, f"insert into missing_status\n{told}")
    _count_records(connection, received_instruments(schemas, sources))


def _supersede(connection: Engine, received: str, current: str) -> None:
    """The view `current`: records but those of a unit and wave that a later submission tells again."""
    superseded = f"superseded_{received}"
    run(
        connection,
        f"""create table {superseded} as
        select _record, _submission from (
            select r._record, r._submission, s.received,
                   max(s.received) over (partition by r._initiative, r._unit, r._wave) as latest
            from {received} r join source s on s.source = r._source
        ) as told
        where received < latest""",
    )
    run(
        connection,
        f"""insert into superseded_record
        select _submission, count(*) from {superseded} group by _submission order by _submission""",
    )
    run(
        connection,
        f"""create view {current} as
        select r.* from {received} r where r._record not in (select s._record from {superseded} s)""",
    )


def _count_records(connection: Engine, instruments: Sequence[Instrument]) -> None:
    """`record_count` (submission, records): what was read of each, those superseded aside."""
    run(connection, "create table record_count (submission varchar, records bigint)")
    for item in instruments:
        table = record_sql.record_table(item.instrument)
        run(
            connection,
            f"insert into record_count select _submission, count(*) from {table} group by _submission",
        )


def received_instruments(schemas: Schemas, sources: Sequence[Source]) -> list[Instrument]:
    """The newest version of each instrument that has received something, by name."""
    return [schemas.instrument(name) for name in sorted({source.instrument.instrument for source in sources})]


def declare_measures(connection: Engine, schemas: Schemas, instruments: Sequence[Instrument]) -> None:
    """What the numbered SQL needs of the declarations: `measure`, `measure_dimension` and the tables of scores."""
    indicators = [indicator for instrument in instruments for indicator in schemas.indicators_of(instrument)]
    fill(
        connection,
        "measure(indicator varchar, instrument varchar, estimator varchar, wave_from varchar, wave_to varchar)",
        [
            (i.indicator, i.instrument, i.estimator, i.waves and i.waves.from_, i.waves and i.waves.to)
            for i in indicators
        ],
    )
    fill(
        connection,
        "measure_dimension(indicator varchar, dimension varchar)",
        [(i.indicator, dimension) for i in indicators for dimension in ("all", *i.by)],
    )
    scores = [(i, *found) for i in instruments for found in schemas.scores(i).values()]
    asked = [(i.instrument, c.scale, s.name, c.by_item[item]) for i, c, s in scores for item in s.items]
    fill(
        connection,
        "score_item(instrument varchar, scale varchar, score varchar, item varchar, lowest double, highest double, "
        "reverse boolean, recoded boolean)",
        [(name, scale, score, x.item, *x.range, x.reverse, x.recode is not None) for name, scale, score, x in asked],
    )
    points = {(scale, x.item, *told) for _, scale, _, x in asked for told in (x.recode or {}).items()}
    fill(connection, "item_point(scale varchar, item varchar, answer double, points double)", sorted(points))
    once = {score.name: (scale.scale, score) for _, scale, score in scores}
    fill(
        connection,
        "scale_score(scale varchar, score varchar, items bigint, method varchar, added double, multiply double, "
        "missing_allowed bigint, missing_as varchar, has_metric boolean)",
        [
            (scale, name, len(s.items), s.method, s.add, s.multiply, s.missing_allowed, s.missing_as, bool(s.metric))
            for name, (scale, s) in sorted(once.items())
        ],
    )
    sets = [(name, answer) for name, (_, score) in sorted(once.items()) for answer in sorted({*score.response_sets})]
    fill(connection, "response_set(score varchar, answer double)", sets)
    fill(
        connection,
        "score_metric(score varchar, raw double, value double)",
        [
            (name, raw, value)
            for name, (_, score) in sorted(once.items())
            for raw, value in (score.metric or {}).items()
        ],
    )


def declare_views(connection: Engine, schemas: Schemas, instruments: Sequence[Instrument]) -> None:
    """The views `response`, `record_key`, `design`, `observation`; the table `scored` and the view `score` over it.

    `response` holds the items that scales score; other fields are read from the records directly.
    """
    if any(dimension.of for instrument in instruments for dimension in instrument.dimensions):
        connection.register(record_sql.GROUPS, geography.groups())
    view(connection, "response", [sql for item in instruments for sql in record_sql.responses(item)], RESPONSE)
    view(connection, "record_key", [record_sql.keys(item) for item in instruments], RECORD_KEY)
    collected = [record_sql.collected(schemas.versions[item.instrument]) for item in instruments]
    view(connection, "collected", collected, COLLECTED)
    view(connection, "design", [record_sql.design(item) for item in instruments], DESIGN)
    run(connection, f"create table scored as\n{text('10_score')}")
    run(
        connection,
        """create view score as
        select k.instrument, k.initiative, k.record, k.unit, k.wave, s.scale, s.score, s.value, s.status
        from scored s join record_key k on k.record = s.record""",
    )
    indicators = [indicator for instrument in instruments for indicator in schemas.indicators_of(instrument)]
    observed = [(i.estimator, record_sql.observation(i, schemas)) for i in indicators if schemas.initiatives_of(i)]
    view(connection, "observation", [told for _, told in observed], OBSERVATION)
    changes = [told for estimator, told in observed if estimator in CHANGES]
    view(connection, "change_observation", changes, OBSERVATION)


def view(connection: Engine, name: str, selects: Sequence[str], columns: dict[str, str]) -> None:
    """A view over all selects; without any, a view without rows."""
    empty = ", ".join(f'cast(null as {kind}) as "{column}"' for column, kind in columns.items())
    body = "\nunion all\n".join(selects) if selects else f"select {empty} where false"
    run(connection, f"create view {name} as\n{body}")
