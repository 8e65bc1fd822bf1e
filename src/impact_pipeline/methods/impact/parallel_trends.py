"""How far trends may have parted after treatment, judged by how far they parted before, for an effect to be nothing.

Effects by period of an event study come in, a `TrendBounds` goes out: relative magnitudes of Rambachan & Roth (2023,
doi:10.1093/restud/rdad018). The set is that of the estimates themselves; the sampling error of the leads and lags is
not in it (their conditional tests are not written here), so that a breaking point is the estimates', not a confidence
statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.impact.effect import RefusedEffect


@dataclass(frozen=True, slots=True)
class TrendBounds:
    """The average effect after treatment lies in `effect` -+ M `per_unit` if, after treatment, the difference of trends
    changes from one period to the next by at most M times the largest change before (`largest_before`).

    `breaking`: the M at which that set first holds zero; infinite where nothing moved before.
    """

    effect: float
    largest_before: float
    per_unit: float
    breaking: float

    def bounds(self, m: float) -> tuple[float, float]:
        """The identified set of the average effect for a given M."""
        return self.effect - m * self.per_unit, self.effect + m * self.per_unit


def relative_magnitudes(effects: Mapping[int, float], *, reference: int = -1) -> TrendBounds:
    """Bounds from effects by period counted from the first treated one (0), the `reference` (zero by construction)
    apart.

    The difference of trends d satisfies |d(t+1) - d(t)| <= M max over s < reference of |d(s+1) - d(s)|, d(reference) =
    0: the i-th period after may be off by i times as much. Raises RefusedEffect: `no-pretrend` (fewer than two periods
    before, the reference among them), `no-period-after`, `uneven-series` (a period is missing in between).
    """
    told = dict(effects) | {reference: 0.0}
    times = sorted(told)
    if times != list(range(times[0], times[-1] + 1)):
        raise RefusedEffect("uneven-series", f"periods {times} do not follow each other")
    before = [told[t] for t in times if t <= reference]
    after = [told[t] for t in times if t >= 0]
    if len(before) < 2:
        raise RefusedEffect("no-pretrend", f"{len(before)} period before treatment: two are needed")
    if not after:
        raise RefusedEffect("no-period-after", "no effect from the treatment on")
    largest = float(np.abs(np.diff(before)).max())
    effect = float(np.mean(after))
    per_unit = largest * float(np.mean([t - reference for t in times if t >= 0]))
    return TrendBounds(effect, largest, per_unit, abs(effect) / per_unit if per_unit > 0 else float("inf"))
