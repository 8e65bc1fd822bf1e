"""What varies within sampling units counts where their populations are declared: single units, and refusals.

That two-stage figures are those of R (levels, changes, contrasts, quantiles, weighted samples) is in
`test_against_r_survey` and its neighbours, under the designs with `fpc_within`; `tests/reference/second_stage.R` wrote
those of single units.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, store
from tests.methods.test_against_r_survey import DESIGNS, INDICATORS, REFERENCE, RELATIVE_TOLERANCE, instrument, sample

DESIGN = DESIGNS["stratified_clustered_fpc"]
FIGURES = pd.read_csv(REFERENCE / "second_stage_figures.csv")


def with_a_single_unit() -> pd.DataFrame:
    """The later wave, with one person alone in sampling unit c4."""
    frame = sample().query("wave == 'after'")
    alone = (frame["stratum"] == "c") & (frame["psu"] == "4")
    return frame[~alone | (frame["unit"] == frame.loc[alone, "unit"].min())].reset_index(drop=True)


def run(folder: Path, frame: pd.DataFrame, policy: str = "fail") -> pd.DataFrame:
    schemas = declare(folder / "schemas", instrument(DESIGN | {"single_psu": policy}), INDICATORS)
    found = estimates(computed(schemas, store(folder, schemas, [({}, frame)])))
    return found.xs("all", level="dimension").droplevel(["initiative", "category"])


@pytest.mark.parametrize("policy", ["adjust", "certainty"])
def test_a_single_unit_follows_the_policy_as_in_r(tmp_path: Path, policy: str) -> None:
    found = run(tmp_path, with_a_single_unit(), policy)
    for row in FIGURES[FIGURES["policy"] == policy].itertuples():
        ours = found.loc[(row.indicator, "after")]
        assert (ours["value"], ours["se"]) == pytest.approx((row.value, row.se), rel=RELATIVE_TOLERANCE), row.call
        assert ours["reason"] == f"single-psu-{policy}"


def test_a_single_unit_is_refused_unless_a_policy_says_otherwise(tmp_path: Path) -> None:
    found = run(tmp_path, with_a_single_unit())
    told = found.loc[["mean-y", "ratio-y-x", "total-y", "share-employed"]]
    assert set(zip(told["status"], told["reason"], strict=True)) == {("refused", "single-psu")}


def test_more_units_than_a_sampling_unit_has_are_refused(tmp_path: Path) -> None:
    frame = sample().query("wave == 'after'").assign(people=2.0)
    told = run(tmp_path, frame).drop("change-y")
    assert set(zip(told["status"], told["reason"], strict=True)) == {("refused", "population-too-small")}


def test_sampling_units_taken_whole_add_nothing(tmp_path: Path) -> None:
    """With everybody of the drawn places asked, only which places were drawn is left to chance."""
    frame = sample().query("wave == 'after'")
    whole = frame.assign(people=frame.groupby(["stratum", "psu"])["unit"].transform("count").astype(float))
    ours = run(tmp_path / "whole", whole).loc["mean-y", "se"]
    assert (ours < run(tmp_path / "part", frame).loc["mean-y", "se"]).all()
