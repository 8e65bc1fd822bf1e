"""The units that an estimator is given, checked once: what every design asks of its outcome, arms, clusters and
weights.

Arrays come in, one element a unit; a `Sample` goes out or `RefusedEffect` is raised. What is missing is the caller's to
settle (complete cases, imputation, bounds): a NaN is refused, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.effect import RefusedEffect

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

FEW_CLUSTERS = 5  # an arm with fewer has errors that no formula tells well


@dataclass(frozen=True, slots=True)
class Sample:
    """n units: outcome (n,), treated (n,), covariates (n, p; p may be 0), clusters, blocks (n,) codes from 0,
    weights."""

    outcome: Floats
    treated: Booleans
    covariates: Floats
    clusters: Integers | None
    blocks: Integers | None
    weights: Floats | None

    @property
    def n(self) -> int:
        return len(self.outcome)

    @property
    def n_treated(self) -> int:
        return int(np.count_nonzero(self.treated))

    @property
    def clusters_by_arm(self) -> tuple[int, int] | None:
        """Clusters with a treated unit, clusters with a control unit; None where units are not clustered."""
        if self.clusters is None:
            return None
        return len(np.unique(self.clusters[self.treated])), len(np.unique(self.clusters[~self.treated]))

    def control_sd(self, values: Floats | None = None) -> float:
        """Standard deviation of the outcome (or of `values`) among controls, weighted if units are; NaN for one
        unit."""
        among = ~self.treated
        y = (self.outcome if values is None else values)[among]
        n = len(y)
        if n < 2:
            return float("nan")
        w = np.ones(n) if self.weights is None else self.weights[among]
        centred = y - np.average(y, weights=w)
        return float(np.sqrt(np.average(centred**2, weights=w) * n / (n - 1)))


def sample(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
) -> Sample:
    """The arguments of an estimator as a `Sample`.

    Raises RefusedEffect: `missing-values`, `bad-weights` (not finite or not above zero), `empty-arm`; ValueError where
    shapes do not go together.
    """
    y = np.asarray(outcome, dtype=np.float64)
    d = yes_or_no(treated, "treated")
    n = len(y)
    x = np.zeros((n, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    w = None if weights is None else np.asarray(weights, dtype=np.float64)
    for name, array in (("treated", d), ("covariates", x), ("clusters", clusters), ("blocks", blocks), ("weights", w)):
        if array is not None and len(array) != n:
            raise ValueError(f"{name}: {len(array)} rows, the outcome has {n}")
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        missing = int(np.count_nonzero(~np.isfinite(y))), int(np.count_nonzero(~np.isfinite(x).all(axis=1)))
        raise RefusedEffect("missing-values", f"{missing[0]} units without outcome, {missing[1]} without a covariate")
    if w is not None and not (np.isfinite(w).all() and (w > 0).all()):
        raise RefusedEffect("bad-weights", "a weight is missing, infinite or not above zero")
    if not 0 < np.count_nonzero(d) < n:
        raise RefusedEffect("empty-arm", f"{np.count_nonzero(d)} of {n} units are treated: there is no comparison")
    return Sample(y, d, x, _codes(clusters), _codes(blocks), w)


def yes_or_no(values: Booleans, name: str) -> Booleans:
    """Values (n,) as booleans; numbers must be 0 or 1, for anything else would count as yes in silence."""
    given = np.asarray(values)
    if given.dtype != np.bool_ and not np.isin(given, (0, 1)).all():
        raise ValueError(f"{name}: true or false, 1 or 0 were expected, nothing else")
    return given.astype(np.bool_)


def _codes(labels: Integers | None) -> Integers | None:
    """Codes from 0 without gaps, in the order of the labels."""
    if labels is None:
        return None
    given = np.asarray(labels)
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise RefusedEffect("missing-values", f"{np.count_nonzero(np.isnan(given))} units without a cluster or a block")
    codes: Integers = np.unique(given, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return codes


def dummies(codes: Integers) -> Floats:
    """(n, levels - 1) indicators of all levels but the first."""
    levels = int(codes.max()) + 1 if len(codes) else 0
    found: Floats = (codes[:, None] == np.arange(1, max(levels, 1))[None, :]).astype(np.float64)
    return found
