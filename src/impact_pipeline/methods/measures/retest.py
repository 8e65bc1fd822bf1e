"""Agreement of repeated measurements of the same people, and what it says of one person's change.

Arrays of measurements come in; the intraclass correlation, the error of measurement and the smallest change beyond it
go out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri, ndtri

from impact_pipeline.methods.measures.moments import Floats
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.measures.reliability import Coefficient


@dataclass(frozen=True, slots=True)
class Precision:
    """In the unit of the score: `sem`, the standard error of measurement; `mdc95`, the smallest change of one person
    that error alone gives less than one time in twenty."""

    sem: float
    mdc95: float


def precision(sd: float, reliability: float) -> Precision:
    """SEM = sd sqrt(1 - reliability); MDC95 = z(.975) sqrt(2) SEM (Weir 2005, doi:10.1519/15184.1): beyond
    it one person's change is reliable (Jacobson & Truax 1991, doi:10.1037/0022-006X.59.1.12).

    Raises RefusedMeasure `no-reliability` where the coefficient is not between 0 and 1.
    """
    if not 0 <= reliability <= 1:
        raise RefusedMeasure("no-reliability", f"a reliability of {reliability:.3g}: it lies between 0 and 1")
    sem = sd * float(np.sqrt(1 - reliability))
    return Precision(sem, float(ndtri(0.975)) * float(np.sqrt(2)) * sem)


def retest_agreement(scores: Floats, confidence: float = 0.95) -> Coefficient:
    """ICC(A,1): absolute agreement of one measurement, two-way random effects (McGraw & Wong 1996,
    doi:10.1037/1082-989X.1.1.30), `scores` (people, measurements) without missing values.

    (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE)/n), with their F interval on Satterthwaite's degrees of freedom.
    Raises RefusedMeasure: `missing-value`, `too-few-answers`, `no-variance`.
    """
    n, k = scores.shape
    if np.isnan(scores).any():
        raise RefusedMeasure("missing-value", "a person without one of the measurements")
    if n < 3 or k < 2:
        raise RefusedMeasure("too-few-answers", f"{n} people measured {k} times: three people and two times at least")
    grand = scores.mean()
    people, times = scores.mean(axis=1), scores.mean(axis=0)
    rows = k * float(((people - grand) ** 2).sum()) / (n - 1)
    columns = n * float(((times - grand) ** 2).sum()) / (k - 1)
    error = float(((scores - people[:, None] - times[None, :] + grand) ** 2).sum()) / ((n - 1) * (k - 1))
    if rows + error <= 0:
        raise RefusedMeasure("no-variance", "everybody has the same score")
    value = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    if error <= 0:
        return Coefficient(value, value, value)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    df = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
    upper = 1 - (1 - confidence) / 2
    first, second = float(fdtri(n - 1, df, upper)), float(fdtri(df, n - 1, upper))
    spread = k * columns + (k * n - k - n) * error
    low = n * (rows - first * error) / (first * spread + n * rows)
    high = n * (second * rows - error) / (spread + n * second * rows)
    return Coefficient(value, low, high)
