"""Trials of clusters equal R's figures (tests/reference/cluster_trials.R: t.test, lm, lmerTest, pbkrtest, anova)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact import mixed_model
from impact_pipeline.methods.impact.cluster_trials import cluster_means, intracluster_correlation, mixed
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.gram import cluster_grams

RELATIVE = 1e-9
OF_REML = 1e-6  # lme4's optimiser stops where the deviance no longer falls, half of the digits of the variances
TOLD = figures("cluster_trials")
D = units("trials_units")
Y, X1, ARM, UNIT = D["y"].to_numpy(), D["x1"].to_numpy(), D["arm"].to_numpy() == 1, D["unit_arm"].to_numpy() == 1
CLUSTERS, BLOCKS, BEFORE = D["cluster"].to_numpy(), D["block"].to_numpy(), D[["before"]].to_numpy()

MEANS: dict[str, Callable[[], EffectEstimate]] = {
    "means": lambda: cluster_means(Y, ARM, clusters=CLUSTERS),
    "means_covariates": lambda: cluster_means(Y, ARM, clusters=CLUSTERS, covariates=BEFORE),
    "means_blocks": lambda: cluster_means(Y, ARM, clusters=CLUSTERS, blocks=BLOCKS),
}
MIXED: dict[str, Callable[[], EffectEstimate]] = {
    "mixed": lambda: mixed(Y, ARM, clusters=CLUSTERS),
    "mixed_covariates": lambda: mixed(Y, ARM, clusters=CLUSTERS, covariates=D[["before", "x1"]].to_numpy()),
    "mixed_unit": lambda: mixed(Y, UNIT, clusters=CLUSTERS, covariates=BEFORE, blocks=BLOCKS),
}


@pytest.mark.parametrize("case", MEANS)
def test_cluster_means(case: str) -> None:
    found = MEANS[case]()
    for figure, value in TOLD[case].items():
        np.testing.assert_allclose(getattr(found, figure), value, rtol=RELATIVE, err_msg=figure)
    assert found.details["icc_anova"] == pytest.approx(TOLD["icc_in_arms"]["icc"], rel=RELATIVE)


@pytest.mark.parametrize("case", MIXED)
def test_mixed_model(case: str) -> None:
    found = MIXED[case]()
    assert found.se_rule == "REML-Satterthwaite"
    for figure, value in TOLD[case].items():
        ours = found.details[figure] if figure in found.details else getattr(found, figure)
        np.testing.assert_allclose(ours, value, rtol=OF_REML, err_msg=figure)


def test_without_variance_between_clusters_the_wider_answer_is_given() -> None:
    """lmerTest then has as many degrees of freedom as units; pbkrtest, about as many as clusters."""
    told, found = TOLD["mixed_boundary"], mixed(X1, ARM, clusters=CLUSTERS)
    assert found.cautions == ("no-variance-between-clusters",)
    assert found.se_rule == "REML-Kenward-Roger"
    assert found.details["variance_between"] == 0
    for figure in ("se", "df", "p"):
        assert getattr(found, figure) == pytest.approx(told[f"kenward_roger_{figure}"], rel=OF_REML)
    x = np.column_stack([np.ones(len(D)), ARM])
    fitted = mixed_model.fit(cluster_grams(x, X1, CLUSTERS))
    assert fitted.satterthwaite(np.array([0.0, 1.0])) == pytest.approx(told["df"], rel=OF_REML)
    assert np.sqrt(fitted.covariance[1, 1]) == pytest.approx(told["se"], rel=OF_REML)


def test_intracluster_correlation() -> None:
    assert intracluster_correlation(Y, CLUSTERS) == pytest.approx(TOLD["icc"]["icc"], rel=RELATIVE)
    assert intracluster_correlation(Y, CLUSTERS, ARM) == pytest.approx(TOLD["icc_in_arms"]["icc"], rel=RELATIVE)
    assert np.isnan(intracluster_correlation(Y, np.arange(len(Y))))


@pytest.mark.parametrize("seed", range(8))
def test_the_likelihood_is_greatest_where_we_stop(seed: int) -> None:
    """Against the likelihood written with whole covariance matrices, on both sides of the ratio found."""
    draw = np.random.default_rng(seed)
    clusters = draw.integers(0, 9, 70)
    y = draw.normal(0, 1, 9)[clusters] * draw.uniform(0, 1.5) + draw.normal(0, 1, 70)
    x = np.column_stack([np.ones(70), draw.integers(0, 2, 70), draw.normal(0, 1, 70)])
    fitted = mixed_model.fit(cluster_grams(x, y, clusters))
    same = (clusters[:, None] == clusters[None, :]).astype(float)

    def deviance(ratio: float) -> float:
        v = np.eye(70) + ratio * same
        inverse = np.linalg.inv(v)
        normal = x.T @ inverse @ x
        r = y - x @ np.linalg.solve(normal, x.T @ inverse @ y)
        return 67 * np.log(r @ inverse @ r) + np.linalg.slogdet(v)[1] + np.linalg.slogdet(normal)[1]

    least = deviance(fitted.ratio)
    for other in (*np.logspace(-4, 2, 40), fitted.ratio * 1.01, fitted.ratio * 0.99):
        assert deviance(other) >= least - 1e-9


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("too-few-clusters", lambda: cluster_means(Y, CLUSTERS == 1, clusters=CLUSTERS)),
        ("too-few-clusters", lambda: mixed(Y, CLUSTERS == 1, clusters=CLUSTERS)),
        ("cluster-in-both-arms", lambda: cluster_means(Y, UNIT, clusters=CLUSTERS)),
        ("weights-unanswered", lambda: mixed(Y, ARM, clusters=CLUSTERS, weights=D["weight"].to_numpy())),
        ("single-unit-clusters", lambda: mixed(Y, ARM, clusters=np.arange(len(Y)))),
        ("no-variation", lambda: mixed(np.sqrt(CLUSTERS), ARM, clusters=CLUSTERS)),
    ],
)
def test_refusals(code: str, asked: Callable[[], EffectEstimate]) -> None:
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code


@pytest.mark.parametrize("case", [*MEANS, *MIXED])
def test_row_order_does_not_count(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = {**MEANS, **MIXED}[case]
    found = answered()
    order = np.random.default_rng(6).permutation(len(D))
    for name in ("Y", "ARM", "UNIT", "CLUSTERS", "BLOCKS", "BEFORE"):
        monkeypatch.setitem(globals(), name, globals()[name][order])
    monkeypatch.setitem(globals(), "D", D.iloc[order])
    again = answered()
    for figure in ("effect", "se", "df", "low", "high", "p"):
        np.testing.assert_allclose(getattr(again, figure), getattr(found, figure), rtol=1e-12, err_msg=figure)
