"""Whether coders agree: Cohen's kappa, plain and weighted, and Krippendorff's alpha, each with an interval.

Codes come in as whole numbers in the order of the classes, or as values; coefficients go out. All are 1 in full
agreement and 0 where agreement is that of chance.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from impact_pipeline.methods.measures.moments import Floats
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.measures.reliability import Coefficient

Weights = Literal["none", "linear", "quadratic"]
Metric = Literal["nominal", "ordinal", "interval", "ratio"]


def agreement_weights(classes: int, weights: Weights) -> Floats:
    """(classes, classes): 1 on the diagonal; off it 0, 1 - |i-j|/(c-1), or 1 - (i-j)^2/(c-1)^2."""
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(np.float64)
    if weights == "none":
        return np.eye(classes)
    return np.asarray(1 - (apart / max(classes - 1, 1)) ** (1 if weights == "linear" else 2))


def cohen_kappa(table: Floats, weights: Weights = "none", confidence: float = 0.95) -> tuple[Coefficient, float]:
    """Kappa with its interval, and its standard error; `table` (c, c) counts subjects by the codes of two coders.

    kappa = (po - pe)/(1 - pe), agreements weighted (Cohen 1960, doi:10.1177/001316446002000104; 1968,
    doi:10.1037/h0026256); large-sample variance of Fleiss, Cohen & Everitt 1969, doi:10.1037/h0028106.
    Raises RefusedMeasure: `too-few-answers`, `one-answer` where both coders use one and the same class alone.
    """
    n, classes = float(table.sum()), len(table)
    if n < 2:
        raise RefusedMeasure("too-few-answers", f"{n:g} subjects coded twice")
    p, w = table / n, agreement_weights(classes, weights)
    first, second = p.sum(axis=1), p.sum(axis=0)
    expected = float(first @ w @ second)
    if 1 - expected <= 0:
        raise RefusedMeasure("one-answer", "both coders use one class alone: chance agrees as well")
    value = (float((w * p).sum()) - expected) / (1 - expected)
    mean_first, mean_second = w @ second, w.T @ first
    inside = w - (mean_first[:, None] + mean_second[None, :]) * (1 - value)
    spread = float((p * inside**2).sum()) - (value - expected * (1 - value)) ** 2
    error = float(np.sqrt(max(spread, 0.0) / n)) / (1 - expected)
    half = float(ndtri(1 - (1 - confidence) / 2)) * error
    return Coefficient(value, value - half, min(1.0, value + half)), error


def krippendorff_alpha(
    codes: Floats, metric: Metric, *, seed: int, draws: int = 2000, confidence: float = 0.95
) -> Coefficient:
    """1 - observed disagreement / expected disagreement; `codes` (units, coders), NaN where a coder gave none.

    Krippendorff 2019, Content Analysis, chapter 12. The interval is the percentile bootstrap over units, drawn from
    `seed` (Zapf et al. 2016, doi:10.1186/s12874-016-0200-9); draws in which nothing can disagree are left out.
    Raises RefusedMeasure: `too-few-answers` (no unit coded twice), `one-answer`, `not-positive` (a ratio metric with
    codes below zero).
    """
    counts, values = _by_unit(codes)
    if metric == "ratio" and (values < 0).any():
        raise RefusedMeasure("not-positive", "a ratio metric for codes below zero")
    if len(counts) == 0:
        raise RefusedMeasure("too-few-answers", "no unit has two codes")
    value = _alpha(counts, values, metric)
    if np.isnan(value):
        raise RefusedMeasure("one-answer", "all codes are the same: nothing could disagree")
    generator = np.random.default_rng(seed)
    drawn = [_alpha(counts[generator.integers(0, len(counts), len(counts))], values, metric) for _ in range(draws)]
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Coefficient(value, float(low), float(high))


def _by_unit(codes: Floats) -> tuple[NDArray[np.int64], Floats]:
    """How often each value (columns, rising) was given to each unit coded at least twice."""
    values = np.unique(codes[~np.isnan(codes)])
    counts = (codes[:, :, None] == values[None, None, :]).sum(axis=1)
    return counts[counts.sum(axis=1) >= 2], values


def _alpha(counts: NDArray[np.int64], values: Floats, metric: Metric) -> float:
    """From the coincidences o_cd = sum over units of n_uc (n_ud - [c = d]) / (m_u - 1); NaN where one value is left."""
    pairs = 1 / (counts.sum(axis=1) - 1)
    coincidences = counts.T @ (counts * pairs[:, None]) - np.diag(counts.T @ pairs)
    totals = coincidences.sum(axis=1)
    apart = _squared_distance(values, totals, metric)
    expected = float(totals @ apart @ totals) / (totals.sum() - 1)
    return 1 - float((coincidences * apart).sum()) / expected if expected > 0 else float("nan")


def _squared_distance(values: Floats, totals: Floats, metric: Metric) -> Floats:
    if metric == "nominal":
        return 1 - np.eye(len(values))
    if metric == "ordinal":  # how many codes lie between, half of both ends counted
        middle = np.cumsum(totals) - totals / 2
        return np.asarray(np.subtract.outer(middle, middle) ** 2)
    difference = np.subtract.outer(values, values)
    if metric == "interval":
        return np.asarray(difference**2)
    both = np.add.outer(values, values)
    return np.asarray((difference / np.where(both == 0, 1, both)) ** 2)
