"""How much of what was not measured would undo an effect: E-values, robustness values, Oster's delta, Rosenbaum bounds.

Figures of an estimate, or arrays of units, come in; small frozen rows go out. None of them is proof of anything: they
say what would have to be true for the effect to be nothing. `parallel_trends` does so for differences in differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, stdtrit
from scipy.stats import rankdata

from impact_pipeline.methods.impact import heteroskedastic
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.sample import Booleans, Floats, sample

Measure = Literal["risk-ratio", "odds-ratio-rare", "odds-ratio-common", "standardised-difference"]

EXPONENT = 0.91  # ln of the risk ratio of a standardised difference of 1 (Hasselblad & Hedges 1995; Chinn 2000)
ROOM = 1.3  # Rmax = 1.3 times the R2 with covariates (Oster 2019)


@dataclass(frozen=True, slots=True)
class EValue:
    """The least risk ratio that an unmeasured confounder would need with both treatment and outcome, beyond the
    covariates, to explain the estimate away (`estimate`) or to bring its interval to no effect (`limit`, 1 if it is
    there)."""

    estimate: float
    limit: float


def e_value(estimate: float, low: float, high: float, measure: Measure = "risk-ratio") -> EValue:
    """VanderWeele & Ding 2017, doi:10.7326/M16-2607: RR + sqrt(RR (RR - 1)), RR of 1 or more (else its inverse).

    An odds ratio of a common outcome (over 15 %) is brought to its root; a standardised difference d to exp(0.91 d).
    Raises RefusedEffect `bad-ratio` where a ratio is not above zero, or low <= estimate <= high does not hold.
    """
    if not low <= estimate <= high:
        raise RefusedEffect("bad-ratio", f"{estimate} does not lie between {low} and {high}")
    if measure == "standardised-difference":
        ratio, lower, upper = (float(np.exp(EXPONENT * value)) for value in (estimate, low, high))
    else:
        if low <= 0:
            raise RefusedEffect("bad-ratio", f"a ratio above zero was expected, not {low}")
        power = 0.5 if measure == "odds-ratio-common" else 1.0
        ratio, lower, upper = estimate**power, low**power, high**power
    nearest = lower if ratio >= 1 else upper
    crosses = lower <= 1 <= upper
    return EValue(_needed(ratio), 1.0 if crosses else _needed(nearest))


def _needed(ratio: float) -> float:
    above = ratio if ratio >= 1 else 1 / ratio
    return above + float(np.sqrt(above * (above - 1)))


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What a confounder `times` as strong as an observed covariate would do.

    `r2_treatment`, `r2_outcome`: the covariate's own partial R2; `adjusted_effect`: the effect left, None where such a
    confounder would explain more than all of the treatment or the outcome.
    """

    covariate: str
    times: float
    r2_treatment: float
    r2_outcome: float
    adjusted_effect: float | None


@dataclass(frozen=True, slots=True)
class Robustness:
    """`rv`: the partial R2 that a confounder would need with both treatment and outcome to bring the effect to zero;
    `rv_alpha`: to make it no longer significant; `r2_treatment`: the treatment's partial R2 with the outcome (what a
    confounder that explains all that is left of the outcome would need). `weaker_than`: observed covariates such that a
    confounder as strong (or `times` as strong) would bring the effect to zero or beyond."""

    effect: float
    se: float
    df: int
    rv: float
    rv_alpha: float
    r2_treatment: float
    benchmarks: tuple[Benchmark, ...]
    weaker_than: tuple[str, ...]


def robustness_value(effect: float, se: float, df: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """RV and RV_alpha of a coefficient (Cinelli & Hazlett 2020, doi:10.1111/rssb.12348): with f = |t|/sqrt(df),
    RV = (sqrt(f^4 + 4 f^2) - f^2)/2; RV_alpha takes f less t*_(df - 1)/sqrt(df - 1)."""
    f = abs(effect / se) / float(np.sqrt(df))
    critical = float(stdtrit(df - 1, 1 - (1 - confidence) / 2)) / float(np.sqrt(df - 1))
    if f <= critical:
        return _rv(f), 0.0
    if f > 1 / critical:
        # The confounder's own loss of a degree of freedom then matters more than its tie with the outcome.
        return _rv(f), (f * f - critical * critical) / (1 + f * f)
    return _rv(f), _rv(f - critical)


def _rv(f: float) -> float:
    return (float(np.sqrt(f**4 + 4 * f**2)) - f**2) / 2


def robustness(
    outcome: Floats,
    treated: Booleans | Floats,
    *,
    covariates: Floats,
    names: Sequence[str] | None = None,
    times: float = 1.0,
    confidence: float = 0.95,
) -> Robustness:
    """Robustness of least squares of the outcome on the treatment (a dose also) and covariates (n, p), classical
    errors.

    Raises RefusedEffect: `no-covariates` (nothing to compare a confounder with), `collinear`, `no-degrees-of-freedom`,
    and those of `sample`.
    """
    d = np.asarray(treated, dtype=np.float64)
    s = sample(outcome, d > d.mean(), covariates=covariates)
    p = s.covariates.shape[1]
    if p == 0:
        raise RefusedEffect("no-covariates", "a confounder is compared with covariates: none was given")
    called = [f"covariate {j + 1}" for j in range(p)] if names is None else names
    others = np.column_stack([np.ones(s.n), s.covariates - s.covariates.mean(axis=0)])
    full = heteroskedastic.fit(np.column_stack([d, others]), s.outcome - s.outcome.mean(), rule="classical")
    of_treatment = heteroskedastic.fit(others, d, rule="classical")
    effect, se, df = float(full.coefficients[0]), float(np.sqrt(full.covariance[0, 0])), full.df
    rv, rv_alpha = robustness_value(effect, se, df, confidence=confidence)
    benchmarks = []
    for j, name in enumerate(called):
        with_outcome = _partial_r2(full, j + 2)
        with_treatment = _partial_r2(of_treatment, j + 1)
        left = _adjusted(effect, se, df, with_treatment, with_outcome, times)
        benchmarks.append(Benchmark(name, times, with_treatment, with_outcome, left))
    weaker = tuple(b.covariate for b in benchmarks if b.adjusted_effect is None or b.adjusted_effect * effect <= 0)
    return Robustness(effect, se, df, rv, rv_alpha, _partial_r2(full, 0), tuple(benchmarks), weaker)


def _partial_r2(fitted: heteroskedastic.UnitFit, column: int) -> float:
    t2 = float(fitted.coefficients[column] ** 2 / fitted.covariance[column, column])
    return t2 / (t2 + fitted.df)


def _adjusted(effect: float, se: float, df: int, r2_d: float, r2_y: float, times: float) -> float | None:
    """The effect less the bias of a confounder `times` as strong as a covariate (equations 52 to 54 of the paper)."""
    with_d = times * r2_d / (1 - r2_d)
    shared = times * r2_d**2 / ((1 - times * r2_d) * (1 - r2_d)) if times * r2_d < 1 else float("inf")
    if not (with_d < 1 and shared < 1):
        return None
    with_y = ((np.sqrt(times) + np.sqrt(shared)) / np.sqrt(1 - shared)) ** 2 * r2_y / (1 - r2_y)
    if with_y > 1:
        return None
    bias = se * float(np.sqrt(df * with_y * with_d / (1 - with_d)))
    return float(np.sign(effect)) * (abs(effect) - bias)


def oster_delta(
    outcome: Floats,
    treated: Booleans | Floats,
    *,
    covariates: Floats,
    r2_max: float | None = None,
    weights: Floats | None = None,
) -> float:
    """How many times as strongly as the covariates the unobserved would have to select into treatment for the effect to
    be zero (Oster 2019, doi:10.1080/07350015.2016.1227711, proposition 3).

    `r2_max`: R2 with all that is unobserved, 1.3 times that with the covariates (at most 1) unless given. Raises
    RefusedEffect `no-covariates`, `no-variation` (the covariates change neither the coefficient nor R2), `collinear`.
    """
    d = np.asarray(treated, dtype=np.float64)
    s = sample(outcome, d > d.mean(), covariates=covariates, weights=weights)
    if s.covariates.shape[1] == 0:
        raise RefusedEffect("no-covariates", "the unobserved are compared with covariates: none was given")
    w = np.ones(s.n) if s.weights is None else s.weights
    one = np.ones((s.n, 1))
    others = np.column_stack([one, s.covariates - s.covariates.mean(axis=0)])
    var_y, var_d = _variance(s.outcome, w), _variance(d, w)
    short = heteroskedastic.fit(np.column_stack([d, one]), s.outcome - s.outcome.mean(), w)
    long = heteroskedastic.fit(np.column_stack([d, others]), s.outcome - s.outcome.mean(), w)
    b0, b1 = float(short.coefficients[0]), float(long.coefficients[0])
    r0, r1 = (1 - _variance(fitted.residuals, w) / var_y for fitted in (short, long))
    left = _variance(heteroskedastic.fit(others, d, w).residuals, w)
    highest = min(1.0, ROOM * r1) if r2_max is None else r2_max
    moved, room = b0 - b1, (highest - r1) * var_y
    numerator = (
        b1 * (r1 - r0) * var_y * left + b1 * var_d * left * moved**2 + 2 * b1**2 * left * moved * var_d
        + b1**3 * (left * var_d - left**2)
    )  # fmt: skip
    denominator = (
        room * moved * var_d + b1 * room * (var_d - left) + b1**2 * left * moved * var_d
        + b1**3 * (left * var_d - left**2)
    )  # fmt: skip
    if denominator == 0:
        raise RefusedEffect("no-variation", "the covariates change neither the effect nor what is explained")
    return numerator / denominator


def _variance(values: Floats, w: Floats) -> float:
    return float(np.average((values - np.average(values, weights=w)) ** 2, weights=w))


@dataclass(frozen=True, slots=True)
class RosenbaumBounds:
    """Largest p (one-sided, in the direction of the effect) of Wilcoxon's signed ranks when one unit of a pair may have
    been up to gamma times likelier to be treated than the other; `gammas` and `p` go together. `breaking_gamma`: the
    gamma at which p reaches `alpha`, 1 where it is there without any bias."""

    gammas: tuple[float, ...]
    p: tuple[float, ...]
    alpha: float
    breaking_gamma: float


def rosenbaum_bounds(
    differences: Floats, *, gammas: Sequence[float] = (1.0, 1.25, 1.5, 2.0, 3.0), alpha: float = 0.05
) -> RosenbaumBounds:
    """Bounds for matched pairs, `differences` (pairs,) being treated less control (Rosenbaum 2002, Observational
    Studies, 2nd edition, section 4.3.3).

    Normal law without correction of continuity; pairs that do not differ are set aside, tied ranks averaged. Raises
    RefusedEffect `no-pairs` (none differs), `missing-values`.
    """
    values = np.asarray(differences, dtype=np.float64)
    if not np.isfinite(values).all():
        raise RefusedEffect("missing-values", "a difference is missing")
    values = values[values != 0]
    if len(values) == 0:
        raise RefusedEffect("no-pairs", "no pair differs")
    ranks = rankdata(np.abs(values))
    above = float(ranks[values > 0].sum())
    statistic = max(above, float(ranks.sum()) - above)

    def p(gamma: float) -> float:
        share = gamma / (1 + gamma)
        centre, spread = share * ranks.sum(), np.sqrt(share * (1 - share) * (ranks**2).sum())
        return float(ndtr(-(statistic - centre) / spread))

    return RosenbaumBounds(tuple(float(g) for g in gammas), tuple(p(g) for g in gammas), alpha, _breaking(p, alpha))


def _breaking(p: Callable[[float], float], alpha: float) -> float:
    if p(1.0) >= alpha:
        return 1.0
    high = 2.0
    while p(high) < alpha:
        high *= 2
    return float(brentq(lambda gamma: p(gamma) - alpha, 1.0, high, xtol=1e-13, rtol=1e-13))
