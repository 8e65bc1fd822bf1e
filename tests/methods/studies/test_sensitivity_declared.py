"""What it would take for a declared study's effect to be nothing stands beside it: figures of R, published examples and
direct calls (tests/reference/sensitivity_declared.R; the functions themselves are held by tests/methods/impact)."""

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
SEARCHED = 1e-7  # uniroot's
TOLD = figures("sensitivity_declared")
NONE = ["e_value", "e_value_limit", "robustness_value", "oster_delta", "rosenbaum_gamma"]

PEOPLE = units("sensitivity_units")
PEOPLE = PEOPLE.assign(
    unit=[f"u{i:03}" for i in range(len(PEOPLE))], wave="w1", arm=PEOPLE["treated"] == 1, well=PEOPLE["y"] > 1
)
OF_PEOPLE = [*(field(name) for name in ("y", "x1", "x2", "x3")), field("arm", "boolean"), field("well", "boolean")]
BASE: dict[str, Any] = {
    "treatment": "arm = true", "waves": {"follow_up": "w1"}, "assignment": {"mechanism": "self"},
    "outcomes": [outcome("y", has_baseline=False), outcome("well", has_baseline=False)],
    "covariates": ["x1", "x2", "x3"],
}  # fmt: skip


def study(folder: Path, design: str, **more: Any) -> Made:
    return made(folder, PEOPLE, BASE | {"design": design} | more, OF_PEOPLE)


def test_a_study_of_adjustment_tells_r_s_e_values_robustness_value_and_delta(tmp_path: Path) -> None:
    told = study(tmp_path, "cross-section", estimators=["ancova"])
    number, share = told.effect("y"), told.effect("well")
    for name, row in (("number", number), ("share", share)):
        expected = TOLD[f"e_value_{name}"]
        np.testing.assert_allclose(row["effect"], expected["effect"], rtol=RELATIVE)
        np.testing.assert_allclose(row["e_value"], expected["estimate"], rtol=SEARCHED)
        np.testing.assert_allclose(row["e_value_limit"], expected["limit"], rtol=SEARCHED)
    known = figures("sensitivity")
    np.testing.assert_allclose(number["robustness_value"], known["robustness"]["rv"], rtol=SEARCHED)
    np.testing.assert_allclose(number["oster_delta"], known["oster"]["delta"], rtol=RELATIVE)
    assert pd.isna(number["rosenbaum_gamma"])
    assert pd.isna(number["randomisation_p"])


def test_an_effect_on_the_treated_is_a_ratio_to_the_share_that_they_would_have_had(tmp_path: Path) -> None:
    row = study(tmp_path, "weighting", estimators=["inverse_probability"]).effect("well")
    assert row["estimand"] == "att"
    treated = PEOPLE.loc[PEOPLE["arm"], "well"].mean()
    ratio = treated / (treated - row["effect"])
    assert ratio > 1
    assert row["e_value"] == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)), rel=RELATIVE)


def test_no_e_value_where_everyone_of_an_arm_answers_alike(tmp_path: Path) -> None:
    frame = PEOPLE.assign(well=PEOPLE["well"] | PEOPLE["arm"])
    told = made(tmp_path, frame, BASE | {"design": "cross-section"}, OF_PEOPLE)
    assert pd.isna(told.effect("well")["e_value"])


@pytest.mark.parametrize("case", ["nearest", "nearest_exact"])
def test_pairs_have_rosenbaum_s_bound(tmp_path: Path, case: str) -> None:
    told = matched(tmp_path, case)
    np.testing.assert_allclose(told["rosenbaum_gamma"], TOLD[f"rosenbaum_{case}"]["gamma"], rtol=SEARCHED)


@pytest.mark.parametrize("more", [{"matching": {"ratio": 2}}, {"cluster": "cluster"}])
def test_no_bound_where_units_are_not_in_pairs_drawn_apart(tmp_path: Path, more: dict[str, Any]) -> None:
    assert pd.isna(matched(tmp_path, "nearest", **more)["rosenbaum_gamma"])


def matched(folder: Path, case: str, **more: Any) -> pd.Series:
    table = units("matching_units")
    frame = table.assign(
        unit=table["unit"].map("u{:03}".format), wave="w1", kind="k" + table["kind"].astype(str),
        cluster=table["cluster"].map("c{:02}".format), arm=table["treated"] == 1,
    )  # fmt: skip
    within = {"matching": {"within": "kind"}} if case == "nearest_exact" else {}
    declared = BASE | {
        "design": "matching", "outcomes": [outcome(baseline="x1")], "covariates": ["x2", "x3"],
    } | within | more  # fmt: skip
    fields = [*(field(name) for name in ("y", "x1", "x2", "x3")), field("arm", "boolean"), field("kind", "text"),
              field("cluster", "text")]  # fmt: skip
    return made(folder, frame, declared, fields).effect("y")


TRIAL = units("trials_units")
TRIAL = TRIAL.assign(
    unit=[f"u{i:03}" for i in range(len(TRIAL))], wave="w1", arm=TRIAL["arm"] == 1,
    cluster=TRIAL["cluster"].map("c{:02}".format), block=TRIAL["block"].map("b{}".format),
)  # fmt: skip
OF_TRIAL = [field("y"), field("x1"), field("arm", "boolean"), field("cluster", "text"), field("block", "text")]
DRAWN: dict[str, Any] = {
    "treatment": "arm = true", "waves": {"follow_up": "w1"}, "outcomes": [outcome(has_baseline=False)],
}  # fmt: skip


def test_clusters_drawn_in_blocks_are_all_drawn_again_as_in_r(tmp_path: Path) -> None:
    by_cluster = {
        "design": "cluster-randomised", "cluster": "cluster", "covariates": ["x1"],
        "assignment": {"mechanism": "random", "level": "cluster", "blocks": "block"},
    }  # fmt: skip
    row = made(tmp_path, TRIAL, DRAWN | by_cluster, OF_TRIAL).effect("y")
    told = TOLD["drawn_clusters"]
    assert row["randomisation_draws"] == told["draws"] == 216
    np.testing.assert_allclose(row["randomisation_p"], told["p"], rtol=RELATIVE)
    assert row[NONE].isna().all()


def test_few_units_are_all_drawn_again_and_many_are_drawn_from_a_seed(tmp_path: Path) -> None:
    few = TRIAL.iloc[[0, 8, 19, 32, 40, 54, 62, 77, 89, 100]].assign(arm=[True, False, True, True, False] * 2)
    by_unit = {"design": "randomised", "assignment": {"mechanism": "random"}, "covariates": ["x1"]}
    few = few.assign(arm=np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 1]) == 1)
    row = made(tmp_path / "few", few, DRAWN | by_unit, OF_TRIAL).effect("y")
    told = figures("trials")["randomisation_units"]
    assert row["randomisation_draws"] == told["draws"] == 252
    np.testing.assert_allclose(row["randomisation_p"], told["p"], rtol=RELATIVE)
    many = [made(tmp_path / name, TRIAL, DRAWN | by_unit, OF_TRIAL).effect("y") for name in ("many", "again")]
    assert many[0]["randomisation_draws"] == 1999
    assert many[0]["randomisation_p"] == many[1]["randomisation_p"]
    assert abs(many[0]["randomisation_p"] - many[0]["p"]) < 0.03
