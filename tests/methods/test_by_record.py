"""Declared poverty, inequality and standardised means, and the errors of quantiles, contrasts and standardised means of
samples weighted to margins: from files to the same figures as R's (laeken 0.5.2, survey 4.1.1, R 4.2.2).

`tests/reference/inequality.R` and `calibrated_estimators.R` wrote the figures; the call stands beside each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.test_against_r_survey import REFERENCE
from tests.methods.weighting import test_calibrated_estimates as weighted

from impact_pipeline.declarations import Schemas
from impact_pipeline.disclosure import protect
from impact_pipeline.errors import DeclarationError

RELATIVE_TOLERANCE = 1e-9
DERIVED_TOLERANCE = 1e-8  # of numeric derivatives in R
INEQUALITY = pd.read_csv(REFERENCE / "inequality_figures.csv").set_index(["case", "figure"])["value"]
CALIBRATED = pd.read_csv(REFERENCE / "calibrated_estimators_figures.csv")
INCOME = {"value": "income", "by": ["region"]}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "rate", "estimator": "poverty-rate", "poverty_line": {"of_median": 0.6}} | INCOME,
    {"indicator": "gap", "estimator": "poverty-gap", "poverty_line": {"of_median": 0.6}} | INCOME,
    {"indicator": "ratio", "estimator": "quintile-ratio"} | INCOME,
    {"indicator": "gini", "estimator": "gini"} | INCOME,
    {"indicator": "rate-given", "estimator": "poverty-rate", "poverty_line": {"amount": 9000}} | INCOME,
    {"indicator": "gap-given", "estimator": "poverty-gap", "poverty_line": {"amount": 9000}} | INCOME,
]
SHARES = {"18-34": 0.3, "35-59": 0.4, "60-99": 0.3}
WEIGHTED: list[dict[str, Any]] = [
    {"indicator": "median-y", "estimator": "quantile", "probability": 0.5, "value": "y", "by": ["group"]},
    {"indicator": "standard-y", "estimator": "standardised", "value": "y", "by": ["group"],
     "standard": {"by": "age", "shares": SHARES}},
    {"indicator": "mean-y", "value": "y", "by": ["group"], "compare": {"by": "group", "reference": "odd"}},
    {"indicator": "ratio-y-x", "estimator": "ratio", "value": "y", "base": "x", "by": ["group"],
     "compare": {"by": "group", "reference": "odd"}},
]  # fmt: skip


def incomes(folder: Path, indicators: list[dict[str, Any]], design: dict[str, str] | None = None) -> Schemas:
    texts = [field(name, "text", required=True) for name in ("unit", "wave", "stratum", "psu", "region")]
    told = {"weight": "weight", "stratum": "stratum", "psu": "psu"} if design is None else design
    declared = {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
                "design": told, "fields": [*texts, field("weight", required=True), field("income")]}  # fmt: skip
    return declare(folder / "schemas", declared, indicators)


def households() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "inequality_sample.csv", dtype={"psu": str})
    return frame.assign(unit=[f"u{n}" for n in range(len(frame))], wave="one")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("incomes")
    schemas = incomes(folder, INDICATORS)
    return estimates(computed(schemas, store(folder, schemas, [({}, households())])))


@pytest.mark.parametrize(
    ("case", "figure"), [key for key in INEQUALITY.index if key[1] in ("rate", "gap", "ratio", "gini")]
)
def test_declared_poverty_and_inequality_are_those_of_r(found: pd.DataFrame, case: str, figure: str) -> None:
    name = f"{figure}-given" if case == "given" else figure
    place = ("panel", "one", "region", "north") if case == "north" else ("panel", "one", "all", "all")
    ours = found.loc[(name, *place)]
    assert ours["status"] == "published"
    assert ours["value"] == pytest.approx(INEQUALITY[case, figure], rel=RELATIVE_TOLERANCE)
    tolerance = DERIVED_TOLERANCE if figure == "gini" else RELATIVE_TOLERANCE
    assert ours["se"] == pytest.approx(INEQUALITY[case, f"{figure}_se"], rel=tolerance)
    assert ours["low"] < ours["value"] < ours["high"]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[pd.DataFrame, pd.DataFrame]]:
    told: dict[str, dict[str, Any] | None] = {
        "none": None,
        "linear": {"method": "linear"},
        "raking": {"method": "raking"},
    }
    results = {}
    for case, design in weighted.DESIGNS.items():
        for method, weighting in told.items():
            folder = tmp_path_factory.mktemp("calibrated")
            instrument = weighted.instrument(design, weighting)
            schemas = declare(folder / "schemas", instrument, WEIGHTED, margins=weighted.MARGINS)
            connection = computed(schemas, store(folder, schemas, [({}, weighted.sample())]))
            contrasts = connection.sql("select * from contrast").df().set_index(["indicator", "wave", "category"])
            results[case, method] = estimates(connection).droplevel(["initiative", "dimension"]), contrasts
    return results


@pytest.mark.parametrize(
    "row", list(CALIBRATED.itertuples()), ids=lambda r: f"{r.case}/{r.method}/{r.indicator}/{r.category}/{r.figure}"
)
def test_errors_of_calibrated_samples_are_those_of_r(
    calibrated: dict[tuple[str, str], tuple[pd.DataFrame, pd.DataFrame]], row: Any
) -> None:
    table, contrasts = calibrated[row.case, row.method]
    if row.figure in ("difference", "contrast_se"):
        figure = "se" if row.figure == "contrast_se" else row.figure
        ours = contrasts.loc[(row.indicator, "after", row.category), figure]
    else:
        ours = table.loc[(row.indicator, "after", row.category), row.figure]
    assert ours == pytest.approx(row.value, rel=RELATIVE_TOLERANCE), row.call


def test_no_row_order_nor_thread_changes_a_bit(tmp_path: Path) -> None:
    frame, runs = households(), []
    for place, (rows, threads) in enumerate([(frame, 1), (frame.sample(frac=1, random_state=4), 2)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        schemas = incomes(folder, INDICATORS, {"weight": "weight", "stratum": "stratum"})
        connection = computed(schemas, store(folder, schemas, [({}, rows)]), threads=threads)
        runs.append(repr(connection.sql("select * from estimate").fetchall()))
    assert runs[0] == runs[1]


def test_records_without_an_answer_or_a_group_do_not_count_but_keep_their_sampling_unit(tmp_path: Path) -> None:
    """Incomes unknown in one place of a stratum: its sampling unit still counts as one without the domain."""
    frame = households()
    frame.loc[(frame["stratum"] == "a") & (frame["psu"] == "1"), "income"] = np.nan
    schemas = incomes(tmp_path, INDICATORS)
    ours = estimates(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).droplevel([1, 2, 3])
    answered = frame["income"].notna()
    assert ours.loc[("gini", "all"), "n"] == answered.sum()
    places = frame.loc[answered, ["stratum", "psu"]].drop_duplicates()
    assert ours.loc[("gini", "all"), "df"] == len(places) - 3


def test_what_stands_on_few_is_hidden(tmp_path: Path) -> None:
    """Ten of sixty are poor: on neither side of their middle are there eleven."""
    values = [100.0 + n for n in range(10)] + [1000.0 + n for n in range(50)]
    frame = pd.DataFrame({"unit": [f"u{n}" for n in range(60)], "wave": "one", "stratum": "a", "psu": "p",
                          "region": "north", "weight": 1.0, "income": values})  # fmt: skip
    schemas = incomes(tmp_path, INDICATORS, {})
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    protect(connection, schemas)
    told = estimates(connection).xs("all", level="dimension").droplevel([1, 2, 3])
    assert told.loc["gap", "reason"] == "fewer-than-threshold"
    assert told.loc[["rate", "gini"], "status"].tolist() == ["published"] * 2
    assert told.loc["ratio", "status"] == "published"  # twelve in each fifth


def test_a_group_of_the_standard_population_without_anybody_refuses(tmp_path: Path) -> None:
    asked = {"indicator": "s", "estimator": "standardised", "value": "income",
             "standard": {"by": "region", "shares": {"north": 1, "south": 2, "islands": 1}}}  # fmt: skip
    schemas = incomes(tmp_path, [asked])
    row = estimates(computed(schemas, store(tmp_path, schemas, [({}, households())]))).iloc[0]
    assert (row["status"], row["reason"]) == ("refused", "empty-group")


@pytest.mark.parametrize(
    "wrong",
    [
        {"estimator": "poverty-rate"},
        {"estimator": "gini", "poverty_line": {"of_median": 0.6}},
        {"estimator": "poverty-rate", "poverty_line": {"of_median": 0.6, "amount": 9000}},
        {"estimator": "gini", "value": "income > 3"},
        {"estimator": "standardised"},
        {"estimator": "standardised", "standard": {"by": "nowhere", "shares": {"a": 1, "b": 1}}},
        {"estimator": "standardised", "standard": {"by": "region", "shares": {"north": 1, "south": 0}}},
        {
            "estimator": "standardised",
            "by": ["region"],
            "standard": {"by": "region", "shares": {"north": 1, "south": 1}},
        },
        {"estimator": "poverty-rate", "poverty_line": {"of_median": 0.6}, "interval": "wilson"},
    ],
)
def test_what_may_be_declared(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError):
        incomes(tmp_path, [{"indicator": "x", "value": "income"} | wrong])
