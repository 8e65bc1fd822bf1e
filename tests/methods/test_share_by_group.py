"""Whether a share is the same in all groups, where an indicator declares it: Rao and Scott's test is R's svychisq
(survey 4.1.1, R 4.2.2; `tests/reference/design_tests.R`), and tells nothing that the gate hides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, store
from tests.methods.test_against_r_survey import DESIGNS, REFERENCE, RELATIVE_TOLERANCE, instrument, sample

from impact_pipeline.disclosure import protect, protect_contrasts
from impact_pipeline.errors import DeclarationError

FIGURES = pd.read_csv(REFERENCE / "design_tests_figures.csv")
CASES = sorted(FIGURES["case"].unique())
BAND = {"name": "band", "label": "Band",
        "expression": "case when x <= 3 then 'low' when x <= 6 then 'middle' when x > 6 then 'high' end"}  # fmt: skip
COLUMNS = ["test_f", "test_df1", "test_df2", "test_p"]


def share(by: str, reference: str, **more: Any) -> dict[str, Any]:
    compare = {"by": by, "reference": reference, "test": "rao-scott"}
    return {"indicator": f"share-{by}", "value": "employed = 1", "by": [by], "compare": compare} | more


SHARES = [share("group", "odd"), share("band", "low")]


def run(folder: Path, design: dict[str, str], frame: pd.DataFrame, *, gate: bool = False) -> pd.DataFrame:
    schemas = declare(folder / "schemas", instrument(design) | {"dimensions": [BAND]}, SHARES)
    connection = computed(schemas, store(folder, schemas, [({}, frame)]))
    if gate:
        protect(connection, schemas)
        protect_contrasts(connection)
    return connection.sql("select * from contrast").df().set_index(["indicator", "wave", "category"]).sort_index()


@pytest.mark.parametrize("case", CASES)
def test_the_declared_test_is_that_of_r(tmp_path: Path, case: str) -> None:
    found = run(tmp_path, DESIGNS[case], sample())
    told = {"chi-even": ("share-group", ["even"]), "chi-band": ("share-band", ["high", "middle"])}
    for test, (indicator, categories) in told.items():
        for wave in ("before", "after"):
            rows = FIGURES[(FIGURES["case"] == case) & (FIGURES["wave"] == wave) & (FIGURES["test"] == test)]
            expected = rows.set_index("figure")["value"][["f", "df1", "df2", "p"]].tolist()
            ours = found.loc[(indicator, wave)]
            assert list(ours.index) == categories
            for category in categories:
                assert ours.loc[category, COLUMNS].tolist() == pytest.approx(expected, rel=RELATIVE_TOLERANCE)


def test_records_without_a_group_take_no_part(tmp_path: Path) -> None:
    """They weigh nothing, as those that the indicator leaves out."""
    frame = sample()
    frame.loc[frame.index[::9], "x"] = None
    among = SHARES[1] | {"indicator": "share-among", "among": "x is not null"}
    design = instrument(DESIGNS["stratified_clustered"]) | {"dimensions": [BAND]}
    schemas = declare(tmp_path / "schemas", design, [SHARES[1], among])
    found = computed(schemas, store(tmp_path, schemas, [({}, frame)])).sql("select * from contrast").df()
    found = found.set_index(["indicator", "wave", "category"]).sort_index()
    pd.testing.assert_frame_equal(found.loc["share-band"], found.loc["share-among"])
    assert found[COLUMNS].notna().all(axis=None)


def test_without_variation_there_is_no_test_and_the_row_says_so(tmp_path: Path) -> None:
    found = run(tmp_path, DESIGNS["stratified_clustered"], sample().assign(employed=1).astype({"employed": "Int64"}))
    assert found[COLUMNS].isna().all(axis=None)
    assert set(found["reason"]) == {"no-test"}


def test_the_test_is_taken_out_where_a_category_is_hidden(tmp_path: Path) -> None:
    frame = sample()
    few = frame["wave"] == "after"
    frame.loc[few, "x"] = frame.loc[few, "x"].clip(upper=6)
    frame.loc[frame.index[few][:4], "x"] = 8.0  # four people in the highest band
    found = run(tmp_path, DESIGNS["stratified_clustered"], frame, gate=True)
    assert found.loc[("share-band", "after"), COLUMNS].isna().all(axis=None)
    assert found.loc[("share-band", "before"), COLUMNS].notna().all(axis=None)


def test_a_test_of_what_is_no_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="a share alone"):
        declare(tmp_path, instrument({}), [share("group", "odd", value="y")])
