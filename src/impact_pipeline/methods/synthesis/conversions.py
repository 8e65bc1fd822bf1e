"""Passages between effect measures, so that a study that tells shares can stand beside one that tells means.

Values and variances of one measure come in, those of another go out, as (value, variance). Each rests on an assumption,
said in its docstring; what was converted should be told beside the figure.
"""

from __future__ import annotations

import math

from scipy.special import ndtr

from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

LOGISTIC = math.pi / math.sqrt(3)  # standard deviation of the logistic law


def smd_of_log_odds(log_odds: float, variance: float) -> tuple[float, float]:
    """d = log odds ratio x sqrt(3)/pi: a share is a logistic outcome cut in two (Hasselblad & Hedges 1995,
    doi:10.1037/0033-2909.117.1.167)."""
    return log_odds / LOGISTIC, variance / LOGISTIC**2


def log_odds_of_smd(smd: float, variance: float) -> tuple[float, float]:
    """The inverse of `smd_of_log_odds`, under the same assumption."""
    return smd * LOGISTIC, variance * LOGISTIC**2


def smd_of_t(t: float, n_treated: int, n_control: int) -> float:
    """Cohen's d of Student's two-sample t: t sqrt(1/n1 + 1/n2); exact, for the pooled standard deviation."""
    return t * math.sqrt(1 / n_treated + 1 / n_control)


def correlation_of_smd(smd: float, n_treated: int, n_control: int) -> float:
    """Point-biserial correlation: d / sqrt(d^2 + h), h = (n1+n2-2)(1/n1 + 1/n2), exact for the pooled deviation."""
    h = (n_treated + n_control - 2) * (1 / n_treated + 1 / n_control)
    return smd / math.sqrt(smd * smd + h)


def fisher_z(correlation: float, n: int) -> tuple[float, float]:
    """atanh(r) with variance 1/(n-3), the scale on which correlations are pooled (Fisher 1921)."""
    if not abs(correlation) < 1 or n <= 3:
        raise RefusedSynthesis("no-correlation", f"A correlation of {correlation} on {n} people has no z.")
    return math.atanh(correlation), 1 / (n - 3)


def risk_ratio_of_odds_ratio(odds_ratio: float, risk_control: float) -> float:
    """RR = OR / (1 - p0 + p0 OR), exact given the comparison group's risk p0 (Zhang & Yu 1998,
    doi:10.1001/jama.280.19.1690); for crude odds ratios, not adjusted ones."""
    if not 0 < risk_control < 1:
        raise RefusedSynthesis("impossible-counts", f"A risk of {risk_control} in the comparison group.")
    return odds_ratio / (1 - risk_control + risk_control * odds_ratio)


def probability_of_superiority(smd: float) -> float:
    """Chance that a treated person, drawn at random, is above a person of the comparison group: Phi(d / sqrt 2), for
    normal outcomes of equal spread (McGraw & Wong 1992, doi:10.1037/0033-2909.111.2.361)."""
    return float(ndtr(smd / math.sqrt(2)))


def share_above_comparison_mean(smd: float) -> float:
    """Cohen's U3: share of the treated above the comparison group's mean, Phi(d), for normal outcomes."""
    return float(ndtr(smd))


def overlap(smd: float) -> float:
    """Share that two normal laws of equal spread, d apart, have in common: 2 Phi(-|d|/2)."""
    return 2 * float(ndtr(-abs(smd) / 2))
