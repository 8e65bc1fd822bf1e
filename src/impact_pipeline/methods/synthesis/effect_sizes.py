"""Effect sizes of means: what two groups or two waves say, in standard deviations, comparable between studies.

Means, standard deviations and counts of one study come in (or an adjusted effect with its standard error); an
`EffectSize` goes out. A difference is always divided by a standard deviation of people (both groups together, the
comparison group, or the baseline), never by that of their changes, which shrinks with the correlation of the waves and
makes small changes look large. Effects of shares are in `two_by_two`, passages between measures in `conversions`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtr, ndtri

from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Measure = Literal["smd", "smcr", "log-odds-ratio", "log-risk-ratio", "risk-difference", "cliff-delta"]
VarianceRule = Literal["large-sample", "unbiased"]
PRECISION = 1e-13  # of the root of an exact interval, relative and absolute
MOST_DOUBLINGS = 60


@dataclass(frozen=True, slots=True)
class EffectSize:
    """One effect: `value` on the scale where effects are pooled (odds and risk ratios in logarithms).

    `variance` is the sampling variance that pooling weights by; `low` and `high` bound the effect at the confidence
    asked for, by the rule that `interval` names, and are not always value -+ 1.96 se. `df` are the degrees of freedom
    of the standard deviation divided by, None where there is none.
    """

    measure: Measure
    value: float
    variance: float
    low: float
    high: float
    interval: str
    df: float | None = None
    cautions: tuple[str, ...] = ()

    @property
    def se(self) -> float:
        """Standard error, in the unit of `value`."""
        return math.sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class Group:
    """Mean, standard deviation (n - 1 below) and size of a group."""

    mean: float
    sd: float
    n: int

    def __post_init__(self) -> None:
        if self.n < 2:
            raise RefusedSynthesis("too-few-units", f"A group of {self.n} has no standard deviation.")
        if not self.sd > 0 or not math.isfinite(self.mean) or not math.isfinite(self.sd):
            raise RefusedSynthesis("no-spread", f"A mean of {self.mean} with a standard deviation of {self.sd}.")


def small_sample_factor(df: float) -> float:
    """J(df) = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2)), exact: what takes Cohen's d to Hedges' g (Hedges 1981,
    doi:10.3102/10769986006002107). Raises RefusedSynthesis where df is not above 1."""
    if not df > 1:
        raise RefusedSynthesis("too-few-units", f"The small-sample factor needs more than 1 degree of freedom: {df}.")
    return math.exp(float(gammaln(df / 2) - 0.5 * math.log(df / 2) - gammaln((df - 1) / 2)))


def hedges_g(
    treated: Group, control: Group, *, confidence: float = 0.95, variance: VarianceRule = "large-sample"
) -> EffectSize:
    """Difference of two means over their pooled standard deviation, without small-sample bias (Hedges 1981).

    Variance: 1/n1 + 1/n2 + g^2 / 2(n1+n2) (large-sample), or the unbiased one, 1/n1 + 1/n2 + (1 - (m-2)/(m J^2)) g^2
    with m = n1+n2-2 (Hedges 1983). Interval: exact under normality, from the noncentral t, times J as g is.
    """
    df = treated.n + control.n - 2
    pooled = math.sqrt(((treated.n - 1) * treated.sd**2 + (control.n - 1) * control.sd**2) / df)
    d = (treated.mean - control.mean) / pooled
    factor = small_sample_factor(df)
    g = factor * d
    counts = 1 / treated.n + 1 / control.n
    if variance == "large-sample":
        spread = counts + g * g / (2 * (treated.n + control.n))
    else:
        spread = counts + (1 - (df - 2) / (df * factor * factor)) * g * g
    scale = math.sqrt(counts)
    low, high = noncentral_t_interval(d / scale, df, confidence)
    return EffectSize("smd", g, spread, factor * scale * low, factor * scale * high, "noncentral-t", df)


def glass_delta(treated: Group, control: Group, *, confidence: float = 0.95) -> EffectSize:
    """Difference of two means over the comparison group's standard deviation, without small-sample bias.

    For programmes that change the spread too (Glass 1976). Variance 1/n1 + 1/n2 + g^2/(2 n2) (Hedges 1981); interval
    from the normal law, for no exact one holds when spreads differ.
    """
    df = control.n - 1
    g = small_sample_factor(df) * (treated.mean - control.mean) / control.sd
    return _normal("smd", g, 1 / treated.n + 1 / control.n + g * g / (2 * control.n), confidence, df)


def standardised_effect(effect: float, se: float, sd: float, df: float, *, confidence: float = 0.95) -> EffectSize:
    """Hedges' g of an effect that a model has adjusted (for covariates, clusters, baseline).

    `effect` and `se` are in the outcome's unit, `sd` is the unadjusted standard deviation of people (comparison group
    or baseline) and `df` its degrees of freedom. g = J effect/sd; variance J^2 ((se/sd)^2 + (effect/sd)^2 / 2 df): the
    model's own uncertainty, and that of the standard deviation (delta method; Hedges 2007,
    doi:10.3102/1076998606298043). Interval: noncentral t of effect/se with df, in units of se/sd, which is that of
    `hedges_g` where nothing was adjusted. Raises RefusedSynthesis where se or sd is not above zero.
    """
    if not (sd > 0 and se > 0 and math.isfinite(effect)):
        raise RefusedSynthesis("no-spread", f"An effect of {effect} with standard error {se} and deviation {sd}.")
    factor, d, scale = small_sample_factor(df), effect / sd, se / sd
    low, high = noncentral_t_interval(effect / se, df, confidence)
    variance = factor**2 * (scale**2 + d**2 / (2 * df))
    return EffectSize("smd", factor * d, variance, factor * scale * low, factor * scale * high, "noncentral-t", df)


def standardised_change(
    before: Group, after_mean: float, correlation: float, *, confidence: float = 0.95
) -> EffectSize:
    """Mean change of one group over its standard deviation before (SMCR; Becker 1988,
    doi:10.1111/j.2044-8317.1988.tb00901.x).

    g = J(n-1) (after - before) / sd before; variance 2(1-r)/n + g^2/2n, r the correlation of the two waves. Interval
    from the normal law. Raises RefusedSynthesis for a correlation outside ]-1, 1[.
    """
    if not -1 < correlation < 1:
        raise RefusedSynthesis("no-correlation", f"A correlation of {correlation} between the waves.")
    df = before.n - 1
    g = small_sample_factor(df) * (after_mean - before.mean) / before.sd
    return _normal("smcr", g, 2 * (1 - correlation) / before.n + g * g / (2 * before.n), confidence, df)


def difference_of_changes(treated: EffectSize, control: EffectSize, *, confidence: float = 0.95) -> EffectSize:
    """Standardised change of the treated less that of the comparison group (Becker 1988): variances add up."""
    if {treated.measure, control.measure} != {"smcr"}:
        raise RefusedSynthesis("mixed-measures", "A difference of changes needs two standardised changes.")
    return _normal("smcr", treated.value - control.value, treated.variance + control.variance, confidence, None)


def cliff_delta(treated: np.ndarray, control: np.ndarray, *, confidence: float = 0.95) -> EffectSize:
    """P(treated > control) - P(treated < control), for ordered answers (Cliff 1993, doi:10.1037/0033-2909.114.3.494).

    Both arrays have one element a person, float64. Variance by placements, each person's share of the other group that
    they exceed less the share that exceeds them: var(P1)/n1 + var(P2)/n2 with n - 1 below (DeLong, DeLong &
    Clarke-Pearson 1988, for 2 AUC - 1). Interval: normal on atanh(delta), which stays within ]-1, 1[; refused where the
    groups do not overlap at all, for the placements then do not vary.
    """
    treated, control = np.sort(treated), np.sort(control)
    if min(len(treated), len(control)) < 2:
        raise RefusedSynthesis("too-few-units", "Cliff's delta needs two people in each group.")
    over = _placements(treated, control)
    under = -_placements(control, treated)
    delta = float(over.mean())
    variance = float(over.var(ddof=1) / len(treated) + under.var(ddof=1) / len(control))
    if not variance > 0 or abs(delta) >= 1:
        raise RefusedSynthesis("no-spread", "The groups do not overlap: Cliff's delta has no variance.")
    half = float(ndtri((1 + confidence) / 2)) * math.sqrt(variance) / (1 - delta * delta)
    low, high = math.tanh(math.atanh(delta) - half), math.tanh(math.atanh(delta) + half)
    return EffectSize("cliff-delta", delta, variance, low, high, "normal-atanh")


def noncentral_t_interval(t: float, df: float, confidence: float) -> tuple[float, float]:
    """The noncentralities for which a t statistic as large, or as small, has probability (1 - confidence)/2
    (Steiger & Fouladi 1997)."""
    tail = (1 - confidence) / 2
    return _noncentrality(t, df, 1 - tail), _noncentrality(t, df, tail)


def _noncentrality(t: float, df: float, probability: float) -> float:
    """The noncentrality under which P(T <= t) is `probability`; P falls as it rises."""

    def excess(noncentrality: float) -> float:
        return float(nctdtr(df, noncentrality, t)) - probability

    reach = 2 + abs(t)
    for _ in range(MOST_DOUBLINGS):
        if excess(t - reach) > 0 > excess(t + reach):
            return float(brentq(excess, t - reach, t + reach, xtol=PRECISION, rtol=PRECISION))
        reach *= 1.5
    raise RefusedSynthesis("no-interval", f"No noncentral interval for t = {t} with {df} degrees of freedom.")


def _placements(of: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each of `of`, the share of `among` (sorted) below it less the share above it."""
    below = np.searchsorted(among, of, side="left")
    above = len(among) - np.searchsorted(among, of, side="right")
    return (below - above) / len(among)


def _normal(measure: Measure, value: float, variance: float, confidence: float, df: float | None) -> EffectSize:
    half = float(ndtri((1 + confidence) / 2)) * math.sqrt(variance)
    return EffectSize(measure, value, variance, value - half, value + half, "normal", df)
