"""Clustered and unclustered errors, degrees of freedom, joint tests, wild bootstrap and randomisation inference equal
R's (tests/reference/trials.R: clubSandwich, sandwich, base R's enumeration)."""

from __future__ import annotations

import numpy as np
import pytest
from tests.methods.impact.reference import figures, matrix, units

from impact_pipeline.methods.impact import heteroskedastic, robust
from impact_pipeline.methods.impact.gram import cluster_grams
from impact_pipeline.methods.impact.randomisation import randomisation_test
from impact_pipeline.methods.impact.wild_bootstrap import wild_cluster_bootstrap

RELATIVE = 1e-9  # R solves by QR, we by sums of products
DESIGNS = {
    "by_cluster": ("arm", None), "by_unit": ("unit_arm", None), "weighted": ("arm", "weight"),
    "weighted_by_cluster": ("arm", "cluster_weight"),
}  # fmt: skip
D = units("trials_units")


def design(arm: str, *others: str, frame=D):
    return np.column_stack([np.ones(len(frame)), *(frame[name].to_numpy(float) for name in (arm, *others))])


def fitted(case: str) -> robust.ClusterFit:
    arm, weight = DESIGNS[case]
    weights = None if weight is None else D[weight].to_numpy(float)
    return robust.fit(cluster_grams(design(arm, "x1", "x2"), D["y"].to_numpy(), D["cluster"].to_numpy(), weights))


@pytest.mark.parametrize("rule", ["CR0", "CR1", "CR2", "CR3"])
@pytest.mark.parametrize("case", DESIGNS)
def test_covariance_is_that_of_club_sandwich(case: str, rule: robust.ClusterRule) -> None:
    told = matrix(figures("trials")[case], rule)
    np.testing.assert_allclose(robust.covariance(fitted(case), rule), told, rtol=RELATIVE, atol=1e-12)


@pytest.mark.parametrize("case", DESIGNS)
def test_coefficients_and_satterthwaite_degrees_of_freedom(case: str) -> None:
    told, found = figures("trials")[case], fitted(case)
    for j in range(4):
        np.testing.assert_allclose(found.coefficients[j], told[f"coefficient_{j + 1}"], rtol=RELATIVE)
        np.testing.assert_allclose(robust.satterthwaite(found, np.eye(4)[j]), told[f"df_{j + 1}"], rtol=RELATIVE)


@pytest.mark.parametrize("q", [2, 3])
@pytest.mark.parametrize("case", DESIGNS)
def test_joint_test_of_contrasts(case: str, q: int) -> None:
    told = figures("trials")[case]
    found = robust.joint_test(fitted(case), np.eye(4)[1 : 1 + q], "CR2")
    for figure, value in (("f", found.f), ("df1", found.df1), ("df2", found.df2), ("p", found.p)):
        np.testing.assert_allclose(value, told[f"{figure}_{q}"], rtol=RELATIVE)


def test_clusters_as_indicators_leave_directions_that_are_dropped() -> None:
    told = figures("trials")["within_clusters"]
    indicators = (D["cluster"].to_numpy()[:, None] == np.arange(2, 13)[None, :]).astype(float)
    x = np.column_stack([design("unit_arm", "x1"), indicators])
    found = robust.fit(cluster_grams(x, D["y"].to_numpy(), D["cluster"].to_numpy()))
    errors = np.sqrt(np.diag(robust.covariance(found, "CR2")))
    for j in (1, 2):
        np.testing.assert_allclose(found.coefficients[j], told[f"coefficient_{j + 1}"], rtol=RELATIVE)
        np.testing.assert_allclose(errors[j], told[f"se_{j + 1}"], rtol=RELATIVE)
        df = robust.satterthwaite(found, np.eye(x.shape[1])[j])
        np.testing.assert_allclose(df, told[f"df_{j + 1}"], rtol=RELATIVE)


@pytest.mark.parametrize("rule", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("weighted", [False, True])
def test_errors_of_units_are_those_of_sandwich(rule: heteroskedastic.UnitRule, weighted: bool) -> None:
    told = matrix(figures("trials")["units_weighted" if weighted else "units"], rule)
    weights = D["weight"].to_numpy() if weighted else None
    found = heteroskedastic.fit(design("unit_arm", "x1", "x2"), D["y"].to_numpy(), weights, rule)
    np.testing.assert_allclose(found.covariance, told, rtol=RELATIVE, atol=1e-12)


@pytest.mark.parametrize(
    ("case", "columns", "weighted"),
    [
        ("wild_by_cluster", ("x1", "arm"), False),
        ("wild_by_unit", ("x1", "x2", "unit_arm"), False),
        ("wild_weighted", ("x1", "arm"), True),
    ],
)
def test_wild_bootstrap_is_the_enumeration_of_every_sign_vector(case: str, columns: tuple[str], weighted: bool) -> None:
    w = D[D["cluster"] <= 8]
    weights = w["weight"].to_numpy() if weighted else None
    grams = cluster_grams(design(*columns, frame=w), w["weak"].to_numpy(), w["cluster"].to_numpy(), weights)
    found = wild_cluster_bootstrap(grams, len(columns), seed=1)
    told = figures("trials")[case]
    assert found.exact
    assert found.draws == 256
    assert 0.05 < told["p"] < 0.95  # a p at its least would not tell the draws apart
    np.testing.assert_allclose([found.t, found.p], [told["t"], told["p"]], rtol=RELATIVE)


def test_drawn_signs_come_near_the_enumeration() -> None:
    grams = cluster_grams(design("x1", "arm"), D["weak"].to_numpy(), D["cluster"].to_numpy())
    exact = wild_cluster_bootstrap(grams, 2, seed=1)
    other = wild_cluster_bootstrap(grams, 2, seed=1, weights="webb", draws=20_000)
    assert exact.exact
    assert not other.exact
    assert abs(exact.p - other.p) < 0.03
    again = wild_cluster_bootstrap(grams, 2, seed=1, weights="webb", draws=20_000)
    assert again == other


def test_randomisation_over_clusters_in_blocks() -> None:
    told = figures("trials")["randomisation_clusters_in_blocks"]
    found = randomisation_test(
        D["y"].to_numpy(), D["arm"].to_numpy(), clusters=D["cluster"].to_numpy(), blocks=D["block"].to_numpy(), seed=1
    )
    assert found.exact
    assert found.draws == told["draws"]
    np.testing.assert_allclose([found.statistic, found.p], [told["effect"], told["p"]], rtol=RELATIVE)


@pytest.mark.parametrize(
    ("case", "statistic"), [("randomisation_units", "effect"), ("randomisation_studentised", "studentised")]
)
def test_randomisation_over_units_given_a_covariate(case: str, statistic: str) -> None:
    told = figures("trials")[case]
    few = D.iloc[[0, 8, 19, 32, 40, 54, 62, 77, 89, 100]]
    arm = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 1], dtype=bool)
    found = randomisation_test(few["y"].to_numpy(), arm, covariates=few[["x1"]].to_numpy(), statistic=statistic, seed=1)
    assert found.exact
    assert found.draws == told["draws"]
    np.testing.assert_allclose([found.statistic, found.p], [told["effect"], told["p"]], rtol=RELATIVE)


def test_many_assignments_are_drawn_and_come_near_the_large_sample_p() -> None:
    y, arm = D["weak"].to_numpy(), D["unit_arm"].to_numpy()
    found = randomisation_test(y, arm, seed=3)
    assert not found.exact
    fitted = heteroskedastic.fit(design("unit_arm"), y, None, "classical")
    z = fitted.coefficients[1] / np.sqrt(fitted.covariance[1, 1])
    assert abs(found.p - 2 * (1 - _normal(abs(z)))) < 0.03
    assert randomisation_test(y, arm, seed=3) == found


def _normal(z: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(z))
