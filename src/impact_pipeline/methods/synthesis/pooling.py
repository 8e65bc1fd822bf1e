"""One effect from several independent studies: random effects, with what a new place may expect.

Effects and variances of k studies come in, one of each a study; a `Pooled` goes out. Studies that give several effects
are for `dependent`. The house rules: restricted maximum likelihood, Hartung and Knapp's interval, the Q-profile
interval of tau2, a prediction interval whose degrees of freedom are named, and no pooling of fewer than three studies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from impact_pipeline.methods.synthesis.heterogeneity import (
    Floats,
    Tau2Method,
    cochran_q,
    q_profile,
    tau2_of,
    typical_variance,
    weighted_fit,
)
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Inference = Literal["hartung-knapp", "hartung-knapp-modified", "normal"]
PredictionRule = Literal["as-interval", "riley"]
FEWEST = 3  # studies that may be pooled
MODIFIED_BELOW = 5  # studies under which the Hartung-Knapp variance may not fall below the usual one
ROUNDING = 1e-12  # a standard error below this share of the usual one is what rounding leaves of zero
NARROWER = "narrower-than-normal"


@dataclass(frozen=True, slots=True)
class Pooled:
    """What k independent studies say together; everything is in the unit of the effects, i2 in percent.

    `df` belongs to `low`, `high` and `p` (None: the normal law), `prediction_df` to the prediction interval, within
    which the true effect of a new place lies with that confidence. `weights` (k,) sum to one. `inference` tells the
    rule that was used, `hartung-knapp-modified` where few studies called for it.
    """

    method: Tau2Method | Literal["fixed"]
    inference: Inference
    k: int
    effect: float
    se: float
    df: float | None
    low: float
    high: float
    p: float
    prediction_rule: PredictionRule | None
    prediction_df: float | None
    prediction_low: float | None
    prediction_high: float | None
    tau2: float
    tau2_low: float
    tau2_high: float
    i2: float
    i2_low: float
    i2_high: float
    h2: float
    q: float
    q_df: int
    q_p: float
    weights: Floats
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Best linear unbiased predictions of each study's true effect: arrays of k elements in the effects' unit."""

    effect: Floats
    se: Floats
    low: Floats
    high: Floats


def pool(
    y: Floats,
    v: Floats,
    *,
    method: Tau2Method = "reml",
    inference: Inference = "hartung-knapp",
    prediction: PredictionRule = "as-interval",
    confidence: float = 0.95,
) -> Pooled:
    """Random-effects mean of y (k,) with sampling variances v (k,).

    hartung-knapp: variance times s^2 = sum w (y - mu)^2 / (k-1), Student's t with k - 1 degrees of freedom (Hartung &
    Knapp 2001, doi:10.1002/sim.791; Sidik & Jonkman 2002); below five studies, or as `hartung-knapp-modified`, s^2 is
    at least 1 (Roever, Knapp & Friede 2015, doi:10.1186/s12874-015-0091-1). normal: Wald's. Prediction interval
    mu -+ t sqrt(tau2 + se^2): `as-interval` takes t from the law of the interval (k - 1 degrees of freedom for
    Hartung-Knapp, the normal for Wald), `riley` from k - 2 (Higgins, Thompson & Spiegelhalter 2009,
    doi:10.1111/j.1467-985X.2008.00552.x). I2 is had from tau2, its interval from that of tau2.

    Raises RefusedSynthesis `too-few-studies` below three, `impossible-variance` for a variance that is not above zero,
    `no-spread` where all effects are the same and the plain Hartung-Knapp interval would be a point.
    """
    x = design(y, v)
    k = len(y)
    tau2 = tau2_of(y, v, x, method)
    fit = weighted_fit(y, v, x, tau2)
    effect, usual = float(fit.coefficients[0]), math.sqrt(fit.covariance[0, 0])
    rule: Inference = "hartung-knapp-modified" if inference == "hartung-knapp" and k < MODIFIED_BELOW else inference
    se, df = usual * math.sqrt(scaling(fit.q, k - 1, rule)), None if rule == "normal" else float(k - 1)
    if se <= ROUNDING * usual:
        raise RefusedSynthesis("no-spread", "All studies tell the very same effect: its standard error would be zero.")
    half = quantile(df, confidence) * se
    prediction_df = df if prediction == "as-interval" else float(k - 2)
    spread = quantile(prediction_df, confidence) * math.sqrt(tau2 + se * se)
    typical = typical_variance(y, v, x)
    tau2_low, tau2_high = q_profile(y, v, x, confidence)
    q, q_df, q_p = cochran_q(y, v, x)
    return Pooled(
        method=method, inference=rule, k=k, effect=effect, se=se, df=df, low=effect - half, high=effect + half,
        p=two_sided(effect, se, df), prediction_rule=prediction, prediction_df=prediction_df,
        prediction_low=effect - spread, prediction_high=effect + spread, tau2=tau2, tau2_low=tau2_low,
        tau2_high=tau2_high, i2=share(tau2, typical), i2_low=share(tau2_low, typical),
        i2_high=share(tau2_high, typical), h2=1 + tau2 / typical, q=q, q_df=q_df, q_p=q_p,
        weights=fit.weights / fit.weights.sum(), cautions=(NARROWER,) if se < usual else (),
    )  # fmt: skip


def pool_fixed(y: Floats, v: Floats, *, confidence: float = 0.95) -> Pooled:
    """The inverse-variance mean, as if all studies had one true effect: shown for comparison, never as the answer."""
    x = design(y, v)
    fit = weighted_fit(y, v, x, 0.0)
    effect, se = float(fit.coefficients[0]), math.sqrt(fit.covariance[0, 0])
    half = quantile(None, confidence) * se
    typical = typical_variance(y, v, x)
    tau2_low, tau2_high = q_profile(y, v, x, confidence)
    q, q_df, q_p = cochran_q(y, v, x)
    return Pooled(
        method="fixed", inference="normal", k=len(y), effect=effect, se=se, df=None, low=effect - half,
        high=effect + half, p=two_sided(effect, se, None), prediction_rule=None, prediction_df=None,
        prediction_low=None, prediction_high=None, tau2=0.0, tau2_low=tau2_low, tau2_high=tau2_high,
        i2=max(0.0, 100 * (q - q_df) / q) if q > 0 else 0.0, i2_low=share(tau2_low, typical),
        i2_high=share(tau2_high, typical), h2=q / q_df, q=q, q_df=q_df, q_p=q_p,
        weights=fit.weights / fit.weights.sum(),
    )  # fmt: skip


def shrink(y: Floats, v: Floats, pooled: Pooled, *, confidence: float = 0.95) -> Shrunken:
    """Each study's true effect, drawn to the mean the more the less it is known (Raudenbush & Bryk 1985,
    doi:10.3102/10769986010002075): lambda y + (1 - lambda) mu, lambda = tau2/(tau2 + v), with variance
    lambda v + (1 - lambda)^2 se^2, and the quantile of the pooled interval."""
    keeps = pooled.tau2 / (pooled.tau2 + v)
    effect = keeps * y + (1 - keeps) * pooled.effect
    se = np.sqrt(keeps * v + (1 - keeps) ** 2 * pooled.se**2)
    half = quantile(pooled.df, confidence) * se
    return Shrunken(effect, se, effect - half, effect + half)


def design(y: Floats, v: Floats, fewest: int = FEWEST) -> Floats:
    """A column of ones for effects that can be pooled. Raises RefusedSynthesis where they cannot."""
    if len(y) != len(v):
        raise ValueError(f"{len(y)} effects and {len(v)} variances")
    if len(y) < fewest:
        raise RefusedSynthesis("too-few-studies", f"{len(y)} studies: fewer than {fewest} are not pooled.")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise RefusedSynthesis("impossible-variance", "An effect that is no number, or a variance not above zero.")
    return np.ones((len(y), 1))


def scaling(q: float, df: int, rule: Inference) -> float:
    """What the usual variance is multiplied by; `q` is the generalised Q at the tau2 found."""
    if rule == "normal":
        return 1.0
    return max(1.0, q / df) if rule == "hartung-knapp-modified" else q / df


def quantile(df: float | None, confidence: float) -> float:
    """Quantile of Student's law (the normal one where df is None) that leaves (1 - confidence)/2 above it."""
    tail = 1 - (1 - confidence) / 2
    return float(ndtri(tail) if df is None else stdtrit(df, tail))


def two_sided(effect: float, se: float, df: float | None) -> float:
    """p-value of no effect; zero effects without any spread have 1."""
    if se == 0:
        return 1.0 if effect == 0 else 0.0
    below = -abs(effect / se)
    return 2 * float(ndtr(below) if df is None else stdtr(df, below))


def share(tau2: float, typical: float) -> float:
    """I2, in percent."""
    return 100 * tau2 / (tau2 + typical)
