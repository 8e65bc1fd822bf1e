"""Means of small areas that an indicator declares: from records to the figures of R's survey (4.1.1) and metafor
(3.8.1); `tests/reference/small_area_declared.R` wrote them, on what the package's geography says of départements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.test_against_r_survey import REFERENCE

from impact_pipeline import geography
from impact_pipeline.errors import DeclarationError

ITERATED_TOLERANCE = 1e-8  # metafor stops its scoring steps at 1e-14 of the variance
FIGURES = pd.read_csv(REFERENCE / "small_area_declared_figures.csv", dtype={"departement": str})
PLACES = pd.read_csv(REFERENCE / "small_area_places.csv", dtype={"departement": str, "commune": str})
AREAS = {"by": "departement", "covariates": ["log-population", "log-communes"]}
FORM: dict[str, Any] = {
    "instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit"],
    "design": {"weight": "weight"},
    "fields": [field("unit", "text", required=True), field("commune", "commune"), field("weight", required=True),
               field("y")],
    "dimensions": [{"name": "departement", "label": "Departement", "of": "commune", "level": "departement"},
                   {"name": "size", "label": "Size", "of": "commune", "level": "population"}],
}  # fmt: skip


def small_area(name: str = "small", **areas: Any) -> dict[str, Any]:
    return {"indicator": name, "estimator": "small-area", "value": "y", "by": ["departement"], "areas": AREAS | areas}


def people() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "small_area_people.csv", dtype={"commune": str})


def run(folder: Path, frame: pd.DataFrame, *indicators: dict[str, Any]) -> pd.DataFrame:
    schemas = declare(folder / "schemas", FORM, indicators)
    return estimates(computed(schemas, store(folder, schemas, [({}, frame)]))).droplevel(["initiative", "wave"])


def test_the_geography_is_still_what_r_was_given() -> None:
    """Where it was built anew, the script must be run again on the new numbers."""
    current = geography.current().to_pandas().groupby("departement")["population"].agg(["sum", "size"])
    told = current.loc[PLACES["departement"]]
    assert told["sum"].tolist() == PLACES["population"].tolist()
    assert told["size"].tolist() == PLACES["communes"].tolist()


@pytest.mark.parametrize("variances", ["own", "smoothed"])
def test_estimates_and_errors_are_those_of_r(tmp_path: Path, variances: str) -> None:
    found = run(tmp_path, people(), small_area(variances=variances)).loc[("small", "departement")]
    expected = FIGURES[FIGURES["variances"] == variances].set_index("departement")
    assert list(found.index) == list(expected.index)
    assert set(found["status"]) == {"published"}
    for name in ("value", "se"):
        np.testing.assert_allclose(found[name], expected[name], rtol=ITERATED_TOLERANCE)
    np.testing.assert_allclose((found["high"] - found["low"]) / 2, 1.959963984540054 * found["se"])


def test_areas_borrow_and_all_together_do_not(tmp_path: Path) -> None:
    mean = {"indicator": "mean", "value": "y", "by": ["departement"]}
    found = run(tmp_path, people(), small_area(), mean)
    pd.testing.assert_series_equal(
        found.loc[("small", "all", "all")], found.loc[("mean", "all", "all")], check_names=False
    )
    direct, borrowed = found.loc[("mean", "departement")], found.loc[("small", "departement")]
    assert borrowed["se"].mean() < direct["se"].mean()
    assert borrowed["value"].std() < direct["value"].std()
    assert (borrowed["n"] == direct["n"]).all()


def test_a_large_error_is_told_with_the_figure(tmp_path: Path) -> None:
    near_zero = people().assign(y=lambda frame: frame["y"] - frame["y"].mean())
    found = run(tmp_path, near_zero, small_area()).loc[("small", "departement")]
    share = found["se"] / found["value"].abs()
    expected = np.where(share > 0.25, "model-unreliable", np.where(share > 0.2, "model-with-caution", ""))
    assert found["reason"].fillna("").tolist() == expected.tolist()
    assert "model-unreliable" in expected


def test_too_few_areas_are_refused(tmp_path: Path) -> None:
    few = people()[lambda frame: frame["commune"].isin(PLACES["commune"][:5])]
    found = run(tmp_path, few, small_area()).loc[("small", "departement")]
    assert set(zip(found["status"], found["reason"], strict=True)) == {("refused", "too-few-areas")}
    assert found["value"].isna().all()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"areas": AREAS | {"by": "size"}, "by": ["size"]}, "level"),
        ({"by": ["departement", "size"]}, "stands alone"),
        ({"value": "y > 10"}, "a number"),
        ({"areas": None}, "its `areas`"),
    ],
)
def test_what_cannot_be_a_small_area_is_refused(tmp_path: Path, wrong: dict[str, Any], expected: str) -> None:
    with pytest.raises(DeclarationError, match=expected):
        declare(tmp_path, FORM, [small_area() | wrong])
