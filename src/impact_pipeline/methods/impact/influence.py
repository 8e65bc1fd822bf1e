"""The error of an estimator known by its influence function: what each unit moves the estimate by.

An estimate and one influence a unit come in (their sum is zero, the estimate's error is about their sum under
resampling), a `Told` goes out. V = G/(G-1) sum over clusters of (sum of the cluster's influences)^2 on Student's law
with G - 1 degrees of freedom, units being clusters of one where they are not clustered.
"""

from __future__ import annotations

import numpy as np

from impact_pipeline.methods.impact.inference import Told, refuse_few_clusters, told
from impact_pipeline.methods.impact.sample import Floats, Sample


def influence_told(effect: float, influence: Floats, s: Sample, confidence: float) -> Told:
    """The estimate with its error. Raises RefusedEffect: `too-few-clusters`, `no-variation`, `missing-values`."""
    refuse_few_clusters(s)
    parts = influence if s.clusters is None else np.bincount(s.clusters, weights=influence)
    parts = parts if s.clusters is None else parts[np.bincount(s.clusters) > 0]
    g = len(parts)
    rule = "influence" if s.clusters is None else "influence-clustered"
    return told(effect, g / (g - 1) * float(parts @ parts), float(g - 1), confidence, rule)
