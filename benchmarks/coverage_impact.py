"""How often the 95 % intervals of impact estimators hold the truth, by simulation with a known effect.

`python -m benchmarks.coverage_impact [--draws 4000] [--seed 1]` simulates differences in differences and trials of
clusters with 8, 20 and 50 clusters of unequal sizes, with an intracluster correlation and errors that are wider in the
treated arm, and prints for each estimator how often its interval held the truth. Between 93 and 97 % is what we ask of
the house's rule of inference; CR1 alone and the mixed model, which holds that both arms vary alike, are there to
compare. Exits 1 where one of `ASKED` is outside. `coverage` is what the tests run on fewer draws.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.cluster_trials import cluster_means, mixed
from impact_pipeline.methods.impact.differences import difference_in_differences, repeated_cross_sections
from impact_pipeline.methods.impact.effect import EffectEstimate
from impact_pipeline.methods.impact.trials import ancova

EFFECT = 0.4
CLUSTERS = (8, 20, 50)
LOW, HIGH = 0.93, 0.97
ASKED = ("difference_in_differences", "repeated_cross_sections", "ancova", "cluster_means")
ALL = (*ASKED, "difference_in_differences, CR1", "mixed_model")


@dataclass(frozen=True, slots=True)
class World:
    """Units of one simulated study: codes of clusters (n,), arm (n,), outcomes before and after (n,)."""

    clusters: NDArray[np.int64]
    treated: NDArray[np.bool_]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


def world(draw: np.random.Generator, clusters: int) -> World:
    """Half of the clusters treated; sizes 6 to 30; a cluster has a level, and a shock of its own after."""
    sizes = draw.integers(6, 31, clusters)
    codes = np.repeat(np.arange(clusters), sizes)
    arm = draw.permutation(np.arange(clusters) < clusters // 2)
    n, treated = len(codes), arm[codes]
    level, shock = draw.normal(0, 0.5, clusters)[codes], draw.normal(0, 0.3, clusters)[codes]
    person = draw.normal(0, 0.7, n)
    before = level + person + draw.normal(0, 0.7, n)
    spread = np.where(treated, 1.0, 0.7)
    after = level + person + 0.2 + EFFECT * treated + shock * spread + draw.normal(0, 1, n) * spread
    return World(codes, treated, before, after)


def answers(w: World) -> dict[str, Callable[[], EffectEstimate]]:
    """Each estimator of the study's effect; `..., CR1` as a warning."""
    twice = np.concatenate([w.before, w.after]), np.concatenate([w.treated, w.treated])
    times = np.repeat([False, True], len(w.after))
    change, clusters = w.after - w.before, w.clusters
    return {
        "difference_in_differences": lambda: difference_in_differences(
            w.after, w.treated, baseline=w.before, clusters=clusters
        ),
        "difference_in_differences, CR1": lambda: difference_in_differences(
            w.after, w.treated, baseline=w.before, clusters=clusters, rule="CR1"
        ),
        "repeated_cross_sections": lambda: repeated_cross_sections(
            *twice, after=times, clusters=np.concatenate([clusters, clusters])
        ),
        "ancova": lambda: ancova(w.after, w.treated, baseline=w.before, clusters=clusters),
        "cluster_means": lambda: cluster_means(change, w.treated, clusters=clusters),
        "mixed_model": lambda: mixed(change, w.treated, clusters=clusters),
    }


def coverage(clusters: int, draws: int, seed: int, names: Sequence[str] = ALL) -> dict[str, float]:
    """Share of `draws` studies whose interval holds the true effect, by estimator."""
    held = dict.fromkeys(names, 0)
    for child in np.random.SeedSequence([seed, clusters]).spawn(draws):
        asked = answers(world(np.random.default_rng(child), clusters))
        for name in names:
            found = asked[name]()
            if found.low is None or found.high is None:
                raise SystemExit(f"{name} gave no interval")
            held[name] += found.low <= EFFECT <= found.high
    return {name: count / draws for name, count in held.items()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--draws", type=int, default=4_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    print("| estimator | " + " | ".join(f"{clusters} clusters" for clusters in CLUSTERS) + " |")
    print("|---" * (len(CLUSTERS) + 1) + "|")
    found = [coverage(clusters, options.draws, options.seed) for clusters in CLUSTERS]
    for name in found[0]:
        print(f"| {name} | " + " | ".join(f"{shares[name]:.1%}" for shares in found) + " |")
    ours = [shares[name] for shares in found for name in ASKED]
    sys.exit(0 if all(LOW <= share <= HIGH for share in ours) else 1)


if __name__ == "__main__":
    main()
