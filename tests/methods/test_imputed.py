"""Means whose missing values are imputed as an indicator declares: our draws, pooled as R pools them.

The draws themselves are ours (`imputed_draws.csv`: y of each person, one column a draw); `tests/reference/imputed.R`
computes each draw's mean with survey 4.1.1 and pools with mice 3.15.0. That our draws are like mice's is in
`test_imputation`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.test_against_r_survey import DESIGNS, REFERENCE, instrument, sample

from impact_pipeline.errors import DeclarationError
from impact_pipeline.methods.imputation import impute

RELATIVE_TOLERANCE = 1e-9
CASES = ("stratified", "stratified_clustered", "stratified_clustered_fpc")
IMPUTATION = {"predictors": ["x", "employed = 1", "group = 'even'"], "draws": 60, "seed": 11}
INDICATOR: dict[str, Any] = {"indicator": "imputed", "value": "y", "by": ["group"], "imputation": IMPUTATION}


def with_holes() -> pd.DataFrame:
    """The later wave; a fifth of people did not tell y."""
    frame = sample().query("wave == 'after'").sort_values("unit").reset_index(drop=True)
    frame.loc[frame.index[::5], "y"] = np.nan
    return frame


def completed(frame: pd.DataFrame) -> pd.DataFrame:
    """y of each person in each draw, as the indicator declares them."""
    even = (frame["group"] == "even").astype(float)
    table = np.column_stack([frame["y"], frame["x"], frame["employed"].astype(float), even])
    draws = impute(table, draws=IMPUTATION["draws"], seed=IMPUTATION["seed"])
    return pd.DataFrame({f"y{n}": drawn[:, 0] for n, drawn in enumerate(draws)}).assign(unit=frame["unit"])


def run(folder: Path, case: str, frame: pd.DataFrame, *indicators: dict[str, Any]) -> pd.DataFrame:
    schemas = declare(folder / "schemas", instrument(DESIGNS[case]), indicators or [INDICATOR])
    return estimates(computed(schemas, store(folder, schemas, [({}, frame)]))).droplevel([1, 2, 3])


def test_the_draws_that_r_was_given_are_drawn_again() -> None:
    told = pd.read_csv(REFERENCE / "imputed_draws.csv").set_index("unit")
    pd.testing.assert_frame_equal(completed(with_holes()).set_index("unit"), told, rtol=RELATIVE_TOLERANCE)


@pytest.mark.parametrize("case", CASES)
def test_means_are_pooled_as_r_pools_them(tmp_path: Path, case: str) -> None:
    figures = pd.read_csv(REFERENCE / "imputed_figures.csv").query("case == @case").set_index("category")
    found = run(tmp_path, case, with_holes()).loc["imputed"]
    for category, figure in figures.iterrows():
        ours = found.loc[category]
        assert (ours["status"], ours["reason"]) == ("published", "imputed")
        for name in ("value", "se", "low", "high"):
            assert ours[name] == pytest.approx(figure[name], rel=RELATIVE_TOLERANCE), f"{name}, of {figure['call']}"
        assert ours["df"] == int(figure["df"])
        inside = with_holes()["group"].isin([category] if category != "all" else ["even", "odd"])
        assert ours["n"] == with_holes().loc[inside, "y"].notna().sum()


def test_without_missing_values_it_is_the_plain_mean(tmp_path: Path) -> None:
    frame = with_holes()[lambda d: d["y"].notna()].reset_index(drop=True)
    plain = {name: told for name, told in INDICATOR.items() if name != "imputation"} | {"indicator": "plain"}
    found = run(tmp_path, "stratified_clustered", frame, INDICATOR, plain)
    figures = ["value", "se", "n"]
    pd.testing.assert_frame_equal(found.loc["imputed", figures], found.loc["plain", figures], rtol=RELATIVE_TOLERANCE)
    assert found["reason"].isna().all()


def test_answers_missing_by_a_predictor_no_longer_bias_the_mean(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    frame = sample().query("wave == 'after'").reset_index(drop=True)
    whole = frame.assign(y=30 + 8 * frame["x"] + draw.normal(0, 5, len(frame)))
    holes = whole.assign(y=whole["y"].where(whole["x"] < 6))
    plain = {name: told for name, told in INDICATOR.items() if name != "imputation"} | {"indicator": "plain"}
    truth = run(tmp_path / "whole", "stratified", whole, plain).loc[("plain", "all"), "value"]
    found = run(tmp_path / "holes", "stratified", holes, INDICATOR, plain)
    told = found.loc[("imputed", "all")]
    assert abs(told["value"] - truth) < told["se"]
    assert found.loc[("plain", "all"), "value"] < truth - 5


def test_too_few_draws_for_what_is_missing_are_refused(tmp_path: Path) -> None:
    few = INDICATOR | {"imputation": IMPUTATION | {"draws": 5}}
    found = run(tmp_path, "stratified", with_holes(), few)
    assert set(zip(found["status"], found["reason"], strict=True)) == {("refused", "too-few-draws")}
    assert found["value"].isna().all()


def test_too_few_answers_are_refused(tmp_path: Path) -> None:
    frame = with_holes()
    frame.loc[frame.index[4:], "y"] = np.nan
    found = run(tmp_path, "stratified", frame)
    assert set(found["reason"]) == {"cannot-impute"}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"value": "employed = 1"}, "a mean of a number alone"),
        ({"estimator": "total"}, "a mean of a number alone"),
        ({"compare": {"by": "group", "reference": "odd"}}, "one of the two"),
        ({"imputation": IMPUTATION | {"predictors": ["z"]}}, "'z'"),
        ({"value": "pay"}, "not asked of everybody"),
    ],
)
def test_what_cannot_be_imputed_is_refused(tmp_path: Path, wrong: dict[str, Any], expected: str) -> None:
    form = instrument(DESIGNS["stratified"])
    form["fields"].append(field("pay", relevant="employed = 1"))
    with pytest.raises(DeclarationError, match=expected):
        declare(tmp_path, form, [INDICATOR | wrong])
