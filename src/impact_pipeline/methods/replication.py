"""Replicates of a sample: what an estimate would have been on other samples of the same design, and so its variance.

Sampling units (PSUs) with their strata come in; factors by which the weights of each PSU are multiplied go out, one row
a replicate. What is estimated is any function of weights: totals by PSU (one `GROUP BY`) times the factors give all
replicates of sums, means and ratios at once, and counts by PSU and value give those of medians. Seeds come in as
arguments: the same seed and the same PSUs in the same order give the same replicates, so sort PSUs first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard

Floats = NDArray[np.float64]
Centre = Literal["estimate", "replicate-mean"]


class RefusedReplicates(ValueError):
    """Replicates that this design does not allow; `code` is stable: `single-psu`, `not-paired`, `few-psu`, `fay`."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Replicates:
    """`factors` (r, n): replicate weight = weight x factor of its PSU; V = scale * sum rscales (theta_r - centre)^2.

    `method`: JK1, JKn, BRR, Fay or bootstrap.
    """

    method: str
    factors: Floats
    scale: float
    rscales: Floats

    def totals(self, of_psu: Floats) -> Floats:
        """(r, k) replicates of totals, from the (n, k) weighted totals of PSUs."""
        found: Floats = self.factors @ of_psu
        return found

    def variance(self, estimate: Floats | float, replicates: Floats, centre: Centre) -> Floats:
        """Variance of an estimate of shape (k,) (or a number) from its replicates (r, k) (or (r,)).

        Deviations are taken from the `estimate` itself (mean squared error, larger where the estimator is biased) or
        from the mean of the replicates: two conventions that differ, so that one must be named.
        """
        deviations = replicates - (np.asarray(estimate) if centre == "estimate" else replicates.mean(axis=0))
        found: Floats = self.scale * np.tensordot(self.rscales, deviations**2, axes=1)
        return found

    def covariance(self, estimate: Floats, replicates: Floats, centre: Centre) -> Floats:
        """(k, k) covariance of several estimates, as `variance`."""
        deviations = replicates - (estimate if centre == "estimate" else replicates.mean(axis=0))
        found: Floats = self.scale * (deviations * self.rscales[:, None]).T @ deviations
        return found

    def of_statistic(self, statistic: Callable[[Floats], float], psu: NDArray[np.intp], weights: Floats) -> Floats:
        """(r,) replicates of any function of weights, such as a median: `psu` (m,) places of the rows' PSUs."""
        return np.array([statistic(weights * row[psu]) for row in self.factors])


def jackknife(psus: int) -> Replicates:
    """JK1: each PSU left out in turn, strata ignored: factors n/(n-1), V = (n-1)/n sum (theta_i - centre)^2."""
    if psus < 2:
        raise RefusedReplicates("single-psu", "a jackknife needs two sampling units at least")
    factors = np.full((psus, psus), psus / (psus - 1))
    np.fill_diagonal(factors, 0.0)
    return Replicates("JK1", factors, (psus - 1) / psus, np.ones(psus))


def stratified_jackknife(strata: Sequence[str], population: Sequence[float] | None = None) -> Replicates:
    """JKn: each PSU left out in turn, the others of its stratum (n_h) times n_h/(n_h-1) (Rust & Rao 1996).

    `strata`: that of each PSU; `population`: the number of PSUs in its stratum, for the finite population correction.
    V = sum (1 - f_h) (n_h-1)/n_h sum (theta_hi - centre)^2 (doi:10.1177/096228029600500305).
    """
    told = np.asarray(strata)
    sizes = _sizes(told)
    factors = np.where(told[:, None] == told[None, :], (sizes / (sizes - 1))[None, :], 1.0)
    np.fill_diagonal(factors, 0.0)
    left = np.ones(len(told)) if population is None else 1 - sizes / np.asarray(population, dtype=np.float64)
    return Replicates("JKn", factors, 1.0, left * (sizes - 1) / sizes)


def balanced(strata: Sequence[str], fay: float = 0.0) -> Replicates:
    """BRR: half of each pair of PSUs, in balanced combinations (McCarthy 1969); with `fay` rho > 0, Fay's method.

    Each stratum has two PSUs. Factors are 2 - rho for one and rho for the other, by the columns of a Sylvester-Hadamard
    matrix of the next power of two above the number of strata; V = sum (theta_r - centre)^2 / (r (1 - rho)^2)
    (Judkins 1990, J. Official Statistics 6, 223-239). Raises RefusedReplicates `not-paired`, `fay`.
    """
    if not 0 <= fay < 1:
        raise RefusedReplicates("fay", f"Fay's rho is between 0 and 1, read {fay:g}")
    told = np.asarray(strata)
    names = sorted(set(told.tolist()))
    if any(np.count_nonzero(told == name) != 2 for name in names):
        raise RefusedReplicates("not-paired", "balanced replicates need two sampling units in each stratum")
    size = 1 << len(names).bit_length()  # above the number of strata: the column of ones is not used
    signs = hadamard(size)
    factors = np.empty((size, len(told)))
    for column, name in enumerate(names, start=1):
        first, second = np.flatnonzero(told == name)
        factors[:, first] = np.where(signs[:, column] > 0, fay, 2 - fay)
        factors[:, second] = np.where(signs[:, column] > 0, 2 - fay, fay)
    return Replicates("Fay" if fay else "BRR", factors, 1 / (size * (1 - fay) ** 2), np.ones(size))


def bootstrap(strata: Sequence[str], replicates: int, seed: int) -> Replicates:
    """Rescaled bootstrap: n_h - 1 of the n_h PSUs of each stratum drawn again with replacement, times n_h/(n_h-1).

    Rao & Wu 1988 (doi:10.1080/01621459.1988.10478591) as weights (Rao, Wu & Yue 1992, Survey Methodology 18, 209-217).
    For medians and other statistics that are not smooth. V = sum (theta_r - centre)^2 / r. The finite population
    correction is left out.
    """
    if replicates < 2:
        raise RefusedReplicates("few-psu", "a bootstrap needs two replicates at least")
    told = np.asarray(strata)
    sizes = _sizes(told)
    draw = np.random.default_rng(seed)
    factors = np.zeros((replicates, len(told)))
    for name in sorted(set(told.tolist())):
        members = np.flatnonzero(told == name)
        drawn = draw.integers(len(members), size=(replicates, len(members) - 1))
        for place, psu in enumerate(members):
            factors[:, psu] = (drawn == place).sum(axis=1)
    return Replicates("bootstrap", factors * (sizes / (sizes - 1)), 1 / replicates, np.ones(replicates))


def _sizes(strata: NDArray[np.str_]) -> Floats:
    """PSUs in the stratum of each PSU; refused where one stands alone."""
    names, places, counts = np.unique(strata, return_inverse=True, return_counts=True)
    if np.any(counts < 2):
        raise RefusedReplicates("single-psu", f"stratum {names[counts < 2][0]!r} has a single sampling unit")
    sizes: Floats = counts[places].astype(np.float64)
    return sizes
