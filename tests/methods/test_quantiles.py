"""Quantiles agree with R's svyquantile (survey 4.1.1, R 4.2.2; `tests/reference/survey_intervals.R`), and are refused
or hidden where they would tell the answer of a few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.test_against_r_survey import DESIGNS, REFERENCE, RELATIVE_TOLERANCE, instrument, sample

from impact_pipeline.disclosure import protect
from impact_pipeline.errors import DeclarationError

FIGURES = pd.read_csv(REFERENCE / "survey_intervals_figures.csv")
QUANTILES = FIGURES[FIGURES["indicator"].str.startswith("quantile-")]
INDICATORS: list[dict[str, Any]] = [
    {"indicator": f"quantile-{value}-{percent}", "estimator": "quantile", "probability": percent / 100, "value": value,
     "among": "y is not null", "by": ["group"]}
    for value in ("y", "x") for percent in (10, 50, 75)
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    frames = {}
    for case, design in DESIGNS.items():
        folder = tmp_path_factory.mktemp(case)
        schemas = declare(folder / "schemas", instrument(design), INDICATORS)
        frame = estimates(computed(schemas, store(folder, schemas, [({}, sample())])))
        frames[case] = frame.droplevel(["initiative", "dimension"])
    return pd.concat(frames, names=["case"])


@pytest.mark.parametrize("case", DESIGNS)
@pytest.mark.parametrize("indicator", [item["indicator"] for item in INDICATORS])
def test_quantile_and_interval_are_those_of_r(found: pd.DataFrame, case: str, indicator: str) -> None:
    rows = QUANTILES[(QUANTILES["case"] == case) & (QUANTILES["indicator"] == indicator)]
    table = rows.pivot_table(index=["wave", "category"], columns="figure", values="value", dropna=False)
    assert len(table) == 6
    for key, figure in table.iterrows():
        ours = found.loc[(case, indicator, *key)]
        assert ours["value"] == pytest.approx(figure["value"], rel=RELATIVE_TOLERANCE)
        if figure[["low", "high"]].isna().any():
            assert ours[["low", "high", "se"]].isna().all()
            assert ours["reason"] == "interval-out-of-range"
        else:
            for name in ("low", "high", "se"):
                assert ours[name] == pytest.approx(figure[name], rel=RELATIVE_TOLERANCE), f"{name} of {key}"


def test_a_single_sampling_unit_is_refused(tmp_path: Path) -> None:
    design = DESIGNS["lonely_adjust"] | {"single_psu": "fail"}
    schemas = declare(tmp_path / "schemas", instrument(design), INDICATORS[:1])
    refused = estimates(computed(schemas, store(tmp_path, schemas, [({}, sample())])))
    assert set(refused["status"]) == {"refused"}
    assert set(refused["reason"]) == {"single-psu"}
    assert refused[["value", "se", "low", "high"]].isna().all(axis=None)


def people(folder: Path, values: list[float], probability: float = 0.5) -> duckdb.DuckDBPyConnection:
    """One record a person, unweighted, with one quantile asked for."""
    declared = {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
                "design": {}, "fields": [field("unit", "text", required=True), field("wave", "text", required=True),
                                         field("y")]}  # fmt: skip
    asked = {"indicator": "q", "estimator": "quantile", "probability": probability, "value": "y"}
    schemas = declare(folder / "schemas", declared, [asked])
    rows = pd.DataFrame({"unit": [f"u{n}" for n in range(len(values))], "wave": "one", "y": values})
    connection = computed(schemas, store(folder, schemas, [({}, rows)]))
    protect(connection, schemas)
    return connection


def told(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return connection.sql("select * from estimate").df().iloc[0].to_dict()


@pytest.mark.parametrize(
    ("answers", "probability", "status", "reason"),
    [
        (20, 0.5, "suppressed", "fewer-than-threshold"),  # the tenth of twenty: ten at or below it
        (22, 0.5, "published", "interval-tells"),  # eleven on either side, fewer beyond the bounds
        (200, 0.5, "published", None),
        (200, 0.98, "suppressed", "fewer-than-threshold"),  # five people at or above it
    ],
)
def test_a_side_with_few_people_hides_the_quantile_or_its_bounds(
    tmp_path: Path, answers: int, probability: float, status: str, reason: str | None
) -> None:
    found = told(people(tmp_path, [float(n) for n in range(answers)], probability))
    assert (found["status"], found["reason"] if isinstance(found["reason"], str) else None) == (status, reason)
    assert pd.isna(found["value"]) == (status == "suppressed")
    assert pd.isna(found["se"]) == pd.isna(found["low"]) == pd.isna(found["high"]) == (reason is not None)


def test_where_all_give_one_answer_nothing_tells_how_far_others_reach(tmp_path: Path) -> None:
    found = told(people(tmp_path, [3.0] * 40))
    assert (found["value"], found["reason"]) == (3.0, "interval-out-of-range")
    assert pd.isna(found["se"])


@settings(max_examples=20, deadline=None)
@given(
    values=st.lists(st.integers(0, 10), min_size=30, max_size=60),
    probability=st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.9]),
)
def test_the_inverse_of_the_distribution_on_scales_of_few_values(
    tmp_path_factory: pytest.TempPathFactory, values: list[int], probability: float
) -> None:
    """numpy's inverted_cdf is the same definition for equal weights, ties included."""
    folder = tmp_path_factory.mktemp("scale")
    declared = people(folder, [float(v) for v in values], probability)
    expected = float(np.quantile(np.array(values, dtype=float), probability, method="inverted_cdf"))
    found = declared.sql("select value from quantile_found").fetchall()[0][0]
    assert found == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"estimator": "quantile"},
        {"estimator": "quantile", "probability": 1},
        {"estimator": "mean", "probability": 0.5},
        {"estimator": "quantile", "probability": 0.5, "value": "y > 2"},
    ],
)
def test_a_quantile_is_declared_with_its_probability_and_a_number(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError):
        declare(tmp_path / "schemas", instrument({}), [{"indicator": "q", "value": "y"} | wrong])
