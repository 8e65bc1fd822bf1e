"""Post-stratification and raking: weights of cells brought to known margins, one after the other until all hold.

Sums of weights by cell (records alike in every margin) come in, with the place of each cell in each margin and the
margins' known totals; the factors by which weights of each cell are multiplied go out. Cells are few where records are
many, and sums run in the order of the cells: the same cells give the same factors to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.weighting.refused import RefusedWeighting

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

CONVERGED = 1e-13  # the furthest a margin may stay from its total, as a share of it
ITERATIONS = 2000
TOTALS_AGREE = 1e-6  # margins are published in whole people: their totals may differ by a rounding


@dataclass(frozen=True, slots=True)
class Raked:
    """`g` (one a cell): final over initial weight; `iterations`: rounds over all margins."""

    g: Floats
    iterations: int


def post_stratify(weights: Floats, places: Places, targets: Floats) -> Raked:
    """g = T_c / sum of the weights of category c (Holt & Smith 1979, doi:10.2307/2344652)."""
    return rake(weights, [places], [targets])


def rake(weights: Floats, margins: Sequence[Places], targets: Sequence[Floats]) -> Raked:
    """Iterative proportional fitting (Deming & Stephan 1940, doi:10.1214/aoms/1177731829).

    `weights`: sum of initial weights of each cell, all above zero; `margins`: for each margin the category of each
    cell, from 0; `targets`: for each margin the known total of each category, all margins adding up to one total (see
    `agreeing`). Raises RefusedWeighting: `empty-category`, `outside-population`, `not-converged`.
    """
    for places, known in zip(margins, targets, strict=True):
        assert_covered(sums_by(places, weights, len(known)), known)
    fitted = weights.copy()
    once = len(margins) == 1
    for iteration in range(1, ITERATIONS + 1):
        for places, known in zip(margins, targets, strict=True):
            held = sums_by(places, fitted, len(known))
            with np.errstate(invalid="ignore"):
                fitted = fitted * np.where(known > 0, known / held, 1.0)[places]
        if once or _furthest(fitted, margins, targets) <= CONVERGED:
            return Raked(fitted / weights, iteration)
    raise RefusedWeighting(
        "not-converged",
        f"margins are still {_furthest(fitted, margins, targets):.1e} apart after {ITERATIONS} rounds of raking: "
        "merge categories, drop a margin, or leave the wave out of its `waves`",
    )


def agreeing(targets: Sequence[Floats], names: Sequence[str]) -> list[Floats]:
    """The margins' totals, brought to that of the first where they differ by a rounding.

    Raises RefusedWeighting `totals-disagree` where they differ by more.
    """
    totals = [float(known.sum()) for known in targets]
    for name, total in zip(names, totals, strict=True):
        if abs(total - totals[0]) > TOTALS_AGREE * totals[0]:
            raise RefusedWeighting(
                "totals-disagree", f"margin {names[0]} adds up to {totals[0]:.15g} and {name} to {total:.15g}"
            )
    return [known * (totals[0] / total) for known, total in zip(targets, totals, strict=True)]


def assert_covered(held: Floats, known: Floats, names: Sequence[str] | None = None) -> None:
    """Refuse categories of the population without anybody in the sample, and the other way round."""
    told = names if names is not None else [f"category {place}" for place in range(len(known))]
    for place, (weight, total) in enumerate(zip(held, known, strict=True)):
        if total > 0 and not weight > 0:
            message = (
                f"nobody in the sample is in {told[place]}: merge it, or leave the wave out of the margin's `waves`"
            )
            raise RefusedWeighting("empty-category", message)
        if weight > 0 and not total > 0:
            raise RefusedWeighting("outside-population", f"the margin says that nobody is in {told[place]}: mend it")


def sums_by(places: Places, weights: Floats, categories: int) -> Floats:
    """Sum of the weights at each place, added in the order given."""
    return np.bincount(places, weights=weights, minlength=categories).astype(np.float64)


def _furthest(fitted: Floats, margins: Sequence[Places], targets: Sequence[Floats]) -> float:
    """The largest relative gap between a margin and its known total."""
    gaps = [0.0]
    for places, known in zip(margins, targets, strict=True):
        held = sums_by(places, fitted, len(known))
        there = known > 0
        gaps.append(float(np.max(np.abs(held[there] / known[there] - 1))))
    return max(gaps)
