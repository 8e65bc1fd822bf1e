"""Multiple imputation: draws for what is missing come from chained equations, answers are pooled by Rubin's rules.

Matrices of numbers with NaN where a value is missing come in; completed matrices, or one pooled figure with the degrees
of freedom that its uncertainty leaves, go out. The seed is an argument: the same one gives the same draws. It serves
answers that records lack (see `imputed`) and covariates; in a study, a missing outcome is a question of who left, for
which see `impact.attrition`, and `shifted` shows what another answer than the imputed one would do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
SWEEPS = 20  # of chained equations before a draw is taken, as mice's authors advise for little missing information
RIDGE = 1e-5  # mice's own, so that a column that others give exactly does not stop the draw


@dataclass(frozen=True, slots=True)
class Pooled:
    """One figure over m imputations: Rubin (1987), with the small-sample degrees of freedom of Barnard & Rubin (1999).

    `within` and `between` are variances of the figure; `fmi` is the fraction of missing information; `enough` whether
    m is at least 100 x fmi (White, Royston & Wood 2011, doi:10.1002/sim.4067).
    """

    value: float
    se: float
    df: float
    low: float
    high: float
    p: float
    within: float
    between: float
    fmi: float
    enough: bool


def pool(values: Floats, variances: Floats, *, df_complete: float = math.inf, confidence: float = 0.95) -> Pooled:
    """Pool one figure of shape (m,) with its variances (m,); `df_complete` is what complete data would have left.

    T = W + (1 + 1/m) B; df by Barnard & Rubin (1999, doi:10.1093/biomet/86.4.948). Raises ValueError for fewer than two
    imputations or a variance that is not above zero.
    """
    m = len(values)
    if m < 2 or len(variances) != m:
        raise ValueError("at least two imputations, each with its variance")
    if not (np.isfinite(values).all() and np.isfinite(variances).all() and (variances > 0).all()):
        raise ValueError("finite figures and variances above zero")
    value, within, between = float(np.mean(values)), float(np.mean(variances)), float(np.var(values, ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total  # of the variance that missing values cause
    df = _degrees_of_freedom(m, share, df_complete)
    ratio = (1 + 1 / m) * between / within
    fmi = (ratio + 2 / (df + 3)) / (ratio + 1)
    se = math.sqrt(total)
    half = float(stdtrit(df, 1 - (1 - confidence) / 2)) * se
    p = 2 * float(stdtr(df, -abs(value) / se))
    return Pooled(value, se, df, value - half, value + half, p, within, between, fmi, m >= 100 * fmi)


def _degrees_of_freedom(m: int, share: float, df_complete: float) -> float:
    old = math.inf if share == 0 else (m - 1) / share**2
    if not math.isfinite(df_complete):
        return old
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
    return observed if not math.isfinite(old) else old * observed / (old + observed)


def impute(table: Floats, *, draws: int, seed: int, sweeps: int = SWEEPS) -> list[Floats]:
    """`draws` completed copies of `table` (rows x columns), by chained equations with Bayesian linear regression.

    Columns are visited from the fewest missing values to the most; each missing value is the mean that the other
    columns predict, under coefficients and a residual variance drawn from their posterior, plus a normal residual
    (van Buuren & Groothuis-Oudshoorn 2011, doi:10.18637/jss.v045.i03, method "norm"). Rows must stand in an order of
    their own, such as by unit. Raises ValueError where a column has no observed value, or too few to regress on.
    """
    missing = np.isnan(table)
    seen = (~missing).sum(axis=0)
    if (seen[missing.any(axis=0)] <= table.shape[1] + 1).any():
        raise ValueError("a column with missing values has too few observed ones to predict them from the others")
    return [_drawn(table, missing, np.random.default_rng([seed, nth]), sweeps) for nth in range(draws)]


def _drawn(table: Floats, missing: NDArray[np.bool_], rng: np.random.Generator, sweeps: int) -> Floats:
    filled = table.copy()
    order = [int(c) for c in np.argsort(missing.sum(axis=0), kind="stable") if missing[:, c].any()]
    for column in order:
        observed = table[~missing[:, column], column]
        filled[missing[:, column], column] = rng.choice(observed, size=int(missing[:, column].sum()))
    for _ in range(sweeps if len(order) > 1 else 1):
        for column in order:
            gone = missing[:, column]
            others = np.column_stack([np.ones(len(filled)), np.delete(filled, column, axis=1)])
            filled[gone, column] = _posterior_draw(others[~gone], table[~gone, column], others[gone], rng)
    return filled


def _posterior_draw(x: Floats, y: Floats, at: Floats, rng: np.random.Generator) -> Floats:
    """Values at `at` from a Bayesian linear regression of y on x with flat priors."""
    gram = x.T @ x
    inverse = np.linalg.inv(gram + np.diag(np.diag(gram)) * RIDGE)
    coefficients = inverse @ (x.T @ y)
    residual = y - x @ coefficients
    df = max(len(y) - x.shape[1], 1)
    sigma = math.sqrt(float(residual @ residual) / float(rng.chisquare(df)))
    drawn = coefficients + sigma * (np.linalg.cholesky((inverse + inverse.T) / 2) @ rng.standard_normal(x.shape[1]))
    told: Floats = at @ drawn + sigma * rng.standard_normal(len(at))
    return told


def shifted(values: Floats, was_missing: NDArray[np.bool_], delta: float) -> Floats:
    """Imputed values moved by `delta`: what if those who did not answer differ by so much (not missing at random).

    A pattern-mixture analysis with a declared shift (Carpenter & Kenward 2013, ch. 10); observed values stay.
    """
    return np.where(was_missing, values + delta, values)
