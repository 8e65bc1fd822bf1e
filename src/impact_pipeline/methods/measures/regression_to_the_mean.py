"""What a second measurement of people selected on the first is expected to show, were nothing done to them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import log_ndtr

from impact_pipeline.methods.measures.refused import RefusedMeasure


def expected_of_cutoff(
    mean: float,
    sd: float,
    correlation: float,
    cutoff: float,
    selected: Literal["below", "above"],
    measurements: int = 1,
) -> float:
    """Expected later measurement less the earlier one, of people whose earlier one is `below` or `above` a cut-off.

    `mean` and `sd` are those of one measurement in the whole population, `correlation` that of two measurements.
    Barnett, van der Pols & Dobson 2005, doi:10.1093/ije/dyh299: (s2w/m) / sqrt(s2w/m + s2b) x phi(z)/Phi(z), where
    s2w = (1 - correlation) sd^2 within people, s2b = correlation sd^2 between them, m `measurements` averaged in the
    selection. Positive for people selected low. Raises RefusedMeasure `no-reliability`.
    """
    _refuse(sd, correlation)
    within, between = (1 - correlation) * sd * sd / measurements, correlation * sd * sd
    total = float(np.sqrt(within + between))
    side = 1 if selected == "below" else -1
    z = side * (cutoff - mean) / total
    density = -0.5 * z * z - 0.5 * float(np.log(2 * np.pi))
    return side * within / total * float(np.exp(density - log_ndtr(z)))


def expected_of_mean(population: float, selected: float, correlation: float) -> float:
    """The same where the selected people's mean is known: (1 - correlation) (population mean - selected mean).

    Exact for normal scores whatever the rule of selection on the first measurement (Galton 1886; Barnett 2005).
    """
    _refuse(1.0, correlation)
    return (1 - correlation) * (population - selected)


def _refuse(sd: float, correlation: float) -> None:
    if not (0 <= correlation <= 1 and sd > 0):
        raise RefusedMeasure(
            "no-reliability", f"sd {sd:.3g}, correlation {correlation:.3g}: sd > 0, 0 <= correlation <= 1"
        )
