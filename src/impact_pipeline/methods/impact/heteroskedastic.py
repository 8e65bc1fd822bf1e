"""Least squares of units that are not clustered, with HC0 to HC3: arrays of rows come in, a fit and a covariance go
out.

HC2 divides each squared residual by 1 - h_i, h_i the leverage: it is unbiased under equal variances, and in a trial it
is Neyman's variance (MacKinnon & White 1985, doi:10.1016/0304-4076(85)90158-7; Samii & Aronow 2012). Weighted least
squares is least squares of rows times the root of their weight, as in R's sandwich and estimatr.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import fdtrc

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.robust import JointTest

Floats = NDArray[np.float64]
UnitRule = Literal["classical", "HC0", "HC1", "HC2", "HC3"]

DEPENDENT = 1e-7  # R's own tolerance for a column that is a combination of those before it
WHOLE = 1e-10  # a leverage this close to one: the row decides a coefficient alone and has no residual


@dataclass(frozen=True, slots=True)
class UnitFit:
    """Least squares of n rows on k regressors: coefficients (k,), covariance (k, k), residuals e (n,), leverages
    (n,), an orthonormal basis Q (n, k) of the (weighted) regressors and `unroot` (k, k), which makes it of them."""

    coefficients: Floats
    covariance: Floats
    residuals: Floats
    leverages: Floats
    basis: Floats
    unroot: Floats
    df: int
    rule: UnitRule


def fit(x: Floats, y: Floats, weights: Floats | None = None, rule: UnitRule = "HC2") -> UnitFit:
    """Least squares of y (n,) on x (n, k), rows weighted by `weights` (n,) if given; n - k degrees of freedom.

    Raises RefusedEffect: `collinear`, `no-degrees-of-freedom` (as many regressors as rows), `leverage-one` (under HC2
    or HC3 a row that alone decides a coefficient, whose error nothing tells).
    """
    n, k = x.shape
    if n <= k:
        raise RefusedEffect("no-degrees-of-freedom", f"{n} rows for {k} regressors")
    root = np.ones(n) if weights is None else np.sqrt(weights)
    basis, triangle = np.linalg.qr(x * root[:, None])
    lengths = np.sqrt(np.einsum("nk,nk->k", x * root[:, None], x * root[:, None]))
    if (np.abs(np.diag(triangle)) <= DEPENDENT * lengths).any():
        raise RefusedEffect("collinear", "a regressor is a combination of the others")
    coefficients: Floats = solve_triangular(triangle, basis.T @ (y * root))
    residuals = y - x @ coefficients
    leverages = np.einsum("nk,nk->n", basis, basis)
    unroot = solve_triangular(triangle, np.eye(k))
    meat = _meat(basis, residuals * root, leverages, rule)
    return UnitFit(coefficients, unroot @ meat @ unroot.T, residuals, leverages, basis, unroot, n - k, rule)


def _meat(basis: Floats, e: Floats, leverages: Floats, rule: UnitRule) -> Floats:
    n, k = basis.shape
    left = 1 - leverages
    if rule in ("HC2", "HC3") and left.min() < WHOLE:
        raise RefusedEffect("leverage-one", f"row {int(np.argmin(left))} alone decides a coefficient")
    if rule == "classical":
        return np.eye(k) * float(e @ e / (n - k))
    of_row = {"HC0": e**2, "HC1": e**2 * (n / (n - k)), "HC2": e**2 / left, "HC3": e**2 / left**2}[rule]
    found: Floats = basis.T @ (of_row[:, None] * basis)
    return found


def satterthwaite(fitted: UnitFit, weights: Floats) -> float:
    """Degrees of freedom of a contrast (k,) under HC2: those whose chi2 has the mean and the variance that the squared
    error has where variances are equal.

    The squared error is sum a_i^2 e_i^2 with a_i = g'q_i / sqrt(1 - h_i), g the contrast on the basis, and sum_ij a_i^2
    a_j^2 h_ij^2 = tr(UU) with U = sum a_i^2 q_i q_i': Bell & McCaffrey 2002 with each unit its own cluster, as R's
    clubSandwich. Where a few units of high leverage decide the contrast these are far fewer than n - k, as of an
    interaction with a number (some n / 3).
    """
    if fitted.rule != "HC2":
        raise ValueError(f"Satterthwaite's degrees of freedom are those of HC2, not of {fitted.rule}")
    on_basis = fitted.unroot.T @ weights
    share = (fitted.basis @ on_basis) ** 2 / (1 - fitted.leverages)
    u = fitted.basis.T @ (share[:, None] * fitted.basis)
    spread = float(share**2 @ (1 - 2 * fitted.leverages) + np.sum(u * u))
    return float(on_basis @ on_basis) ** 2 / spread


def joint_test(fitted: UnitFit, contrasts: Floats) -> JointTest:
    """F test that all q contrasts (q, k) are zero, on q and n - k degrees of freedom."""
    q = len(contrasts)
    values, spread = contrasts @ fitted.coefficients, contrasts @ fitted.covariance @ contrasts.T
    if np.linalg.matrix_rank(spread, hermitian=True) < q:
        raise RefusedEffect("no-degrees-of-freedom", f"the errors of {q} contrasts cannot be told apart")
    f = float(values @ np.linalg.solve(spread, values)) / q
    return JointTest(f, q, float(fitted.df), float(fdtrc(q, fitted.df, f)), "F")
