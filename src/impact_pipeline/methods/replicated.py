"""Errors by replicates, for the instruments whose design declares them.

An engine that holds the tables of `computing` comes in, with the exact sums; the variance of each level, change and
contrast goes out, or the code of why it has none. Replicates are of sampling units: those of a wave for a level and a
contrast, those of both waves for a change, so that a unit of both is left out, or drawn, in both. Deviations are taken
from the estimate itself. Quantiles keep Woodruff's interval and figures of whole distributions their linearised error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from impact_pipeline.declarations import Indicator, Instrument
from impact_pipeline.declarations.design import Replication
from impact_pipeline.declarations.indicator import BY_RECORD
from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.estimation import Key, Sums
from impact_pipeline.methods.replication import (
    RefusedReplicates,
    Replicates,
    balanced,
    bootstrap,
    stratified_jackknife,
)
from impact_pipeline.methods.survey_design import Floats

Unit = tuple[str, str]  # stratum, sampling unit
Category = tuple[str, str]  # dimension, category
Found = dict[Key, float | str]
EMPTY = "empty-replicate"


@dataclass(slots=True)
class _Wave:
    """Of an indicator, in quanta: totals v and b of each sampling unit, by category."""

    v: dict[Category, dict[Unit, int]] = field(default_factory=dict)
    b: dict[Category, dict[Unit, int]] = field(default_factory=dict)


def replicated(
    connection: Engine, instruments: Sequence[Instrument], indicators: Mapping[str, Indicator], sums: Sums
) -> tuple[Found, Found]:
    """Variances of estimates, and of contrasts by the category that is compared, in the squared unit of the figure.

    Codes: those of RefusedReplicates (`single-psu`, `not-paired`), or `empty-replicate` where a sample made up has
    nobody of the category.
    """
    levels: Found = {}
    contrasts: Found = {}
    for instrument in instruments:
        if instrument.design.errors is None:
            continue
        units = _units(connection, instrument.instrument)
        for (indicator, initiative), waves in _totals(connection, instrument.instrument).items():
            declared = indicators[indicator]
            if declared.estimator == "quantile" or declared.estimator in BY_RECORD:
                continue
            asked = [tuple(waves)] if declared.waves is not None else [(wave,) for wave in waves]
            for together in asked:
                drawn = sorted(set().union(*(units[initiative, wave] for wave in together)))
                places = {unit: place for place, unit in enumerate(drawn)}
                of = [(wave, waves[wave]) for wave in together]
                made = _made(instrument.design.errors, [stratum for stratum, _ in drawn])
                told = dict(_figures(declared, initiative, of, places, made, sums))
                levels |= {key: _variance(made, *figure) for key, figure in told.items()}
                contrasts |= dict(_contrasts(declared, told, made))
    return levels, contrasts


def _units(connection: Engine, instrument: str) -> dict[tuple[str, str], set[Unit]]:
    """Sampling units of each initiative and wave, with or without an observation."""
    found: dict[tuple[str, str], set[Unit]] = {}
    for name, initiative, wave, stratum, psu in run(
        connection, "select distinct instrument, initiative, wave, stratum, psu from cell where psu is not null"
    ):
        if name == instrument:
            found.setdefault((initiative, wave), set()).add((stratum, psu))
    return found


def _totals(connection: Engine, instrument: str) -> dict[tuple[str, str], dict[str, _Wave]]:
    """By indicator and initiative, then wave."""
    found: dict[tuple[str, str], dict[str, _Wave]] = {}
    for name, indicator, initiative, wave, dimension, category, stratum, psu, v, b in run(
        connection,
        "select m.instrument, p.indicator, p.initiative, p.wave, p.dimension, p.category, p.stratum, p.psu, p.v, p.b "
        "from psu_total p join measure m on m.indicator = p.indicator",
    ):
        if name == instrument:
            at = found.setdefault((indicator, initiative), {}).setdefault(wave, _Wave())
            at.v.setdefault((dimension, category), {})[stratum, psu] = int(v)
            at.b.setdefault((dimension, category), {})[stratum, psu] = int(b)
    return found


def _made(errors: Replication, strata: Sequence[str]) -> Replicates | str:
    try:
        if errors.method == "jackknife":
            return stratified_jackknife(strata)
        if errors.method == "brr":
            return balanced(strata, errors.fay)
        return bootstrap(strata, errors.replicates or 0, errors.seed or 0)
    except RefusedReplicates as refusal:
        return refusal.code


def _figures(
    indicator: Indicator, initiative: str, waves: Sequence[tuple[str, _Wave]], places: Mapping[Unit, int],
    made: Replicates | str, sums: Sums,
) -> Iterator[tuple[Key, tuple[float, Floats]]]:  # fmt: skip
    """Of each category the estimate, less what values were centred at, and its replicates (r,)."""
    quantum = sums.quanta[indicator.indicator, initiative]
    is_total = indicator.estimator == "total"
    unit = 1 / quantum.v_scale if is_total else quantum.b_scale / quantum.v_scale
    factors = np.zeros((0, len(places))) if isinstance(made, str) else made.factors
    both = np.vstack([np.ones((1, len(places))), factors])  # the whole sample first
    change = indicator.waves
    for dimension, category in sorted({told for _, at in waves for told in at.v}):
        found = {}
        for wave, at in waves:
            v, b = (_column(side.get((dimension, category), {}), places) for side in (at.v, at.b))
            with np.errstate(invalid="ignore", divide="ignore"):
                found[wave] = unit * (both @ v) if is_total else unit * (both @ v) / (both @ b)
        if change is None:
            wave, figure = next(iter(found.items()))
        elif {change.from_, change.to} <= found.keys():
            wave, figure = change.to, found[change.to] - found[change.from_]
        else:
            continue
        yield Key(indicator.indicator, initiative, wave, dimension, category), (float(figure[0]), figure[1:])


def _column(totals: Mapping[Unit, int], places: Mapping[Unit, int]) -> Floats:
    found = np.zeros(len(places))
    for unit, total in totals.items():
        found[places[unit]] = total
    return found


def _variance(made: Replicates | str, estimate: float, replicates: Floats) -> float | str:
    if isinstance(made, str):
        return made
    if not np.isfinite(replicates).all():
        return EMPTY
    return float(made.variance(estimate, replicates, "estimate"))


def _contrasts(
    indicator: Indicator, told: Mapping[Key, tuple[float, Floats]], made: Replicates | str
) -> Iterator[tuple[Key, float | str]]:
    compare = indicator.compare
    for key, (estimate, replicates) in told.items():
        if compare is None or key.dimension != compare.by or key.category == compare.reference:
            continue
        reference = told.get(key._replace(category=compare.reference))
        if reference is not None:
            yield key, _variance(made, estimate - reference[0], replicates - reference[1])
