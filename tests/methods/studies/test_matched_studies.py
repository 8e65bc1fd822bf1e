"""A declared study of matched units has the effect, errors, pairs and balance of R (tests/reference/matching.R)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.impact.reference import figures, units
from tests.methods.made_programme import field
from tests.methods.studies.made_study import Made, made, outcome

RELATIVE = 1e-9
TOLD = figures("matching")
TABLE = units("matching_units")
FRAME = TABLE.assign(
    unit=TABLE["unit"].map("u{:03}".format), wave="w1", kind="k" + TABLE["kind"].astype(str),
    cluster=TABLE["cluster"].map("c{:02}".format), treated=TABLE["treated"] == 1,
)  # fmt: skip
FIELDS = [
    *(field(name) for name in ("y", "x1", "x2", "x3")), field("weight", required=True), field("treated", "boolean"),
    field("kind", "text"), field("cluster", "text"),
]  # fmt: skip
STUDY: dict[str, Any] = {
    "design": "matching", "treatment": "treated = true", "assignment": {"mechanism": "self"},
    "waves": {"follow_up": "w1"}, "outcomes": [outcome(baseline="x1")], "covariates": ["x2", "x3"],
}  # fmt: skip
CUT = {"cut_points": {"x1": [30, 40, 50], "x2": [2, 6]}}
CALIPER = 0.02
STRATA: dict[str, Any] = {"estimators": ["coarsened_exact"], "matching": CUT}
CASES: dict[str, dict[str, Any]] = {
    "nearest": {},
    "nearest_caliper": {"matching": {"caliper": CALIPER}},
    "nearest_two": {"matching": {"ratio": 2}},
    "nearest_exact": {"matching": {"within": "kind"}},
    "nearest_mahalanobis": {"matching": {"distance": "mahalanobis"}},
    "nearest_villages": {"cluster": "cluster"},
    "exact": {"estimators": ["coarsened_exact"], "matching": {"within": "kind"}, "covariates": ["x3"]},
    "coarsened": STRATA,
    "coarsened_clusters": STRATA | {"cluster": "cluster"},
    "coarsened_weights": STRATA | {"weighted": True},
}
PAIRED = [case for case in CASES if f"{case}_worth" in TOLD]


def matched(folder: Path, case: str) -> Made:
    weighted = {"design": {"weight": "weight"}} if case == "coarsened_weights" else {}
    return made(folder, FRAME, STUDY | CASES[case], FIELDS, instrument=weighted)


@pytest.mark.parametrize("case", CASES)
def test_the_effect_and_its_error_are_those_of_r(tmp_path: Path, case: str) -> None:
    answer = matched(tmp_path, case).effect("y")
    assert answer["status"] == "published"
    for figure, value in TOLD[case].items():
        np.testing.assert_allclose(answer[figure], value, rtol=RELATIVE, err_msg=figure)


def test_the_error_is_by_pair_and_by_cluster_too_where_there_are_some(tmp_path: Path) -> None:
    assert matched(tmp_path / "pairs", "nearest").effect("y")["se_rule"] == "CR1"
    assert matched(tmp_path / "both", "nearest_villages").effect("y")["se_rule"] == "CR1-two-ways"


@pytest.mark.parametrize("case", PAIRED)
def test_balance_before_and_after_is_that_of_the_matched_units(tmp_path: Path, case: str) -> None:
    told = matched(tmp_path, case)
    rows, answer = told.table("balance").set_index(["variable", "adjusted"]), told.effect("y")
    for variable, figure in (("baseline", "x1"), ("x2", "x2")):
        np.testing.assert_allclose(rows.loc[(variable, True), "smd"], TOLD[f"{case}_balance"][figure], rtol=RELATIVE)
    before, after = rows.loc[("x2", False)], rows.loc[("x2", True)]
    assert (before["n_treated"], before["n_control"]) == (FRAME["treated"].sum(), (~FRAME["treated"]).sum())
    assert (after["n_treated"], after["n_control"]) == (answer["n_treated"], answer["n_control"])
    treated, control = FRAME[FRAME["treated"]]["x2"], FRAME[~FRAME["treated"]]["x2"]
    np.testing.assert_allclose(before["smd"], (treated.mean() - control.mean()) / treated.std(), rtol=RELATIVE)


@pytest.mark.parametrize("case", PAIRED)
def test_what_the_comparison_is_worth_is_graded(tmp_path: Path, case: str) -> None:
    looked = matched(tmp_path, case).table("evidence").set_index("rule")
    worth = TOLD[f"{case}_worth"]["control"] / TOLD[case]["n_treated"]
    np.testing.assert_allclose(looked.loc["thin-overlap", "figure"], worth, rtol=RELATIVE)
    assert looked.loc["heavy-weight", "fired"] == False  # noqa: E712
    left = TOLD[f"{case}_balance"]
    np.testing.assert_allclose(looked.loc["outcome-imbalance", "figure"], abs(left["x1"]), rtol=RELATIVE)
    assert looked.loc["ceiling-before-and-comparison", "fired"]
    assert pd.notna(looked.loc["hidden-confounder", "figure"])


def test_treated_units_without_a_pair_are_told(tmp_path: Path) -> None:
    assert "treated-unmatched" in matched(tmp_path, "nearest_caliper").effect("y")["cautions"]


def test_strata_stand_beside_pairs_where_cut_points_are_declared(tmp_path: Path) -> None:
    told = made(tmp_path, FRAME, STUDY | {"matching": CUT}, FIELDS)
    assert told.effect("y")["estimator"] == "nearest_neighbour"
    np.testing.assert_allclose(told.effect("y", "coarsened_exact")["effect"], TOLD["coarsened"]["effect"], rtol=1e-9)


def test_a_unit_whose_stratum_is_unknown_is_left_out_and_counted(tmp_path: Path) -> None:
    frame = FRAME.assign(kind=FRAME["kind"].where(FRAME.index >= 7))
    told = made(tmp_path, frame, STUDY | CASES["nearest_exact"], FIELDS)
    flow = told.table("attrition").set_index("arm")
    assert flow.loc["all", "no_design"] == 7
    assert told.effect("y")["status"] == "published"
