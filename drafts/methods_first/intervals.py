"""Confidence intervals of estimates, from their standard errors and degrees of freedom. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Values = NDArray[np.float64]


def interval(
    value: Values, se: Values, df: Values, n: Values, share: NDArray[np.bool_], confidence: float
) -> tuple[Values, Values]:
    """Lower and upper bounds, all arrays of one shape; missing where the standard error is.

    Means, ratios, totals, changes: value -/+ t(df) se. Shares strictly between 0 and 1: the same on the logit scale,
    so that the interval stays inside 0 to 1 (R's `svyciprop(method = "logit")`). Shares of 0 or 1, where the standard
    error says nothing: exact binomial (Clopper & Pearson 1934) on `n`, the effective number of answers.
    """
    tail = (1 - confidence) / 2
    known = np.isfinite(se) & (df > 0)
    t = stats.t.ppf(1 - tail, np.where(known, df, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(value / (1 - value))
        reach = t * se / (value * (1 - value))
        inside = share & (value > 0) & (value < 1)
        low = np.where(inside, 1 / (1 + np.exp(-(logit - reach))), value - t * se)
        high = np.where(inside, 1 / (1 + np.exp(-(logit + reach))), value + t * se)
    none, everyone = share & (value <= 0), share & (value >= 1)
    low = np.where(everyone, tail ** (1 / n), np.where(none, 0.0, low))
    high = np.where(none, 1 - tail ** (1 / n), np.where(everyone, 1.0, high))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
