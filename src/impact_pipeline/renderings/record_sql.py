"""From an instrument and its indicators to the SQL that reads their records: one select a thing, in ANSI SQL.

Declarations come in; the text of selects goes out: records of one version seen as the newest, items of scales one a row
(`response`), the sampling design of each record (`design`), its breakdowns, and what each indicator observes
(`observation`). What is the same whatever the instrument is not here: it stands as numbered files in `sql/`. Columns
that are not an instrument's fields begin with `_`, which no field name can. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from impact_pipeline.declarations import Indicator, Instrument, Schemas
from impact_pipeline.renderings.columns import column_types
from impact_pipeline.renderings.engine_sql import literal, quoted

MISSING = "(missing)"  # the category of a record whose breakdown is unknown: a partition stays complete
APART = "\u241f"  # between categories that are told in one text
GROUPS = "commune_group"  # the table of what communes are part of: code, then one column a level
SOURCES_APART = 2**32  # record = ordinal of its source x this + position in it


def record_table(instrument: str) -> str:
    """The table of all current records of an instrument, whatever the version they came in: `record_cafe_residents`."""
    return f"record_{instrument.replace('-', '_')}"


def received_table(instrument: str) -> str:
    """All received records of an instrument, those superseded included: `received_cafe_residents`."""
    return f"received_{instrument.replace('-', '_')}"


def former_names(versions: Sequence[Instrument], version: int) -> dict[str, str]:
    """Field of the newest version -> the field of `version` that holds it, by the declared correspondences."""
    ordered = sorted(versions, key=lambda item: item.version)
    held = {name: name for item in ordered if item.version == version for name in item.by_name}
    for item in ordered:
        if item.version > version:
            renamed = {item.corresponds.get(name, name): former for name, former in held.items()}
            held = {name: former for name, former in renamed.items() if name in item.by_name}
    return held


def records(versions: Sequence[Instrument], version: int, files: Sequence[str]) -> str:
    """Records of `files` (all of `version`) with the columns of the newest version; a field not asked then is null.

    Reads `source(source, path, submission, version, initiative, period)`. `_record` is the same for the same sources
    in the same order.
    """
    newest = max(versions, key=lambda item: item.version)
    held, types = former_names(versions, version), column_types(newest)
    former_types = column_types(next(item for item in versions if item.version == version))
    columns = {name: _column(held.get(name), former_types, sql_type) for name, sql_type in types.items()}
    unit = columns[newest.unit_field]
    wave = columns[newest.wave_field] if newest.wave_field else "s.period"
    fields = "".join(f",\n    {column} as {quoted(name)}" for name, column in columns.items())
    paths = ", ".join(map(literal, files))
    return f"""select s.source * {SOURCES_APART} + f.file_row_number as _record, f."row" as _row,
    s.source as _source, s.version as _version, s.submission as _submission, s.initiative as _initiative,
    cast({unit} as varchar) as _unit, cast({wave} as varchar) as _wave{fields}
from read_parquet([{paths}], filename = '_path', file_row_number = true) f
join source s on s.path = f._path"""


def _column(former: str | None, former_types: Mapping[str, str], sql_type: str) -> str:
    if former is None:
        return f"cast(null as {sql_type})"
    column = f"f.{quoted(former)}"
    return column if former_types[former] == sql_type else f"cast({column} as {sql_type})"


def statuses(versions: Sequence[Instrument], version: int, files: Sequence[str]) -> str:
    """Why cells hold no value: (record, field, status), fields named as in the newest version."""
    newest = max(versions, key=lambda item: item.version)
    renamed = {former: name for name, former in former_names(versions, version).items() if former != name}
    whens = "".join(f" when {literal(former)} then {literal(name)}" for former, name in sorted(renamed.items()))
    field = f"case t.field{whens} else t.field end" if whens else "t.field"
    paths = ", ".join(map(literal, files))
    return f"""select r._record as record, {field} as field, min(t.status) as status
from read_parquet([{paths}], filename = '_path') t
join source s on s.statuses = t._path
join {record_table(newest.instrument)} r on r._source = s.source and r._row = t."row"
group by r._record, {field}"""


def responses(instrument: Instrument) -> list[str]:
    """The items of scales, one select an item; see `response` in `methods.tables`."""
    return [
        f"""select {literal(instrument.instrument)} as instrument, r._version as version, r._initiative as initiative,
    r._record as record, r._unit as unit, r._wave as wave, {literal(item.scale)} as scale,
    {literal(item.scale_item)} as item, cast(r.{quoted(item.name)} as double) as number, cast(null as varchar) as code,
    case when r.{quoted(item.name)} is null then coalesce(t.status, 'blank') else 'answered' end as status
from {record_table(instrument.instrument)} r
left join missing_status t on t.record = r._record and t.field = {literal(item.name)}"""
        for item in instrument.fields
        if item.scale is not None
    ]


def keys(instrument: Instrument) -> str:
    """Who and when of each record."""
    return f"""select {literal(instrument.instrument)} as instrument, r._submission as submission,
    r._initiative as initiative, r._record as record, r._row as "row", r._unit as unit, r._wave as wave
from {record_table(instrument.instrument)} r"""


def design(instrument: Instrument) -> str:
    """Weight, stratum, primary sampling unit and sizes of their populations, of each record that can count.

    A record whose weight is missing or not above zero, without stratum or PSU, or that did not answer where the
    instrument tells who did, has no row: it stands for nobody. The weight is the declared one, before any weighting.
    """
    weight, stratum, psu, fpc = _design_columns(instrument)
    within = instrument.design.fpc_within
    population = f"cast(r.{quoted(within)} as double)" if within else "cast(null as double)"
    return f"""select {literal(instrument.instrument)} as instrument, r._initiative as initiative, r._record as record,
    r._unit as unit, r._wave as wave, {weight} as weight, {stratum} as stratum, {psu} as psu, {fpc} as fpc,
    {population} as psu_population
from {record_table(instrument.instrument)} r
where {_has_a_design(instrument)}"""


def collected(versions: Sequence[Instrument]) -> str:
    """In which version and mode each record of an instrument was had; a mode that is not declared is null."""
    newest = max(versions, key=lambda item: item.version)
    modes = "".join(f"\n        when {item.version} then {_mode(versions, item)}" for item in versions)
    return f"""select {literal(newest.instrument)} as instrument, r._record as record, r._version as version,
    case r._version{modes} end as mode
from {record_table(newest.instrument)} r"""


def _mode(versions: Sequence[Instrument], item: Instrument) -> str:
    nothing = "cast(null as varchar)"
    if item.mode is None:
        return nothing
    if item.mode.always is not None:
        return literal(item.mode.always)
    newest_name = {former: name for name, former in former_names(versions, item.version).items()}
    name = newest_name.get(item.mode.field or "")
    return f"cast(r.{quoted(name)} as varchar)" if name else nothing


def without_design(instrument: Instrument) -> str:
    """How many records of each submission have no row in `design`."""
    return f"""select r._submission as submission, count(*) as records
from {record_table(instrument.instrument)} r
where not coalesce({_has_a_design(instrument)}, false)
group by r._submission"""


def _design_columns(instrument: Instrument) -> tuple[str, str, str, str]:
    named = instrument.design
    weight = f"cast(r.{quoted(named.weight)} as double)" if named.weight else "cast(1 as double)"
    stratum = f"cast(r.{quoted(named.stratum)} as varchar)" if named.stratum else "''"
    psu = f"cast(r.{quoted(named.psu)} as varchar)" if named.psu else "r._unit"
    fpc = f"cast(r.{quoted(named.fpc)} as double)" if named.fpc else "cast(null as double)"
    return weight, stratum, psu, fpc


def _has_a_design(instrument: Instrument) -> str:
    """Drawn, and with an answer where the instrument says which field tells so."""
    is_drawn, weighting = _is_drawn(instrument), instrument.weighting
    if weighting is None or weighting.response is None:
        return is_drawn
    answered = ", ".join(map(literal, (*weighting.response.complete, *weighting.response.partial)))
    return f"({is_drawn} and cast(r.{quoted(weighting.response.field)} as varchar) in ({answered}))"


def _is_drawn(instrument: Instrument) -> str:
    weight, stratum, psu, _ = _design_columns(instrument)
    return f"({weight} > 0 and {stratum} is not null and {psu} is not null)"


def drawn(instrument: Instrument, names: Sequence[str]) -> str:
    """What a weighting needs of each record that was drawn, one row a record.

    `ended` is the code that tells whether it answered, empty where no field does; `told` its categories by `names`, in
    one text (see `APART`); `weight` the declared one.
    """
    response = instrument.weighting.response if instrument.weighting is not None else None
    ended = f"coalesce(cast(r.{quoted(response.field)} as varchar), '')" if response is not None else "''"
    told = [f"coalesce(cast({_breakdown(instrument, name)} as varchar), {literal(MISSING)})" for name in names]
    together = f" || {literal(APART)} || ".join(told) or "''"
    return f"""select r._record as record, {literal(instrument.instrument)} as instrument,
    r._initiative as initiative, r._wave as wave, {ended} as ended, {together} as told,
    {_design_columns(instrument)[0]} as weight
from {record_table(instrument.instrument)} r
where {_is_drawn(instrument)}"""


def dimensions(instrument: Instrument, schemas: Schemas) -> tuple[str, ...]:
    """The breakdowns that the instrument's indicators ask for, or standardise by, each once, in order of appearance."""
    told = schemas.indicators_of(instrument)
    return tuple(dict.fromkeys(n for i in told for n in (*i.by, *([i.standard.by] if i.standard else []))))


def profiles(instrument: Instrument, names: Sequence[str], records: str = "", more: Sequence[str] = ()) -> str:
    """What tells records apart for estimation, one row a record: `place_0`... hold the categories of `names`.

    `psu` is null where no field holds it: each record of a wave is then a primary sampling unit of its own, and need
    not be told from others of the same stratum and breakdowns. Where the instrument declares a weighting, weights are
    those of the table `weighed`, with the cell of the margins that the record is in (`post`). `records` are those of
    the instrument, with `more` columns where these are asked for.
    """
    weight, stratum, psu, fpc = _design_columns(instrument)
    told = f"{psu}" if instrument.design.psu else "cast(null as varchar)"
    categories = [
        f"coalesce(cast({_breakdown(instrument, name)} as varchar), {literal(MISSING)}) as place_{place}"
        for place, name in enumerate(names)
    ]
    post, joined = [], ""
    if instrument.weighting is not None:
        weight, post, joined = "w.weight", ["w.post as post"], "\njoin weighed w on w.record = r._record"
    columns = "".join(f",\n    {column}" for column in (*categories, *post, *more))
    return f"""select r._record as record, r._source as source, r._initiative as initiative, r._wave as wave,
    {stratum} as stratum, {told} as psu, {fpc} as fpc, {weight} as weight{columns}
from {records or record_table(instrument.instrument)} r{joined}
where {_has_a_design(instrument)}"""


def observed(
    instrument: Instrument, names: Sequence[str], indicators: Sequence[Indicator], schemas: Schemas,
    complete: Collection[str] = (),
) -> str:  # fmt: skip
    """`profiles` with what each indicator observes, null where it observes nothing: `value_0`, `value_1`... and, where
    the indicator declares a base, `base_0`... Those of `complete` are known to observe something on every record."""
    more = []
    for place, indicator in enumerate(indicators):
        value, base, conditions = _observed(indicator, schemas)
        told = {f"value_{place}": value} | ({f"base_{place}": base} if indicator.base is not None else {})
        when = "\n        and ".join(conditions)
        if indicator.indicator not in complete:
            told = {name: f"case when {when}\n        then {expression} end" for name, expression in told.items()}
        more += [f"{expression} as {name}" for name, expression in told.items()]
    asked = dict.fromkeys(name for indicator in indicators for name in _names(indicator))
    return profiles(instrument, names, f"({scored_records(instrument, asked)})", more)


def _breakdown(instrument: Instrument, name: str) -> str:
    declared = next((item for item in instrument.dimensions if item.name == name), None)
    if declared is None:
        return f"r.{quoted(name)}"
    if declared.expression is None:
        place = f"r.{quoted(declared.of or '')}"
        return f"(select max(g.{quoted(declared.level or '')}) from {GROUPS} g where g.code = {place})"
    return f"({declared.expression.sql(table='r')})"


def observation(indicator: Indicator, schemas: Schemas) -> str:
    """What an indicator observes on each record: value and base as numbers, a yes or no as 1 or 0.

    Base is 1 for a mean or a change, null for a total. A record where `among` is not true, or whose value or base is
    missing, has no row; a change observes its two waves alone.
    """
    value, base, conditions = _observed(indicator, schemas)
    where = "\n    and ".join(conditions)
    records = scored_records(schemas.instrument(indicator.instrument), _names(indicator))
    return f"""select {literal(indicator.indicator)} as indicator, r._initiative as initiative, r._record as record,
    r._unit as unit, r._wave as wave, {value} as value, {base} as base
from ({records}) r
where {where}"""


def imputable(indicator: Indicator, schemas: Schemas) -> str:
    """What an indicator asks of each record, observed or not: `value`, null where missing, and `predictor_0`..."""
    predictors = indicator.imputation.predictors if indicator.imputation is not None else ()
    value, _, conditions = _observed(indicator, schemas)
    where = "\n    and ".join(condition for condition in conditions if condition != f"{value} is not null")
    names = (*_names(indicator), *(name for expression in predictors for name in expression.names))
    records = scored_records(schemas.instrument(indicator.instrument), dict.fromkeys(names))
    told = "".join(
        f",\n    {_number(expression.sql(table='r'), yes_or_no=expression.is_predicate)} as predictor_{place}"
        for place, expression in enumerate(predictors)
    )
    return f"""select r._record as record, r._unit as unit, {value} as value{told}
from ({records}) r
where {where}"""


def _observed(indicator: Indicator, schemas: Schemas) -> tuple[str, str, list[str]]:
    """Value and base, and the conditions of a record to be observed, over `scored_records`."""
    value = _number(indicator.value.sql(table="r"), yes_or_no=indicator.value.is_predicate)
    base = "cast(null as double)" if indicator.estimator == "total" else "cast(1 as double)"
    conditions = [f"r._initiative in ({', '.join(map(literal, schemas.initiatives_of(indicator)))})"]
    if indicator.among is not None:
        conditions.append(f"({indicator.among.sql(table='r')})")
    if indicator.waves is not None:
        conditions.append(f"r._wave in ({literal(indicator.waves.from_)}, {literal(indicator.waves.to)})")
    conditions.append(f"{value} is not null")
    if indicator.base is not None:
        base = _number(indicator.base.sql(table="r"), yes_or_no=indicator.base.is_predicate)
        conditions.append(f"{base} is not null")
    return value, base, conditions


def _names(indicator: Indicator) -> tuple[str, ...]:
    """The fields and the scores that the indicator names."""
    expressions = [item for item in (indicator.value, indicator.base, indicator.among) if item is not None]
    return tuple(dict.fromkeys(name for expression in expressions for name in expression.names))


def scored_records(instrument: Instrument, names: Iterable[str]) -> str:
    """Records of an instrument, with the scores among `names` as columns."""
    columns, joins = ["r.*"], []
    for place, name in enumerate(name for name in names if name not in instrument.by_name):
        columns.append(f"s{place}.value as {quoted(name)}")
        on = f"s{place}.record = r._record and s{place}.score = {literal(name)}"
        joins.append(f"\n    left join scored s{place} on {on}")
    return f"select {', '.join(columns)}\n    from {record_table(instrument.instrument)} r{''.join(joins)}"


def _number(expression: str, *, yes_or_no: bool) -> str:
    if yes_or_no:
        return f"case when ({expression}) then cast(1 as double) when not ({expression}) then cast(0 as double) end"
    return f"cast(({expression}) as double)"
