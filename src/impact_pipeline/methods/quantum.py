"""The powers of ten at which observations are rounded before they are summed exactly.

The reach of each indicator's observations comes in, one row of the table `quantum` goes out: a power of ten for each
thing summed, such that the largest is at most 10^15 quanta. Each term is then wrong by at most 5e-16 of the largest,
decimal answers and weights stay exact where they fit, squares of quanta fit in 38 digits for up to 10^8 records, and a
sum does not depend on the order of its terms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

DIGITS = 15
FAR_FROM_ZERO = 10  # values further from zero than this many times their own range are summed from their middle


@dataclass(frozen=True, slots=True)
class Quantum:
    """What to take from the values of an indicator in an initiative, and by what to multiply each thing summed."""

    centre: float
    w_scale: float
    ww_scale: float
    v_scale: float
    b_scale: float
    wvv_scale: float
    wvb_scale: float
    wbb_scale: float


def quantum(estimator: str, lowest: float, highest: float, base: float, weight: float) -> Quantum:
    """The quantum of values between `lowest` and `highest`, bases up to `base` and weights up to `weight`.

    Means of values such as years, far from zero for their spread, are taken from the middle of the range, or their
    squares would keep no digit of the spread.
    """
    far = max(abs(lowest), abs(highest))
    centred = estimator in ("mean", "change", "small-area") and far > FAR_FROM_ZERO * (highest - lowest)
    centre = (lowest + highest) / 2 if centred else 0.0
    value = max(abs(lowest - centre), abs(highest - centre))
    return Quantum(
        centre=centre,
        w_scale=power_of_ten(weight),
        ww_scale=power_of_ten(weight * weight),
        v_scale=power_of_ten(weight * value),
        b_scale=power_of_ten(weight * base),
        wvv_scale=power_of_ten(weight * value * value),
        wvb_scale=power_of_ten(weight * value * base),
        wbb_scale=power_of_ten(weight * base * base),
    )


def power_of_ten(largest: float) -> float:
    """The greatest power of ten that takes `largest` to at most 10^15; 1 for zero."""
    if largest == 0:
        return 1.0
    power = DIGITS - math.ceil(math.log10(largest))
    if largest * float(f"1e{power}") > 10**DIGITS:  # log10 of a number just above a power of ten may be rounded down
        power -= 1
    return float(f"1e{power}")


def surplus(largest: int) -> int:
    """The power of ten by which to divide whole numbers up to `largest` so that they have at most 15 digits."""
    return int(10 ** max(0, len(str(abs(largest))) - DIGITS))
