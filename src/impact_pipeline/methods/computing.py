"""From stored records to estimates: the order of the steps, and nothing else.

Paths of Parquet files and declarations come in with an open connection; the long tables and `estimate` are left in it,
not yet protected (`estimate_support` holds what disclosure control needs). Nothing is written elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from impact_pipeline.declarations import Indicator, Instrument, Schemas
from impact_pipeline.methods.area_estimates import area_covariates
from impact_pipeline.methods.by_record import by_record
from impact_pipeline.methods.calibrated import residuals
from impact_pipeline.methods.cells import sum_cells
from impact_pipeline.methods.contrasts import write_contrasts
from impact_pipeline.methods.engine import Engine, fill, put, run
from impact_pipeline.methods.estimation import Domain, Estimate, Key, Place, Rules, Sums, estimate
from impact_pipeline.methods.imputed import imputed
from impact_pipeline.methods.linearisation import Shared, Size, Stratum
from impact_pipeline.methods.measures.comparability import read_verdicts
from impact_pipeline.methods.measures.invariance_table import write_invariance
from impact_pipeline.methods.measures.reliability_table import read_counts, read_sums, write_reliability
from impact_pipeline.methods.quantiles import quantiles
from impact_pipeline.methods.quantum import Quantum, surplus
from impact_pipeline.methods.reliable_change import reliable_changes
from impact_pipeline.methods.replicated import replicated
from impact_pipeline.methods.second_stage import shared_within_changes, within_levels
from impact_pipeline.methods.sources import Source
from impact_pipeline.methods.tables import (
    declare_measures,
    declare_views,
    received_instruments,
    store_records,
)
from impact_pipeline.methods.targets import studied_places
from impact_pipeline.methods.weighting.samples import Samples, rests_on_refused, weigh_samples
from impact_pipeline.sql import text

PSU_SCALE = "psu_scale(indicator varchar, initiative varchar, v_power double, b_power double)"
SUMMED = ("n", "w", "ww", "v", "b", "wvv", "wvb", "wbb")
MOMENTS = (*SUMMED, "largest", "gross", "psu", "psu_v", "psu_b", "psu_vv", "psu_vb", "psu_bb")
KEY = [(name, pa.string()) for name in Key._fields]
ESTIMATE = pa.schema([
    *KEY, ("n", pa.int64()), ("units", pa.int64()), ("value", pa.float64()), ("se", pa.float64()), ("df", pa.int64()),
    ("low", pa.float64()), ("high", pa.float64()), ("deff", pa.float64()), ("deff_wor", pa.float64()),
    ("deff_kish", pa.float64()), ("n_effective", pa.float64()),
    ("status", pa.string()), ("reason", pa.string()),
])  # fmt: skip
SUPPORT = pa.schema([
    *KEY, ("fewest", pa.int64()), ("fewest_beyond", pa.int64()), ("largest", pa.float64()), ("gross", pa.float64()),
])  # fmt: skip


def compute(connection: Engine, schemas: Schemas, sources: Sequence[Source]) -> None:
    """Build every long table and the estimates of all indicators that `sources` (in received order) allow.

    Leaves in `connection`: `record_<instrument>`, `record_key`, `response`, `score`, `design`, `membership`,
    `observation`, `estimate`, `contrast`, `lineage`, `reliability`, `invariance`, `studied_place`, `superseded_record`,
    `record_without_design`, `estimate_support`. The same sources and declarations give the same figures to the last
    bit, whatever the number of threads.

    `estimate` and `contrast` are unprotected until `disclosure` has been over them. Status is `published`, or `refused`
    with a reason: `single-psu`, `population-too-small`, `no-base`, `missing-wave`, `mode-change` or `version-change`
    (waves that do not compare: see `measures.comparability`), `not-weighted` (the sample cannot be weighted as
    declared: see `weighting`), `no-reliability` (see `reliable_change`), `not-paired` or `empty-replicate` (see
    `replicated`). A published figure may have a reason too: `single-psu-adjust`, `single-psu-certainty` (the policy
    that its standard error rests on), `no-degrees-of-freedom` (no standard error can be had), `interval-out-of-range`
    (nor of a quantile so near the ends), or `bridged` (a declared bridge lets waves compare). Raises RefusedEstimate
    where a value, a base or a weight is infinite: no figure of its indicator would mean anything.
    """
    instruments = received_instruments(schemas, sources)
    store_records(connection, schemas, sources)
    declare_measures(connection, schemas, instruments)
    declare_views(connection, schemas, instruments)
    samples = weigh_samples(connection, schemas, instruments)
    quanta = sum_cells(connection, schemas, instruments)
    powers = _reduce(connection)
    sums = _read_sums(connection, quanta, powers)
    sums = replace(
        sums,
        residuals=residuals(connection, samples, schemas.indicators, quanta),
        verdicts=read_verdicts(connection, schemas),
    )
    levels, contrasts = replicated(connection, instruments, schemas.indicators, sums)
    sums = replace(sums, replicated=levels, replicated_contrasts=contrasts)
    rules = _rules(schemas, instruments)
    items, counts = read_sums(connection, schemas, instruments), read_counts(connection)
    found = [
        *quantiles(connection, schemas.indicators, sums, rules, samples),
        *by_record(connection, schemas.indicators, sums, rules, samples),
        *reliable_changes(connection, schemas.indicators, sums, rules, samples, items, counts),
        *imputed(connection, schemas, sums, rules, samples),
    ]
    told = estimate(schemas.indicators, sums, rules, found, area_covariates(schemas))
    _write(connection, [_weighted(e, schemas.indicators, samples) for e in told])
    write_contrasts(connection, schemas.indicators, sums, rules, samples)
    studied_places(connection, schemas, instruments)
    run(connection, f"create table lineage as\n{text('80_lineage')}")
    write_reliability(connection, schemas, items, counts)
    write_invariance(connection, schemas, instruments, items)


def _weighted(e: Estimate, indicators: Mapping[str, Indicator], samples: Samples) -> Estimate:
    """The estimate, unless it rests on a sample that could not be weighted."""
    if not rests_on_refused(samples, indicators[e.key.indicator], e.key.initiative, e.key.wave):
        return e
    return Estimate(e.key, e.n, e.units, status="refused", reason="not-weighted", fewest=e.fewest)


def _rules(schemas: Schemas, instruments: Sequence[Instrument]) -> Rules:
    statistics = schemas.programme.statistics
    policies = {item.instrument: item.design.single_psu or statistics.single_psu for item in instruments}
    return Rules(policies, statistics.confidence, statistics.significant_digits, statistics.interval)


def _reduce(connection: Engine) -> dict[tuple[str, str], tuple[int, int]]:
    """`psu_total`, `psu_scale`, `stratum_moment`, `pair` and `psu_drawn`; returns the powers of `psu_scale`."""
    run(connection, f"create temp table psu_total as\n{text('40_psu_total')}")
    largest = "select indicator, initiative, max(abs(v)), max(abs(b)) from psu_total group by indicator, initiative"
    powers = {
        (indicator, initiative): (surplus(int(v)), surplus(int(b)))
        for indicator, initiative, v, b in run(connection, largest)
    }
    fill(connection, PSU_SCALE, [(*key, *map(float, power)) for key, power in sorted(powers.items())])
    run(connection, f"create temp table stratum_moment as\n{text('50_stratum_moment')}")
    run(connection, f"create temp table pair as\n{text('70_pair')}")
    run(connection, f"create temp table psu_drawn as\n{text('62_psu_drawn')}")
    return powers


def _read_sums(
    connection: Engine, quanta: Mapping[tuple[str, str], Quantum],
    powers: Mapping[tuple[str, str], tuple[int, int]],
) -> Sums:  # fmt: skip
    sizes: dict[tuple[str, str, str], dict[str, Size]] = {}
    for instrument, initiative, wave, stratum, psu, fpc in run(connection, text("60_stratum_size")):
        sizes.setdefault((instrument, initiative, wave), {})[stratum] = Size(psu, fpc)
    change_sizes: dict[tuple[str, str], dict[str, Size]] = {}
    for indicator, initiative, stratum, psu, fpc in run(connection, text("61_stratum_size_of_change")):
        change_sizes.setdefault((indicator, initiative), {})[stratum] = Size(psu, fpc)
    within_changes = shared_within_changes(connection)
    shared: dict[Place, dict[str, Shared]] = {}
    for indicator, initiative, dimension, category, stratum, *numbers in run(connection, text("71_shared_psu")):
        within = within_changes.get((indicator, initiative, dimension, category, stratum), {})
        psu, vv, vb, bv, bb = map(int, numbers)
        told = Shared(psu, vv, vb, bv, bb, within)
        shared.setdefault((indicator, initiative, dimension, category), {})[stratum] = told
    shared_units: dict[Place, int] = {
        (indicator, initiative, dimension, category): units
        for indicator, initiative, dimension, category, units in run(connection, text("72_shared_unit"))
    }
    return Sums(_read_domains(connection, powers), quanta, sizes, change_sizes, shared, shared_units)


def _read_domains(connection: Engine, powers: Mapping[tuple[str, str], tuple[int, int]]) -> dict[Key, Domain]:
    """Sums by category, strata within: whole numbers that come as text, which Python reads faster than decimals."""
    columns = ", ".join((*Key._fields, "stratum", *(f"cast({name} as varchar)" for name in MOMENTS)))
    within = within_levels(connection)
    domains: dict[Key, Domain] = {}
    for row in run(connection, f"select {columns} from stratum_moment"):
        key, stratum, numbers = Key(*row[:5]), row[5], [int(number) for number in row[6:]]
        if key not in domains:
            v_power, b_power = powers.get((key.indicator, key.initiative), (1, 1))
            domains[key] = Domain(v_power=v_power, b_power=b_power)
        domain, told = domains[key], len(SUMMED)
        for name, number in zip(SUMMED, numbers[:told], strict=True):
            setattr(domain, name, getattr(domain, name) + number)
        domain.largest = max(domain.largest, numbers[told])
        domain.gross += numbers[told + 1]
        psu, v, b, vv, vb, bb = numbers[told + 2 :]
        domain.strata[stratum] = Stratum(psu, v, b, vv, vb, bb, within.get((*key, stratum), {}))
    return domains


def _write(connection: Engine, found: Sequence[Estimate]) -> None:
    rows = [_row(e) for e in found]
    for name, schema in (("estimate", ESTIMATE), ("estimate_support", SUPPORT)):
        columns = {column: [row[column] for row in rows] for column in schema.names}
        put(connection, name, pa.table(columns, schema=schema))


def _row(e: Estimate) -> dict[str, Any]:
    return e.key._asdict() | {name: getattr(e, name) for name in Estimate.__dataclass_fields__ if name != "key"}
