"""Declared shares of people who changed by more than error of measurement: from files to R's figures (psych 2.2.9,
survey 4.1.1; `tests/reference/reliable_change.R` wrote them), to what is refused and what may be published."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.measures.test_reliability_table import scale
from tests.methods.test_against_r_survey import REFERENCE

from impact_pipeline.declarations import Schemas
from impact_pipeline.disclosure import protect
from impact_pipeline.errors import DeclarationError

RELATIVE_TOLERANCE = 1e-9
FIGURES = pd.read_csv(REFERENCE / "reliable_change_figures.csv")
ITEMS = ["q1", "q3", "q4", "q5"]  # what begins with q2 would be reversed
WAVES = {"from": "before", "to": "after"}
WAYS = ("rise", "fall", "unchanged")
RISE: dict[str, Any] = {
    "indicator": "x", "estimator": "reliable-change", "value": "four_score", "waves": WAVES,
    "reliable": {"way": "rise"},
}  # fmt: skip
RELIABLE = [
    RISE | {"indicator": f"{case}-{way}", "by": ["region"], "reliable": {"way": way} | more}
    for case, more in (("alpha", {}), ("retest", {"retest": 0.7}))
    for way in WAYS
]


def programme(folder: Path, indicators: list[dict[str, Any]], **more: Any) -> Schemas:
    texts = [field(name, "text", required=True) for name in ("unit", "wave", "stratum", "psu", "region")]
    items = [field(name, range=[1, 5], scale="four", disclosure="sensitive") for name in ITEMS]
    alone = field("single", range=[1, 5], scale="one")
    instrument = {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
                  "design": {"weight": "weight", "stratum": "stratum", "psu": "psu"},
                  "fields": [*texts, field("weight", required=True), *items, alone]}  # fmt: skip
    scales = [scale("four", ITEMS), scale("one", ["single"])]
    return declare(folder / "schemas", instrument, indicators, scales=scales, **more)


def people() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "reliable_change_sample.csv")
    named = frame.rename(columns=dict(zip(["q1", "q2", "q3", "q4"], ITEMS, strict=True)))
    return named.astype(dict.fromkeys(ITEMS, float)).assign(single=3.0)


def found_in(folder: Path, frame: pd.DataFrame, indicators: list[dict[str, Any]]) -> pd.DataFrame:
    schemas = programme(folder, indicators)
    return estimates(computed(schemas, store(folder, schemas, [({}, frame.reset_index(drop=True))])))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return found_in(tmp_path_factory.mktemp("reliable"), people(), RELIABLE)


@pytest.mark.parametrize("told", FIGURES.to_dict("records"), ids=lambda t: f"{t['case']}-{t['way']}-{t['place']}")
def test_shares_and_their_errors_are_those_of_r(found: pd.DataFrame, told: dict[str, Any]) -> None:
    dimension = "all" if told["place"] == "all" else "region"
    ours = found.loc[(f"{told['case']}-{told['way']}", "panel", "after", dimension, told["place"])]
    assert (ours["status"], ours["n"]) == ("published", told["n"])
    assert ours["value"] == pytest.approx(told["value"], rel=RELATIVE_TOLERANCE)
    assert ours["se"] == pytest.approx(told["se"], rel=RELATIVE_TOLERANCE)
    assert 0 <= ours["low"] <= ours["value"] <= ours["high"] <= 1


def test_everybody_has_risen_or_fallen_or_neither(found: pd.DataFrame) -> None:
    assert set(found.index.get_level_values("wave")) == {"after"}
    values = found["value"].unstack("indicator")
    for case in ("alpha", "retest"):
        assert values[[f"{case}-{way}" for way in WAYS]].sum(axis=1).tolist() == pytest.approx([1] * len(values))


def test_the_order_of_the_rows_changes_nothing(found: pd.DataFrame, tmp_path: Path) -> None:
    shuffled = found_in(tmp_path, people().sample(frac=1, random_state=3), RELIABLE)
    pd.testing.assert_frame_equal(shuffled.sort_index(), found.sort_index(), check_exact=True)


def test_nobody_who_fell_has_an_interval_all_the_same(tmp_path: Path) -> None:
    frame = people()
    frame.loc[frame["wave"] == "after", ITEMS] = 5.0
    row = found_in(tmp_path, frame, [RISE | {"reliable": {"way": "fall"}}]).iloc[0]
    assert (row["value"], row["low"]) == (0, 0)
    assert 0 < row["high"] < 0.1


def test_answers_that_tell_no_error_of_measurement_refuse(tmp_path: Path) -> None:
    frame = people()
    frame.loc[frame["wave"] == "before", ITEMS] = 3.0
    row = found_in(tmp_path, frame, [RISE]).iloc[0]
    assert (row["status"], row["reason"]) == ("refused", "no-reliability")


@pytest.mark.parametrize("wave", ["before", "after"])
def test_one_wave_alone_refuses(tmp_path: Path, wave: str) -> None:
    frame = people()
    (row,) = found_in(tmp_path, frame[frame["wave"] == wave], [RISE]).reset_index().to_dict("records")
    assert (row["wave"], row["status"], row["reason"]) == ("after", "refused", "missing-wave")


def test_other_people_at_the_second_wave_refuse(tmp_path: Path) -> None:
    frame = people()
    frame.loc[frame["wave"] == "after", "unit"] += "-other"
    row = found_in(tmp_path, frame, [RISE]).iloc[0]
    assert (row["status"], row["reason"]) == ("refused", "missing-wave")


def test_a_share_of_too_few_people_is_not_published(tmp_path: Path) -> None:
    frame = people()
    few = frame["unit"].isin(["u001", "u002"])
    frame["region"] = few.map({True: "few", False: "many"})
    schemas = programme(tmp_path, [RISE | {"by": ["region"]}])
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    protect(connection, schemas)
    row = estimates(connection).loc[("x", "panel", "after", "region", "few")]
    assert row["status"] == "suppressed"
    assert row[["value", "se", "low", "high", "n"]].isna().all()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"reliable": None}, "reliable: {way: rise}"),
        ({"waves": None}, "waves: {from: baseline, to: follow-up}"),
        ({"reliable": {"way": "better"}}, "way"),
        ({"reliable": {"way": "rise", "retest": 1}}, "retest"),
        ({"estimator": "change"}, "`reliable` under `estimator: change`"),
        ({"value": "four_score / 2"}, "the name of a score of"),
        ({"value": "weight"}, "the name of a score of"),
        ({"value": "one_score"}, "a score of one item has no alpha"),
    ],
)
def test_what_may_be_declared(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(told)):
        programme(tmp_path, [{key: value for key, value in (RISE | wrong).items() if value is not None}])
