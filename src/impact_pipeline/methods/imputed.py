"""Means whose missing values are imputed, where an indicator declares it.

An engine that holds the tables of `computing` comes in, with the exact sums; `Estimate` rows go out, each pooled over
the declared draws by Rubin's rules, the error of each draw being the design's. Every record that the indicator asks
takes part; `n` counts those that answered, for disclosure control as elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from impact_pipeline.declarations import Indicator, Schemas
from impact_pipeline.declarations.indicator import Imputation
from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.estimation import Domain, Estimate, Key, Rules, Sums, magnitudes
from impact_pipeline.methods.imputation import impute, pool
from impact_pipeline.methods.sampled_rows import SampledRows, arrays, read_categories
from impact_pipeline.methods.survey_design import RefusedFigure, SurveyDesign
from impact_pipeline.methods.weighting.samples import Samples
from impact_pipeline.renderings import record_sql
from impact_pipeline.renderings.engine_sql import literal

Row = tuple[Any, ...]
PLACED = 6  # cell, stratum, sampling unit, populations, cell of the margins: what `arrays` wants before the weight
IMPUTED, TOO_FEW, CANNOT = "imputed", "too-few-draws", "cannot-impute"


def imputed(connection: Engine, schemas: Schemas, sums: Sums, rules: Rules, samples: Samples) -> list[Estimate]:
    """The estimate of every category of every indicator that declares an imputation.

    Refused with `cannot-impute` (too few answers, or no spread), `too-few-draws` (fewer than a hundred times the
    fraction of missing information) or the code of RefusedFigure; published with the reason `imputed` where values of
    the category were missing.
    """
    found: list[Estimate] = []
    asked = {i.indicator: i for i in schemas.indicators.values() if i.imputation is not None}
    of_indicator = {name: [key for key in sums.domains if key.indicator == name] for name in asked}
    categories = read_categories(connection) if any(of_indicator.values()) else {}
    for name, keys in sorted(of_indicator.items()):
        indicator = asked[name]
        for place, rows in sorted(_records(connection, indicator, schemas).items() if keys else ()):
            here = {key: sums.domains[key] for key in sorted(keys) if key[1:3] == place}
            completed = _completed(rows, indicator.imputation)
            policy = rules.single_psu[indicator.instrument]
            sample = samples.get((indicator.instrument, *place))
            told = [arrays(drawn, categories, policy, sample) for drawn in completed or ()]
            gone = arrays([(*row[:PLACED], row[6], _gap(row), 1.0) for row in rows], categories, policy, sample)
            found += [_estimate(key, domain, told, gone, sums, rules.confidence) for key, domain in here.items()]
    return found


def _records(connection: Engine, indicator: Indicator, schemas: Schemas) -> dict[tuple[str, str], list[Row]]:
    """By initiative and wave, sorted by unit: what `arrays` wants, unit (None: not asked), value and predictors."""
    many = len(indicator.imputation.predictors) if indicator.imputation is not None else 0
    predictors = "".join(f", i.predictor_{place}" for place in range(many))
    found: dict[tuple[str, str], list[Row]] = {}
    for initiative, wave, *row in run(
        connection,
        f"""select c.initiative, c.wave, c.cell, c.stratum, c.psu, c.fpc, d.population, p.post, s.weight, i.unit,
        i.value{predictors}
        from cell c
        join sampled s on s.cell = c.cell
        left join ({record_sql.imputable(indicator, schemas)}) i on i.record = s.record
        left join cell_post p on p.cell = c.cell
        left join psu_drawn d on d.indicator = {literal(indicator.indicator)} and d.initiative = c.initiative
                             and d.wave = c.wave and d.stratum = c.stratum and d.psu = c.psu
        where c.instrument = {literal(indicator.instrument)}""",
    ):
        found.setdefault((initiative, wave), []).append(tuple(row))
    return {place: sorted(rows, key=lambda row: (row[7] is None, row[7] or "")) for place, rows in found.items()}


def _gap(row: Row) -> float | None:
    """1 where the value is missing, 0 where it is there, None where it is not asked."""
    return None if row[7] is None else float(row[8] is None)


def _completed(rows: Sequence[Row], imputation: Imputation | None) -> list[list[Row]] | None:
    """The rows with the values of each draw; None where none can be drawn."""
    asked = [row[8:] for row in rows if row[7] is not None]
    if imputation is None or not asked:
        return None
    table = np.array([[np.nan if x is None else x for x in row] for row in asked], dtype=np.float64)
    try:
        draws = impute(table, draws=imputation.draws, seed=imputation.seed)
    except (ValueError, np.linalg.LinAlgError):
        return None
    return [list(_filled(rows, iter(drawn[:, 0].tolist()))) for drawn in draws]


def _filled(rows: Sequence[Row], values: Iterator[float]) -> Iterator[Row]:
    for row in rows:
        asked = row[7] is not None
        yield (*row[:PLACED], row[6], next(values) if asked else None, 1.0)


def _estimate(
    key: Key, domain: Domain, draws: Sequence[SampledRows], gone: SampledRows, sums: Sums, confidence: float
) -> Estimate:
    quantum = sums.quanta[key.indicator, key.initiative]
    kish = domain.n * (domain.ww / quantum.ww_scale) / (domain.w / quantum.w_scale) ** 2
    largest, gross = magnitudes(domain, quantum)
    bare = Estimate(key, domain.n, domain.n, deff_kish=kish, fewest=domain.n, largest=largest, gross=gross)
    refused = replace(bare, deff_kish=None, status="refused")
    if not draws:
        return replace(refused, reason=CANNOT)
    values, variances, df = [], [], 0
    try:
        for sampled in draws:
            w = np.where(sampled.within(key.dimension, key.category), sampled.design.weights, 0.0)
            value = float(w @ sampled.value / w.sum())
            values.append(value)
            variances.append(sampled.variance(np.where(w > 0, sampled.value - value, 0.0) / w.sum()))
            df = SurveyDesign(w, sampled.design.strata, sampled.design.psus).df
    except RefusedFigure as refusal:
        return replace(refused, reason=refusal.code)
    if df < 1:
        return replace(bare, value=float(np.mean(values)), df=df, reason="no-degrees-of-freedom")
    if min(variances) <= 0:
        return replace(refused, reason=CANNOT)
    pooled = pool(np.array(values), np.array(variances), df_complete=df, confidence=confidence)
    if not pooled.enough:
        return replace(refused, reason=TOO_FEW)
    missing = bool(gone.value[gone.within(key.dimension, key.category)].any())
    return replace(
        bare, value=pooled.value, se=pooled.se, df=math.floor(pooled.df), low=pooled.low, high=pooled.high,
        reason=IMPUTED if missing else None,
    )  # fmt: skip
