"""Weighting classes: those who responded stand for those of their class who did not.

Classes in their declared order come in, with how many responded and sums of design weights; each class's factor goes
out, and which classes were put together because they were too small or their factor too large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.weighting.refused import RefusedWeighting

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Classes:
    """`group` (one a class): which classes were put together, from 0; `factor` (one a class): by what the weights of
    its respondents are multiplied."""

    group: tuple[int, ...]
    factor: tuple[float, ...]

    @property
    def collapsed(self) -> int:
        """How many classes were lost by putting them together."""
        return len(self.group) - len(set(self.group))


def weighting_classes(
    respondents: Sequence[int], responded: Floats, eligible: Floats, smallest: int = 30, largest: float = 2.0
) -> Classes:
    """Factors sum of eligible weights / sum of respondents' weights, classes collapsed where they tell too little.

    respondents: how many in each class; responded, eligible: (k,) sums of design weights. A class with fewer than
    `smallest` respondents, or whose factor is above `largest` times the overall one, is put together with its
    neighbour, in the order given, whose response rate is nearest (the earlier one where both are as near); the class
    with the fewest respondents first. Relative to the overall factor: with 40 % of answers every factor is above 2.
    (Kalton & Flores-Cervantes 2003, J. Official Statistics 19, 81-97.)
    Raises RefusedWeighting `nobody-responded`.
    """
    if sum(respondents) == 0:
        raise RefusedWeighting("nobody-responded", "nobody responded: there is nobody to stand for the others")
    groups = [
        _Group([place], n, r, e)
        for place, (n, r, e) in enumerate(zip(respondents, responded.tolist(), eligible.tolist(), strict=True))
    ]
    overall = float(eligible.sum() / responded.sum())
    while len(groups) > 1:
        poor = [k for k, g in enumerate(groups) if g.n < smallest or g.eligible > largest * overall * g.responded]
        if not poor:
            break
        k = min(poor, key=lambda place: (groups[place].n, place))
        beside = [place for place in (k - 1, k + 1) if 0 <= place < len(groups)]
        first, second = sorted((k, min(beside, key=lambda place: (abs(groups[place].rate - groups[k].rate), place))))
        groups[first : second + 1] = [groups[first].with_other(groups[second])]
    group = {place: number for number, found in enumerate(groups) for place in found.members}
    numbers = [group[place] for place in range(len(respondents))]
    return Classes(tuple(numbers), tuple(groups[g].eligible / groups[g].responded for g in numbers))


@dataclass(frozen=True, slots=True)
class _Group:
    """Classes put together: which ones, how many responded, sums of design weights."""

    members: list[int]
    n: int
    responded: float
    eligible: float

    @property
    def rate(self) -> float:
        return self.responded / self.eligible if self.eligible > 0 else 0.0

    def with_other(self, other: _Group) -> _Group:
        return _Group(
            self.members + other.members, self.n + other.n, self.responded + other.responded,
            self.eligible + other.eligible,
        )  # fmt: skip


def kish_deff(weights: Floats, counts: NDArray[np.int64]) -> float:
    """n sum w^2 / (sum w)^2: what unequal weights cost (Kish 1965); `counts` records bear each of `weights`."""
    return float(counts.sum() * np.dot(weights * weights, counts) / np.dot(weights, counts) ** 2)
