"""Intervals of shares and design effects agree with R (survey 4.1.1, R 4.2.2); `tests/reference/survey_intervals.R`
wrote the figures, and the R call stands beside each in `survey_intervals_figures.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, store
from tests.methods.test_against_r_survey import DESIGNS, REFERENCE, RELATIVE_TOLERANCE, instrument, sample

from impact_pipeline.declarations import Schemas

FIGURES = pd.read_csv(REFERENCE / "survey_intervals_figures.csv")
SHARE = {"value": "employed = 1", "by": ["group"]}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "share-beta", "interval": "beta"} | SHARE,
    {"indicator": "share-wilson", "interval": "wilson"} | SHARE,
    {"indicator": "share-unless-declared"} | SHARE,
    {"indicator": "mean-y", "value": "y", "by": ["group"]},
    {"indicator": "ratio-y-x", "estimator": "ratio", "value": "y", "base": "x", "by": ["group"]},
    {"indicator": "total-y", "estimator": "total", "value": "y", "by": ["group"]},
]


def declared(folder: Path, case: str, indicators: list[dict[str, Any]], **more: Any) -> Schemas:
    return declare(folder / "schemas", instrument(DESIGNS[case]), indicators, **more)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    frames = {}
    for case in DESIGNS:
        folder = tmp_path_factory.mktemp(case)
        schemas = declared(folder, case, INDICATORS)
        frame = estimates(computed(schemas, store(folder, schemas, [({}, sample())])))
        frames[case] = frame.droplevel(["initiative", "dimension"])
    return pd.concat(frames, names=["case"])


@pytest.mark.parametrize("case", DESIGNS)
@pytest.mark.parametrize("figure", ["low", "high", "deff_wor", "deff_kish"])
def test_bounds_of_shares_and_design_effects_are_those_of_r(found: pd.DataFrame, case: str, figure: str) -> None:
    told = FIGURES[FIGURES["indicator"].isin([item["indicator"] for item in INDICATORS])]
    rows = told[(told["case"] == case) & (told["figure"] == figure)]
    assert len(rows) > 0 or (case, figure) == ("srs", "deff_wor")
    for row in rows.itertuples():
        ours = found.loc[(case, row.indicator, row.wave, row.category), figure]
        assert ours == pytest.approx(row.value, rel=RELATIVE_TOLERANCE), f"{row.indicator}, {row.category}: {row.call}"


def test_weights_that_count_no_population_give_no_design_effect_without_replacement(found: pd.DataFrame) -> None:
    assert found.loc["srs", "deff_wor"].isna().all()
    assert found.loc["srs", "deff"].notna().all()


def test_few_expected_answers_take_the_beta_interval_unless_declared(tmp_path: Path) -> None:
    rare = {"value": "y > 75", "by": ["group"]}
    kinds: dict[str, dict[str, str]] = {"beta": {"interval": "beta"}, "logit": {"interval": "logit"}, "neither": {}}
    schemas = declared(tmp_path, "stratified", [{"indicator": f"rare-{k}"} | rare | told for k, told in kinds.items()])
    frame = estimates(computed(schemas, store(tmp_path, schemas, [({}, sample())]))).droplevel([1, 3])
    bounds = {kind: frame.loc[f"rare-{kind}", ["low", "high"]] for kind in kinds}
    share, se = frame.loc["rare-neither", "value"], frame.loc["rare-neither", "se"]
    few = share * (1 - share) / se**2 * share.where(share < 0.5, 1 - share) < 10
    assert few.any()
    assert not few.all()
    pd.testing.assert_frame_equal(bounds["neither"][few], bounds["beta"][few])
    pd.testing.assert_frame_equal(bounds["neither"][~few], bounds["logit"][~few])


def test_the_programme_declares_the_interval_of_all_shares(tmp_path: Path, found: pd.DataFrame) -> None:
    statistics = {"confidence": 0.95, "single_psu": "fail", "significant_digits": 15, "interval": "wilson"}
    schemas = declared(tmp_path, "stratified", [INDICATORS[2]], programme={"statistics": statistics})
    ours = estimates(computed(schemas, store(tmp_path, schemas, [({}, sample())]))).droplevel([1, 3])
    expected = found.loc[("stratified", "share-wilson"), ["low", "high"]]
    pd.testing.assert_frame_equal(ours.loc["share-unless-declared", ["low", "high"]], expected)
