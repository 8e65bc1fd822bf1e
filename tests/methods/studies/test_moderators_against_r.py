"""How an effect differs by a declared moderator equals R's regressions (tests/reference/moderators.R: estimatr)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.impact.reference import REFERENCE, units
from tests.methods.made_programme import field
from tests.methods.studies.made_study import made, outcome

RELATIVE = 1e-9  # R solves by QR, we by sums of products
FIGURES = pd.read_csv(REFERENCE / "moderators_figures.csv", dtype={"level": str})
TOLD = ["effect", "se", "df", "low", "high", "p"]
FIELDS = [
    field("y"), field("drawn", "boolean"), field("x1"), field("band", "text"), field("place", "text"),
    field("block", "text"), field("weight", required=True),
]  # fmt: skip
IN_CLUSTERS = {"cluster": "place", "assignment": {"mechanism": "random", "level": "cluster"}}
CASES: dict[str, dict[str, Any]] = {
    "units": {"design": "randomised", "assignment": {"mechanism": "random", "blocks": "block"}},
    "weighted": {"design": "randomised", "assignment": {"mechanism": "random"}, "weighted": True},
    "clusters": {"design": "cluster-randomised"} | IN_CLUSTERS,
    "differences": {"design": "difference-in-differences", "cluster": "place",
                    "assignment": {"mechanism": "administrative"}, "estimators": ["difference_in_differences"]},
}  # fmt: skip


def waves(rows: pd.DataFrame, before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Both waves of each unit, its band as `moderators.R` names it."""
    bands = np.select([rows["x2"] < -0.5, rows["x2"] < 0.6], ["low", "mid"], "top")
    told = rows.assign(band=np.where(rows["unit"] % 11 == 0, None, bands), place=rows["cluster"].astype(str))
    told["unit"] = told["unit"].astype(str)
    return pd.concat([told.assign(wave="w0", y=before), told.assign(wave="w1", y=after)], ignore_index=True)


def trial(arm: str) -> pd.DataFrame:
    rows = units("trials_units")
    rows = rows.assign(unit=range(1, len(rows) + 1), drawn=rows[arm] == 1, block=rows["block"].astype(str))
    return waves(rows, rows["before"], rows["y"])


def panel() -> pd.DataFrame:
    rows = units("differences_units")
    first, later = (rows[rows["period"] == period].reset_index(drop=True) for period in (2020, 2022))
    told = first.assign(drawn=first["treated"] == 1, x1=first["x"], x2=(first["x"] - 10) / 3, block="b")
    return waves(told, first["y"], later["y"])


@pytest.mark.parametrize("case", CASES)
def test_interactions_and_effects_by_level_are_those_of_r(tmp_path: Path, case: str) -> None:
    expressions = {"band": "band", "x1": "x1", "old": f"x1 > {10 if case == 'differences' else 40}"}
    study = {
        "treatment": "drawn = true", "waves": {"baseline": "w0", "follow_up": "w1"}, "covariates": ["x1"],
        "outcomes": [outcome()], "estimators": ["ancova"],
        "moderators": [{"name": n, "label": n, "expression": told} for n, told in expressions.items()],
    }  # fmt: skip
    frame = panel() if case == "differences" else trial("arm" if case == "clusters" else "unit_arm")
    instrument = {"design": {"weight": "weight"}} if case == "weighted" else {}
    rows = made(tmp_path, frame, study | CASES[case], FIELDS, instrument=instrument).table("moderator")
    told = FIGURES[FIGURES["case"] == case]
    assert len(rows) == len(told.groupby(["moderator", "kind", "level"]))
    rows = rows.set_index(["moderator", "kind", "level"])
    for row in told.itertuples():
        ours = rows.loc[(row.moderator, row.kind, row.level)]
        figure = ours["n_treated"] + ours["n_control"] if row.figure == "n" else ours[row.figure]
        assert figure == pytest.approx(row.value, rel=RELATIVE), f"{row.moderator} {row.level} {row.figure}: {row.call}"
