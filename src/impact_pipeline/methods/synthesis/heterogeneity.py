"""How much effects differ between studies beyond chance: tau2 by named estimators, Q, and the interval of tau2.

Effects y (k,), their sampling variances v (k,) and a design matrix x (k, p), a column of ones where nothing explains
the effects, come in; numbers go out. The model is y = x b + u + e, u of variance tau2, e of variance v (known).
Everything is had from sums over studies, k p^2 operations, no matrix of k by k. Nothing here refuses a small k;
`pooling` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri

from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Floats = NDArray[np.float64]
Tau2Method = Literal["reml", "ml", "dl", "pm"]
PRECISION = 1e-13  # relative to the typical sampling variance
ALIKE = 1e-10  # share of a column's length that must be its own, not said by the columns before it
POINTS = 12  # between which peaks of the likelihood are looked for
LEAST = 1e-3  # of the typical sampling variance, the first of them
MOST_DOUBLINGS = 200


@dataclass(frozen=True, slots=True)
class WeightedFit:
    """Weighted least squares at a given tau2: w = 1/(v + tau2).

    coefficients (p,), covariance (p, p) = (x' w x)^-1, weights (k,), residuals (k,) = y - x b, hat (k,) the diagonal of
    x (x' w x)^-1 x' w, `q` = sum w residual^2.
    """

    coefficients: Floats
    covariance: Floats
    weights: Floats
    residuals: Floats
    hat: Floats
    q: float


def weighted_fit(y: Floats, v: Floats, x: Floats, tau2: float) -> WeightedFit:
    """The coefficients of x at a given tau2. Raises RefusedSynthesis where columns of x say the same thing.

    By orthogonal columns of sqrt(w) x: a moderator such as the year, whose values are large and alike, loses no digits.
    """
    w = 1 / (v + tau2)
    root = np.sqrt(w)
    scaled = x * root[:, None]
    q, r = np.linalg.qr(scaled)
    if (np.abs(np.diag(r)) <= ALIKE * np.sqrt((scaled**2).sum(axis=0))).any():
        raise RefusedSynthesis("collinear-moderators", "Moderators that say the same thing, or that do not vary.")
    inverse = np.linalg.inv(r)
    coefficients: Floats = inverse @ (q.T @ (root * y))
    residuals = y - x @ coefficients
    hat: Floats = (q**2).sum(axis=1)
    return WeightedFit(coefficients, inverse @ inverse.T, w, residuals, hat, float(w @ residuals**2))


def tau2_of(y: Floats, v: Floats, x: Floats, method: Tau2Method = "reml") -> float:
    """Variance of true effects between studies, never below zero.

    reml: restricted maximum likelihood (Viechtbauer 2005, doi:10.3102/10769986030003261); ml: maximum likelihood; dl:
    moments at fixed-effect weights (DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2); pm: the tau2 at which
    Q equals its degrees of freedom (Paule & Mandel 1982). Likelihoods are climbed to their highest peak.
    """
    if method == "dl":
        fit = weighted_fit(y, v, x, 0.0)
        return max(0.0, float((fit.q - (len(y) - x.shape[1])) / _trace_p(fit)))
    if method == "pm":
        return _where_q_is(y, v, x, float(len(y) - x.shape[1]))
    return _likeliest(y, v, x, restricted=method == "reml")


def cochran_q(y: Floats, v: Floats, x: Floats) -> tuple[float, int, float]:
    """Q of fixed-effect residuals, its degrees of freedom k - p, and its p-value from chi-square (Cochran 1954)."""
    q, df = weighted_fit(y, v, x, 0.0).q, len(y) - x.shape[1]
    return q, df, float(chdtrc(df, q))


def q_profile(y: Floats, v: Floats, x: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of tau2: the values at which the generalised Q is a quantile of chi-square with k - p degrees of
    freedom (Viechtbauer 2007, doi:10.1002/sim.2514). Bounds below zero are told as zero, both where effects differ less
    than chance alone would have it."""
    df, tail = len(y) - x.shape[1], (1 - confidence) / 2
    return _where_q_is(y, v, x, float(chdtri(df, tail))), _where_q_is(y, v, x, float(chdtri(df, 1 - tail)))


def typical_variance(y: Floats, v: Floats, x: Floats) -> float:
    """The sampling variance s^2 of a typical study, by which I2 = tau2/(tau2 + s^2) and H2 = 1 + tau2/s^2 (Higgins &
    Thompson 2002, doi:10.1002/sim.1186, for any design matrix)."""
    return float((len(y) - x.shape[1]) / _trace_p(weighted_fit(y, v, x, 0.0)))


def likelihood(fit: WeightedFit, *, restricted: bool) -> float:
    """Log-likelihood at a fit, up to a constant that depends on x alone."""
    told = 0.5 * float(np.log(fit.weights).sum()) - 0.5 * fit.q
    return told + 0.5 * float(np.linalg.slogdet(fit.covariance)[1]) if restricted else told


def _trace_p(fit: WeightedFit) -> float:
    """Trace of P = W - W x (x'Wx)^-1 x'W."""
    return float(fit.weights.sum() - fit.weights @ fit.hat)


def _likeliest(y: Floats, v: Floats, x: Floats, *, restricted: bool) -> float:
    """The tau2 of highest likelihood: zero, or a root of the score where it falls, whichever is higher.

    Scoring steps alone may go round for ever near zero, and find a lower one of two peaks; roots are looked for between
    points spread evenly in logarithms, up to where the score stays below zero.
    """

    def score(tau2: float) -> float:
        return _score(weighted_fit(y, v, x, tau2), restricted=restricted)

    unit, high = float(v.mean()), float(v.mean()) + float(np.var(y))
    for _ in range(MOST_DOUBLINGS):
        if score(high) < 0:
            break
        high *= 4
    points = [0.0, *np.geomspace(LEAST * unit, high, POINTS)]
    signs = [score(point) for point in points]
    peaks = [0.0] if signs[0] <= 0 else []
    for left, right, before, after in zip(points[:-1], points[1:], signs[:-1], signs[1:], strict=True):
        if before > 0 >= after:
            peaks.append(float(brentq(score, left, right, xtol=PRECISION * unit, rtol=4 * math.ulp(1.0))))
    if not peaks:
        raise RefusedSynthesis("not-converged", "The likelihood of tau2 has no peak.")
    return max(peaks, key=lambda tau2: likelihood(weighted_fit(y, v, x, tau2), restricted=restricted))


def _score(fit: WeightedFit, *, restricted: bool) -> float:
    """Twice the slope of the log-likelihood in tau2: |W r|^2 - tr P restricted, |W r|^2 - tr W not."""
    squares = float(((fit.weights * fit.residuals) ** 2).sum())
    return squares - (_trace_p(fit) if restricted else float(fit.weights.sum()))


def _where_q_is(y: Floats, v: Floats, x: Floats, value: float) -> float:
    """The tau2 at which the generalised Q, which falls as tau2 rises, is `value`; zero where it is below already."""
    excess: Callable[[float], float] = lambda tau2: weighted_fit(y, v, x, tau2).q - value  # noqa: E731
    if excess(0.0) <= 0:
        return 0.0
    high = float(v.mean()) + float(np.var(y))
    for _ in range(MOST_DOUBLINGS):
        if excess(high) < 0:
            return float(brentq(excess, 0.0, high, xtol=PRECISION * float(v.mean()), rtol=4 * math.ulp(1.0)))
        high *= 2
    raise RefusedSynthesis("no-interval", "The interval of tau2 has no upper bound.")
