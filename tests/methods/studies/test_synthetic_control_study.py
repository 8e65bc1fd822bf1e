"""A declared study of one treated place has the effect and the placebos of R (tests/reference/synthetic_control.R)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.impact.reference import figures, units
from tests.methods.made_programme import field
from tests.methods.studies.made_study import Made, made, outcome

from impact_pipeline.methods.impact.synthetic_control import synthetic_control

RELATIVE = 1e-9
PEOPLE, TREATED, START = 12, 104, 2018
TOLD = figures("synthetic_control")["synthetic"]
PLACES = units("synthetic_control_units")
YEARS = [str(year) for year in range(2000, 2026)]
CODES = {"codelist": "wave", "title": "Year", "codes": {year: year for year in YEARS}}
FIELDS = [field("y"), field("arm", "boolean"), field("place", "text")]
STUDY: dict[str, Any] = {
    "design": "synthetic-control", "treatment": "arm = true", "cluster": "place",
    "assignment": {"mechanism": "administrative", "level": "cluster"}, "outcomes": [outcome(wave="2025")],
    "waves": {"pre": YEARS[:17], "baseline": "2017", "follow_up": YEARS[18:]},
}  # fmt: skip


def people(rows: pd.DataFrame = PLACES) -> pd.DataFrame:
    """Twelve people a place and year, whose mean is that of the place."""
    each = rows.loc[rows.index.repeat(PEOPLE)].reset_index(drop=True)
    number = np.tile(np.arange(PEOPLE), len(rows))
    return pd.DataFrame({
        "unit": each["unit"].astype(str) + "-" + pd.Series(number).map("{:02}".format),
        "wave": each["period"].astype(str), "y": each["y"] + (number - (PEOPLE - 1) / 2) / 4,
        "arm": each["unit"] == TREATED, "place": "place " + each["unit"].astype(str),
    })  # fmt: skip


def studied(folder: Path, frame: pd.DataFrame, **more: Any) -> Made:
    return made(folder, frame, STUDY | more, FIELDS, codelists=[CODES])


@pytest.mark.parametrize("follows", ["same-units", "new-units"])
def test_the_effect_and_the_placebos_are_those_of_r(tmp_path: Path, follows: str) -> None:
    told = studied(tmp_path, people(), follows=follows)
    answer = told.effect("y")
    np.testing.assert_allclose([answer["effect"], answer["p"]], [TOLD["effect"], TOLD["p"]], rtol=RELATIVE)
    assert (answer["se_rule"], answer["clusters_treated"], answer["clusters_control"]) == ("permutation", 1, 12)
    assert (answer["n_treated"], answer["n_control"]) == (PEOPLE, 12 * PEOPLE)
    assert answer[["se", "low", "high", "g"]].isna().all()
    assert "one-treated-cluster" in answer["cautions"]


def test_the_evidence_rests_on_placebos_and_on_the_gap_before(tmp_path: Path) -> None:
    told = studied(tmp_path, people())
    looked, donors = told.table("evidence").set_index("rule"), PLACES[PLACES["unit"] != TREATED]
    before = donors[donors["period"] < START].groupby("period")["y"].std().mean()
    gap = TOLD["gap_before"] / before
    assert looked.loc["groups-far-apart", "figure"] == pytest.approx(gap, rel=RELATIVE)
    assert looked.loc["few-pre-waves", "figure"] == 18
    assert looked.loc["one-treated-cluster", "fired"] == False  # noqa: E712
    assert told.effect("y")["evidence_ceiling"] == 3
    assert told.fired("y")["too-small"] == (13, "certainty-1:imprecision")  # of twenty places, for p below 0.05


def test_an_earlier_wave_is_told_by_the_years_until_then(tmp_path: Path) -> None:
    told = studied(tmp_path, people(), outcomes=[outcome(wave="2019")])
    rows = PLACES[PLACES["period"] <= 2019]
    direct = synthetic_control(
        rows["y"].to_numpy(), rows["treated"].to_numpy() == 1, units=rows["unit"].to_numpy(),
        periods=rows["period"].to_numpy(),
    ).effect  # fmt: skip
    np.testing.assert_allclose(told.effect("y")["effect"], direct.effect, rtol=RELATIVE)


def test_a_place_that_lacks_a_year_is_left_out_and_told(tmp_path: Path) -> None:
    rows = PLACES[~((PLACES["unit"] == 113) & (PLACES["period"] == 2004))]
    answer = studied(tmp_path, people(rows)).effect("y")
    assert answer["clusters_control"] == 11
    assert "incomplete-units-dropped" in answer["cautions"]


def test_what_cannot_be_told_is_refused(tmp_path: Path) -> None:
    frame = people()
    mixed = frame.assign(arm=frame["arm"] & ~frame["unit"].str.endswith("-00"))
    two = frame.assign(arm=frame["place"].isin(["place 104", "place 105"]))
    for name, wrong, code in (("mixed", mixed, "unit-in-both-arms"), ("two", two, "several-treated-units")):
        answer = studied(tmp_path / name, wrong).effect("y")
        assert (answer["status"], answer["reason"]) == ("refused", code)
