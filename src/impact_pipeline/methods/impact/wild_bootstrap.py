"""Wild cluster bootstrap of one coefficient under the hypothesis that it is zero: Gram matrices come in, a p goes out.

Signs drawn for whole clusters are put on the residuals of the restricted fit, and the t statistic of each draw is had
from the clusters' sums alone (Cameron, Gelbach & Miller 2008, doi:10.1162/rest.90.3.414; MacKinnon, Nielsen & Webb
2023, doi:10.1016/j.jeconom.2022.04.001). With few clusters all sign vectors are gone through, and nothing is random.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.gram import ClusterGrams
from impact_pipeline.methods.impact.robust import inverse

Floats = NDArray[np.float64]
Draw = Literal["rademacher", "webb"]

EXACT = 14  # clusters up to which all 2^G sign vectors are gone through
DRAWS = 9999
TIE = 1e-9  # relative difference under which two statistics are the same: the observed one is among the draws
SMALLEST = 1e-12  # relative size under which a standard error is nothing
AT_ONCE = 2**22  # cells of the table of signs held at once


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The observed t (of CR0, whose factor cancels), the share of draws at least as far from zero, and the draws."""

    t: float
    p: float
    draws: int
    exact: bool


def wild_cluster_bootstrap(
    grams: ClusterGrams, column: int, *, seed: int, draws: int = DRAWS, weights: Draw = "rademacher"
) -> Bootstrap:
    """Two-sided p of "coefficient `column` is zero", restricted residuals, studentised by CR0 in every draw.

    Rademacher signs are enumerated where G <= 14: p = share of the 2^G vectors with |t*| >= |t|, the observed one among
    them. Otherwise `draws` vectors are drawn from `seed` and p = (1 + those)/(1 + draws). `webb` draws from the six
    points -+sqrt(1/2), -+1, -+sqrt(3/2) (Webb 2023, doi:10.1111/caje.12661), for fewer than 12 clusters, where signs
    have few values.
    """
    tested = Restricted.of(grams, column)
    t = float(tested.statistics(np.ones((1, grams.clusters)))[0])
    exact = weights == "rademacher" and grams.clusters <= EXACT
    farther = total = 0
    for vectors in sign_vectors(grams.clusters, seed=seed, draws=draws, weights=weights):
        farther += int(np.count_nonzero(np.abs(tested.statistics(vectors)) >= abs(t) * (1 - TIE)))
        total += len(vectors)
    p = farther / total if exact else (1 + farther) / (1 + total)
    return Bootstrap(t, p, 2 * total if exact else total, exact)


@dataclass(frozen=True, slots=True)
class Restricted:
    """What t* is made of: its numerator is top . v, its denominator the length of top v - shift (spread' v).

    With r_g = X_g'W_g u_g the scores of the restricted residuals u, m' the row of M for the coefficient: b* - b =
    m' sum r_h v_h, and the score of cluster g after the fit of the draw is r_g v_g - X_g'W_g X_g M sum r_h v_h. So top
    (G,) = m'r_g, shift (G, k) = m'X_g'W_g X_g, spread (G, k) = M r_h.
    """

    top: Floats
    shift: Floats
    spread: Floats

    @staticmethod
    def of(grams: ClusterGrams, column: int) -> Restricted:
        """The fit of the other columns alone. Raises RefusedEffect `collinear`."""
        kept = [j for j in range(grams.xx.shape[1]) if j != column]
        total, moments = grams.xx.sum(axis=0), grams.xy.sum(axis=0)
        bread, _ = inverse(total)
        restricted = np.zeros(len(total))
        if kept:
            restricted[kept] = inverse(total[np.ix_(kept, kept)])[0] @ moments[kept]
        scores = grams.xy - grams.xx @ restricted
        return Restricted(scores @ bread[column], grams.xx @ bread[column], scores @ bread)

    def statistics(self, vectors: Floats) -> Floats:
        """t* (D,) of each row of signs (D, G); where the standard error is nothing, zero or infinite as the effect
        is."""
        left = vectors * self.top - (vectors @ self.spread) @ self.shift.T
        effect, error = vectors @ self.top, np.sqrt((left**2).sum(axis=1))
        nothing = SMALLEST * np.abs(self.top).sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            told = effect / error
        found: Floats = np.where(error <= nothing, np.where(np.abs(effect) <= nothing, 0.0, np.inf), told)
        return found


def sign_vectors(g: int, *, seed: int, draws: int = DRAWS, weights: Draw = "rademacher") -> Iterator[Floats]:
    """Signs of g clusters, some rows at once (rows, g): one of each pair of opposites of all 2^g where g <= 14, for
    both have the same |t*|; else `draws` rows drawn from `seed`."""
    if weights == "rademacher" and g <= EXACT:
        yield _half_of_all_signs(g)
        return
    generator, rows = np.random.default_rng(seed), max(1, AT_ONCE // g)
    for start in range(0, draws, rows):
        yield _drawn(generator, min(rows, draws - start), g, weights)


def _half_of_all_signs(g: int) -> Floats:
    """(2^(g-1), g) sign vectors that begin with +1: the others are their opposites, with the same |t*|."""
    bits = (np.arange(2 ** (g - 1))[:, None] >> np.arange(g - 1)[None, :]) & 1
    return np.hstack([np.ones((len(bits), 1)), 1.0 - 2.0 * bits])


def _drawn(generator: np.random.Generator, draws: int, g: int, weights: Draw) -> Floats:
    if weights == "rademacher":
        signs: Floats = 1.0 - 2.0 * generator.integers(0, 2, size=(draws, g)).astype(np.float64)
        return signs
    points: Floats = np.sqrt(np.array([0.5, 1.0, 1.5]))
    drawn: Floats = np.concatenate([-points, points])[generator.integers(0, 6, size=(draws, g))]
    return drawn
