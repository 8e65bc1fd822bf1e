"""Pooling, heterogeneity, prediction, shrinkage, influence agree with metafor 3.8.1; `tests/reference/synthesis.R`."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.synthesis.from_r import drawn, figure

from impact_pipeline.methods.synthesis.heterogeneity import q_profile, tau2_of
from impact_pipeline.methods.synthesis.influence import influence
from impact_pipeline.methods.synthesis.pooling import NARROWER, pool, pool_fixed, shrink
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

RELATIVE = 1e-9  # iterations in R go on to 1e-14; sums are in another order
NOTHING = 1e-12  # where R says zero
CASES = ["mixed", "four", "three", "alike", "bcg", "moderated"]
METHODS = ["REML", "ML", "DL", "PM"]
INFERENCES = {"knha": "hartung-knapp", "adhoc": "hartung-knapp-modified"}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", METHODS)
def test_tau2_and_the_usual_interval_by_each_method(case: str, method: str) -> None:
    found = pool(*drawn(case), method=method.lower(), inference="normal")  # type: ignore[arg-type]
    assert_allclose(found.tau2, figure(case, f"tau2_{method}")[0], rtol=RELATIVE, atol=NOTHING)
    told = figure(case, f"wald_{method}")
    assert_allclose([found.effect, found.se, found.low, found.high, found.p], told, rtol=RELATIVE)


@pytest.mark.parametrize("case", CASES)
def test_hartung_knapp_and_its_prediction_intervals(case: str) -> None:
    """Five studies and more have the plain rule; fewer the modified one, which metafor calls ad hoc."""
    y, v = drawn(case)
    test = "adhoc" if len(y) < 5 else "knha"
    found = pool(y, v)
    assert found.inference == INFERENCES[test]
    told = figure(case, test)
    assert_allclose([found.effect, found.se, found.low, found.high, found.p, found.df], told, rtol=RELATIVE)
    bounds = [found.prediction_low, found.prediction_high]
    assert_allclose(bounds, figure(case, f"prediction_{test}"), rtol=RELATIVE)
    assert found.prediction_df == len(y) - 1


@pytest.mark.parametrize("case", CASES)
def test_the_modified_rule_when_asked_for_and_rileys_degrees_of_freedom(case: str) -> None:
    found = pool(*drawn(case), inference="hartung-knapp-modified", prediction="riley")
    told = figure(case, "adhoc")
    assert_allclose([found.effect, found.se, found.low, found.high, found.p, found.df], told, rtol=RELATIVE)
    assert_allclose([found.prediction_low, found.prediction_high], figure(case, "riley_adhoc"), rtol=RELATIVE)
    assert found.prediction_df == found.k - 2


@pytest.mark.parametrize("case", CASES)
def test_the_normal_prediction_interval(case: str) -> None:
    found = pool(*drawn(case), inference="normal")
    assert_allclose([found.prediction_low, found.prediction_high], figure(case, "prediction_z"), rtol=RELATIVE)
    assert found.prediction_df is None


@pytest.mark.parametrize("case", CASES)
def test_heterogeneity_and_its_exact_interval(case: str) -> None:
    found = pool(*drawn(case))
    told = [found.q, found.q_p, found.i2, found.h2]
    assert_allclose(told, figure(case, "heterogeneity"), rtol=RELATIVE, atol=NOTHING)
    limits = figure(case, "tau2_limits")
    assert_allclose([found.tau2_low, found.tau2_high], limits, rtol=RELATIVE, atol=NOTHING)
    assert_allclose([found.i2_low, found.i2_high], figure(case, "i2_limits"), rtol=RELATIVE, atol=NOTHING)
    assert_allclose(found.weights, figure(case, "weights"), rtol=RELATIVE)


@pytest.mark.parametrize("case", [name for name in CASES if name not in ("four", "three")])
def test_predictions_of_each_study(case: str) -> None:
    y, v = drawn(case)
    found = shrink(y, v, pool(y, v))
    for part, name in (("effect", "pred"), ("se", "se"), ("low", "pi.lb"), ("high", "pi.ub")):
        assert_allclose(getattr(found, part), figure(case, f"blup_{name}"), rtol=RELATIVE, atol=NOTHING)


@pytest.mark.parametrize("case", CASES)
def test_the_fixed_effect(case: str) -> None:
    found = pool_fixed(*drawn(case))
    told = figure(case, "fixed")
    assert_allclose([found.effect, found.se, found.low, found.high, found.p], told, rtol=RELATIVE)


@pytest.mark.parametrize("case", ["mixed", "alike", "bcg", "moderated"])
def test_leaving_each_study_out(case: str) -> None:
    """The rule stays the plain one; metafor was asked for it in all."""
    found = influence(*drawn(case))
    for part, name in (("effect", "estimate"), ("se", "se"), ("low", "ci.lb"), ("high", "ci.ub"), ("tau2", "tau2"),
                       ("i2", "I2"), ("q", "Q")):  # fmt: skip
        told = figure(case, f"without_{name}")
        assert_allclose([getattr(left, part) for left in found.without], told, rtol=RELATIVE, atol=NOTHING)
    for part, name in (("studentised", "rstudent"), ("dffits", "dffits"), ("cook", "cook.d"),
                       ("covariance_ratio", "cov.r"), ("hat", "hat")):  # fmt: skip
        told = figure(case, f"influence_{name}")
        assert_allclose(getattr(found, part), told, rtol=1e-7, atol=NOTHING)


def test_the_textbook_figures_of_bcg() -> None:
    """Viechtbauer 2010 (doi:10.18637/jss.v036.i03): random effects of the log risk ratios of thirteen trials."""
    found = pool(*drawn("bcg"), inference="normal")
    told = [found.effect, found.se, found.tau2, found.i2, found.q]
    assert [round(figure, 4) for figure in told] == [-0.7145, 0.1798, 0.3132, 92.2214, 152.233]


def test_a_variance_below_the_usual_one_is_told() -> None:
    y, v = drawn("alike")
    found, usual = pool(y, v), pool(y, v, inference="normal")
    assert (found.se < usual.se) == (NARROWER in found.cautions)
    assert pool(y, v, inference="hartung-knapp-modified").cautions == ()


def test_nothing_depends_on_the_unit_of_the_effects() -> None:
    y, v = drawn("mixed")
    one, thousand = pool(y, v), pool(1000 * y, 1e6 * v)
    assert_allclose(thousand.effect, 1000 * one.effect, rtol=1e-10)
    assert_allclose([thousand.tau2, thousand.tau2_high], [1e6 * one.tau2, 1e6 * one.tau2_high], rtol=1e-9)


def test_the_restricted_likelihood_is_highest_where_the_scoring_ends() -> None:
    """A grid over tau2, from the textbook's formula with matrices of k by k, never finds better."""
    y, v = drawn("moderated")
    x = np.ones((len(y), 1))

    def told(tau2: float) -> float:
        sigma = np.diag(v + tau2)
        inverse = np.linalg.inv(sigma)
        p = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
        return -0.5 * (np.linalg.slogdet(sigma)[1] + np.linalg.slogdet(x.T @ inverse @ x)[1] + y @ p @ y)

    best = told(tau2_of(y, v, x))
    assert all(told(tau2) <= best for tau2 in np.linspace(0, 0.3, 3001))


def test_the_q_profile_widens_with_confidence() -> None:
    y, v = drawn("mixed")
    x = np.ones((len(y), 1))
    (a, b), (c, d) = q_profile(y, v, x, 0.8), q_profile(y, v, x, 0.99)
    assert c <= a < b < d


@pytest.mark.parametrize(
    ("code", "y", "v"),
    [
        ("too-few-studies", [0.1, 0.2], [0.01, 0.02]),
        ("impossible-variance", [0.1, 0.2, 0.3], [0.01, 0.0, 0.02]),
        ("impossible-variance", [0.1, np.nan, 0.3], [0.01, 0.01, 0.02]),
        ("no-spread", [0.25] * 6, [0.01] * 6),
    ],
)
def test_what_is_not_pooled(code: str, y: list[float], v: list[float]) -> None:
    with pytest.raises(RefusedSynthesis) as refused:
        pool(np.array(y), np.array(v))
    assert refused.value.code == code


def test_three_studies_are_too_few_to_leave_one_out() -> None:
    with pytest.raises(RefusedSynthesis) as refused:
        influence(*drawn("three"))
    assert refused.value.code == "too-few-studies"
