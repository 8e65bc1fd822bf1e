"""Quantiles and their intervals, from the weighted distribution that the numbered SQL leaves.

An engine that holds the long tables and the exact sums of `computing` come in; `Estimate` rows of the indicators that
ask for a quantile go out, not yet rounded nor protected. The engine keeps `value_weight` and `value_rank`, and what was
sought in them.

The quantile of probability p is the least value where the weighted distribution F reaches p (no interpolation: the
answer of someone, as R's qrule = "math"). Its interval is Woodruff's (1952, doi:10.1080/01621459.1952.10483443): the
bounds of the share at or below it, F -+ t se, read back through F; se = (high - low) / (2 t).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from impact_pipeline.declarations import Indicator
from impact_pipeline.methods.engine import Engine, fill, run
from impact_pipeline.methods.estimation import SIGNIFICANT, Domain, Estimate, Key, Rules, Sums
from impact_pipeline.methods.intervals import student_quantile
from impact_pipeline.methods.linearisation import (
    OverdrawnError,
    SinglePsuError,
    Stratum,
    degrees_of_freedom,
    ratio_scores,
    variance,
)
from impact_pipeline.methods.sampled_rows import Sampled, SampledRows, read_rows
from impact_pipeline.methods.survey_design import RefusedFigure
from impact_pipeline.methods.weighting.samples import Samples
from impact_pipeline.sql import text

TOLERANCE = Fraction(1, 10**12)  # weights such as 1/3 are rounded: a distribution this near to p has reached it
SOUGHT = (
    "{name}(indicator varchar, initiative varchar, wave varchar, dimension varchar, category varchar, "
    "place bigint, target varchar)"
)
Found = Mapping[tuple[Key, int], tuple[float, int, int, int]]  # value; records there; records and weight up to it


def quantiles(
    connection: Engine, indicators: Mapping[str, Indicator], sums: Sums, rules: Rules, samples: Samples
) -> list[Estimate]:
    """The estimate of every category of every indicator that asks for a quantile.

    The error of a sample weighted to margins is that of the share's residuals, from its records one by one, and so is
    that of a sample of two stages.

    Refused with `single-psu` or `population-too-small` as other estimates are. A published quantile may be without se
    and interval: `no-degrees-of-freedom`, or `interval-out-of-range` where a bound of the share is outside 0 and 1, or
    the share is 1 (nothing tells how far the value reaches). `fewest` is the records on the smaller side of the
    quantile and `fewest_beyond` those beyond the nearer bound, the records that hold the values included.
    """
    asked = {key: domain for key, domain in sums.domains.items() if indicators[key.indicator].probability is not None}
    if not asked:
        return []
    run(connection, f"create table value_weight as\n{text('64_value_weight')}")
    run(connection, f"create table value_rank as\n{text('65_value_rank')}")
    told = {key: Fraction(str(indicators[key.indicator].probability)) for key in asked}
    points = _seek(connection, "quantile", ((key, 0, told[key] - TOLERANCE, d.w) for key, d in sorted(asked.items())))
    run(connection, f"create table below as\n{text('67_below')}")
    strata = _read_below(connection, asked)
    found, ends = [], []
    one_by_one = {
        Sampled(*key[:3]) for key, domain in asked.items()
        if (indicators[key.indicator].instrument, *key[1:3]) in samples or domain.is_two_stage
    }  # fmt: skip
    rows = read_rows(connection, one_by_one, indicators, rules.single_psu, samples, "quantile_row")
    for key, domain in sorted(asked.items()):
        value, own, counted, climbed = points[key, 0]
        fewest = min(counted, domain.n - counted + own)
        kish = domain.n * domain.ww / domain.w**2 * _square_scale(sums, key)
        bare = Estimate(key, domain.n, domain.n, value, deff_kish=kish, fewest=fewest)
        sampled = rows.get(Sampled(*key[:3]))
        e, share = _designed(bare, domain, climbed, strata[key], indicators[key.indicator], sums, rules, sampled)
        found.append(e)
        if share is not None:
            ends += [(key, place, Fraction(end) - TOLERANCE, domain.w) for place, end in enumerate(share)]
    bounds = _seek(connection, "bound", ends)
    return [_between(e, bounds, rules.confidence) if (e.key, 0) in bounds else e for e in found]


def _square_scale(sums: Sums, key: Key) -> float:
    quantum = sums.quanta[key.indicator, key.initiative]
    return quantum.w_scale**2 / quantum.ww_scale


def _seek(connection: Engine, name: str, asked: Iterable[tuple[Key, int, Fraction, int]]) -> Found:
    """Where the distributions reach shares of their whole weight; leaves `<name>_found` in the engine."""
    rows = [(*key, place, str(max(0, math.ceil(share * whole)))) for key, place, share, whole in asked]
    fill(connection, SOUGHT.format(name=f"{name}_sought"), rows)
    run(connection, f"create or replace temp view sought as select * from {name}_sought")
    run(connection, f"create table {name}_found as\n{text('66_quantile')}")
    columns = ", ".join((*Key._fields, "place", "value", "n", "counted", "climbed"))
    return {
        (Key(*row[:5]), row[5]): (row[6], row[7], row[8], int(row[9]))
        for row in run(connection, f"select {columns} from {name}_found")
    }


def _read_below(connection: Engine, asked: Mapping[Key, Domain]) -> dict[Key, dict[str, Stratum]]:
    """By category, the strata with weight at or below the quantile for v and all weight for b, in quanta."""
    columns = ", ".join((*Key._fields, "stratum", "psu", "v", "b", "vv", "vb", "bb"))
    strata: dict[Key, dict[str, Stratum]] = {}
    for row in run(connection, f"select {columns} from below"):
        key, (psu, v, b, vv, vb, bb) = Key(*row[:5]), map(int, row[6:])
        p = asked[key].b_power
        strata.setdefault(key, {})[row[5]] = Stratum(psu, v * p, b * p, vv * p * p, vb * p * p, bb * p * p)
    return strata


def _designed(
    bare: Estimate, domain: Domain, climbed: int, strata: Mapping[str, Stratum], indicator: Indicator, sums: Sums,
    rules: Rules, sampled: SampledRows | None,
) -> tuple[Estimate, tuple[float, float] | None]:  # fmt: skip
    """The estimate with its degrees of freedom, and the bounds of the share at or below it; or why there are none."""
    key, policy = bare.key, rules.single_psu[indicator.instrument]
    scores, denominator = ratio_scores(climbed, domain.w, strata)
    sizes = sums.sizes[indicator.instrument, key.initiative, key.wave]
    try:
        found, single = variance(scores, denominator, sizes, policy)
        if sampled is not None:
            held = sampled.within(key.dimension, key.category)
            below = (sampled.value <= (bare.value or 0.0)) - climbed / domain.w
            found = sampled.variance(np.where(held, below, 0.0) / float(sampled.design.weights[held].sum()))
            single = single or sampled.design.has_single_psu
    except SinglePsuError:
        return replace(bare, value=None, status="refused", reason="single-psu"), None
    except OverdrawnError:
        return replace(bare, value=None, status="refused", reason="population-too-small"), None
    except RefusedFigure as refusal:
        return replace(bare, value=None, status="refused", reason=refusal.code), None
    df = degrees_of_freedom(scores)
    if df <= 0:
        return replace(bare, df=df, reason="no-degrees-of-freedom"), None
    share = climbed / domain.w
    se = found**0.5 if found**0.5 > SIGNIFICANT * share else 0.0
    half = _quantile_of(df, rules.confidence) * se
    if climbed == domain.w or share - half < 0 or share + half > 1:
        return replace(bare, df=df, reason="interval-out-of-range"), None
    told = replace(bare, df=df, reason=f"single-psu-{policy}" if single else None)
    return told, (share - half, share + half)


def _between(e: Estimate, bounds: Found, confidence: float) -> Estimate:
    (low, _, low_counted, _), (high, own, high_counted, _) = bounds[e.key, 0], bounds[e.key, 1]
    beyond = min(low_counted, e.n - high_counted + own)
    se = (high - low) / (2 * _quantile_of(e.df or 0, confidence))
    return replace(e, se=se, low=low, high=high, fewest_beyond=beyond)


def _quantile_of(df: int, confidence: float) -> float:
    return float(student_quantile(np.array([df], dtype=np.float64), confidence)[0])
