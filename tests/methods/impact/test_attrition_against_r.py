"""Attrition, Lee's bounds and changes without comparison equal R's figures (tests/reference/attrition.R)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.attrition import attrition, attrition_weighted, attrition_weights, leavers
from impact_pipeline.methods.impact.attrition_boundary import CAUTIOUS, OPTIMISTIC, allowed_differential
from impact_pipeline.methods.impact.before_after import before_after
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.lee_bounds import lee_bounds

RELATIVE = 1e-9
D = units("attrition_units")
ARM, V, W = D["treated"].to_numpy() == 1, D["cluster"].to_numpy(), D["weight"].to_numpy()
STAYED = D["stayed"].to_numpy() == 1
Y, BEFORE = D["y"].to_numpy(), D["before"].to_numpy()
SEEN = np.where(STAYED, Y, np.nan)
X = D[["x1", "x2"]].to_numpy(float)
TOLD = figures("attrition")
HOUSES, FEWER = np.arange(len(Y)) // 5, D["stayed_fewer"].to_numpy() == 1
DERIVED = 1e-7  # R's derivatives are differences


def check(found: object, case: str) -> None:
    for figure, value in TOLD[case].items():
        details = getattr(found, "details", {})
        said = details[figure] if figure in details else getattr(found, figure)
        np.testing.assert_allclose(said, value, rtol=RELATIVE, err_msg=f"{case} {figure}")


def test_attrition_equals_r() -> None:
    found = attrition(SEEN, ARM)
    check(found, "attrition")
    check(attrition(SEEN, ARM, clusters=V, weights=W), "attrition_clusters")
    assert (found.assigned_treated, found.kept_control) == (160, int((STAYED & ~ARM).sum()))
    whole = attrition(Y, ARM)
    assert (whole.overall, whole.differential, whole.differential_se, whole.boundary) == (0, 0, None, "within-cautious")


@pytest.mark.parametrize("name", ["x1", "x2", "before"])
def test_leavers_equal_r(name: str) -> None:
    columns = D[[name]].to_numpy(float)
    check(leavers(SEEN, ARM, covariates=columns, names=[name])[0], f"leavers_{name}")
    check(leavers(SEEN, ARM, covariates=columns, names=[name], clusters=V)[0], f"leavers_{name}_clusters")


def test_effect_weighted_for_attrition_equals_r() -> None:
    check(attrition_weighted(SEEN, ARM, covariates=X), "weighted")
    check(attrition_weighted(SEEN, ARM, covariates=X, clusters=V, weights=W), "weighted_clusters")
    for case, weights in (("weighted", None), ("weighted_clusters", W)):
        found = attrition_weights(SEEN, ARM, covariates=X, weights=weights)
        np.testing.assert_allclose(found[:4], list(TOLD[f"{case}_of_units"].values()), rtol=RELATIVE)


LEE: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "lee": (Y, STAYED),
    "lee_control": (Y, D["stayed_fewer"].to_numpy() == 1),
    "lee_ties": (D["score"].to_numpy(), STAYED),
    "lee_even": (Y, ~np.isin(np.arange(len(Y)), np.concatenate([np.flatnonzero(ARM)[:12], np.flatnonzero(~ARM)[:12]]))),
}


@pytest.mark.parametrize("case", LEE)
def test_lee_bounds_equal_r(case: str) -> None:
    y, stayed = LEE[case]
    found = lee_bounds(np.where(stayed, y, np.nan), ARM)
    for figure, value in TOLD[case].items():
        np.testing.assert_allclose(getattr(found, figure), value, rtol=RELATIVE, atol=1e-12, err_msg=figure)
    assert found.trimmed_arm == ("control" if case == "lee_control" else "treated")


CLUSTERED: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray | None, str, float]] = {
    "lee_villages": (STAYED, V, None, "jackknife", RELATIVE),
    "lee_villages_weights": (FEWER, V, W, "jackknife", RELATIVE),
    "lee_houses": (STAYED, HOUSES, W, "influence-clustered", DERIVED),
    "lee_houses_control": (FEWER, HOUSES, W, "influence-clustered", DERIVED),
}


@pytest.mark.parametrize("case", CLUSTERED)
def test_errors_of_lee_bounds_by_cluster_equal_r(case: str) -> None:
    stayed, clusters, weights, rule, relative = CLUSTERED[case]
    found = lee_bounds(np.where(stayed, Y, np.nan), ARM, clusters=clusters, weights=weights)
    for figure, value in TOLD[case].items():
        np.testing.assert_allclose(getattr(found, figure), value, rtol=relative, err_msg=figure)
    assert found.se_rule == rule


def test_units_that_are_their_own_clusters_have_the_errors_of_units() -> None:
    """To G/(G - 1): proposition 3 is the sum of the squares of the influences."""
    alone, found = lee_bounds(SEEN, ARM), lee_bounds(SEEN, ARM, clusters=np.arange(len(Y)))
    raised = np.sqrt(len(Y) / (len(Y) - 1))
    np.testing.assert_allclose(
        (found.low_se, found.high_se), (alone.low_se * raised, alone.high_se * raised), rtol=1e-12
    )
    assert found.df == len(Y) - 1


def test_errors_of_lee_bounds_are_those_of_trials_of_clusters_drawn_anew() -> None:
    """240 trials of 20 clusters of 15, half the variance between them; units as if alone have half the error."""
    draws = np.random.default_rng(31)
    places, arm = np.repeat(np.arange(20), 15), np.repeat(np.arange(20) % 2 == 0, 15)
    lows, by_cluster, by_unit = [], [], []
    for _ in range(240):
        y = draws.normal(size=20)[places] + draws.normal(size=300)
        seen = np.where(draws.random(300) < np.where(arm, 0.9, 0.75), y, np.nan)
        found = lee_bounds(seen, arm, clusters=places)
        lows.append(found.low)
        by_cluster.append(found.low_se)
        by_unit.append(lee_bounds(seen, arm).low_se)
    truth = np.std(lows, ddof=1)
    assert 0.92 < np.mean(by_cluster) / truth < 1.12
    assert np.mean(by_unit) / truth < 0.5


def test_lee_bounds_hold_the_truth_and_do_not_depend_on_order() -> None:
    found = lee_bounds(SEEN, ARM, weights=W)
    mixed = np.random.default_rng(2).permutation(len(Y))
    assert found == lee_bounds(SEEN[mixed], ARM[mixed], weights=W[mixed])
    by_village = lee_bounds(SEEN, ARM, weights=W, clusters=V)
    assert by_village == lee_bounds(SEEN[mixed], ARM[mixed], weights=W[mixed], clusters=V[mixed])
    assert found.low < found.high
    twice = lee_bounds(np.tile(SEEN, 2), np.tile(ARM, 2))
    once = lee_bounds(SEEN, ARM)
    np.testing.assert_allclose((twice.low, twice.low_se), (once.low, once.low_se / np.sqrt(2)), rtol=1e-12)


def test_boundary_is_the_tables() -> None:
    assert len(CAUTIOUS) == len(OPTIMISTIC) == 58
    assert all(a <= b for a, b in zip(CAUTIOUS, OPTIMISTIC, strict=True))
    assert (allowed_differential(0.104), allowed_differential(0.104, "optimistic")) == (0.063, 0.109)
    assert allowed_differential(0.9, "optimistic") == 0
    with pytest.raises(ValueError, match="share"):
        allowed_differential(12)
    lost = attrition(np.where(ARM & (np.arange(len(Y)) % 4 == 0), np.nan, Y), ARM)
    assert lost.boundary == "outside"


def test_change_equals_r_and_is_never_called_an_effect() -> None:
    found = before_after(Y[ARM], baseline=BEFORE[ARM])
    check(found, "change")
    assert (found.estimand, found.n_control, found.cautions) == ("change", 0, ("no-comparison",))
    check(before_after(Y[ARM], baseline=BEFORE[ARM], clusters=V[ARM], weights=W[ARM]), "change_clusters")
    low = BEFORE < 28
    selected = before_after(Y[low], baseline=BEFORE[low], population_mean=BEFORE.mean(), correlation=0.6)
    check(selected, "change_expected")
    assert "selected-on-low-score" in selected.cautions


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "all treated lost": ("nobody-stayed", lambda: attrition(np.where(ARM, np.nan, Y), ARM)),
    "lee, one village": ("too-few-clusters", lambda: lee_bounds(SEEN, ARM, clusters=np.where(ARM, 0, V))),
    "lee, all lost": ("nobody-stayed", lambda: lee_bounds(np.where(ARM, np.nan, Y), ARM)),
    "nobody lost": ("no-leaver", lambda: attrition_weighted(Y, ARM, covariates=X)),
    "lee, nobody lost": ("no-leaver", lambda: lee_bounds(Y, ARM)),
    "leavers, nobody lost": ("no-leaver", lambda: leavers(Y, ARM, covariates=X)),
    "constant": ("no-variation", lambda: lee_bounds(np.where(STAYED, 1.0, np.nan), ARM)),
    "one unit": ("no-degrees-of-freedom", lambda: before_after(Y[:1], baseline=BEFORE[:1])),
    "one cluster": ("too-few-clusters", lambda: before_after(Y, baseline=BEFORE, clusters=np.zeros(len(Y), int))),
    "missing": ("missing-values", lambda: before_after(SEEN, baseline=BEFORE)),
    "weights": ("bad-weights", lambda: before_after(Y, baseline=BEFORE, weights=0 * W)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused(case: str) -> None:
    code, asked = REFUSED[case]
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code
