"""Repeated measurements, agreement of coders, regression to the mean and the ends of a scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels.stats.inter_rater import cohens_kappa
from tests.methods.measures.figures import REFERENCE, figure

from impact_pipeline.methods.measures.agreement import agreement_weights, cohen_kappa, krippendorff_alpha
from impact_pipeline.methods.measures.extremes import extremes
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.measures.regression_to_the_mean import expected_of_cutoff, expected_of_mean
from impact_pipeline.methods.measures.retest import precision, retest_agreement

EXACT = 1e-12
INTEGRATED = 1e-10  # R's double integral
QUANTILE = 1e-9  # of F with broken degrees of freedom


def retest() -> np.ndarray:
    return pd.read_csv(REFERENCE / "measures_retest.csv").to_numpy(dtype=np.float64)


def test_agreement_of_two_measurements_is_psychs_icc() -> None:
    found = retest_agreement(retest())
    told = [figure("icc", name) for name in ("value", "low", "high")]
    assert_allclose([found.value, found.low, found.high], told, rtol=QUANTILE)


def test_shrout_and_fleiss_example() -> None:
    """Shrout & Fleiss 1979, table 2: six targets, four judges; ICC(2,1) = .29, interval .02 to .76."""
    judged = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
    )
    found = retest_agreement(judged)
    assert [round(figure, 2) for figure in (found.value, found.low, found.high)] == [0.29, 0.02, 0.76]


def test_error_of_measurement_and_change_of_one_person() -> None:
    """sd 10 and reliability .84: SEM 4, MDC 1.96 x 1.414 x 4, which is 1.96 x 10 sqrt(2 (1 - .84)) too."""
    found = precision(10, 0.84)
    assert found.sem == pytest.approx(4, rel=EXACT)
    assert found.mdc95 == pytest.approx(1.959963984540054 * 2**0.5 * 4, rel=EXACT)
    assert found.mdc95 == pytest.approx(1.959963984540054 * 10 * 0.32**0.5, rel=EXACT)


def test_regression_to_the_mean_is_that_of_a_double_integral() -> None:
    found = [expected_of_cutoff(60, 15, 0.7, 50, "below"), expected_of_cutoff(60, 15, 0.7, 70, "above")]
    assert_allclose(found, [figure("regression", "below"), figure("regression", "above")], rtol=INTEGRATED)


def test_regression_from_the_mean_of_those_selected_agrees_with_that_from_the_cutoff() -> None:
    """Mean of those below c: mu - sigma phi(z)/Phi(z); with mu 60, sigma 15, c 50, z = -2/3."""
    z = -10 / 15
    phi, cumulated = np.exp(-z * z / 2) / np.sqrt(2 * np.pi), 0.252492537546923
    selected = 60 - 15 * phi / cumulated
    assert expected_of_mean(60, selected, 0.7) == pytest.approx(expected_of_cutoff(60, 15, 0.7, 50, "below"), rel=1e-12)


def test_selection_on_the_mean_of_two_measurements_regresses_less() -> None:
    once, twice = (expected_of_cutoff(60, 15, 0.7, 50, "below", measurements=m) for m in (1, 2))
    assert 0 < twice < once
    generator = np.random.default_rng(3)
    true = generator.normal(60, 15 * 0.7**0.5, 400_000)
    first, second, later = (true + generator.normal(0, 15 * 0.3**0.5, 400_000) for _ in range(3))
    chosen = (first + second) / 2 < 50
    assert float((later - (first + second) / 2)[chosen].mean()) == pytest.approx(twice, abs=0.1)


CODERS = pd.read_csv(REFERENCE / "measures_coders.csv")
CODED_TWICE = pd.crosstab(CODERS["one"], CODERS["two"]).to_numpy(dtype=np.float64)


@pytest.mark.parametrize(("weights", "name"), [("none", "value"), ("linear", "linear"), ("quadratic", "weighted")])
def test_kappa_is_psychs(weights, name: str) -> None:
    found, error = cohen_kappa(CODED_TWICE, weights)
    assert found.value == pytest.approx(figure("kappa", name), rel=EXACT)
    assert found.low == pytest.approx(found.value - 1.959963984540054 * error, rel=EXACT)


def test_the_variance_of_plain_kappa_is_psychs() -> None:
    assert cohen_kappa(CODED_TWICE)[1] ** 2 == pytest.approx(figure("kappa", "variance"), rel=EXACT)


@pytest.mark.parametrize(("weights", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")])
def test_the_variance_of_kappa_is_that_of_statsmodels(weights, theirs: str | None) -> None:
    """For weighted kappa psych 2.2.9 gives another one, under half of the jackknife's: statsmodels is the oracle."""
    found, error = cohen_kappa(CODED_TWICE, weights)
    told = cohens_kappa(CODED_TWICE, wt=theirs) if theirs else cohens_kappa(CODED_TWICE)
    assert (found.value, error**2) == (pytest.approx(told.kappa, rel=EXACT), pytest.approx(told.var_kappa, rel=EXACT))


def test_weights_of_three_classes() -> None:
    assert agreement_weights(3, "linear").tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert agreement_weights(3, "quadratic").tolist() == [[1, 0.75, 0], [0.75, 1, 0.75], [0, 0.75, 1]]


N = np.nan
KRIPPENDORFF = np.array([  # four coders, twelve units: Krippendorff 2011, Computing Krippendorff's alpha-reliability
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]).T  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_published_example(metric, published: float) -> None:
    found = krippendorff_alpha(KRIPPENDORFF, metric, seed=1, draws=200)
    assert round(found.value, 3) == published
    assert found.low < found.value <= found.high <= 1


def test_alpha_by_pairs_is_alpha_by_coincidences() -> None:
    """The same by going over all pairs of codes one by one, within units and over all units."""
    units = [[code for code in unit if not np.isnan(code)] for unit in KRIPPENDORFF]
    units = [unit for unit in units if len(unit) > 1]
    every = [code for unit in units for code in unit]
    observed = sum((a - b) ** 2 / (len(unit) - 1) for unit in units for a in unit for b in unit) / len(every)
    expected = sum((a - b) ** 2 for a in every for b in every) / (len(every) * (len(every) - 1))
    found = krippendorff_alpha(KRIPPENDORFF, "interval", seed=1, draws=2).value
    assert found == pytest.approx(1 - observed / expected, rel=EXACT)


def test_the_same_seed_gives_the_same_interval() -> None:
    once, again, other = (krippendorff_alpha(KRIPPENDORFF, "nominal", seed=s, draws=100) for s in (1, 1, 2))
    assert once == again
    assert (once.low, once.high) != (other.low, other.high)


def test_ends_of_a_scale() -> None:
    found = extremes({0.0: 20, 40.0: 60, 100.0: 20}, 0, 100)
    assert (found.n, found.floor_share, found.ceiling_share, found.too_many) == (100, 0.2, 0.2, True)
    assert not extremes({0.0: 15, 40.0: 85}, 0, 100).too_many
    assert extremes({}, 0, 100).floor_share == 0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: precision(10, 1.2), "no-reliability"),
        (lambda: retest_agreement(np.array([[1, 2], [np.nan, 3], [2, 2]])), "missing-value"),
        (lambda: retest_agreement(np.array([[1.0, 2.0], [2.0, 3.0]])), "too-few-answers"),
        (lambda: retest_agreement(np.ones((5, 2))), "no-variance"),
        (lambda: expected_of_cutoff(60, 15, -0.1, 50, "below"), "no-reliability"),
        (lambda: cohen_kappa(np.array([[9.0, 0], [0, 0]])), "one-answer"),
        (lambda: cohen_kappa(np.zeros((2, 2))), "too-few-answers"),
        (lambda: krippendorff_alpha(np.ones((5, 2)), "nominal", seed=1), "one-answer"),
        (lambda: krippendorff_alpha(np.array([[1, np.nan]]), "nominal", seed=1), "too-few-answers"),
        (lambda: krippendorff_alpha(np.array([[-1.0, 2.0]]), "ratio", seed=1), "not-positive"),
    ],
)
def test_refusals_have_a_code(call, code: str) -> None:
    with pytest.raises(RefusedMeasure) as told:
        call()
    assert told.value.code == code
