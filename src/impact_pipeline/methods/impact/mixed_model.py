"""A regression whose clusters have an intercept of their own, by restricted maximum likelihood, from Gram matrices.

`ClusterGrams` without weights, regressor 0 being the constant, come in; variances between and within clusters,
coefficients and contrasts with Satterthwaite's and Kenward and Roger's degrees of freedom go out. With s the variance
within, l that between over s, n_g the rows, u_g and m_g the sums of x and y of a cluster, everything hangs on
A(l) = W + sum of u_g u_g'/(n_g (1 + n_g l)), W being the sums of products within clusters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.gram import ClusterGrams
from impact_pipeline.methods.impact.robust import inverse

Floats = NDArray[np.float64]

SOLVED = 1e-14
RATIOS = np.logspace(-8, 6, 141)  # variances between over within among which the likelihood's hollows are looked for


@dataclass(frozen=True)
class MixedFit:
    """REML fit of G clusters: coefficients (k,), `within` and `between` variances (between 0: on the boundary)."""

    curve: _Restricted
    ratio: float

    @property
    def coefficients(self) -> Floats:
        return self._at.coefficients

    @property
    def within(self) -> float:
        return self._at.residual / self.curve.df

    @property
    def between(self) -> float:
        return self.ratio * self.within

    @property
    def covariance(self) -> Floats:
        """(k, k) covariance of the coefficients, the variances taken as known."""
        return self.within * self._at.bread

    @property
    def icc(self) -> float:
        """The share of the variance that lies between clusters, the regressors given."""
        return self.ratio / (1 + self.ratio)

    @cached_property
    def _at(self) -> _Point:
        return self.curve.at(self.ratio)

    def satterthwaite(self, contrast: Floats) -> float:
        """2 v^2/Var(v) of the contrast's variance v, by the observed information of the restricted likelihood
        (Giesbrecht & Burns 1985; as lmerTest). With no variance between clusters, n - k."""
        at, s, df = self._at, self.within, self.curve.df
        along = at.bread @ contrast
        v, by_within = s * float(contrast @ along), float(contrast @ along)
        if self.ratio == 0:
            return df
        by_ratio = -s * float(along @ at.slope @ along)
        hessian = np.array([
            [df / s**2, -at.residual_slope / s**2],
            [-at.residual_slope / s**2, at.curvature + at.residual_curvature / s],
        ])  # fmt: skip
        gradient = np.array([by_within, by_ratio])
        return float(v**2 / (gradient @ np.linalg.solve(hessian, gradient)))

    def kenward_roger(self, contrast: Floats) -> tuple[float, float]:
        """Variance of a contrast adjusted for the variances' own uncertainty, and its degrees of freedom (Kenward &
        Roger 1997, doi:10.2307/2533558; for a single contrast the F is not scaled and df = 2/A)."""
        curve, s = self.curve, self.within
        n, e = curve.n, 1 + curve.n * self.ratio
        phi = self.covariance

        def crossed(weight: Floats) -> Floats:
            found: Floats = np.einsum("g,gi,gj->ij", weight, curve.u, curve.u)
            return found

        first = [-(curve.inside + crossed(1 / (n * e**2))) / s**2, -crossed(1 / e**2) / s**2]
        second = [(curve.inside + crossed(1 / (n * e**3))) / s**3, crossed(1 / e**3) / s**3, crossed(n / e**3) / s**3]
        traces = [((n - 1).sum() + (1 / e**2).sum()) / s**2, (n / e**2).sum() / s**2, (n**2 / e**2).sum() / s**2]
        expected = np.array([
            [
                traces[i + j] - 2 * np.sum(phi * second[i + j]) + np.trace(phi @ first[i] @ phi @ first[j])
                for j in (0, 1)
            ]
            for i in (0, 1)
        ])  # fmt: skip
        spread = 2 * np.linalg.inv(expected)
        bias = sum(spread[i, j] * (second[i + j] - first[i] @ phi @ first[j]) for i in (0, 1) for j in (0, 1))
        variance = float(contrast @ (phi + 2 * phi @ bias @ phi) @ contrast)
        along = phi @ contrast
        slopes = np.array([along @ part @ along for part in first]) / (contrast @ along)
        return variance, float(2 / (slopes @ spread @ slopes))


def fit(grams: ClusterGrams) -> MixedFit:
    """The variances that make the restricted likelihood greatest.

    Raises RefusedEffect: `collinear`, `weights-unanswered` (rows have weights: a likelihood knows no sampling weights),
    `no-variation` (nothing left within clusters), `single-unit-clusters` (no cluster has two rows).
    """
    curve = _Restricted.of(grams)
    slopes = [curve.at(ratio).deviance_slope for ratio in (0.0, *RATIOS)]
    found = []
    for low, high, before, after in zip((0.0, *RATIOS), RATIOS, slopes, slopes[1:], strict=False):
        if before < 0 <= after:
            found.append(float(brentq(lambda r: curve.at(r).deviance_slope, low, high, xtol=1e-300, rtol=SOLVED)))
    if slopes[0] >= 0:
        found.append(0.0)
    if not found:
        raise RefusedEffect("no-variation", "clusters differ without anything varying within them")
    return MixedFit(curve, min(found, key=lambda ratio: curve.at(ratio).deviance))


@dataclass(frozen=True)
class _Restricted:
    """What the restricted likelihood needs: n, u, m by cluster; products within clusters of x, x and y, y; df = n -
    k."""

    n: Floats
    u: Floats
    m: Floats
    inside: Floats
    inside_xy: Floats
    inside_yy: float
    df: float

    @staticmethod
    def of(grams: ClusterGrams) -> _Restricted:
        if grams.plain_xx is not None:
            raise RefusedEffect("weights-unanswered", "a mixed model does not know sampling weights")
        if int(grams.n.max()) < 2:
            raise RefusedEffect("single-unit-clusters", "no cluster has two units: nothing varies within")
        n, u, m = grams.n.astype(np.float64), grams.xx[:, 0, :], grams.xy[:, 0]
        inside = (grams.xx - u[:, :, None] * u[:, None, :] / n[:, None, None]).sum(axis=0)
        inside_xy = (grams.xy - u * (m / n)[:, None]).sum(axis=0)
        inside_yy = float((grams.yy - m**2 / n).sum())
        return _Restricted(n, u, m, inside, inside_xy, inside_yy, float(n.sum() - u.shape[1]))

    def at(self, ratio: float) -> _Point:
        e = 1 + self.n * ratio
        w, w1, w2 = 1 / (self.n * e), -1 / e**2, 2 * self.n / e**3
        bread, _ = inverse(self.inside + self._crossed(w))
        coefficients = bread @ (self.inside_xy + (w * self.m) @ self.u)
        r = self.m - self.u @ coefficients
        within = self.inside_yy - 2 * coefficients @ self.inside_xy + coefficients @ self.inside @ coefficients
        residual = float(within + (w * r**2).sum())
        slope, leaning = self._crossed(w1), (w1 * r) @ self.u
        residual_slope = float((w1 * r**2).sum())
        turned = bread @ slope
        if not residual > 0:
            raise RefusedEffect("no-variation", "outcomes do not vary within clusters")
        return _Point(
            coefficients, bread, residual, slope, residual_slope,
            residual_curvature=float((w2 * r**2).sum() - 2 * leaning @ bread @ leaning),
            curvature=float(
                -((self.n / e) ** 2).sum() + np.sum(bread * self._crossed(w2)) - np.sum(turned * turned.T)
            ),
            deviance=float(self.df * math.log(residual) + np.log(e).sum() - np.linalg.slogdet(bread)[1]),
            deviance_slope=float(self.df * residual_slope / residual + (self.n / e).sum() + np.trace(turned)),
        )  # fmt: skip

    def _crossed(self, weight: Floats) -> Floats:
        found: Floats = (self.u * weight[:, None]).T @ self.u
        return found


@dataclass(frozen=True, slots=True)
class _Point:
    """The restricted likelihood at a ratio of variances, and its first and second derivatives by it (deviance: -2 log,
    less constants, the variance within being at its best)."""

    coefficients: Floats
    bread: Floats
    residual: float
    slope: Floats
    residual_slope: float
    residual_curvature: float
    curvature: float
    deviance: float
    deviance_slope: float
