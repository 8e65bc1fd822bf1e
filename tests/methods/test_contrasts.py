"""Contrasts between categories agree with R's svycontrast (survey 4.1.1, R 4.2.2;
`tests/reference/survey_intervals.R`), and tell nothing that the gate hides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, field, store
from tests.methods.test_against_r_survey import DESIGNS, REFERENCE, RELATIVE_TOLERANCE, instrument, sample

from impact_pipeline.disclosure import protect, protect_contrasts
from impact_pipeline.errors import DeclarationError

FIGURES = pd.read_csv(REFERENCE / "survey_intervals_figures.csv")
NAMES = {"difference": "difference", "contrast_se": "se", "contrast_df": "df", "contrast_low": "low",
         "contrast_high": "high", "contrast_p": "p"}  # fmt: skip
COMPARED = {"by": ["group"], "compare": {"by": "group", "reference": "odd"}}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "mean-y", "value": "y"} | COMPARED,
    {"indicator": "ratio-y-x", "estimator": "ratio", "value": "y", "base": "x"} | COMPARED,
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    frames = {}
    for case, design in DESIGNS.items():
        folder = tmp_path_factory.mktemp(case)
        schemas = declare(folder / "schemas", instrument(design), INDICATORS)
        connection = computed(schemas, store(folder, schemas, [({}, sample())]))
        frames[case] = connection.sql("select * from contrast").df().set_index(["indicator", "wave", "category"])
    return pd.concat(frames, names=["case"])


@pytest.mark.parametrize("case", DESIGNS)
@pytest.mark.parametrize("indicator", ["mean-y", "ratio-y-x"])
def test_contrasts_are_those_of_r(found: pd.DataFrame, case: str, indicator: str) -> None:
    rows = FIGURES[FIGURES["figure"].isin(NAMES) & (FIGURES["case"] == case) & (FIGURES["indicator"] == indicator)]
    assert len(rows) == 2 * (6 if indicator == "mean-y" else 2)
    for row in rows.itertuples():
        ours = found.loc[(case, indicator, row.wave, row.category), NAMES[row.figure]]
        assert ours == pytest.approx(row.value, rel=RELATIVE_TOLERANCE), f"{row.figure}, of {row.call}"


def test_categories_that_share_sampling_units_are_not_taken_as_independent(tmp_path: Path) -> None:
    schemas = declare(tmp_path / "schemas", instrument(DESIGNS["stratified_clustered"]), INDICATORS[:1])
    connection = computed(schemas, store(tmp_path, schemas, [({}, sample())]))
    independent = connection.sql(
        "select wave, sqrt(sum(se * se)) from estimate where dimension = 'group' group by wave order by wave"
    ).fetchall()
    found = connection.sql("select wave, se from contrast order by wave").fetchall()
    for (_, apart), (_, together) in zip(independent, found, strict=True):
        assert abs(together / apart - 1) > 0.02


def test_a_single_sampling_unit_is_refused(tmp_path: Path) -> None:
    design = DESIGNS["lonely_adjust"] | {"single_psu": "fail"}
    schemas = declare(tmp_path / "schemas", instrument(design), INDICATORS)
    rows = computed(schemas, store(tmp_path, schemas, [({}, sample())])).sql("select * from contrast").df()
    assert set(rows["status"]) == {"refused"}
    assert set(rows["reason"]) == {"single-psu"}
    assert rows[["difference", "se", "p"]].isna().all(axis=None)


def protected(folder: Path, groups: list[str], reference: str) -> pd.DataFrame:
    """Contrasts of a mean between groups of persons, through the gate."""
    declared = {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
                "design": {}, "fields": [field("unit", "text", required=True), field("wave", "text", required=True),
                                         field("group", "text"), field("y")]}  # fmt: skip
    compare = {"by": ["group"], "compare": {"by": "group", "reference": reference}}
    schemas = declare(folder / "schemas", declared, [{"indicator": "m", "value": "y"} | compare])
    draw = np.random.default_rng(7)
    units = [f"u{n}" for n in range(len(groups))]
    rows = pd.DataFrame({"unit": units, "wave": "one", "group": groups, "y": draw.normal(size=len(groups)).round(3)})
    connection = computed(schemas, store(folder, schemas, [({}, rows)]))
    protect(connection, schemas)
    protect_contrasts(connection)
    return connection.sql("select * from contrast").df().set_index("category")


def test_a_contrast_with_a_hidden_figure_is_hidden(tmp_path: Path) -> None:
    groups = ["a"] * 30 + ["b"] * 20 + ["c"] * 40 + ["d"] * 4  # d is small, and b is hidden with it
    rows = protected(tmp_path, groups, "a")
    assert rows["status"].to_dict() == {"b": "suppressed", "c": "published", "d": "suppressed"}
    assert set(rows.loc[["b", "d"], "reason"]) == {"category-suppressed"}
    assert rows.loc[["b", "d"], ["difference", "se", "df", "low", "high", "p"]].isna().all(axis=None)
    assert rows.loc["c", ["difference", "se", "low", "high", "p"]].notna().all()


def test_nothing_is_compared_with_nobody(tmp_path: Path) -> None:
    rows = protected(tmp_path, ["a"] * 30 + ["b"] * 20, "z")
    assert set(rows["reason"]) == {"missing-reference"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": [], "compare": {"by": "group", "reference": "odd"}},
        {"compare": {"by": "group"}},
        {"estimator": "total"},
        {"estimator": "change", "waves": {"from": "before", "to": "after"}},
    ],
)
def test_what_can_be_compared(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError):
        declare(tmp_path / "schemas", instrument({}), [INDICATORS[0] | wrong])
