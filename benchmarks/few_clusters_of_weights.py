"""How often the 95 % intervals of weighted comparison groups hold the truth where villages are few, by simulation.

`python -m benchmarks.few_clusters_of_weights [--draws 1000] [--seed 1]` simulates 12, 24 and 60 villages of 15 units,
half of the villages treated, the treated ones better off by a covariate and each village with a level of its own; it
prints for each estimator how often its interval held the truth, and how often one from influence functions alone would.
`coverage` is what the tests run on fewer draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy.special import stdtrit

from impact_pipeline.methods.impact.comparison_groups import entropy_balancing, inverse_probability
from impact_pipeline.methods.impact.doubly_robust import doubly_robust
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect

EFFECT = 0.5
VILLAGES = (12, 24, 60)
SIZE = 15
ESTIMATORS: dict[str, Callable[..., EffectEstimate]] = {
    "inverse_probability": inverse_probability,
    "entropy_balancing": entropy_balancing,
    "doubly_robust": doubly_robust,
}


def coverage(villages: int, draws: int, seed: int, names: tuple[str, ...] = tuple(ESTIMATORS)) -> dict[str, float]:
    """Share of studies whose interval held the effect; `..., influence` for the interval that is not ours. Studies
    whose weights cannot be had are set aside (`refused` counts them)."""
    random = np.random.default_rng([seed, villages])
    held: dict[str, list[bool]] = {}
    refused = 0
    for _ in range(draws):
        village = np.repeat(np.arange(villages), SIZE)
        treated = random.permutation(np.arange(villages) < villages // 2)[village]
        x = random.normal(size=(len(village), 2)) + np.outer(0.3 * treated, [1, 0])
        level = random.normal(0, 0.5, villages)[village]
        y = 1 + x @ [0.8, 0.4] + EFFECT * treated + level + random.normal(size=len(village))
        for name in names:
            try:
                found = ESTIMATORS[name](y, treated, covariates=x, clusters=village)
            except RefusedEffect:
                refused += 1
                continue
            assert found.low is not None
            assert found.high is not None
            assert found.df is not None
            held.setdefault(name, []).append(found.low <= EFFECT <= found.high)
            if "influence_se" in found.details:
                half = float(stdtrit(found.df, 0.975)) * found.details["influence_se"]
                held.setdefault(f"{name}, influence", []).append(abs(found.effect - EFFECT) <= half)
    return {name: float(np.mean(shares)) for name, shares in held.items()} | {"refused": float(refused)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for villages in VILLAGES:
        for name, share in coverage(villages, asked.draws, asked.seed).items():
            print(f"{villages} villages  {name:32} {share:.3f}")


if __name__ == "__main__":
    main()
