"""What goes with larger effects: a regression of effects on what differs between studies.

Effects, variances and declared moderators come in, one row a study; a `Regression` goes out. It tells of studies, not
of people: that effects are larger where participants are younger does not make them larger for the young. At most one
moderator for ten studies is allowed, for more would explain chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from impact_pipeline.methods.synthesis.heterogeneity import (
    Floats,
    Tau2Method,
    cochran_q,
    tau2_of,
    typical_variance,
    weighted_fit,
)
from impact_pipeline.methods.synthesis.pooling import Inference, design, quantile, scaling, share, two_sided
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

STUDIES_PER_MODERATOR = 10


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients (p,): the intercept first, then one a moderator, in effect units by unit of the moderator.

    `covariance` (p, p) with Hartung and Knapp's factor in it; `df` = k - p. `f`, `f_p`: the test that no moderator
    matters, F with p - 1 and k - p degrees of freedom. `q`, `q_p`: what heterogeneity is left. `r2` in percent: share
    of tau2 explained, None where there was none.
    """

    names: tuple[str, ...]
    method: Tau2Method
    inference: Inference
    k: int
    coefficients: Floats
    covariance: Floats
    df: float | None
    low: Floats
    high: Floats
    p: Floats
    f: float
    f_p: float
    tau2: float
    i2: float
    r2: float | None
    q: float
    q_p: float
    confidence: float

    @property
    def se(self) -> Floats:
        """Standard errors of the coefficients (p,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, slots=True)
class Expected:
    """The mean effect expected at given values of the moderators, and where a new place's own effect would lie."""

    effect: float
    se: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float


def meta_regression(
    y: Floats,
    v: Floats,
    moderators: Floats,
    names: Sequence[str],
    *,
    method: Tau2Method = "reml",
    inference: Inference = "hartung-knapp",
    confidence: float = 0.95,
) -> Regression:
    """Mixed-effects regression of y (k,) on moderators (k, m), with Knapp and Hartung's tests (2003,
    doi:10.1002/sim.1482).

    Categories come as columns of zeros and ones. Raises RefusedSynthesis `too-many-moderators` where m > k/10,
    `missing-moderator` where a value is missing, `collinear-moderators` where columns say the same thing.
    """
    k, m = moderators.shape
    design(y, v)
    if m < 1 or len(names) != m:
        raise ValueError(f"{len(names)} names for {m} moderators")
    if m * STUDIES_PER_MODERATOR > k:
        raise RefusedSynthesis("too-many-moderators", f"{m} moderators need {STUDIES_PER_MODERATOR * m} studies: {k}.")
    if not np.isfinite(moderators).all():
        raise RefusedSynthesis("missing-moderator", "A study without a value of a moderator.")
    ones = np.ones((k, 1))
    x = np.column_stack([ones, moderators])
    df = k - m - 1
    tau2, alone = tau2_of(y, v, x, method), tau2_of(y, v, ones, method)
    fit = weighted_fit(y, v, x, tau2)
    covariance = fit.covariance * scaling(fit.q, df, inference)
    told_df = None if inference == "normal" else float(df)
    ses = np.sqrt(np.diag(covariance))
    half = quantile(told_df, confidence) * ses
    p = np.array([two_sided(float(b), float(s), told_df) for b, s in zip(fit.coefficients, ses, strict=True)])
    slopes = fit.coefficients[1:]
    f = float(slopes @ np.linalg.solve(covariance[1:, 1:], slopes)) / m
    q, _, q_p = cochran_q(y, v, x)
    return Regression(
        names=("intercept", *names), method=method, inference=inference, k=k, coefficients=fit.coefficients,
        covariance=covariance, df=told_df, low=fit.coefficients - half, high=fit.coefficients + half, p=p, f=f,
        f_p=float(fdtrc(m, df if told_df is not None else np.inf, f)), tau2=tau2,
        i2=share(tau2, typical_variance(y, v, x)),
        r2=max(0.0, 100 * (alone - tau2) / alone) if alone > 0 else None, q=q, q_p=q_p, confidence=confidence,
    )  # fmt: skip


def expected_at(regression: Regression, values: Floats) -> Expected:
    """The effect at given values (m,) of the moderators, with its interval and its prediction interval (both on the
    regression's degrees of freedom). Says nothing of whether these values were studied: the caller must."""
    x = np.concatenate([[1.0], values])
    effect = float(x @ regression.coefficients)
    se = math.sqrt(float(x @ regression.covariance @ x))
    t = quantile(regression.df, regression.confidence)
    spread = t * math.sqrt(se * se + regression.tau2)
    return Expected(effect, se, effect - t * se, effect + t * se, effect - spread, effect + spread)


def holm(p: Floats) -> Floats:
    """p-values (m,) of a declared family, adjusted so that one false finding in it is as rare as one p-value says
    (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
