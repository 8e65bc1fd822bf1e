"""Wild cluster bootstrap of one coefficient under the hypothesis that it is zero: Gram matrices come in, a p goes out.

Signs drawn for whole clusters are put on the residuals of the restricted fit, and the t statistic of each draw is had
from the clusters' sums alone (Cameron, Gelbach & Miller 2008, doi:10.1162/rest.90.3.414; MacKinnon, Nielsen & Webb
2023, doi:10.1016/j.jeconom.2022.04.001). With few clusters all sign vectors are gone through, and nothing is random.
"""

from __future__ import annotations

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
AT_ONCE = 4096


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
    exact = weights == "rademacher" and grams.clusters <= EXACT
    top, bottom = _linear(grams, column)
    t = float(_statistics(np.ones((1, grams.clusters)), top, bottom)[0])
    if exact:
        vectors = _half_of_all_signs(grams.clusters)
        return Bootstrap(t, _reaching(t, vectors, top, bottom) / len(vectors), 2 * len(vectors), exact)
    generator, at_least = np.random.default_rng(seed), 0
    for start in range(0, draws, AT_ONCE):
        vectors = _drawn(generator, min(AT_ONCE, draws - start), grams.clusters, weights)
        at_least += _reaching(t, vectors, top, bottom)
    return Bootstrap(t, (1 + at_least) / (1 + draws), draws, exact)


def _reaching(t: float, vectors: Floats, top: Floats, bottom: Floats) -> int:
    """How many draws are at least as far from zero as t."""
    return int(np.count_nonzero(np.abs(_statistics(vectors, top, bottom)) >= abs(t) * (1 - TIE)))


def _linear(grams: ClusterGrams, column: int) -> tuple[Floats, Floats]:
    """What t* is made of: its numerator is top (G,) . v, its denominator the length of bottom (G, G) v.

    With r_g = X_g'W_g u_g the scores of the restricted residuals u, m' the row of M for the coefficient:
    b* - b = m' sum r_h v_h, and the score of cluster g after the fit of the draw is r_g v_g - X_g'W_g X_g M sum r_h
    v_h.
    """
    kept = [j for j in range(grams.xx.shape[1]) if j != column]
    total, moments = grams.xx.sum(axis=0), grams.xy.sum(axis=0)
    bread, _ = inverse(total)
    restricted = np.zeros(len(total))
    if kept:
        restricted[kept] = inverse(total[np.ix_(kept, kept)])[0] @ moments[kept]
    scores = grams.xy - grams.xx @ restricted
    row = bread[column]
    top = scores @ row
    bottom = np.diag(top) - (grams.xx @ row) @ bread @ scores.T
    return top, bottom


def _statistics(vectors: Floats, top: Floats, bottom: Floats) -> Floats:
    """t* of each row of signs; where the standard error is nothing, zero or infinite as the effect is."""
    effect, error = vectors @ top, np.sqrt(((vectors @ bottom.T) ** 2).sum(axis=1))
    none = error <= SMALLEST * np.abs(top).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        told = effect / error
    found: Floats = np.where(none, np.where(np.abs(effect) <= SMALLEST * np.abs(top).sum(), 0.0, np.inf), told)
    return found


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
