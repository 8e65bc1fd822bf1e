"""How often the 95 % intervals of staggered treatments hold the truth where villages are few, by simulation.

`python -m benchmarks.few_clusters_staggered [--draws 500] [--seed 1]` simulates 8, 12 and 24 villages of six units over
five periods, a third of the villages treated from the third period on, a third from the fourth, a third never, villages
with levels and shocks of their own; it prints for each estimator how often its interval held the truth, and how often
the one that rests on large samples would have. `coverage` is what the tests run on fewer draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy.special import stdtrit

from impact_pipeline.methods.impact.staggered import callaway_santanna
from impact_pipeline.methods.impact.staggered_library import imputation, sun_abraham
from impact_pipeline.methods.impact.staggered_panel import StaggeredEffects

EFFECT = 0.5
VILLAGES = (8, 12, 24)
SIZE, PERIODS = 6, 5
FIRST = (PERIODS, 2, 3)  # of the villages in turn; the first never within what is seen
ESTIMATORS: dict[str, Callable[..., StaggeredEffects]] = {
    "callaway_santanna": callaway_santanna,
    "sun_abraham": sun_abraham,
    "imputation": imputation,
}


def coverage(villages: int, draws: int, seed: int, names: tuple[str, ...] = tuple(ESTIMATORS)) -> dict[str, float]:
    """Share of studies whose interval held the effect; `..., large samples` for the interval that is not ours."""
    random = np.random.default_rng([seed, villages])
    held: dict[str, list[bool]] = {}
    n = villages * SIZE
    village, unit = np.repeat(np.arange(villages), SIZE), np.arange(n)
    period, units = (table.ravel() for table in np.meshgrid(np.arange(PERIODS), unit, indexing="ij"))
    for _ in range(draws):
        treated = period >= random.permutation(np.resize(FIRST, villages))[village][units]
        level = random.normal(size=n) + random.normal(size=villages)[village]
        shock = random.normal(0, 0.4, (PERIODS, villages))[period, village[units]]
        y = level[units] + 0.3 * period + shock + EFFECT * treated + random.normal(size=len(units))
        for name in names:
            found = ESTIMATORS[name](y, treated, units=units, periods=period, clusters=village[units]).overall
            assert found.low is not None
            assert found.high is not None
            assert found.df is not None
            held.setdefault(name, []).append(found.low <= EFFECT <= found.high)
            half = float(stdtrit(found.df, 0.975)) * found.details["asymptotic_se"]
            held.setdefault(f"{name}, large samples", []).append(abs(found.effect - EFFECT) <= half)
    return {name: float(np.mean(shares)) for name, shares in held.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for villages in VILLAGES:
        for name, share in coverage(villages, asked.draws, asked.seed).items():
            print(f"{villages} villages  {name:32} {share:.3f}", flush=True)


if __name__ == "__main__":
    main()
