"""From sources to records: waves, later submissions, earlier versions of an instrument, records that stand for nobody.
Nothing is lost without being counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store


def form(**more: Any) -> dict[str, Any]:
    return {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit"],
            "fields": [field("unit", "text", required=True), field("score")]} | more  # fmt: skip


MEAN = [{"indicator": "mean", "value": "score"}]


def test_without_a_wave_field_the_period_of_the_submission_is_the_wave(tmp_path: Path) -> None:
    schemas = declare(tmp_path / "schemas", form(), MEAN)
    frame = pd.DataFrame({"unit": ["a", "b", "c"], "score": [1.0, 2.0, 6.0]})
    sources = store(tmp_path, schemas, [({"period": "2025"}, frame), ({"period": "2026"}, frame.head(2))])
    found = estimates(computed(schemas, sources))
    assert found.loc[("mean", "panel", "2025", "all", "all"), "value"] == 3.0
    assert found.loc[("mean", "panel", "2026", "all", "all"), "value"] == 1.5


def test_the_later_submission_of_a_unit_and_wave_counts_and_the_other_is_accounted(tmp_path: Path) -> None:
    schemas = declare(tmp_path / "schemas", form(), MEAN)
    first = pd.DataFrame({"unit": ["a", "b", "c"], "score": [1.0, 2.0, 3.0]})
    later = pd.DataFrame({"unit": ["b", "c", "d"], "score": [20.0, 30.0, 40.0]})
    sources = store(tmp_path, schemas, [({"submission": "zz"}, first), ({"submission": "aa"}, later)])
    connection = computed(schemas, sources)
    kept = connection.sql("select _unit, score, _submission from record_form order by _unit").fetchall()
    assert kept == [("a", 1.0, "zz"), ("b", 20.0, "aa"), ("c", 30.0, "aa"), ("d", 40.0, "aa")]
    assert connection.sql("select * from superseded_record").fetchall() == [("zz", 2)]
    lineage = connection.sql("select submission, records from lineage").fetchall()
    assert lineage == [("aa", 3), ("zz", 1)]


def test_initiatives_are_apart(tmp_path: Path) -> None:
    schemas = declare(tmp_path / "schemas", form(), MEAN, initiatives=("east", "west"))
    frame = pd.DataFrame({"unit": ["a", "b"], "score": [1.0, 3.0]})
    told: list[tuple[dict[str, str], pd.DataFrame]] = [
        ({"initiative": "east"}, frame), ({"initiative": "west"}, frame.assign(score=[5.0, 9.0]))
    ]  # fmt: skip
    connection = computed(schemas, store(tmp_path, schemas, told))
    assert connection.sql("select count(*) from superseded_record").fetchall() == [(0,)]
    found = estimates(connection)["value"].droplevel(["wave", "dimension", "category"])
    assert found.to_dict() == {("mean", "east"): 2.0, ("mean", "west"): 7.0}


def test_an_earlier_version_is_read_by_its_correspondences(tmp_path: Path) -> None:
    newest = form(version=2, corresponds={"mark": "score"}) | {
        "fields": [field("unit", "text", required=True), field("score"), field("place", "text")]
    }
    former = form() | {"fields": [field("unit", "text", required=True), field("mark", "integer")]}
    indicators = [{"indicator": "mean", "value": "score", "by": ["place"]}]
    schemas = declare(tmp_path / "schemas", newest, indicators, versions=[former])
    old = pd.DataFrame({"unit": ["a", "b"], "mark": [1, 3]}).astype({"mark": "Int64"})
    new = pd.DataFrame({"unit": ["c", "d"], "score": [5.5, 6.5], "place": ["here", "here"]})
    sources = store(tmp_path, schemas, [({"version": 1}, old), ({"version": 2}, new)])
    found = estimates(computed(schemas, sources)).droplevel(["initiative", "wave"])["value"].to_dict()
    assert found == {("mean", "all", "all"): 4.0, ("mean", "place", "here"): 6.0, ("mean", "place", "(missing)"): 2.0}


def test_a_record_without_a_weight_stands_for_nobody_and_is_counted(tmp_path: Path) -> None:
    weighted = form(design={"weight": "weight"}) | {
        "fields": [field("unit", "text", required=True), field("score"), field("weight", required=True)]
    }
    schemas = declare(tmp_path / "schemas", weighted, MEAN)
    frame = pd.DataFrame({"unit": list("abcde"), "score": [1.0, 2.0, 3.0, 100.0, 100.0], "weight": [1, 1, 2, 0, None]})
    connection = computed(
        schemas, store(tmp_path, schemas, [({"submission": "s"}, frame.astype({"weight": "float64"}))])
    )
    assert connection.sql("select * from record_without_design").fetchall() == [("s", 2)]
    only = estimates(connection).iloc[0]
    assert (only["n"], only["value"]) == (3, 2.25)
    assert connection.sql("select count(*) from design").fetchall() == [(3,)]


def test_membership_partitions_the_records(tmp_path: Path) -> None:
    grouped = form() | {"fields": [field("unit", "text", required=True), field("score"), field("old", "boolean")]}
    schemas = declare(tmp_path / "schemas", grouped, [{"indicator": "mean", "value": "score", "by": ["old"]}])
    frame = pd.DataFrame(
        {"unit": list("abc"), "score": [1.0, 2.0, 3.0], "old": pd.array([True, False, None], "boolean")}
    )
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    told = connection.sql("select dimension, category, count(*) from membership group by all order by all").fetchall()
    assert told == [("all", "all", 3), ("old", "(missing)", 1), ("old", "false", 1), ("old", "true", 1)]


def test_nothing_received_gives_empty_tables(tmp_path: Path) -> None:
    connection = computed(declare(tmp_path / "schemas", form(), MEAN), [])
    for table in ("estimate", "lineage", "score", "response", "design", "membership", "observation"):
        assert connection.sql(f"select count(*) from {table}").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ({"value": "score > 2"}, (1 / 3, 3)),
        ({"value": "score", "among": "score < 3"}, (1.5, 2)),
        ({"value": "score", "among": "old"}, (3.0, 1)),  # where `old` is unknown it is not true
        ({"value": "score", "estimator": "total"}, (6.0, 3)),
        ({"value": "score", "estimator": "ratio", "base": "score + 1"}, (6 / 9, 3)),
        ({"value": "6 / (score - 1)"}, (4.5, 2)),  # a division by zero has no value
    ],
)
def test_what_an_indicator_observes(tmp_path: Path, indicator: dict[str, str], expected: tuple[float, int]) -> None:
    asked = form() | {"fields": [field("unit", "text", required=True), field("score"), field("old", "boolean")]}
    schemas = declare(tmp_path / "schemas", asked, [{"indicator": "it"} | indicator])
    old = pd.array([False, None, True], "boolean")
    frame = pd.DataFrame({"unit": list("abc"), "score": [1.0, 2.0, 3.0], "old": old})
    only = estimates(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).iloc[0]
    assert (only["value"], only["n"]) == (pytest.approx(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("scores", "indicator", "status", "reason"),
    [
        ([4.0], {"value": "score"}, "refused", "single-psu"),
        ([4.0, 4.0], {"value": "score", "estimator": "ratio", "base": "score - 4"}, "refused", "no-base"),
        ([4.0, 5.0], {"value": "score", "estimator": "change", "waves": {"from": "2020", "to": "2026"}},
         "refused", "missing-wave"),
        ([4.0, 5.0], {"value": "score", "among": "score > 4"}, "published", "no-degrees-of-freedom"),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_says_why(
    tmp_path: Path, scores: list[float], indicator: dict[str, Any], status: str, reason: str
) -> None:
    schemas = declare(tmp_path / "schemas", form(), [{"indicator": "it"} | indicator])
    frame = pd.DataFrame({"unit": [f"u{n}" for n in range(len(scores))], "score": scores})
    only = estimates(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).iloc[0]
    assert (only["status"], only["reason"]) == (status, reason)
    assert only[["se", "low", "high", "deff"]].isna().all()


def test_answers_that_are_all_the_same_have_no_error(tmp_path: Path) -> None:
    schemas = declare(tmp_path / "schemas", form(), MEAN)
    frame = pd.DataFrame({"unit": [f"u{n}" for n in range(9)], "score": [0.1] * 9})
    only = estimates(computed(schemas, store(tmp_path, schemas, [({}, frame)]))).iloc[0]
    assert only[["value", "se", "low", "high"]].tolist() == [0.1, 0.0, 0.1, 0.1]
