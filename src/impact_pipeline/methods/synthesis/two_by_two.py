"""Effect sizes of shares: what a table of events and non-events in two groups says, with its interval.

Four counts come in, an `EffectSize` goes out: odds and risk ratios in logarithms, where they are pooled, the difference
of risks as it is. Where a count is zero and a logarithm or a variance would not exist, one half is added to all four,
and the caution `zero-cell` says so; a table in which nobody or everybody had the event says nothing of a ratio and is
refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp, ndtri

from impact_pipeline.methods.synthesis.effect_sizes import PRECISION, EffectSize
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

ZERO_CELL = "zero-cell"
WIDEST = 700.0  # a log odds ratio beyond which exp overflows


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """People with the event, and all people, in the treated and in the comparison group."""

    events_treated: int
    n_treated: int
    events_control: int
    n_control: int

    def __post_init__(self) -> None:
        for events, n in ((self.events_treated, self.n_treated), (self.events_control, self.n_control)):
            if n < 1 or not 0 <= events <= n:
                raise RefusedSynthesis("impossible-counts", f"{events} events among {n} people.")

    @property
    def cells(self) -> tuple[int, int, int, int]:
        """Treated with and without the event, comparison with and without it."""
        a, c = self.events_treated, self.events_control
        return a, self.n_treated - a, c, self.n_control - c

    @property
    def has_zero(self) -> bool:
        return 0 in self.cells


def log_odds_ratio(table: TwoByTwo, *, confidence: float = 0.95) -> EffectSize:
    """Log odds ratio, variance 1/a + 1/b + 1/c + 1/d (Woolf 1955), interval from the normal law."""
    a, b, c, d = _informative(table)
    return _wald("log-odds-ratio", math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, confidence, table)


def log_risk_ratio(table: TwoByTwo, *, confidence: float = 0.95) -> EffectSize:
    """Log ratio of risks, variance 1/a - 1/n1 + 1/c - 1/n2 (Katz et al. 1978, doi:10.2307/2530610), normal interval."""
    a, b, c, d = _informative(table)
    variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    return _wald("log-risk-ratio", math.log(a / (a + b)) - math.log(c / (c + d)), variance, confidence, table)


def risk_difference(table: TwoByTwo, *, confidence: float = 0.95) -> EffectSize:
    """Difference of risks, variance p1(1-p1)/n1 + p2(1-p2)/n2 (cells with one half where one is zero).

    Interval: Newcombe's hybrid of the two Wilson intervals (1998, method 10,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I), which never leaves [-1, 1].
    """
    a, b, c, d = _with_halves(table)
    variance = a * b / (a + b) ** 3 + c * d / (c + d) ** 3
    value = table.events_treated / table.n_treated - table.events_control / table.n_control
    (p1, l1, u1), (p2, l2, u2) = (
        wilson(table.events_treated, table.n_treated, confidence),
        wilson(table.events_control, table.n_control, confidence),
    )
    low, high = value - math.hypot(p1 - l1, u2 - p2), value + math.hypot(u1 - p1, p2 - l2)
    return EffectSize("risk-difference", value, variance, low, high, "newcombe", cautions=_cautions(table))


def exact_odds_ratio(table: TwoByTwo, *, confidence: float = 0.95) -> EffectSize:
    """Conditional maximum-likelihood log odds ratio with Fisher's exact interval (Cornfield 1956; R's fisher.test).

    All margins are taken as fixed: the events of the treated follow the noncentral hypergeometric law. Infinite bounds
    are told as such. `variance` is the inverse of the conditional information at the estimate; refused where the
    estimate itself is infinite (use `log_odds_ratio`, whose halves are told as a caution).
    """
    a = table.events_treated
    total = table.events_treated + table.events_control
    support = np.arange(max(0, total - table.n_control), min(table.n_treated, total) + 1, dtype=float)
    if len(support) == 1 or a in (support[0], support[-1]):
        raise RefusedSynthesis("infinite-odds", "A count at its limit: the conditional odds ratio is 0 or infinite.")
    base = _log_choose(table.n_treated, support) + _log_choose(table.n_control, total - support)

    def law(log_odds: float) -> np.ndarray:
        told = base + log_odds * support
        return np.exp(told - logsumexp(told))  # type: ignore[no-any-return]

    tail = (1 - confidence) / 2
    value = _root(lambda x: float(law(x) @ support) - a)
    low = _root(lambda x: float(law(x)[support >= a].sum()) - tail)
    high = _root(lambda x: tail - float(law(x)[support <= a].sum()))
    at = law(value)
    information = float(at @ support**2) - float(at @ support) ** 2
    return EffectSize("log-odds-ratio", value, 1 / information, low, high, "exact-conditional")


def wilson(events: float, n: float, confidence: float) -> tuple[float, float, float]:
    """Share, and Wilson's score interval of it (1927), which holds for shares of 0 and 1 too."""
    z = float(ndtri((1 + confidence) / 2))
    p = events / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def _informative(table: TwoByTwo) -> tuple[float, float, float, float]:
    a, b, c, d = table.cells
    if a == c == 0 or b == d == 0:
        raise RefusedSynthesis("no-event", "Nobody, or everybody, had the event in both groups: a ratio says nothing.")
    return _with_halves(table)


def _with_halves(table: TwoByTwo) -> tuple[float, float, float, float]:
    a, b, c, d = table.cells
    half = 0.5 if table.has_zero else 0.0
    return a + half, b + half, c + half, d + half


def _cautions(table: TwoByTwo) -> tuple[str, ...]:
    return (ZERO_CELL,) if table.has_zero else ()


def _wald(measure: str, value: float, variance: float, confidence: float, table: TwoByTwo) -> EffectSize:
    half = float(ndtri((1 + confidence) / 2)) * math.sqrt(variance)
    return EffectSize(measure, value, variance, value - half, value + half, "normal", cautions=_cautions(table))  # type: ignore[arg-type]


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)  # type: ignore[no-any-return]


def _root(rises: object) -> float:
    """The log odds ratio at which a rising function is zero."""
    return float(brentq(rises, -WIDEST, WIDEST, xtol=PRECISION, rtol=PRECISION, maxiter=500))
