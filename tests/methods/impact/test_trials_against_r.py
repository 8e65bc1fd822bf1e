"""Trials equal estimatr's figures (tests/reference/trials.R), and refuse what nothing can be told from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.trials import ancova, difference_in_means, lin

RELATIVE = 1e-9
D = units("trials_units")
PAIRS = D[D["pair"] < D["pair"].max()]
Y, X1, BEFORE = D["y"].to_numpy(), D[["x1"]].to_numpy(), D["before"].to_numpy()
UNIT, ARM = D["unit_arm"].to_numpy() == 1, D["arm"].to_numpy() == 1
CLUSTERS, BLOCKS, WEIGHTS = D["cluster"].to_numpy(), D["block"].to_numpy(), D["weight"].to_numpy()

CASES: dict[str, Callable[[], EffectEstimate]] = {
    "difference": lambda: difference_in_means(Y, UNIT),
    "difference_blocks": lambda: difference_in_means(Y, UNIT, blocks=BLOCKS),
    "difference_pairs": lambda: difference_in_means(
        PAIRS["y"].to_numpy(), PAIRS["pair_arm"].to_numpy() == 1, blocks=PAIRS["pair"].to_numpy()
    ),
    "difference_clusters": lambda: difference_in_means(Y, ARM, clusters=CLUSTERS),
    "difference_weights": lambda: difference_in_means(Y, UNIT, weights=WEIGHTS),
    "ancova": lambda: ancova(Y, UNIT, baseline=BEFORE, covariates=X1),
    "ancova_blocks": lambda: ancova(Y, UNIT, baseline=BEFORE, covariates=X1, blocks=BLOCKS),
    "ancova_weights": lambda: ancova(Y, UNIT, baseline=BEFORE, covariates=X1, weights=WEIGHTS),
    "ancova_clusters": lambda: ancova(Y, ARM, baseline=BEFORE, covariates=X1, clusters=CLUSTERS),
    "ancova_clusters_weights": lambda: ancova(
        Y, ARM, baseline=BEFORE, covariates=X1, clusters=CLUSTERS, weights=WEIGHTS
    ),
    "ancova_cr1": lambda: ancova(Y, ARM, baseline=BEFORE, covariates=X1, clusters=CLUSTERS, rule="CR1"),
    "lin": lambda: lin(Y, UNIT, baseline=BEFORE, covariates=X1),
    "lin_blocks": lambda: lin(Y, UNIT, baseline=BEFORE, blocks=BLOCKS),
    "lin_weights": lambda: lin(Y, UNIT, baseline=BEFORE, covariates=X1, weights=WEIGHTS),
    "lin_clusters": lambda: lin(Y, ARM, baseline=BEFORE, clusters=CLUSTERS),
}


@pytest.mark.parametrize("case", CASES)
def test_effect_is_that_of_estimatr(case: str) -> None:
    told, found = figures("trials")[case], CASES[case]()
    for figure in ("effect", "se", "df", "low", "high", "p"):
        np.testing.assert_allclose(getattr(found, figure), told[figure], rtol=RELATIVE, err_msg=figure)


@pytest.mark.parametrize("case", CASES)
def test_row_order_does_not_count(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = CASES[case]()
    order = np.random.default_rng(5).permutation(len(D))
    for name in ("Y", "X1", "BEFORE", "UNIT", "ARM", "CLUSTERS", "BLOCKS", "WEIGHTS"):
        monkeypatch.setitem(globals(), name, globals()[name][order])
    monkeypatch.setitem(globals(), "PAIRS", PAIRS.sample(frac=1, random_state=5))
    again = CASES[case]()
    for figure in ("effect", "se", "df", "low", "high", "p", "sd"):
        np.testing.assert_allclose(getattr(again, figure), getattr(found, figure), rtol=1e-12, err_msg=figure)
    assert again.n_treated == found.n_treated


def test_the_change_score_stands_beside_ancova() -> None:
    told, found = figures("trials")["change_score"], CASES["ancova"]()
    for figure in ("effect", "se", "p"):
        np.testing.assert_allclose(found.details[f"change_score_{figure}"], told[figure], rtol=RELATIVE)


def test_arms_of_clusters_are_counted() -> None:
    found = CASES["ancova_clusters"]()
    assert (found.n_treated, found.n_control) == (int(ARM.sum()), int((~ARM).sum()))
    assert (found.clusters_treated, found.clusters_control) == (6, 6)
    assert found.se_rule == "CR2"
    assert 0 < found.details["wild_bootstrap_p"] < 1
    few = ancova(Y, np.isin(CLUSTERS, [1, 2]), clusters=CLUSTERS)
    assert few.cautions == ("few-clusters-in-an-arm",)


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("too-few-clusters", lambda: ancova(Y, CLUSTERS == 1, clusters=CLUSTERS)),
        ("missing-values", lambda: ancova(np.where(np.arange(len(Y)) == 3, np.nan, Y), UNIT)),
        ("missing-values", lambda: ancova(Y, ARM, clusters=np.where(CLUSTERS == 2, np.nan, CLUSTERS))),
        ("empty-arm", lambda: difference_in_means(Y, np.zeros(len(Y), dtype=bool))),
        ("collinear", lambda: ancova(Y, UNIT, covariates=np.column_stack([X1, 2 * X1]))),
        ("collinear", lambda: ancova(Y, ARM, covariates=np.column_stack([X1, 2 * X1]), clusters=CLUSTERS)),
        ("bad-weights", lambda: ancova(Y, UNIT, weights=WEIGHTS - WEIGHTS.min())),
        ("arm-absent-in-block", lambda: difference_in_means(Y, ARM, blocks=CLUSTERS)),
        ("single-unit-arm", lambda: difference_in_means(Y, np.arange(len(Y)) == 3)),
        ("no-variation", lambda: difference_in_means(UNIT.astype(float), UNIT)),
        ("no-covariates", lambda: lin(Y, UNIT)),
        ("leverage-one", lambda: ancova(Y, UNIT, covariates=(np.arange(len(Y)) == 3).astype(float))),
    ],
)
def test_refusals(code: str, asked: Callable[[], EffectEstimate]) -> None:
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1e8), (0.0, 1e-8), (1e6, 1.0), (-1e6, 1e3)])
def test_units_of_covariates_do_not_count(shift: float, scale: float, weighted: bool) -> None:
    """Euros or billions of euros, years or seconds since 1970: the effect and its error are the same."""
    asked = {"clusters": CLUSTERS, "weights": WEIGHTS if weighted else None}
    covariates = np.column_stack([X1[:, 0], D["x2"].to_numpy()])
    told = ancova(Y, ARM, covariates=covariates, **asked)
    found = ancova(Y, ARM, covariates=covariates * [scale, 1.0] + [shift, 0.0], **asked)
    for figure in ("effect", "se", "df", "p"):
        np.testing.assert_allclose(getattr(found, figure), getattr(told, figure), rtol=1e-9, err_msg=figure)
    assert found.details == pytest.approx(told.details, rel=RELATIVE)


@pytest.mark.parametrize("wrong", [ARM * 2, np.where(ARM, np.nan, 0.0)])
def test_a_treatment_that_is_not_yes_or_no_is_an_error(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="true or false"):
        difference_in_means(Y, wrong)
