"""Shares of people who changed by more than error of measurement: reliably risen, reliably fallen, or neither.

An engine that holds the long tables comes in, with the exact sums of `computing` and the error of measurement of each
score at each wave; `Estimate` rows of the indicators `estimator: reliable-change` go out, not yet rounded nor
protected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from impact_pipeline.declarations import Indicator
from impact_pipeline.declarations.indicator import Way
from impact_pipeline.methods import intervals
from impact_pipeline.methods.engine import Engine
from impact_pipeline.methods.estimation import SIGNIFICANT, Estimate, Rules, Sums
from impact_pipeline.methods.measures.reliability_table import Counts, Place, error_of_measurement
from impact_pipeline.methods.measures.reliability_table import Sums as ItemSums
from impact_pipeline.methods.sampled_rows import Sampled, SampledRows, read_rows
from impact_pipeline.methods.standardisation import standardised_mean
from impact_pipeline.methods.survey_design import Floats, RefusedFigure
from impact_pipeline.methods.weighting.samples import Samples

MOVED: Mapping[Way, Callable[[Floats, float], Floats]] = {
    "rise": lambda change, least: np.where(change > least, 1.0, 0.0),
    "fall": lambda change, least: np.where(change < -least, 1.0, 0.0),
    "unchanged": lambda change, least: np.where(np.abs(change) <= least, 1.0, 0.0),
}


def reliable_changes(
    connection: Engine, indicators: Mapping[str, Indicator], sums: Sums, rules: Rules, samples: Samples,
    items: Mapping[Place, ItemSums], counts: Mapping[Place, Counts],
) -> list[Estimate]:  # fmt: skip
    """The share of every category, among people who have the score at both waves, by the category of the last one.

    A change is reliable beyond 1.96 times the error of a difference, sd sqrt(2 (1 - r)) (Jacobson & Truax 1991,
    doi:10.1037/0022-006X.59.1.12): `mdc95` of the first wave, whose r is alpha or the declared `retest`. That error is
    taken as known: the survey's error is that of the share. Refused with `missing-wave` (nobody at both waves),
    `no-reliability` (alpha cannot be had or is not above 0), `mode-change`, `version-change`, or as the design.
    """
    asked = {key: d for key, d in sums.domains.items() if indicators[key.indicator].estimator == "reliable-change"}
    last = {key for key in asked if key.wave == _ends(indicators[key.indicator])[1]}
    people = {Sampled(*key[:3]) for key in last}
    rows = read_rows(
        connection, people, indicators, rules.single_psu, samples, "reliable_row", observed="69_person_change"
    )
    found = []
    for key in sorted({key._replace(wave=_ends(indicators[key.indicator])[1]) for key in asked}):
        indicator = indicators[key.indicator]
        first = key._replace(wave=_ends(indicator)[0])
        n = asked[key if key in last else first].n
        bare = Estimate(key, n, n, fewest=n)
        verdict = sums.verdicts.get((key.indicator, key.initiative))
        is_alone = key not in last or first not in asked
        if is_alone or verdict in ("mode-change", "version-change"):
            found.append(replace(bare, status="refused", reason="missing-wave" if is_alone else verdict))
            continue
        try:
            place = Place(indicator.value.text, indicator.instrument, key.initiative, first.wave)
            told = _share(bare, indicator, rows[Sampled(*key[:3])], _least(indicator, place, items, counts), rules)
        except RefusedFigure as refusal:
            found.append(replace(bare, status="refused", reason=refusal.code))
            continue
        found.append(replace(told, reason=told.reason or verdict))
    return found


def _ends(indicator: Indicator) -> tuple[str, str]:
    assert indicator.waves is not None
    return indicator.waves.from_, indicator.waves.to


def _least(
    indicator: Indicator, place: Place, items: Mapping[Place, ItemSums], counts: Mapping[Place, Counts]
) -> float:
    """The smallest change beyond error, in the unit of the score, from everybody's answers at the first wave."""
    retest = indicator.reliable.retest if indicator.reliable is not None else None
    error = error_of_measurement(items.get(place), counts.get(place, {}), retest)
    if error is None or error.mdc95 <= 0:
        raise RefusedFigure("no-reliability", f"{place.score}: nothing tells its error of measurement")
    return error.mdc95


def _share(bare: Estimate, indicator: Indicator, sampled: SampledRows, least: float, rules: Rules) -> Estimate:
    assert indicator.reliable is not None
    inside = sampled.within(bare.key.dimension, bare.key.category)
    if not inside.any():
        raise RefusedFigure("missing-wave", "nobody at both waves")
    moved = MOVED[indicator.reliable.way](sampled.value, least)
    everybody = np.zeros(len(moved), dtype=np.int64)
    told = standardised_mean(moved, everybody, np.ones(1), sampled.design, inside, rules.confidence, is_share=True)
    weights = np.sort(sampled.design.weights[inside])
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    se = told.se if told.se > SIGNIFICANT * told.value else 0.0
    policy = rules.single_psu[indicator.instrument]
    found = replace(
        bare, n=told.n, units=told.n, value=told.value, se=se, df=told.df, fewest=told.n, n_effective=effective,
        deff_kish=told.n / effective, reason=f"single-psu-{policy}" if sampled.design.has_single_psu else None,
    )  # fmt: skip
    if moved[inside].min() < moved[inside].max():
        return found  # its interval is that of any share
    one = np.array([[told.value >= 0.5], [told.n], [effective], [told.df]], dtype=np.float64)
    low, high = intervals.unanimous(one[0], one[1], one[2], one[3], rules.confidence)
    return replace(found, value=float(one[0, 0]), se=0.0, low=float(low[0]), high=float(high[0]))
