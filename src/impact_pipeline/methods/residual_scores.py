"""Scores of calibrated estimates in place of plain ones: what the margins explain is no longer in doubt.

Sums and sums of squares of residual scores by stratum come in, as whole numbers, with the plain scores of an estimate;
`Scores` for `linearisation.variance` go out. Estimates of samples that are not calibrated keep their plain scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from impact_pipeline.methods.linearisation import Alike, Scores

Moments = Mapping[str, tuple[int, int]]  # by stratum: sum of the scores of its sampling units, sum of their squares
Told = tuple[dict[str, Scores], int]  # scores by stratum, and their common denominator


@dataclass(frozen=True, slots=True)
class Residuals:
    """`moments` by key of a level (indicator, initiative, wave, dimension, category), in quanta of v x power;
    `products` of the scores of both waves of a change by (indicator, initiative, dimension, category), then stratum;
    `within` by key and stratum, for sampling units drawn from alike: sums of squares of the scores of units (in quanta
    of v) and of sampling units (of v x power)."""

    moments: Mapping[tuple[str, ...], Moments] = field(default_factory=dict)
    products: Mapping[tuple[str, ...], Mapping[str, int]] = field(default_factory=dict)
    within: Mapping[tuple[str, ...], Mapping[Alike, tuple[int, int]]] = field(default_factory=dict)

    def level(self, key: tuple[str, ...], plain: Told, base: int, power: int) -> Told:
        """Scores of V/B (base B) or of a total (base 1): z = v - R b - x'beta w, over the base."""
        found = self.moments.get(key)
        if found is None:
            return plain
        return {
            stratum: Scores(
                _psus(plain, stratum), total * power, square * power * power, self._within((*key, stratum), power)
            )
            for stratum, (total, square) in found.items()
        }, base

    def _within(self, place: tuple[str, ...], power: int) -> dict[Alike, tuple[int, int]]:
        return {alike: (units, psus * power * power) for alike, (units, psus) in self.within.get(place, {}).items()}

    def change(
        self, later: tuple[str, ...], earlier: tuple[str, ...], plain: Told, bases: tuple[int, int], power: int
    ) -> Told:
        """Scores of V1/B1 - V0/B0: B0 z1 - B1 z0 over B1 B0; units of both waves carry what ties them."""
        one, zero = self.moments.get(later), self.moments.get(earlier)
        if one is None or zero is None:
            return plain
        b1, b0 = bases
        indicator, initiative, _, dimension, category = later
        products = self.products.get((indicator, initiative, dimension, category), {})
        found = {}
        for stratum in sorted({*one, *zero}):
            (total1, square1), (total0, square0) = one.get(stratum, (0, 0)), zero.get(stratum, (0, 0))
            square = b0 * b0 * square1 + b1 * b1 * square0 - 2 * b0 * b1 * products.get(stratum, 0)
            total = b0 * total1 - b1 * total0
            found[stratum] = Scores(_psus(plain, stratum), total * power, square * power * power)
        return found, b1 * b0


def _psus(plain: Told, stratum: str) -> int:
    """Sampling units that hold the domain: those alone count as degrees of freedom."""
    return plain[0][stratum].psu if stratum in plain[0] else 0
