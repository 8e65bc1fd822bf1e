"""Trimming: weights above a cap are brought down to it, and what they lose is shared among the others.

Distinct weights with the number of records that bear each come in, ascending or not; weights in the same order go out,
with what the trimming moved. What it does to an estimate is told by `trimming_bias`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.weighting.refused import RefusedWeighting

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """`weights` after trimming, in the order given; `cap`; `records` trimmed in all; `moved`, the share of the sum of
    weights that was taken from them."""

    weights: Floats
    cap: float
    records: int
    moved: float


def cap_of(weights: Floats, counts: Counts, multiple: float = 6.0) -> float:
    """median + multiple x interquartile range of the records' weights (Chowdhury, Khare & Wolter 2007, JSM)."""
    low, median, high = (_quantile(weights, counts, share) for share in (0.25, 0.5, 0.75))
    return median + multiple * (high - low)


def trim(weights: Floats, counts: Counts, cap: float) -> Trimmed:
    """Bring weights to at most `cap` and add what they lose to the others, in equal parts, until none is above it.

    The sum of weights stays. Raises RefusedWeighting `cap-too-low` where all weights would be at the cap.
    """
    total = float(np.dot(weights, counts))
    if cap * float(counts.sum()) < total * (1 - 1e-12):
        raise RefusedWeighting("cap-too-low", f"a cap of {cap:.6g} is below the mean weight: raise `multiple`")
    now, was_above = weights.copy(), np.zeros(len(weights), dtype=bool)
    moved = 0.0
    while np.any(above := now > cap):
        was_above |= above
        excess = float(np.dot((now - cap)[above], counts[above]))
        rest = int(counts[~above].sum())
        if rest == 0:
            break
        now = np.where(above, cap, now + excess / rest)
        moved += excess
    return Trimmed(np.minimum(now, cap), cap, int(counts[was_above].sum()), moved / total)


def trimming_bias(values: Floats, before: Floats, after: Floats) -> float:
    """What trimming did to a mean, in the unit of `values`: mean with the weights after, less that with those before.

    All three are (n,). It is bias in so far as the weights before were right (Potter 1988, Proc. ASA Survey Methods).
    """
    return float(np.dot(values, after) / after.sum() - np.dot(values, before) / before.sum())


def _quantile(weights: Floats, counts: Counts, share: float) -> float:
    """The quantile of records' weights, interpolated (type 7 of Hyndman & Fan 1996)."""
    order = np.argsort(weights, kind="stable")
    ends = np.cumsum(counts[order])
    place = share * (int(ends[-1]) - 1)
    below = int(np.floor(place))
    lower, upper = (float(weights[order][np.searchsorted(ends, at, side="right")]) for at in (below, np.ceil(place)))
    return lower + (place - below) * (upper - lower)
