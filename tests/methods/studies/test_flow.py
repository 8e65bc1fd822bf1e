"""Nobody is lost in silence: every unit of a study is analysed, or counted under the first reason that holds."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import field
from tests.methods.studies.made_study import made, outcome

from impact_pipeline.methods.impact.differences import difference_in_differences
from impact_pipeline.methods.impact.lee_bounds import lee_bounds
from impact_pipeline.methods.impact.trials import ancova

FIELDS = [
    field("y"), field("arm", "boolean"), field("age", "integer"), field("place", "text"), field("kind", "text"),
]  # fmt: skip
NAN = math.nan
NOW = datetime(2026, 5, 1, tzinfo=UTC)
STUDY = {
    "design": "randomised", "treatment": "arm = true", "assignment": {"mechanism": "random"}, "covariates": ["age"],
    "waves": {"baseline": "w0", "follow_up": "w1"}, "outcomes": [outcome()],
}  # fmt: skip


def panel(n: int = 40, seed: int = 4) -> pd.DataFrame:
    """n units at two waves, half of them treated; places of four."""
    draws = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n), 2)
    wave = np.tile(["w0", "w1"], n)
    arm = (unit // 4) % 2 == 1
    person = np.repeat(draws.normal(size=n), 2)
    y = person + (wave == "w1") * (0.3 + 1.0 * arm) + draws.normal(scale=0.5, size=2 * n)
    return pd.DataFrame({
        "unit": [f"u{i:03}" for i in unit], "wave": wave, "y": np.round(y, 3), "arm": arm,
        "age": np.repeat(draws.integers(20, 60, n), 2), "place": [f"p{i // 4:02}" for i in unit],
        "kind": np.where(unit % 3 == 0, "a", "b"),
    })  # fmt: skip


def wide(frame: pd.DataFrame) -> pd.DataFrame:
    pivot = frame.pivot(index="unit", columns="wave", values="y")
    first = frame.drop_duplicates("unit").set_index("unit")
    return first.drop(columns=["y", "wave"]).assign(before=pivot["w0"], after=pivot["w1"])


def test_each_reason_is_counted_once_and_the_sum_is_everyone(tmp_path: Path) -> None:
    frame = panel().astype({"arm": object, "age": "Float64"})

    def at(unit: str, wave: str) -> pd.Series:
        return (frame["unit"] == unit) & (frame["wave"] == wave)

    frame.loc[frame["unit"] == "u000", "arm"] = None  # arm unknown
    frame = frame[~at("u001", "w0")]  # seen at the follow-up alone
    frame = frame[~at("u004", "w1")]  # not seen again
    frame = frame[~at("u005", "w1")]
    frame.loc[at("u008", "w1"), "y"] = NAN  # seen again without the outcome
    frame.loc[at("u009", "w0"), "y"] = NAN
    frame.loc[at("u010", "w0"), "age"] = pd.NA
    frame.loc[at("u008", "w0"), "age"] = pd.NA  # a second reason of the same unit counts no more
    frame.loc[at("u016", "w1"), "age"] = pd.NA  # a covariate of the follow-up is never read
    told = made(tmp_path, frame, STUDY, FIELDS)

    flow = told.table("attrition").set_index("arm")
    reasons = ["joined_late", "no_follow_up", "no_outcome", "no_baseline", "no_covariate", "no_design"]
    assert flow.loc["control", reasons].tolist() == [1, 0, 1, 1, 1, 0]
    assert flow.loc["treated", reasons].tolist() == [0, 2, 0, 0, 0, 0]
    assert flow.loc["unknown", ["seen", "analysed"]].tolist() == [1, 0]
    assert flow.loc["all", "seen"] == 40
    # the unit whose arm is unknown has no other reason: it is in no arm
    assert flow.loc["all", "seen"] == flow.loc["all", "analysed"] + flow.loc["all", reasons].sum() + 1
    answer = told.effect("y")
    assert (answer["n_treated"], answer["n_control"]) == (18, 15)
    assert flow.loc["treated", "rate"] == 2 / 20
    assert flow.loc["control", "rate"] == pytest.approx(1 / 18)
    assert flow.loc["all", "differential"] == pytest.approx(2 / 20 - 1 / 18)


def test_a_trial_is_the_estimator_called_on_the_complete_units(tmp_path: Path) -> None:
    frame = panel()
    units = wide(frame)
    direct = ancova(
        units["after"].to_numpy(), units["arm"].to_numpy(), baseline=units["before"].to_numpy(),
        covariates=units[["age"]].to_numpy(dtype=float),
    )  # fmt: skip
    answer = made(tmp_path, frame, STUDY, FIELDS).effect("y")
    for name in ("effect", "se", "df", "low", "high", "p"):
        assert answer[name] == pytest.approx(getattr(direct, name), rel=1e-12)
    assert answer["estimator"] == "ancova"


def test_differences_of_clusters_are_the_estimator_called_on_changes(tmp_path: Path) -> None:
    frame = panel(80)
    units = wide(frame)
    direct = difference_in_differences(
        units["after"].to_numpy(), units["arm"].to_numpy(), baseline=units["before"].to_numpy(),
        clusters=np.unique(units["place"], return_inverse=True)[1],
    )  # fmt: skip
    study = STUDY | {
        "design": "difference-in-differences", "assignment": {"mechanism": "administrative", "level": "cluster"},
        "cluster": "place", "covariates": [],
    }  # fmt: skip
    told = made(tmp_path, frame, study, FIELDS)
    answer = told.effect("y")
    for name in ("effect", "se", "df", "low", "high", "p"):
        assert answer[name] == pytest.approx(getattr(direct, name), rel=1e-12)
    assert (answer["clusters_treated"], answer["clusters_control"]) == (10, 10)
    assert answer["evidence_ceiling"] == 3
    assert told.fired("y")["few-pre-waves"] == (1.0, "level<=3 trend-hardly-tested")


def test_rows_in_another_order_and_more_threads_give_the_same_bits(tmp_path: Path) -> None:
    frame = panel(80)
    study = STUDY | {"moderators": [{"name": "kind", "label": "Kind", "expression": "kind"}]}
    first = made(tmp_path / "a", frame, study, FIELDS, threads=1)
    second = made(tmp_path / "b", frame.sample(frac=1, random_state=3), study, FIELDS, threads=2)
    for table in ("effect", "evidence", "balance", "attrition", "moderator"):
        pd.testing.assert_frame_equal(first.table(table), second.table(table), check_exact=True)


@pytest.mark.parametrize(
    ("declared_at", "expected", "label"),
    [
        (None, "not", True), (NOW + timedelta(days=1), "after", True), (NOW - timedelta(days=1), "before", False),
    ],
)  # fmt: skip
def test_a_plan_declared_before_the_data_makes_no_explorer(
    tmp_path: Path, declared_at: datetime | None, expected: str, label: bool
) -> None:
    answer = made(tmp_path, panel(), STUDY, FIELDS, declared_at=declared_at, received_at=NOW).effect("y")
    assert answer["declared"] == expected
    assert ("exploratory" in answer["labels"]) == label


def test_a_unit_with_two_rows_is_refused(tmp_path: Path) -> None:
    frame = panel().drop(columns="wave").assign(period="2026-01")
    frame.loc[frame.index % 2 == 1, "period"] = "2026-02"
    fields = [field("period", "period", period="month", required=True), *FIELDS]
    instrument = {"key": ["unit", "period"], "fields": [field("unit", "identifier", required=True), *fields]}
    study = {key: value for key, value in STUDY.items() if key != "waves"}
    with pytest.raises(Exception, match="waves"):
        made(tmp_path, frame, study | {"outcomes": [outcome(has_baseline=False)]}, fields, instrument=instrument)


def test_an_instrument_that_received_nothing_leaves_a_row_that_says_so(tmp_path: Path) -> None:
    answer = made(tmp_path, panel().iloc[:0], STUDY, FIELDS).effect("y")
    assert (answer["status"], answer["reason"]) == ("refused", "no-data")


def test_an_arm_without_units_is_refused_with_its_reason(tmp_path: Path) -> None:
    told = made(tmp_path, panel().assign(arm=True), STUDY, FIELDS)
    answer = told.effect("y")
    assert (answer["status"], answer["reason"]) == ("refused", "empty-arm")
    assert told.table("evidence").empty


@pytest.mark.parametrize("weighted", [False, True])
def test_lee_bounds_are_those_of_the_study_s_clusters_and_weights(tmp_path: Path, weighted: bool) -> None:
    frame = panel(120, seed=9).assign(weight=lambda rows: 1 + (rows["unit"].str[-1].astype(int) % 3) / 2)
    lost = (frame["wave"] == "w1") & (frame["unit"].str[-1].isin(["3", "7"])) & ~frame["arm"]
    frame = frame[~lost]
    told = made(
        tmp_path, frame, STUDY | {
            "design": "cluster-randomised", "assignment": {"mechanism": "random", "level": "cluster"},
            "cluster": "place", "weighted": weighted,
        },
        [*FIELDS, field("weight", required=True)], instrument={"design": {"weight": "weight"}},
    )  # fmt: skip
    rows = wide(frame)
    direct = lee_bounds(
        rows["after"].to_numpy(), rows["arm"].to_numpy(bool), clusters=np.unique(rows["place"], return_inverse=True)[1],
        weights=rows["weight"].to_numpy() if weighted else None,
    )  # fmt: skip
    found = told.table("attrition").set_index("arm").loc["all"]
    for column, figure in (("lee_low", "low"), ("lee_high", "high"), ("lee_interval_low", "interval_low"),
                           ("lee_interval_high", "interval_high")):  # fmt: skip
        assert found[column] == pytest.approx(getattr(direct, figure), rel=1e-9)
    assert direct.se_rule == "jackknife"


def test_with_one_cluster_in_an_arm_lee_bounds_have_no_interval(tmp_path: Path) -> None:
    frame = panel(60).assign(place=lambda rows: rows["arm"].map({True: "p0", False: "p1"}))
    frame = frame[~((frame["wave"] == "w1") & frame["unit"].isin(["u001", "u002", "u005"]))]
    told = made(tmp_path, frame, STUDY | {"cluster": "place"}, FIELDS)
    found = told.table("attrition").set_index("arm").loc["all"]
    assert found["lee_low"] < found["lee_high"]
    assert pd.isna(found["lee_interval_low"])
