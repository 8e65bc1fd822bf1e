"""Least squares with clustered errors, from Gram matrices: coefficients, CR0 to CR3, degrees of freedom, joint tests.

`ClusterGrams` come in, a fit and its covariances go out; no row is read. Units that are not clustered are in
`heteroskedastic`. With W the weights, M = (X'WX)^-1 and e the residuals, V = sum over clusters of
M X_g'W_g A_g e_g e_g'A_g' W_g X_g M, where A_g is the identity (CR0, CR1), (I - H_gg)^-1/2 (CR2, Bell & McCaffrey 2002)
or (I - H_gg)^-1 (CR3). For CR2 the working model is of equal, independent errors, also where rows have weights: then
A_g = [(I - H)(I - H)']_gg^-1/2 (Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004, in its form for the
identity).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.gram import ClusterGrams

Floats = NDArray[np.float64]
ClusterRule = Literal["CR0", "CR1", "CR2", "CR3"]

ALIKE = 1e-10  # least eigenvalue of the regressors' correlations that still counts as independent
NOTHING = 1e-11  # an eigenvalue of I - H_gg below this is zero: the cluster decides that direction alone
SAME_SPACE = 1e-12  # eigenvalue, relative to the largest, below which a cluster's rows span no further direction


@dataclass(frozen=True)
class ClusterFit:
    """Weighted least squares of G clusters on k regressors.

    coefficients (k,); bread (k, k) = (X'WX)^-1 = root root'; scores (G, k) = X_g'W_g e_g; residual_squares = e'We.
    """

    grams: ClusterGrams
    coefficients: Floats
    bread: Floats
    root: Floats
    scores: Floats
    residual_squares: float

    @cached_property
    def adjusted(self) -> Adjusted:
        """What CR2 makes of the scores; computed once."""
        return _weighted_adjustment(self) if self.grams.plain_xx is not None else _plain_adjustment(self)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """CR2: A_g W_g X_g = Z_g maps_g, Z being X; or, where rows have weights, [X, WX] with columns made uncorrelated (m
    columns).

    scores (G, k) = X_g'W_g A_g e_g; maps (G, m, k); squares (G, m, m) = Z_g'Z_g; and `middle` (m, m), such that the
    (g, h) block of (I - H)(I - H)' is the identity, if g = h, + Z_g middle Z_h'.
    """

    scores: Floats
    maps: Floats
    squares: Floats
    middle: Floats


@dataclass(frozen=True, slots=True)
class JointTest:
    """A test that several contrasts are all zero: F on df1 and df2 degrees of freedom."""

    f: float
    df1: int
    df2: float
    p: float
    rule: str


def fit(grams: ClusterGrams) -> ClusterFit:
    """Coefficients from the sums of all clusters. Raises RefusedEffect `collinear`."""
    bread, root = inverse(grams.xx.sum(axis=0))
    coefficients = bread @ grams.xy.sum(axis=0)
    scores = grams.xy - grams.xx @ coefficients
    left = float(grams.yy.sum() - coefficients @ (grams.xy.sum(axis=0) + scores.sum(axis=0)))
    return ClusterFit(grams, coefficients, bread, root, scores, max(left, 0.0))


def inverse(gram: Floats) -> tuple[Floats, Floats]:
    """The inverse of X'X and a root of it (inverse = root root'), columns brought to the same length meanwhile.

    Raises RefusedEffect `collinear` where a regressor is a combination of others.
    """
    length = np.sqrt(np.diag(gram))
    if not (length > 0).all():
        raise RefusedEffect("collinear", f"regressor {int(np.argmin(length))} is zero in every row")
    values, vectors = np.linalg.eigh(gram / np.outer(length, length))
    if values[0] < ALIKE:
        raise RefusedEffect("collinear", f"regressors are combinations of each other (eigenvalue {values[0]:.1e})")
    root = vectors / np.sqrt(values) / length[:, None]
    return root @ root.T, root


def covariance(fitted: ClusterFit, rule: ClusterRule) -> Floats:
    """Covariance (k, k) of the coefficients.

    CR1 multiplies CR0 by G/(G-1) (n-1)/(n-k), as Stata does (clubSandwich's CR1S). CR3 is the jackknife without
    (G-1)/G. Raises RefusedEffect `cluster-decides` under CR3, where leaving a cluster out leaves a coefficient without
    data.
    """
    grams, bread = fitted.grams, fitted.bread
    scores = fitted.scores
    if rule == "CR2":
        scores = fitted.adjusted.scores
    elif rule == "CR3":
        scores = _left_out_scores(fitted)
    meat = scores.T @ scores
    if rule == "CR1":
        g, n, k = grams.clusters, grams.rows, len(fitted.coefficients)
        meat = meat * (g / (g - 1) * (n - 1) / (n - k))
    found: Floats = bread @ meat @ bread
    return found


def _left_out_scores(fitted: ClusterFit) -> Floats:
    """X_g'W_g (I - H_gg)^-1 e_g = (I - X_g'W_g X_g M)^-1 X_g'W_g e_g."""
    inside = fitted.root.T @ fitted.grams.xx @ fitted.root
    values, vectors = np.linalg.eigh(inside)
    if (1 - values).min() < NOTHING:
        raise RefusedEffect("cluster-decides", "without one of the clusters a coefficient has no data")
    rotated = np.einsum("gkm,kl,gl->gm", vectors, fitted.root.T, fitted.scores, optimize=True) / (1 - values)
    back: Floats = np.einsum("gkm,gm->gk", vectors, rotated) @ np.linalg.inv(fitted.root)
    return back


def _plain_adjustment(fitted: ClusterFit) -> Adjusted:
    """Without weights H_gg = X_g M X_g', so that A_g X_g L = X_g L (I - L'X_g'X_g L)^-1/2 with M = LL'."""
    root, unroot = fitted.root, np.linalg.inv(fitted.root)
    inside = root.T @ fitted.grams.xx @ root
    maps = root @ _inverse_root(np.eye(len(root)) - inside) @ unroot
    scores = np.einsum("gmk,gm->gk", maps, fitted.scores)
    return Adjusted(scores, maps, fitted.grams.xx, -fitted.bread)


def _weighted_adjustment(fitted: ClusterFit) -> Adjusted:
    """With weights [(I - H)(I - H)']_gg = I + Z_g K Z_g' over Z = [X, WX], taken in an orthonormal basis of Z_g.

    Columns are first made uncorrelated and of length one (X L with L'X'WXL = I, weights around one), so that which
    directions a cluster spans does not depend on the units of the regressors.
    """
    grams = fitted.grams
    if grams.plain_xx is None or grams.plain_xy is None or grams.squared_xx is None:
        raise ValueError("Grams of rows with weights lack their sums without weights and with squared weights")
    k = len(fitted.bread)
    scale = float(grams.xx[:, 0, 0].sum() / grams.plain_xx[:, 0, 0].sum())
    root, unroot = fitted.root * np.sqrt(scale), np.linalg.inv(fitted.root) / np.sqrt(scale)
    plain, once, twice = (
        root.T @ sums @ root for sums in (grams.plain_xx, grams.xx / scale, grams.squared_xx / scale**2)
    )
    squares = np.block([[plain, once], [once, twice]])
    middle = np.block([[twice.sum(axis=0), -np.eye(k)], [-np.eye(k), np.zeros((k, k))]])
    values, vectors = np.linalg.eigh(squares)
    kept = values > SAME_SPACE * values[:, -1:]
    stretch = np.sqrt(np.where(kept, values, 0.0))
    with np.errstate(divide="ignore"):
        shrink = np.where(kept, 1 / stretch, 0.0)
    into = stretch[:, :, None] * np.swapaxes(vectors, 1, 2)  # Z_g = basis into_g
    target = np.eye(2 * k) + into @ middle @ np.swapaxes(into, 1, 2)
    maps = (vectors * shrink[:, None, :]) @ _inverse_root(target) @ into[:, :, k:] @ unroot
    moments = np.concatenate([grams.plain_xy, grams.xy / scale], axis=1).reshape(-1, 2, k) @ root
    residual = moments.reshape(-1, 2 * k) - squares[:, :, :k] @ (unroot @ fitted.coefficients)
    scores = np.einsum("gmk,gm->gk", maps, residual)
    return Adjusted(scores * scale, maps * scale, squares, middle)


def _inverse_root(symmetric: Floats) -> Floats:
    """(G, m, m) inverse square roots; directions whose eigenvalue is zero are dropped (Moore-Penrose)."""
    values, vectors = np.linalg.eigh(symmetric)
    with np.errstate(invalid="ignore", divide="ignore"):
        roots = np.where(values > NOTHING, 1 / np.sqrt(values), 0.0)
    found: Floats = (vectors * roots[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    return found


def satterthwaite(fitted: ClusterFit, contrast: Floats) -> float:
    """Degrees of freedom of a contrast's CR2 variance: 2 E(V)^2 / Var(V) under the working model.

    V = sum (p_g'e)^2, so that df = (sum p_g'p_g)^2 / sum over g, h of (p_g'p_h)^2 (Bell & McCaffrey 2002; Pustejovsky &
    Tipton 2018). Raises RefusedEffect `no-degrees-of-freedom` where V is zero whatever the errors.
    """
    found = fitted.adjusted
    own, crossed = _parts(fitted, contrast)
    inner = crossed.T @ crossed @ found.middle
    trace = own.sum() + np.trace(inner)
    square = (own**2).sum() + 2 * (own * np.einsum("gm,ml,gl->g", crossed, found.middle, crossed)).sum()
    square += np.sum(inner * inner.T)
    if not trace > NOTHING * own.sum():
        raise RefusedEffect("no-degrees-of-freedom", "the clusters leave nothing from which an error can be told")
    return float(trace**2 / square)


def _parts(fitted: ClusterFit, contrast: Floats) -> tuple[Floats, Floats]:
    """u_g'u_g (G,) and Z_g'u_g (G, m) of u_g = A_g W_g X_g M c: p_g'p_h = [g = h] u_g'u_g + u_g'Z_g middle Z_h'u_h."""
    found = fitted.adjusted
    along = found.maps @ (fitted.bread @ contrast)
    crossed = np.einsum("gml,gl->gm", found.squares, along)
    return np.einsum("gm,gm->g", along, crossed), crossed


def joint_test(fitted: ClusterFit, contrasts: Floats, rule: ClusterRule) -> JointTest:
    """Wald test that all q contrasts (q, k) are zero.

    Under CR2, Hotelling's T^2 with the degrees of freedom eta of the closest Wishart law: F = (eta - q + 1)/(eta q) Q
    on q and eta - q + 1 (Pustejovsky & Tipton 2018: HTZ). Under CR1, F = Q/q on q and G - 1. Raises RefusedEffect
    `no-degrees-of-freedom` where clusters are too few for so many contrasts.
    """
    q = len(contrasts)
    values = contrasts @ fitted.coefficients
    spread = contrasts @ covariance(fitted, rule) @ contrasts.T
    if np.linalg.matrix_rank(spread, hermitian=True) < q:
        raise RefusedEffect("no-degrees-of-freedom", f"{fitted.grams.clusters} clusters for {q} contrasts at once")
    wald = float(values @ np.linalg.solve(spread, values))
    if rule != "CR2":
        f, df2, name = wald / q, float(fitted.grams.clusters - 1), "Wald"
    else:
        eta = _wishart_df(fitted, contrasts)
        f, df2, name = wald * (eta - q + 1) / (eta * q), eta - q + 1, "HTZ"
        if df2 <= 0:
            raise RefusedEffect("no-degrees-of-freedom", f"{q} contrasts at once leave {df2:.1f} degrees of freedom")
    return JointTest(f, q, df2, float(fdtrc(q, df2, f)), name)


def _wishart_df(fitted: ClusterFit, contrasts: Floats) -> float:
    """q(q+1) / sum of the variances of the entries of the covariance, contrasts made uncorrelated and of variance one.

    Var(V_st) = sum over g, h of (p_sg'p_sh)(p_tg'p_th) + (p_sg'p_th)(p_tg'p_sh).
    """
    q = len(contrasts)
    expected = np.array([[_Products.of(fitted, s, t).trace() for t in contrasts] for s in contrasts])
    values, vectors = np.linalg.eigh(expected)
    if values[0] <= NOTHING * values[-1]:
        raise RefusedEffect("no-degrees-of-freedom", "the clusters leave nothing from which the contrasts can be told")
    alone = (vectors / np.sqrt(values)).T @ contrasts
    pairs = [[_Products.of(fitted, s, t) for t in alone] for s in alone]
    total = sum(
        pairs[s][s].summed_with(pairs[t][t]) + pairs[s][t].summed_with(pairs[t][s]) for s in range(q) for t in range(q)
    )
    return q * (q + 1) / total


@dataclass(frozen=True, slots=True)
class _Products:
    """The (G, G) matrix of p_g'p_h of two contrasts, kept as own (G,) on its diagonal + left middle right'."""

    own: Floats
    left: Floats
    right: Floats
    middle: Floats

    @staticmethod
    def of(fitted: ClusterFit, one: Floats, other: Floats) -> _Products:
        found = fitted.adjusted
        along = found.maps @ (fitted.bread @ one)
        (_, left), (_, right) = _parts(fitted, one), _parts(fitted, other)
        return _Products(np.einsum("gm,gm->g", along, right), left, right, found.middle)

    @property
    def diagonal(self) -> Floats:
        """What left middle right' has on its diagonal."""
        found: Floats = np.einsum("gm,ml,gl->g", self.left, self.middle, self.right, optimize=True)
        return found

    def trace(self) -> float:
        return float((self.own + self.diagonal).sum())

    def summed_with(self, other: _Products) -> float:
        """The sum of the products of the two matrices' entries."""
        both = (self.own * other.own + self.own * other.diagonal + other.own * self.diagonal).sum()
        crossed = self.middle @ (self.right.T @ other.right) @ self.middle.T
        return float(both + np.sum((self.left.T @ other.left) * crossed))
