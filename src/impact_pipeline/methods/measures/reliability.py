"""Internal consistency of a scale from the moments of its items: alpha, omega, and what each item adds.

Omega rests on the one-factor model of `one_factor`. Nothing here is weighted: reliability is a property of the answers
that were collected, not of a population.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, fdtri, logit, ndtri

from impact_pipeline.methods.measures.moments import Floats, Moments
from impact_pipeline.methods.measures.one_factor import FactorModel, fit_factor
from impact_pipeline.methods.measures.refused import RefusedMeasure

LEAST_ITEMS_OF_OMEGA = 3  # with two, a one-factor model has more unknowns than the covariance tells


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A reliability coefficient, between minus infinity and 1, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """What each of k items adds, arrays of shape (k,) in the order of the items.

    `rest_correlation`: Pearson correlation with the sum of the other items; `alpha_if_dropped`: alpha of the others
    (NaN where the scale has two items).
    """

    rest_correlation: Floats
    alpha_if_dropped: Floats


def cronbach_alpha(moments: Moments, confidence: float = 0.95) -> Coefficient:
    """alpha = k/(k-1) (1 - sum s2_i / s2_T), with Feldt's interval.

    Cronbach 1951, doi:10.1007/BF02310555. Interval of Feldt 1965, doi:10.1007/BF02289499:
    (1 - alpha)/(1 - true alpha) follows F(n - 1, (n - 1)(k - 1)), exact for parallel normal items.
    Raises RefusedMeasure: `single-item`, `no-variance`.
    """
    k, n = moments.items, moments.n
    value = _alpha(moments.covariance)
    first, second, tail = n - 1, (n - 1) * (k - 1), (1 - confidence) / 2
    low = 1 - (1 - value) * float(fdtri(first, second, 1 - tail))
    high = 1 - (1 - value) * float(fdtri(first, second, tail))
    return Coefficient(value, low, high)


def _alpha(covariance: Floats) -> float:
    k, total = len(covariance), float(covariance.sum())
    if k < 2:
        raise RefusedMeasure("single-item", "one item: internal consistency compares items")
    if total <= 0:
        raise RefusedMeasure("no-variance", "the total score does not vary")
    return k / (k - 1) * (1 - float(np.trace(covariance)) / total)


def mcdonald_omega(moments: Moments, confidence: float = 0.95) -> Coefficient:
    """omega = (sum of loadings)^2 / ((sum of loadings)^2 + sum of unique variances), of a one-factor model.

    McDonald 1999, Test Theory; maximum likelihood under normality. The interval is that of the logit of omega, with
    the standard error of the delta method on the expected information (Raykov & Marcoulides 2011, Introduction to
    Psychometric Theory): it stays between 0 and 1.
    Raises RefusedMeasure: `too-few-items`, `no-variance`, `not-converged`, `improper-solution`.
    """
    if moments.items < LEAST_ITEMS_OF_OMEGA:
        raise RefusedMeasure("too-few-items", f"omega needs {LEAST_ITEMS_OF_OMEGA} items; there are {moments.items}")
    found = fit_factor(moments)
    value, error = _omega(found)
    half = float(ndtri(1 - (1 - confidence) / 2)) * error / (value * (1 - value))
    return Coefficient(value, float(expit(logit(value) - half)), float(expit(logit(value) + half)))


def _omega(found: FactorModel) -> tuple[float, float]:
    """Omega and its standard error. With c = sum of loadings and u = sum of uniquenesses, omega = c^2/(c^2 + u)."""
    c, u = float(found.loadings.sum()), float(found.uniquenesses.sum())
    spread = c * c + u
    gradient = np.concatenate(
        [
            np.full(found.loadings.size, 2 * c * u / spread**2),
            np.full(found.uniquenesses.size, -c * c / spread**2),
        ]
    )
    return c * c / spread, float(np.sqrt(gradient @ found.covariance @ gradient))


def analyse_items(moments: Moments) -> ItemAnalysis:
    """Item-rest correlations and alpha if dropped. Raises RefusedMeasure: `single-item`, `no-variance`."""
    s, k = moments.covariance, moments.items
    if k < 2:
        raise RefusedMeasure("single-item", "one item: there is no rest to compare it with")
    variances = np.diag(s)
    with_rest = s.sum(axis=1) - variances
    rest = s.sum() - 2 * s.sum(axis=1) + variances
    if (variances <= 0).any() or (rest <= 0).any():
        raise RefusedMeasure("no-variance", "an item, or the sum of the others, does not vary")
    kept = [np.delete(np.delete(s, i, 0), i, 1) for i in range(k)]
    dropped = np.array([_alpha(others) if k > 2 else np.nan for others in kept])
    return ItemAnalysis(with_rest / np.sqrt(variances * rest), dropped)
