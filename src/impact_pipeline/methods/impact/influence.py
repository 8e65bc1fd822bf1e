"""The error of an estimator known by its influence function, or by leaving out each cluster where clusters are few.

An estimate and one influence a unit come in (their sum is zero, the estimate's error is about their sum under
resampling), a `Told` goes out. V = G/(G-1) sum over clusters of (sum of the cluster's influences)^2 on Student's law
with G - 1 degrees of freedom, units being clusters of one where they are not clustered. With fewer than 50 clusters
that is too short (benchmarks/few_clusters_of_weights.py): then V is the jackknife's, (G-1)/G sum of (estimate without g
- their mean)^2, everything being estimated anew without each cluster.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.inference import MANY_CLUSTERS, Told, refuse_few_clusters, told
from impact_pipeline.methods.impact.row_order import rows_of
from impact_pipeline.methods.impact.sample import Floats, Integers, Sample

Again = Callable[[Sample, Integers], float]


def influence_told(
    effect: float, influence: Floats, s: Sample, confidence: float, again: Again
) -> tuple[Told, dict[str, float]]:
    """The estimate with its error, and `influence_se` where the error is the jackknife's.

    `again` estimates from some rows of the sample, whose places (m,) it is told. Raises RefusedEffect:
    `too-few-clusters`, `no-variation`, `cluster-decides` (without one of them nothing can be estimated).
    """
    refuse_few_clusters(s)
    if s.clusters is None:
        return told(effect, _spread(influence), float(s.n - 1), confidence, "influence"), {}
    codes = np.unique(s.clusters)
    by_cluster: Floats = np.bincount(s.clusters, weights=influence)[codes].astype(np.float64)
    g = len(codes)
    if g >= MANY_CLUSTERS:
        return told(effect, _spread(by_cluster), float(g - 1), confidence, "influence-clustered"), {}
    without = np.array([_without(s, int(code), again) for code in codes])
    return jackknife_told(effect, without, confidence), {"influence_se": float(np.sqrt(_spread(by_cluster)))}


def jackknife_told(effect: float, without: Floats, confidence: float) -> Told:
    """The estimate with the jackknife's error; `without` (G,) is what it is when each cluster is left out."""
    g = len(without)
    variance = (g - 1) / g * float(((without - without.mean()) ** 2).sum())
    return told(effect, variance, float(g - 1), confidence, "jackknife")


def _spread(parts: Floats) -> float:
    return len(parts) / (len(parts) - 1) * float(parts @ parts)


def _without(s: Sample, code: int, again: Again) -> float:
    rows = np.flatnonzero(s.clusters != code)
    left = rows_of(s, rows)
    if not 0 < left.n_treated < left.n:
        raise RefusedEffect("cluster-decides", f"without cluster {code} an arm is empty")
    try:
        return again(left, rows)
    except RefusedEffect as refused:
        raise RefusedEffect("cluster-decides", f"without cluster {code}: {refused}") from refused
