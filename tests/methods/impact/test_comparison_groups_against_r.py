"""Weighted comparison groups and their balance equal R's figures (tests/reference/comparison_groups.R: stacked
estimating equations, estimatr, sandwich, MatchIt)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.few_clusters_of_weights import coverage
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.balance import balance, joint_balance, overlap, trial_balance
from impact_pipeline.methods.impact.comparison_groups import (
    balancing_weights,
    entropy_balancing,
    inverse_probability,
    propensity_weights,
)
from impact_pipeline.methods.impact.doubly_robust import doubly_robust, seeded_folds
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.propensity import logit

RELATIVE = 1e-9
SMALL = 1e-12  # absolute, for figures near nothing
NAMES = ("x1", "x2", "x3")
D = units("comparison_groups_units")
Y, YES, ARM = D["y"].to_numpy(), D["yes"].to_numpy().astype(float), D["treated"].to_numpy() == 1
X, W, V, FOLD = D[list(NAMES)].to_numpy(float), D["weight"].to_numpy(), D["cluster"].to_numpy(), D["fold"].to_numpy()
HAMLET = D["hamlet"].to_numpy()  # enough of them for influence functions
TOLD = figures("comparison_groups")

CASES: dict[str, Callable[[], EffectEstimate]] = {
    "ipw": lambda: inverse_probability(Y, ARM, covariates=X),
    "ipw_clusters": lambda: inverse_probability(Y, ARM, covariates=X, clusters=V),
    "ipw_weights": lambda: inverse_probability(Y, ARM, covariates=X, clusters=V, weights=W),
    "ipw_hamlets": lambda: inverse_probability(Y, ARM, covariates=X, clusters=HAMLET, weights=W),
    "ipw_ate": lambda: inverse_probability(Y, ARM, covariates=X, target="ate"),
    "ipw_ate_weights": lambda: inverse_probability(Y, ARM, covariates=X, clusters=V, weights=W, target="ate"),
    "ipw_fixed": lambda: inverse_probability(Y, ARM, covariates=X),
    "ipw_fixed_clusters": lambda: inverse_probability(Y, ARM, covariates=X, clusters=V, weights=W),
    "ipw_svyglm": lambda: inverse_probability(Y, ARM, covariates=X, weights=W),
    "ipw_overlap": lambda: inverse_probability(Y, ARM, covariates=X),
    "entropy": lambda: entropy_balancing(Y, ARM, covariates=X),
    "entropy_clusters": lambda: entropy_balancing(Y, ARM, covariates=X, clusters=V),
    "entropy_weights": lambda: entropy_balancing(Y, ARM, covariates=X, clusters=V, weights=W),
    "entropy_hamlets": lambda: entropy_balancing(Y, ARM, covariates=X, clusters=HAMLET, weights=W),
    "entropy_squares": lambda: entropy_balancing(Y, ARM, covariates=X, moments=2),
    "aipw": lambda: doubly_robust(Y, ARM, covariates=X),
    "aipw_clusters": lambda: doubly_robust(Y, ARM, covariates=X, clusters=V, weights=W),
    "aipw_hamlets": lambda: doubly_robust(Y, ARM, covariates=X, clusters=HAMLET, weights=W),
    "aipw_ate": lambda: doubly_robust(Y, ARM, covariates=X, target="ate"),
    "aipw_ate_logit": lambda: doubly_robust(
        YES, ARM, covariates=X, clusters=V, weights=W, target="ate", outcome_model="logit"
    ),
    "aipw_logit": lambda: doubly_robust(YES, ARM, covariates=X, outcome_model="logit"),
    "aipw_folds": lambda: doubly_robust(Y, ARM, covariates=X, folds=FOLD),
    "aipw_ate_folds": lambda: doubly_robust(
        Y, ARM, covariates=X, clusters=V, weights=W, folds=FOLD, target="ate"
    ),
}  # fmt: skip


def test_the_rule_of_the_error_is_told() -> None:
    rules = {case: CASES[case]().se_rule for case in ("ipw", "ipw_clusters", "ipw_hamlets")}
    assert rules == {"ipw": "influence", "ipw_clusters": "jackknife", "ipw_hamlets": "influence-clustered"}


@pytest.mark.parametrize("case", CASES)
def test_effect_and_error_equal_r(case: str) -> None:
    found = CASES[case]()
    for figure, value in TOLD[case].items():
        said = found.details[figure] if figure in found.details else getattr(found, figure)
        np.testing.assert_allclose(said, value, rtol=RELATIVE, err_msg=f"{case} {figure}")


def test_propensity_has_the_coefficients_of_glm() -> None:
    found = logit(ARM, X)
    np.testing.assert_allclose(found.coefficients, list(TOLD["logit"].values()), rtol=RELATIVE)
    np.testing.assert_allclose(found.predict(X), found.probabilities, rtol=RELATIVE)


def test_entropy_weights_equal_r_and_balance_means_exactly() -> None:
    w = balancing_weights(ARM, covariates=X).weights
    np.testing.assert_allclose(w[~ARM][:5], list(TOLD["entropy_weights_of_units"].values()), rtol=RELATIVE)
    np.testing.assert_allclose(np.average(X[~ARM], axis=0, weights=w[~ARM]), X[ARM].mean(axis=0), rtol=RELATIVE)


@pytest.mark.parametrize("name", ["x1", "x2", "x1_adjusted", "x2_adjusted", "x3_adjusted"])
def test_balance_equals_r(name: str) -> None:
    w = propensity_weights(ARM, covariates=X).weights
    covariate, _, after = name.partition("_")
    row = next(
        row for row in balance(ARM, covariates=X, names=NAMES, adjustment=w)
        if row.covariate == covariate and row.adjusted == bool(after)
    )  # fmt: skip
    for figure, value in TOLD[f"balance_{name}"].items():
        np.testing.assert_allclose(getattr(row, figure), value, rtol=RELATIVE, atol=SMALL, err_msg=figure)


def test_balance_of_a_trial_has_the_p_of_r() -> None:
    plain, clustered = (trial_balance(ARM, covariates=X, names=NAMES, clusters=c) for c in (None, V))
    for row, by_cluster in zip(plain, clustered, strict=True):
        told = TOLD[f"trial_{row.covariate}"]
        for figure in ("p", "sd_treated", "sd_control", "normalised_difference"):
            np.testing.assert_allclose(getattr(row, figure), told[figure], rtol=RELATIVE)
        np.testing.assert_allclose(by_cluster.p, told["p_clusters"], rtol=RELATIVE)


def test_joint_test_of_balance_equals_r() -> None:
    found = {
        "joint": joint_balance(ARM, covariates=X),
        "joint_cr1": joint_balance(ARM, covariates=X, clusters=V, rule="CR1"),
        "joint_blocks": joint_balance(ARM, covariates=X, blocks=FOLD),
    }
    for case, test in found.items():
        for figure, value in TOLD[case].items():
            np.testing.assert_allclose(getattr(test, figure), value, rtol=RELATIVE, err_msg=f"{case} {figure}")


@pytest.mark.parametrize("case", [case for case in CASES if "fold" not in case])
def test_no_figure_depends_on_the_order_of_rows(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = CASES[case]()
    mixed = np.random.default_rng(5).permutation(len(Y))
    for name in ("Y", "YES", "ARM", "X", "W", "V", "HAMLET"):
        monkeypatch.setitem(globals(), name, globals()[name][mixed])
    after = CASES[case]()
    assert (after.effect, after.p if case.startswith("aipw") else None) == (
        before.effect, before.p if case.startswith("aipw") else None,
    )  # fmt: skip
    np.testing.assert_allclose(after.se, before.se, rtol=1e-13)


def test_folds_are_of_units_and_not_of_rows() -> None:
    unit = D["unit"].to_numpy()
    mixed = np.random.default_rng(6).permutation(len(unit))
    folds = seeded_folds(unit, clusters=V)
    np.testing.assert_array_equal(seeded_folds(unit[mixed], clusters=V[mixed]), folds[mixed])
    assert all(len(set(folds[v == V])) == 1 for v in np.unique(V))
    assert set(np.unique(folds)) == {0, 1, 2, 3, 4}


def test_overlap_of_even_weights_is_whole() -> None:
    found = overlap(ARM, np.ones(len(ARM)))
    assert (found.effective_n_treated, found.effective_n_control) == (ARM.sum(), (~ARM).sum())


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "separated": ("separation", lambda: inverse_probability(Y, X[:, 0] > 50, covariates=X)),
    "constant": ("collinear", lambda: inverse_probability(Y, ARM, covariates=np.column_stack([X, np.ones(len(Y))]))),
    "twice": ("collinear", lambda: entropy_balancing(Y, ARM, covariates=np.column_stack([X, X[:, 0]]))),
    "out of reach": ("balancing-infeasible", lambda: entropy_balancing(Y, X[:, 0] > 60, covariates=X)),
    "alike controls": (
        "balancing-infeasible", lambda: entropy_balancing(Y, ARM, covariates=np.where(ARM[:, None], X, 1))
    ),
    "none": ("no-covariates", lambda: inverse_probability(Y, ARM, covariates=np.zeros((len(Y), 0)))),
    "none to test": ("no-covariates", lambda: joint_balance(ARM, covariates=np.zeros((len(Y), 0)))),
    "one cluster": ("too-few-clusters", lambda: entropy_balancing(Y, ARM, covariates=X, clusters=ARM.astype(int))),
    "split": (
        "folds-split-clusters", lambda: doubly_robust(Y, ARM, covariates=X, clusters=V, folds=np.arange(len(Y)) % 3)
    ),
    "emptied": ("empty-arm", lambda: balance(ARM, covariates=X, adjustment=ARM.astype(float))),
    "negative": ("bad-weights", lambda: balance(ARM, covariates=X, adjustment=-np.ones(len(Y)))),
    "decisive": (
        "cluster-decides",
        lambda: entropy_balancing(Y, ARM, covariates=np.where(ARM, 5.0, np.where(V == 5, 9, 0)) + X[:, 2], clusters=V),
    ),
    "few": ("no-degrees-of-freedom", lambda: seeded_folds(np.arange(3), folds=5)),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused(case: str) -> None:
    code, asked = REFUSED[case]
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code


def test_a_poor_comparison_is_told() -> None:
    generator = np.random.default_rng(3)
    far = generator.normal(size=(300, 1))
    arm = generator.uniform(size=300) < 1 / (1 + np.exp(-4 * far[:, 0]))
    found = inverse_probability(far[:, 0] + generator.normal(size=300), arm, covariates=far)
    assert {"low-effective-n", "heavy-weight"} <= set(found.cautions)
    assert found.details["off_support"] > 0


def test_intervals_of_few_villages_hold_the_truth() -> None:
    """A short run of benchmarks.few_clusters_of_weights: three standard errors of a share around 95 %, and the usual
    interval, which is not ours, does not hold it as often."""
    held = coverage(12, 200, seed=3, names=("entropy_balancing",))
    assert abs(held["entropy_balancing"] - 0.95) <= 0.045
    assert held["entropy_balancing, influence"] < held["entropy_balancing"]
