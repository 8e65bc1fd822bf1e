"""Tests and models that respect how a sample was drawn: two means, a two-way table, linear and logistic regression.

Arrays of one row a record and their `SurveyDesign` come in; frozen results go out. Rows are put in one order first, so
that no result depends on the order in which they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, fdtrc, stdtr, stdtrit

from impact_pipeline.methods.survey_design import Floats, Integers, RefusedFigure, SurveyDesign

STEPS, SETTLED = 60, 1e-12
RANK = 1e-10  # least eigenvalue of the scaled normal matrix, relative to the largest


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients (k,), their covariance (k, k) and the residual degrees of freedom: the design's, plus 1, less k."""

    coefficients: Floats
    covariance: Floats
    df: int

    @property
    def se(self) -> Floats:
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors


@dataclass(frozen=True, slots=True)
class TTest:
    """A difference of two means, in the unit of the outcome, with Student's test of none and its interval."""

    difference: float
    se: float
    df: int
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FTest:
    """F on `df1` and `df2` degrees of freedom; `chi_square` is the statistic before it was corrected for the design."""

    f: float
    df1: float
    df2: float
    p: float
    chi_square: float | None = None


def survey_glm(x: Floats, y: Floats, design: SurveyDesign, family: Literal["linear", "logit"]) -> Fit:
    """Regression of y (n,) on x (n, k), which holds its own constant, with design-based errors.

    Pseudo-maximum likelihood: V = A^-1 C A^-1, C being the design's covariance of the weighted scores and A the
    weighted information (Binder 1983, doi:10.2307/1402588), as R's svyglm. Rows of zero weight are outside the domain;
    what they hold is not looked at. Raises RefusedFigure: `missing-values`, `collinear`, `not-converged` (separated),
    `not-binary`, `no-degrees-of-freedom`, and what the design raises.
    """
    x, y, design = _prepared(x, y, design)
    if family == "logit" and not np.isin(y, (0, 1)).all():
        raise RefusedFigure("not-binary", "a logit takes outcomes of 0 and 1")
    df = design.df + 1 - x.shape[1]
    if df < 1:
        raise RefusedFigure("no-degrees-of-freedom", f"{x.shape[1]} coefficients for {design.df} degrees of freedom")
    w = design.weights
    if family == "linear":
        information = _information(x, w)
        beta: Floats = np.linalg.solve(information, x.T @ (w * y)).astype(np.float64)
        expected = x @ beta
    else:
        beta, expected = _logit(x, y, w)
        information = _information(x, w * expected * (1 - expected))
    scores = x * (w * (y - expected))[:, None]
    inverse = np.linalg.inv(information)
    covariance: Floats = inverse @ design.covariance(scores) @ inverse
    return Fit(beta, covariance, df)


def wald_test(fit: Fit, terms: Integers) -> FTest:
    """Whether the coefficients at these places are all zero: F = b'V^-1 b / q on q and the fit's degrees of freedom.

    As R's regTermTest(method = "Wald"). Raises RefusedFigure `collinear` where their covariance cannot be inverted.
    """
    b, v = fit.coefficients[terms], fit.covariance[np.ix_(terms, terms)]
    if np.linalg.matrix_rank(v) < len(terms):
        raise RefusedFigure("collinear", "fewer degrees of freedom than coefficients to test together")
    statistic = float(b @ np.linalg.solve(v, b))
    f = statistic / len(terms)
    return FTest(f, len(terms), fit.df, float(fdtrc(len(terms), fit.df, f)), statistic)


def survey_t_test(y: Floats, second: Floats, design: SurveyDesign, confidence: float = 0.95) -> TTest:
    """Mean of y (n,) where `second` (n,) is 1 less the mean where it is 0, with the covariance of groups that share
    sampling units: Student's test on the design's degrees of freedom less one, as R's svyttest.

    Raises RefusedFigure as `survey_glm`, and `one-group`.
    """
    held = second[design.weights > 0]
    if not np.isin(held, (0, 1)).all() or held.min(initial=1) == held.max(initial=0):
        raise RefusedFigure("one-group", "two groups are compared, coded 0 and 1")
    fit = survey_glm(np.stack([np.ones(len(y)), second], axis=1), y, design, "linear")
    difference, se = float(fit.coefficients[1]), float(fit.se[1])
    if se == 0:
        raise RefusedFigure("no-variation", "no sampling unit differs from its stratum")
    half = float(stdtrit(fit.df, (1 + confidence) / 2)) * se
    t = difference / se
    return TTest(difference, se, fit.df, t, 2 * float(stdtr(fit.df, -abs(t))), difference - half, difference + half)


def rao_scott(rows: Integers, columns: Integers, design: SurveyDesign) -> FTest:
    """Whether two classifications (n,), coded from 0, are independent in the population.

    Pearson's statistic of the weighted table, corrected to the second order by the eigenvalues of the generalised
    design effects: F = X2 / tr(D) on tr(D)^2 / tr(D^2) and that times the design's degrees of freedom (Rao & Scott
    1984, doi:10.1214/aos/1176346391; Thomas & Rao 1987, doi:10.1080/01621459.1987.10478474), as R's svychisq. Raises
    RefusedFigure `one-category`, `no-degrees-of-freedom`, and what the design raises.
    """
    held = design.weights > 0
    r, c = int(rows[held].max(initial=-1)) + 1, int(columns[held].max(initial=-1)) + 1
    found = [len(np.unique(codes[held])) for codes in (rows, columns)]
    if min(found) < 2 or found != [r, c]:
        raise RefusedFigure("one-category", "two categories or more on either side, each held by somebody")
    df = design.df
    if df < 1:
        raise RefusedFigure("no-degrees-of-freedom", "as many strata as sampling units")
    order = np.lexsort([np.where(held, rows * c + columns, -1), design.weights, design.psus, design.strata])
    design, held = design.rows(order), held[order]
    n, whole = int(held.sum()), float(design.weights.sum())
    cells = np.zeros((len(held), r * c))
    cells[held, (rows[order] * c + columns[order])[held]] = 1
    share = design.weights @ cells / whole
    expected = np.outer(share.reshape(r, c).sum(axis=1), share.reshape(r, c).sum(axis=0)).ravel()
    chi_square = n * float(((share - expected) ** 2 / expected).sum())
    covariance = design.covariance(design.weights[:, None] * (cells - share) / whole)
    inverse = np.where(share > 0, 1 / np.where(share > 0, share, 1), 0)
    interaction = np.kron(_contrasts(r), _contrasts(c)) * inverse[:, None]
    simple = np.kron(_contrasts(r), _contrasts(c)).T @ interaction / n
    effects = np.linalg.solve(simple, interaction.T @ covariance @ interaction)
    trace, square = float(np.trace(effects)), float(np.trace(effects @ effects))
    df1 = trace * trace / square
    f = chi_square / trace
    return FTest(f, df1, df1 * df, float(fdtrc(df1, df1 * df, f)), chi_square)


def _contrasts(categories: int) -> Floats:
    """(categories, categories - 1): each category but the last, less the last."""
    return np.vstack([np.eye(categories - 1), -np.ones(categories - 1)])


def _prepared(x: Floats, y: Floats, design: SurveyDesign) -> tuple[Floats, Floats, SurveyDesign]:
    """Rows in an order that depends on what they hold alone; zero in place of what is outside the domain."""
    held = design.weights > 0
    x, y = np.where(held[:, None], x, 0.0), np.where(held, y, 0.0)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise RefusedFigure("missing-values", "a row of the domain lacks an outcome or a covariate")
    order = np.lexsort([y, *x.T, design.weights, design.psus, design.strata])
    return x[order], y[order], design.rows(order)


def _information(x: Floats, w: Floats) -> Floats:
    """X'WX. Raises RefusedFigure where it has no inverse to speak of."""
    found: Floats = x.T @ (x * w[:, None])
    scale = np.sqrt(np.diag(found))
    if (scale == 0).any():
        raise RefusedFigure("collinear", "a covariate is zero throughout")
    spread = np.linalg.eigvalsh(found / np.outer(scale, scale))
    if spread[0] < RANK * spread[-1]:
        raise RefusedFigure("collinear", "covariates repeat one another")
    return found


def _logit(x: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Newton's steps to the weighted maximum; refused where a step no longer settles."""
    w = w / w.mean()
    _information(x, w)
    beta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        expected = expit(x @ beta)
        spread = w * expected * (1 - expected)
        information = x.T @ (x * spread[:, None])
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(information, x.T @ (w * (y - expected)))
        beta = beta + step
        if np.abs(step).max() <= SETTLED * max(1.0, float(np.abs(beta).max())):
            return beta, expit(x @ beta)
    raise RefusedFigure("not-converged", "some covariates tell the outcome without fail: no logit has a maximum")
