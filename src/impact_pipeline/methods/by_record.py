"""Estimates of whole distributions, from records one by one: poverty, inequality, means in a standard population.

An engine that holds the long tables and the exact sums of `computing` come in; `Estimate` rows of the indicators whose
estimator sums over cells cannot serve go out, not yet rounded nor protected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from impact_pipeline.declarations import Indicator
from impact_pipeline.declarations.indicator import BY_RECORD, Standard
from impact_pipeline.methods.engine import Engine
from impact_pipeline.methods.estimation import SIGNIFICANT, Domain, Estimate, Key, Rules, Sums
from impact_pipeline.methods.inequality import Inequality, gini, poverty_gap, poverty_rate, quintile_ratio
from impact_pipeline.methods.sampled_rows import Sampled, SampledRows, read_rows
from impact_pipeline.methods.standardisation import StandardisedMean, standardised_mean
from impact_pipeline.methods.survey_design import Floats, Integers, RefusedFigure
from impact_pipeline.methods.weighting.samples import Samples


def by_record(
    connection: Engine, indicators: Mapping[str, Indicator], sums: Sums, rules: Rules, samples: Samples
) -> list[Estimate]:
    """The estimate of every category of every indicator of `BY_RECORD`, refused with the code of `RefusedFigure`.

    Reliable changes aside: see `reliable_change`. A poverty line that is a share of the median is that of everyone at
    the wave, whatever the category. Samples weighted to margins have the errors of their residuals.
    """
    told_here = {name for name, i in indicators.items() if i.estimator in BY_RECORD and i.reliable is None}
    asked = {key: domain for key, domain in sums.domains.items() if key.indicator in told_here}
    policies = rules.single_psu
    rows = read_rows(connection, {Sampled(*key[:3]) for key in asked}, indicators, policies, samples, "record_row")
    found = []
    for key, domain in sorted(asked.items()):
        indicator, sampled = indicators[key.indicator], rows[Sampled(*key[:3])]
        bare = Estimate(key, domain.n, domain.n, deff_kish=_kish(key, domain, sums), fewest=domain.n)
        try:
            told = _figure(key, indicator, sampled, rules.confidence)
        except RefusedFigure as refusal:
            found.append(replace(bare, deff_kish=None, status="refused", reason=refusal.code))
            continue
        policy = policies[indicator.instrument]
        found.append(_told(bare, told, f"single-psu-{policy}" if sampled.design.has_single_psu else None))
    return found


def _figure(key: Key, indicator: Indicator, sampled: SampledRows, confidence: float) -> Inequality | StandardisedMean:
    inside = sampled.within(key.dimension, key.category)
    if indicator.standard is not None:
        groups, shares = _groups(sampled, indicator.standard)
        return standardised_mean(
            sampled.value, groups, shares, sampled.design, inside, confidence, is_share=indicator.is_share
        )
    line = indicator.poverty_line
    if line is not None:
        of = poverty_rate if indicator.estimator == "poverty-rate" else poverty_gap
        return of(
            sampled.value, sampled.design, domain=inside, of_median=line.of_median or 0.0, threshold=line.amount,
            confidence=confidence,
        )  # fmt: skip
    figure = gini if indicator.estimator == "gini" else quintile_ratio
    return figure(sampled.value, sampled.design, domain=inside, confidence=confidence)


def _groups(sampled: SampledRows, standard: Standard) -> tuple[Integers, Floats]:
    """The group (n,) of each record in the order of the declared shares, -1 for one that has none; the shares (g,)."""
    codes, names = sampled.categories[standard.by]
    places = {name: place for place, name in enumerate(standard.shares)}
    of = np.array([places.get(name, -1) for name in names], dtype=np.int64)
    return of[codes], np.array(list(standard.shares.values()), dtype=np.float64)


def _told(bare: Estimate, told: Inequality | StandardisedMean, reason: str | None) -> Estimate:
    se = told.se if told.se > SIGNIFICANT * abs(told.value) else 0.0
    n = told.n if isinstance(told, StandardisedMean) else bare.n
    fewest = told.fewest if isinstance(told, Inequality) else told.n
    return replace(
        bare, n=n, units=n, value=told.value, se=se, df=told.df, low=told.low, high=told.high, fewest=fewest,
        reason=reason,
    )  # fmt: skip


def _kish(key: Key, domain: Domain, sums: Sums) -> float:
    quantum = sums.quanta[key.indicator, key.initiative]
    return domain.n * (domain.ww / quantum.ww_scale) / (domain.w / quantum.w_scale) ** 2
