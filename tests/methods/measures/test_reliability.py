"""Alpha, omega and what each item adds, against R's psych and lavaan."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.measures.figures import answers, figure, figures

from impact_pipeline.methods.measures.moments import Moments, moments_from_sums, moments_of
from impact_pipeline.methods.measures.one_factor import fit_factor
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.measures.reliability import analyse_items, cronbach_alpha, mcdonald_omega

EXACT = 1e-12  # closed forms
FITTED = 1e-9  # R and we stop our iterations at different places


def of(case: str) -> list[float]:
    return [figure(case, name) for name in ("value", "low", "high")]


def test_alpha_and_feldts_interval_are_those_of_psych() -> None:
    found = cronbach_alpha(moments_of(answers()))
    assert_allclose([found.value, found.low, found.high], of("alpha"), rtol=EXACT)


def test_items_are_analysed_as_psych_does() -> None:
    found = analyse_items(moments_of(answers()))
    assert_allclose(found.rest_correlation, figures("alpha", "rest_correlation"), rtol=EXACT)
    assert_allclose(found.alpha_if_dropped, figures("alpha", "alpha_if_dropped"), rtol=EXACT)


def test_omega_and_its_interval_are_those_of_lavaan() -> None:
    found = mcdonald_omega(moments_of(answers()))
    assert_allclose([found.value, found.low, found.high], of("omega"), rtol=FITTED)


def test_loadings_and_uniquenesses_are_those_of_lavaan() -> None:
    found = fit_factor(moments_of(answers()))
    assert_allclose(found.loadings, figures("omega", "loading"), rtol=FITTED)
    assert_allclose(found.uniquenesses, figures("omega", "uniqueness"), rtol=FITTED)


def test_exact_sums_give_the_same_moments_as_the_answers() -> None:
    rows = answers()
    exact = [[Fraction(int(value)) for value in row] for row in rows]
    sums = [sum(column, Fraction(0)) for column in zip(*exact, strict=True)]
    products = [[sum((row[i] * row[j] for row in exact), Fraction(0)) for j in range(6)] for i in range(6)]
    found, direct = moments_from_sums(len(rows), sums, products), moments_of(rows)
    assert found.n == direct.n == 400
    assert_allclose(found.mean, direct.mean, rtol=EXACT)
    assert_allclose(found.covariance, direct.covariance, rtol=EXACT, atol=EXACT)


def test_rows_with_a_missing_answer_are_left_out_whole() -> None:
    rows = answers()
    rows[3, 2] = np.nan
    found = moments_of(rows)
    assert found.n == 399
    assert_allclose(found.covariance, np.cov(np.delete(rows, 3, 0), rowvar=False), rtol=EXACT)


def test_omega_of_parallel_items_is_alpha() -> None:
    """Equal loadings and uniquenesses: both are k rho / (1 + (k - 1) rho), Spearman and Brown's formula."""
    moments = Moments(200, np.zeros(4), np.full((4, 4), 0.5) + 0.5 * np.eye(4))
    assert mcdonald_omega(moments).value == pytest.approx(0.8, rel=FITTED)
    assert cronbach_alpha(moments).value == pytest.approx(0.8, rel=EXACT)


@pytest.mark.parametrize(
    ("covariance", "code"),
    [
        (np.eye(1), "single-item"),
        (np.zeros((3, 3)), "no-variance"),
    ],
)
def test_alpha_is_refused(covariance: np.ndarray, code: str) -> None:
    with pytest.raises(RefusedMeasure) as told:
        cronbach_alpha(Moments(50, np.zeros(len(covariance)), covariance))
    assert told.value.code == code


HEYWOOD = np.array([[1.0, 0.8, 0.8], [0.8, 1.0, 0.4], [0.8, 0.4, 1.0]])  # loading^2 = .8 x .8 / .4 = 1.6, above 1


@pytest.mark.parametrize(
    ("n", "covariance", "code"),
    [
        (50, np.eye(2), "too-few-items"),
        (4, np.eye(3) * 0.5 + 0.5, "too-few-answers"),
        (50, np.ones((3, 3)), "no-variance"),
        (50, HEYWOOD, "improper-solution"),
    ],
)
def test_omega_is_refused(n: int, covariance: np.ndarray, code: str) -> None:
    with pytest.raises(RefusedMeasure) as told:
        mcdonald_omega(Moments(n, np.zeros(len(covariance)), covariance))
    assert told.value.code == code
