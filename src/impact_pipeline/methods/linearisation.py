"""Ratios, totals and changes with their linearised variance, from exact sums by stratum.

Whole numbers come in (sums of PSU totals, of their squares and products, in quanta), a value and its variance go out as
floats. Everything before the last division is integer arithmetic: no cancellation, no order of summation, and a
variance that is zero is exactly zero. Knows no table and no connection.

A mean, a ratio and a share are R = V/B; the linearised score of a PSU is z = (v - R b)/B (Woodruff 1971,
doi:10.1080/01621459.1971.10482279; Binder 1983, doi:10.2307/1402588). PSUs of a stratum without the domain have z = 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SinglePsu = Literal["fail", "adjust", "certainty"]


@dataclass(frozen=True, slots=True)
class Stratum:
    """PSU totals v and b of a domain in one stratum: how many PSUs hold it, sums, sums of squares and products."""

    psu: int
    v: int
    b: int
    vv: int
    vb: int
    bb: int


@dataclass(frozen=True, slots=True)
class Shared:
    """PSUs that hold the domain in both waves: how many, and sums of products of totals, later wave first."""

    psu: int
    vv: int
    vb: int
    bv: int
    bb: int


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
    sum and their sum of squares."""

    psu: int
    total: int
    square: int


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
    of_v1, of_b1 = b1 * b0 * b0, -v1 * b0 * b0
    of_v0, of_b0 = -b0 * b1 * b1, v0 * b1 * b1
    found = {}
    for name in sorted({*strata1, *strata0}):
        one = _scores(strata1.get(name, NOBODY), of_v1, of_b1)
        zero = _scores(strata0.get(name, NOBODY), of_v0, of_b0)
        both = shared.get(name, NOTHING_SHARED)
        product = of_v1 * (of_v0 * both.vv + of_b0 * both.vb) + of_b1 * (of_v0 * both.bv + of_b0 * both.bb)
        square = one.square + zero.square + 2 * product
        found[name] = Scores(one.psu + zero.psu - both.psu, one.total + zero.total, square)
    return found, b1 * b1 * b0 * b0


NOBODY = Stratum(0, 0, 0, 0, 0, 0)
NOTHING_SHARED = Shared(0, 0, 0, 0, 0)


def _scores(s: Stratum, of_v: int, of_b: int) -> Scores:
    square = of_v * of_v * s.vv + 2 * of_v * of_b * s.vb + of_b * of_b * s.bb
    return Scores(s.psu, of_v * s.v + of_b * s.b, square)


def variance(
    scores: Mapping[str, Scores], denominator: int, sizes: Mapping[str, Size], single_psu: SinglePsu
) -> tuple[float, bool]:
    """Variance of an estimate under its design, and whether a stratum with a single PSU was met.

    V = sum over strata of (1 - n/N) n/(n-1) [sum z^2 - (sum z)^2/n], n being all sampled PSUs of the stratum (ultimate
    cluster). A stratum with n = 1 < N: under `adjust` its score is taken from the mean of all scores, under `certainty`
    it adds nothing, under `fail` SinglePsuError is raised. OverdrawnError where n > N.
    """
    square = denominator * denominator
    terms, single = [], []
    for name, size in sorted(sizes.items()):
        if size.left < 0:
            raise OverdrawnError(f"stratum {name!r}: {size.psu} units drawn from {size.population}")
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
    return math.fsum(terms), bool(single)


def degrees_of_freedom(scores: Mapping[str, Scores]) -> int:
    """PSUs that hold the domain less strata that hold it."""
    return sum(s.psu - 1 for s in scores.values() if s.psu > 0)
