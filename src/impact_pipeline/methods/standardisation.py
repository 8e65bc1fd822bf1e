"""Rates as if every territory had the same people in it: direct standardisation, and ratios to what is expected.

Counts of events, people (or person-years) by age group and a standard population come in; a rate or a ratio with its
exact or near-exact interval goes out. Rural territories are older: their crude rates mislead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from impact_pipeline.methods.survey_design import Floats, RefusedFigure

Counts = NDArray[np.int64]


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


def _assert_counts(events: Counts) -> None:
    if (events < 0).any():
        raise RefusedFigure("negative-count", "events are counted from zero")
