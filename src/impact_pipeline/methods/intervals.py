"""Confidence intervals from values, standard errors and degrees of freedom: arrays in, arrays out.

All arrays have one element an estimate, float64; `confidence` is between 0 and 1. Where df is not above zero the bounds
are NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]


def student(value: Floats, se: Floats, df: Floats, confidence: float) -> Bounds:
    """value -+ t se, t being Student's quantile on the design's degrees of freedom."""
    half = student_quantile(df, confidence) * se
    return value - half, value + half


def logit(share: Floats, se: Floats, df: Floats, confidence: float) -> Bounds:
    """Student's interval of log(p/(1-p)), taken back to shares: it stays between 0 and 1 (share neither 0 nor 1).

    The standard error of the logit is se/(p(1-p)) (delta method), as R's svyciprop(method = "logit").
    """
    middle = np.log(share / (1 - share))
    half = student_quantile(df, confidence) * se / (share * (1 - share))
    return 1 / (1 + np.exp(half - middle)), 1 / (1 + np.exp(-half - middle))


def beta(share: Floats, se: Floats, n: Floats, df: Floats, confidence: float) -> Bounds:
    """Clopper-Pearson interval of a share on the effective sample size (Korn & Graubard 1998).

    The size is p(1-p)/se^2 x (t(n-1)/t(df))^2, as R's svyciprop(method = "beta"); n is that of the records.
    """
    size = effective_size(share, se, n, df, confidence)
    tail = (1 - confidence) / 2
    low: Floats = betaincinv(size * share, size * (1 - share) + 1, tail)
    high: Floats = betaincinv(size * share + 1, size * (1 - share), 1 - tail)
    return low, high


def wilson(share: Floats, se: Floats, n: Floats, df: Floats, confidence: float) -> Bounds:
    """Wilson's (1927, doi:10.1080/01621459.1927.10502953) score interval on the size that `beta` uses.

    The size holds the degrees of freedom already, so that the quantile is the normal one.
    """
    size = effective_size(share, se, n, df, confidence)
    z = float(ndtri(1 - (1 - confidence) / 2))
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return middle - half, middle + half


def effective_size(share: Floats, se: Floats, n: Floats, df: Floats, confidence: float) -> Floats:
    """p(1-p)/se^2, brought from the design's degrees of freedom to those of n records."""
    size: Floats = share * (1 - share) / (se * se)
    return size * (student_quantile(n - 1, confidence) / student_quantile(df, confidence)) ** 2


def unanimous(share: Floats, n: Floats, n_effective: Floats, df: Floats, confidence: float) -> Bounds:
    """Clopper-Pearson interval of a share that is 0 or 1, on the effective sample size.

    As the variance of such a share is zero, Kish's effective size (sum w)^2/sum w^2 stands for n/deff; it is adjusted
    for the design's degrees of freedom (Korn & Graubard 1998): n_effective x (t(n-1)/t(df))^2.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        told = n_effective * (student_quantile(n - 1, confidence) / student_quantile(df, confidence)) ** 2
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(share == 1, betaincinv(told, 1, tail), 0.0 * told)
        high = np.where(share == 0, betaincinv(1, told, 1 - tail), 1.0 + 0.0 * told)
    return low, high


def student_quantile(df: Floats, confidence: float) -> Floats:
    """The quantile that leaves (1 - confidence)/2 above it; NaN where df is not above zero."""
    quantile: Floats = stdtrit(np.where(df > 0, df, np.nan), 1 - (1 - confidence) / 2)
    return quantile
