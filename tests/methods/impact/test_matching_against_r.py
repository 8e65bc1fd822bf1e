"""Matched groups, their pairs and effects equal R's (tests/reference/matching.R: MatchIt, sandwich, estimatr)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.balance import balance
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.matching import (
    UNMATCHED,
    Matched,
    coarsened_exact_matching,
    coarsened_strata,
    exact_matching,
    exact_strata,
    nearest_neighbour_matching,
    nearest_pairs,
)

RELATIVE = 1e-9
TOLD = figures("matching")
D, PAIRS = units("matching_units"), units("matching_pairs")
Y, ARM, UNIT, V, W = (D[name].to_numpy() for name in ("y", "treated", "unit", "cluster", "weight"))
ARM = ARM == 1
KIND = D["kind"].to_numpy()
X = D[["x1", "x2", "x3"]].to_numpy(float)
CUTS = [[30, 40, 50], [2, 6], None]
CALIPER = 0.02

ASKED: dict[str, dict[str, object]] = {
    "nearest": {},
    "nearest_caliper": {"caliper": CALIPER},
    "nearest_two": {"ratio": 2},
    "nearest_exact": {"exact": KIND},
    "nearest_mahalanobis": {"distance": "mahalanobis"},
}
CASES: dict[str, Callable[[], EffectEstimate]] = {
    **{
        case: lambda asked=asked: nearest_neighbour_matching(Y, ARM, units=UNIT, covariates=X, **asked)
        for case, asked in ASKED.items()
    },
    "nearest_villages": lambda: nearest_neighbour_matching(Y, ARM, units=UNIT, covariates=X, clusters=V),
    "nearest_few": lambda: nearest_neighbour_matching(Y[:90], ARM[:90], units=UNIT[:90], covariates=X[:90]),
    "exact": lambda: exact_matching(Y, ARM, covariates=np.column_stack([KIND, X[:, 2]])),
    "coarsened": lambda: coarsened_exact_matching(Y, ARM, covariates=X, cut_points=CUTS),
    "coarsened_cem": lambda: coarsened_exact_matching(Y, ARM, covariates=X, cut_points=CUTS),
    "coarsened_strata": lambda: coarsened_exact_matching(Y, ARM, covariates=X, cut_points=CUTS),
    "coarsened_clusters": lambda: coarsened_exact_matching(Y, ARM, covariates=X, cut_points=CUTS, clusters=V),
    "coarsened_weights": lambda: coarsened_exact_matching(Y, ARM, covariates=X, cut_points=CUTS, weights=W),
}


@pytest.mark.parametrize("case", CASES)
def test_effect_equals_r(case: str) -> None:
    found = CASES[case]()
    for figure, value in TOLD[case].items():
        said = found.details[figure] if figure in found.details else getattr(found, figure)
        np.testing.assert_allclose(said, value, rtol=RELATIVE, err_msg=f"{case} {figure}")


@pytest.mark.parametrize("case", ASKED)
def test_pairs_and_their_balance_are_those_of_matchit(case: str) -> None:
    matched = nearest_pairs(ARM, units=UNIT, covariates=X, **ASKED[case])
    named = np.zeros(len(D), dtype=int)
    for group in range(int(matched.groups.max()) + 1):
        members = np.flatnonzero(matched.groups == group)
        named[members] = UNIT[members[ARM[members]]]
    np.testing.assert_array_equal(named, PAIRS[case])
    rows = balance(ARM, covariates=X, names=["x1", "x2", "x3"], adjustment=matched.weights)
    for row in rows:
        if row.adjusted and row.covariate in TOLD[f"{case}_balance"]:
            np.testing.assert_allclose(row.smd, TOLD[f"{case}_balance"][row.covariate], rtol=RELATIVE)


def test_unmatched_treated_are_told() -> None:
    found = CASES["nearest_caliper"]()
    assert "treated-unmatched" in found.cautions
    assert found.details["treated_unmatched"] == ARM.sum() - found.n_treated
    assert "treated-unmatched" not in CASES["nearest"]().cautions


def test_strata_have_the_treated_s_numbers() -> None:
    matched: Matched = coarsened_strata(ARM, covariates=X, cut_points=CUTS)
    kept = matched.groups != UNMATCHED
    assert ((matched.weights > 0) == kept).all()
    for group in np.unique(matched.groups[kept]):
        inside = matched.groups == group
        share = matched.weights[inside & ~ARM].sum() / matched.weights[~ARM].sum()
        np.testing.assert_allclose(share, (inside & ARM).sum() / (kept & ARM).sum(), rtol=1e-12)
    alike = exact_strata(ARM, covariates=X[:, 2:])
    np.testing.assert_allclose(np.average(X[~ARM, 2], weights=alike.weights[~ARM]), X[ARM, 2].mean(), rtol=1e-12)


@pytest.mark.parametrize("case", ["nearest_two", "coarsened_clusters", "nearest_villages"])
def test_order_of_rows_does_not_matter_even_with_ties(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "X", np.column_stack([np.round(X[:, :2], -1), X[:, 2]]))  # many ties
    before = CASES[case]() if case != "nearest_two" else tied()
    mixed = np.random.default_rng(7).permutation(len(Y))
    for name in ("Y", "ARM", "UNIT", "V", "X"):
        monkeypatch.setitem(globals(), name, globals()[name][mixed])
    after = CASES[case]() if case != "nearest_two" else tied()
    assert (before.n_control, before.clusters_treated) == (after.n_control, after.clusters_treated)
    np.testing.assert_allclose((after.effect, after.se), (before.effect, before.se), rtol=1e-12)


def tied() -> EffectEstimate:
    return nearest_neighbour_matching(Y, ARM, units=UNIT, covariates=X, ratio=2)


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "apart": ("no-match", lambda: exact_matching(Y, ARM, covariates=ARM.astype(float))),
    "too near": ("no-match", lambda: nearest_pairs(ARM, units=UNIT, covariates=X, caliper=0.0)),
    "twice": ("units-not-unique", lambda: nearest_pairs(ARM, units=np.maximum(UNIT, 2), covariates=X)),
    "none": ("no-covariates", lambda: exact_matching(Y, ARM, covariates=np.zeros((len(Y), 0)))),
    "one village": (
        "too-few-clusters",
        lambda: nearest_neighbour_matching(Y, ARM, units=UNIT, covariates=X, clusters=np.zeros(len(Y), int)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused(case: str) -> None:
    code, asked = REFUSED[case]
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code
