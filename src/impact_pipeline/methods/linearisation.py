"""Ratios, totals and changes with their linearised variance, from exact sums by stratum.

Whole numbers come in (sums of PSU totals, of their squares and products, in quanta), a value and its variance go out as
floats. Everything before the last division is integer arithmetic: no cancellation, no order of summation, and a
variance that is zero is exactly zero. Knows no table and no connection.

A mean, a ratio and a share are R = V/B; the linearised score of a PSU is z = (v - R b)/B (Woodruff 1971,
doi:10.1080/01621459.1971.10482279; Binder 1983, doi:10.2307/1402588). PSUs of a stratum without the domain have z = 0.
Where the population of PSUs is known, so is that of the units within each: the second stage of sampling has its term.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

SinglePsu = Literal["fail", "adjust", "certainty"]


class Alike(NamedTuple):
    """What sampling units are grouped by to tell what varies within: units drawn from each, and how many it has."""

    drawn: int
    population: float


class Within(NamedTuple):
    """Squares and product of what the units within PSUs hold, and of what these PSUs hold; no fewer digits than v."""

    vv: int
    vb: int
    bb: int
    psu_vv: int
    psu_vb: int
    psu_bb: int


class SharedWithin(NamedTuple):
    """Products of what units within PSUs hold in both waves, later wave first, and of what these PSUs hold."""

    vv: int
    vb: int
    bv: int
    bb: int
    psu_vv: int
    psu_vb: int
    psu_bv: int
    psu_bb: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """PSU totals v and b of a domain in one stratum: how many PSUs hold it, sums, sums of squares and products."""

    psu: int
    v: int
    b: int
    vv: int
    vb: int
    bb: int
    within: Mapping[Alike, Within] = field(default_factory=dict)

    def times(self, p: int, q: int) -> Stratum:
        """The same with PSU totals v times p and b times q."""
        within = {
            alike: w._replace(psu_vv=w.psu_vv * p * p, psu_vb=w.psu_vb * p * q, psu_bb=w.psu_bb * q * q)
            for alike, w in self.within.items()
        }
        return Stratum(self.psu, self.v * p, self.b * q, self.vv * p * p, self.vb * p * q, self.bb * q * q, within)


@dataclass(frozen=True, slots=True)
class Shared:
    """PSUs that hold the domain in both waves: how many, and sums of products of totals, later wave first."""

    psu: int
    vv: int
    vb: int
    bv: int
    bb: int
    within: Mapping[Alike, SharedWithin] = field(default_factory=dict)

    def times(self, p: int, q: int) -> Shared:
        """The same with PSU totals v times p and b times q."""
        within = {
            alike: w._replace(
                psu_vv=w.psu_vv * p * p, psu_vb=w.psu_vb * p * q, psu_bv=w.psu_bv * q * p, psu_bb=w.psu_bb * q * q
            )
            for alike, w in self.within.items()
        }
        return Shared(self.psu, self.vv * p * p, self.vb * p * q, self.bv * q * p, self.bb * q * q, within)


@dataclass(frozen=True, slots=True)
class Size:
    """Sampled PSUs of a stratum, and how many there are in the population (None: many)."""

    psu: int
    population: float | None = None

    @property
    def left(self) -> float:
        """The share of the stratum's PSUs that was not drawn: the finite population correction."""
        return 1.0 if self.population is None else 1.0 - self.psu / self.population


@dataclass(frozen=True, slots=True)
class Scores:
    """Linearised scores of the PSUs of a stratum that hold the domain, times a common `denominator`: how many, their
    sum and their sum of squares; `within` PSUs drawn from alike, sums of squares of the scores of units and of PSUs."""

    psu: int
    total: int
    square: int
    within: Mapping[Alike, tuple[int, int]] = field(default_factory=dict)


class SinglePsuError(ValueError):
    """A stratum has a single PSU, whose variance nothing tells, and the policy is to fail."""


class OverdrawnError(ValueError):
    """More PSUs were drawn from a stratum than its population is said to have."""


def ratio_scores(v: int, b: int, strata: Mapping[str, Stratum]) -> tuple[dict[str, Scores], int]:
    """Scores of V/B by stratum, and their denominator B^2: z B^2 = B v_i - V b_i."""
    return {name: _scores(s, b, -v) for name, s in strata.items()}, b * b


def total_scores(strata: Mapping[str, Stratum]) -> tuple[dict[str, Scores], int]:
    """Scores of a total by stratum: the PSU totals themselves."""
    return {name: _scores(s, 1, 0) for name, s in strata.items()}, 1


def change_scores(
    later: tuple[int, int, Mapping[str, Stratum]],
    earlier: tuple[int, int, Mapping[str, Stratum]],
    shared: Mapping[str, Shared],
) -> tuple[dict[str, Scores], int]:
    """Scores of V1/B1 - V0/B0 over the PSUs of both waves: a shared PSU carries the covariance of the two waves."""
    (v1, b1, strata1), (v0, b0, strata0) = later, earlier
    one = b1 * b0 * b0, -v1 * b0 * b0
    zero = -b0 * b1 * b1, v0 * b1 * b1
    found = {}
    for name in sorted({*strata1, *strata0}):
        later_scores = _scores(strata1.get(name, NOBODY), *one)
        earlier_scores = _scores(strata0.get(name, NOBODY), *zero)
        both = shared.get(name, NOTHING_SHARED)
        square = (
            later_scores.square + earlier_scores.square + 2 * _product(one, zero, both.vv, both.vb, both.bv, both.bb)
        )
        psu, total = later_scores.psu + earlier_scores.psu - both.psu, later_scores.total + earlier_scores.total
        within = {}
        for alike in {*later_scores.within, *earlier_scores.within}:
            units1, psus1 = later_scores.within.get(alike, (0, 0))
            units0, psus0 = earlier_scores.within.get(alike, (0, 0))
            units, psus = units1 + units0, psus1 + psus0
            if alike in both.within:
                w = both.within[alike]
                units += 2 * _product(one, zero, *w[:4])
                psus += 2 * _product(one, zero, *w[4:])
            within[alike] = units, psus
        found[name] = Scores(psu, total, square, within)
    return found, b1 * b1 * b0 * b0


NOBODY = Stratum(0, 0, 0, 0, 0, 0)
NOTHING_SHARED = Shared(0, 0, 0, 0, 0)


def _scores(s: Stratum, of_v: int, of_b: int) -> Scores:
    def square(vv: int, vb: int, bb: int) -> int:
        return of_v * of_v * vv + 2 * of_v * of_b * vb + of_b * of_b * bb

    within = {alike: (square(*w[:3]), square(*w[3:])) for alike, w in s.within.items()}
    return Scores(s.psu, of_v * s.v + of_b * s.b, square(s.vv, s.vb, s.bb), within)


def _product(one: tuple[int, int], zero: tuple[int, int], vv: int, vb: int, bv: int, bb: int) -> int:
    """Of the scores of the later and of the earlier wave."""
    (of_v1, of_b1), (of_v0, of_b0) = one, zero
    return of_v1 * (of_v0 * vv + of_b0 * vb) + of_b1 * (of_v0 * bv + of_b0 * bb)


def variance(
    scores: Mapping[str, Scores], denominator: int, sizes: Mapping[str, Size], single_psu: SinglePsu
) -> tuple[float, bool]:
    """Variance of an estimate under its design, and whether a stratum with a single PSU was met.

    V = sum over strata of (1 - n/N) n/(n-1) [sum z^2 - (sum z)^2/n], n being all sampled PSUs of the stratum (ultimate
    cluster). A stratum with n = 1 < N: under `adjust` its score is taken from the mean of all scores, under `certainty`
    it adds nothing, under `fail` SinglePsuError is raised. OverdrawnError where n > N.

    Where m units were drawn from the M of each PSU, the second stage adds n/N (1 - m/M) m/(m-1) [sum u^2 - z^2/m] for
    each, u being the scores of units (Cochran 1977, 10.3; as R's svydesign(id = ~psu + unit, fpc = ~N + M)). A PSU with
    m = 1 < M follows the policy too, its score being taken from zero under `adjust`.
    """
    square = denominator * denominator
    terms, single = [], []
    lone = False
    for name, size in sorted(sizes.items()):
        if size.left < 0:
            raise OverdrawnError(f"stratum {name!r}: {size.psu} units drawn from {size.population}")
        for alike, (units, psus) in scores[name].within.items() if name in scores and size.left < 1 else ():
            lone = lone or alike.drawn == 1 < alike.population
            terms.append((1 - size.left) * _within(name, alike, units, psus, square, single_psu))
        if size.left == 0:
            continue
        if size.psu == 1:
            single.append(name)
            continue
        s = scores.get(name)
        if s is not None:
            terms.append(size.left * ((size.psu * s.square - s.total**2) / ((size.psu - 1) * square)))
    if single and single_psu == "fail":
        raise SinglePsuError(f"strata with a single sampling unit: {', '.join(single)}")
    if single and single_psu == "adjust":
        drawn = sum(size.psu for size in sizes.values())
        total = sum(s.total for s in scores.values())
        for name in single:
            own = scores[name].total if name in scores else 0
            terms.append(sizes[name].left * ((own * drawn - total) ** 2 / (drawn * drawn * square)))
    return math.fsum(terms), bool(single) or lone


def _within(stratum: str, alike: Alike, units: int, psus: int, square: int, single_psu: SinglePsu) -> float:
    """(1 - m/M) m/(m-1) [sum u^2 - sum z^2 / m] / square, over PSUs that were drawn from alike."""
    drawn, population = alike
    if drawn > population:
        raise OverdrawnError(f"stratum {stratum!r}: {drawn} units drawn from {population} of a sampling unit")
    left = 1 - drawn / population
    if drawn > 1:
        return left * ((drawn * units - psus) / ((drawn - 1) * square))
    if left > 0 and single_psu == "fail":
        raise SinglePsuError(f"stratum {stratum!r}: a single unit drawn from {population} of a sampling unit")
    return left * (units / square) if single_psu == "adjust" else 0.0


def degrees_of_freedom(scores: Mapping[str, Scores]) -> int:
    """PSUs that hold the domain less strata that hold it."""
    return sum(s.psu - 1 for s in scores.values() if s.psu > 0)
