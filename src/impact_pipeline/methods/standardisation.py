"""Rates as if every territory had the same people in it: direct standardisation, and ratios to what is expected.

Counts of events, people (or person-years) by age group and a standard population come in; a rate or a ratio with its
exact or near-exact interval goes out. From a survey, values and their design come in, a mean with its error goes out.
Rural territories are older: their crude figures mislead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from impact_pipeline.methods import intervals
from impact_pipeline.methods.survey_design import Floats, RefusedFigure, SurveyDesign

Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StandardisedRate:
    """Events per person (or person-year): `crude` as observed, `value` as the standard population would have it.

    `se` is Poisson's; `events` is how many were counted.
    """

    value: float
    se: float
    low: float
    high: float
    crude: float
    events: int


@dataclass(frozen=True, slots=True)
class StandardisedRatio:
    """Events observed over those expected at the reference's rates (SMR: 1 is the reference)."""

    value: float
    low: float
    high: float
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class StandardisedMean:
    """A survey mean as the standard population would have it, in the unit of the values; `n` records count."""

    value: float
    se: float
    df: int
    low: float
    high: float
    n: int


def direct_rate(events: Counts, people: Floats, standard: Floats, confidence: float = 0.95) -> StandardisedRate:
    """sum of s_i d_i/n_i over groups i (g,), s being the shares of the standard population, with the gamma interval of
    Fay & Feuer (1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#).

    As R's epitools::ageadjust.direct. The interval covers at least its confidence however few the events, none
    included. Raises RefusedFigure: `nobody` (a group of the standard population without people), `negative-count`.
    """
    _assert_counts(events)
    if (standard < 0).any() or not float(standard.sum()) > 0:
        raise RefusedFigure("negative-count", "a standard population counts people")
    kept = standard > 0
    if (people[kept] <= 0).any() or not np.isfinite(people).all():
        raise RefusedFigure("nobody", "a group of the standard population has nobody here: merge it with another")
    order = np.lexsort([events[kept], people[kept], standard[kept]])
    d, n, s = (array[kept][order] for array in (events, people, standard))
    weight = s / s.sum() / n
    value, variance, widest = float(weight @ d), float(weight**2 @ d), float(weight.max())
    tail = (1 - confidence) / 2
    low = variance / value * float(gammaincinv(value**2 / variance, tail)) if value > 0 else 0.0
    more, spread = value + widest, variance + widest**2
    high = spread / more * float(gammaincinv(more**2 / spread, 1 - tail))
    return StandardisedRate(value, variance**0.5, low, high, float(d.sum()) / float(n.sum()), int(d.sum()))


def standardised_ratio(
    events: Counts, people: Floats, reference_rates: Floats, confidence: float = 0.95
) -> StandardisedRatio:
    """Observed over expected events of groups (g,), expected = sum of people x the reference's rate, with the exact
    Poisson interval (Garwood 1936, doi:10.1093/biomet/28.3-4.437), as R's poisson.test.

    Raises RefusedFigure: `nothing-expected`, `negative-count`.
    """
    _assert_counts(events)
    order = np.lexsort([people, reference_rates])
    expected, observed = float(people[order] @ reference_rates[order]), int(events.sum())
    if not expected > 0 or not np.isfinite(expected):
        raise RefusedFigure("nothing-expected", "the reference's rates expect no event here")
    tail = (1 - confidence) / 2
    low = float(gammaincinv(observed, tail)) if observed > 0 else 0.0
    high = float(gammaincinv(observed + 1, 1 - tail))
    return StandardisedRatio(observed / expected, low / expected, high / expected, observed, expected)


def standardised_mean(
    value: Floats, groups: Counts, shares: Floats, design: SurveyDesign, domain: Bools, confidence: float = 0.95,
    *, is_share: bool = False,
) -> StandardisedMean:  # fmt: skip
    """sum of s_g x the weighted mean of group g in the domain: the mean that a standard population would have.

    `value` (n,), `groups` (n,) codes from 0, -1 for those whose group is not known, who are left out; `shares` (g,) of
    the standard population, which are brought to a sum of 1. The error is that of the linearised sum (scores
    s_g (y - mean of g) / W_g), as R's svycontrast of svyby. Raises RefusedFigure: `empty-group` (a group of the
    standard population without anybody), `no-degrees-of-freedom`, and what the design raises.
    """
    order = np.lexsort([value, groups, domain, design.weights, design.psus, design.strata])
    value, groups, domain, design = value[order], groups[order], domain[order], design.rows(order)
    w = np.where(domain & (groups >= 0), design.weights, 0.0)
    whole = np.bincount(groups[w > 0], weights=w[w > 0], minlength=len(shares))
    if (whole[shares > 0] <= 0).any():
        raise RefusedFigure("empty-group", "a group of the standard population has nobody here: merge it with another")
    df = SurveyDesign(w, design.strata, design.psus).df
    if df < 1:
        raise RefusedFigure("no-degrees-of-freedom", "as many strata as sampling units")
    whole, part = np.where(whole > 0, whole, 1.0), shares / shares.sum()
    means = np.bincount(groups[w > 0], weights=(w * value)[w > 0], minlength=len(shares)) / whole
    found = float(part @ means)
    influence = np.where(w > 0, (part / whole)[groups] * (value - means[groups]), 0.0)
    se = float(design.covariance((w * influence)[:, None])[0, 0]) ** 0.5
    bounds = intervals.logit if is_share and 0 < found < 1 else intervals.student
    told = np.array([[found], [se], [df]], dtype=np.float64)
    low, high = bounds(told[0], told[1], told[2], confidence)
    return StandardisedMean(found, se, df, float(low[0]), float(high[0]), int((w > 0).sum()))


def _assert_counts(events: Counts) -> None:
    if (events < 0).any():
        raise RefusedFigure("negative-count", "events are counted from zero")
