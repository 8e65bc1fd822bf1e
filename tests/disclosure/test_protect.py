"""What the gate lets through, from records to protected estimates: no planted leak is left in what is published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.made_programme import computed, declare, estimates, field, store

from impact_pipeline.disclosure import protect

FIGURES = ["n", "units", "value", "se", "df", "low", "high", "deff", "deff_wor", "deff_kish", "n_effective"]
MEAN = {"indicator": "it", "value": "amount", "by": ["place"]}


def published(
    folder: Path, groups: Mapping[str | None, list[float]], indicator: Mapping[str, Any] = MEAN, *,
    unit_type: str = "person", disclosure: str = "safe",
) -> pd.DataFrame:  # fmt: skip
    """Protected estimates of one indicator over groups of amounts, by dimension and category."""
    fields = [field("unit", "text", required=True), field("place", "text"), field("amount", disclosure=disclosure)]
    instrument = {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit"],
                  "unit_type": unit_type, "fields": fields}  # fmt: skip
    schemas = declare(folder / "schemas", instrument, [indicator])
    rows = [(place, amount) for place, amounts in groups.items() for amount in amounts]
    frame = pd.DataFrame(rows, columns=["place", "amount"]).assign(unit=[f"u{n}" for n in range(len(rows))])
    connection = computed(schemas, store(folder, schemas, [({}, frame)]))
    protect(connection, schemas)
    assert (
        connection.sql("select table_name from duckdb_tables() where table_name = 'estimate_support'").fetchall() == []
    )
    return estimates(connection).droplevel(["indicator", "initiative", "wave"])


def reasons(found: pd.DataFrame) -> dict[str, str | None]:
    """Reason of each category that is suppressed."""
    hidden = found[found["status"] == "suppressed"]
    assert hidden[FIGURES].isna().all(axis=None)
    return {str(category): reason for (_, category), reason in hidden["reason"].items()}


def people(count: int) -> list[float]:
    return [float(n % 5) for n in range(count)]


def test_ten_people_are_too_few_and_eleven_are_not(tmp_path: Path) -> None:
    assert reasons(published(tmp_path / "10", {"here": people(10)})) == {
        "all": "fewer-than-threshold", "here": "fewer-than-threshold",
    }  # fmt: skip
    assert reasons(published(tmp_path / "11", {"here": people(11)})) == {}


def test_a_single_missing_category_takes_the_next_smallest_with_it(tmp_path: Path) -> None:
    found = published(tmp_path, {"a": people(4), "b": people(30), "c": people(20), "d": people(25)})
    assert reasons(found) == {"a": "fewer-than-threshold", "c": "protects-another"}
    assert found.loc[("all", "all"), "n"] == 79


def test_missing_categories_together_reach_the_threshold(tmp_path: Path) -> None:
    found = published(tmp_path, {"a": people(2), "b": people(3), "c": people(20), "d": people(25)})
    assert reasons(found) == {
        "a": "fewer-than-threshold", "b": "fewer-than-threshold", "c": "protects-another",
    }  # fmt: skip
    enough = published(tmp_path / "x", {"a": people(6), "b": people(5), "c": people(20), "d": people(25)})
    assert reasons(enough) == {"a": "fewer-than-threshold", "b": "fewer-than-threshold"}


def test_people_whose_group_is_unknown_need_no_protection(tmp_path: Path) -> None:
    found = published(tmp_path, {None: people(3), "b": people(30), "c": people(20)})
    assert reasons(found) == {"(missing)": "fewer-than-threshold"}


def test_three_businesses_are_enough_unless_one_dominates(tmp_path: Path) -> None:
    total = {"indicator": "it", "estimator": "total", "value": "amount", "by": ["place"]}
    groups = {"pair": [5.0, 6.0], "even": [5.0, 6.0, 7.0], "led": [86.0, 7.0, 7.0], "flat": [50.0, 40.0, 60.0, 30.0]}
    found = published(tmp_path / "a", groups, total, unit_type="business")
    assert reasons(found) == {"pair": "fewer-than-threshold", "led": "dominance"}
    below = published(tmp_path / "b", groups | {"led": [84.0, 8.0, 8.0]}, total, unit_type="business")
    assert reasons(below) == {"pair": "fewer-than-threshold", "even": "protects-another"}


def test_a_dominated_category_is_not_left_with_too_small_a_companion(tmp_path: Path) -> None:
    """Were only the smallest taken with it, the difference would still tell the leader's amount to within 15 %."""
    total = {"indicator": "it", "estimator": "total", "value": "amount", "by": ["place"]}
    groups = {
        "led": [900.0, 7.0, 7.0],
        "tiny": [1.0, 1.0, 2.0],
        "big": [300.0, 400.0, 200.0, 100.0],
        "other": [250.0] * 5,
    }
    found = published(tmp_path, groups, total, unit_type="business")
    assert reasons(found) == {"led": "dominance", "tiny": "protects-another", "big": "protects-another"}


@pytest.mark.parametrize(
    ("disclosure", "expected"), [("sensitive", {"all": "unanimous", "here": "unanimous"}), ("safe", {})]
)
def test_a_share_of_all_tells_on_each_unless_the_answer_is_safe(
    tmp_path: Path, disclosure: str, expected: dict[str, str]
) -> None:
    share = {"indicator": "it", "value": "amount >= 0", "by": ["place"]}
    assert reasons(published(tmp_path, {"here": people(40)}, share, disclosure=disclosure)) == expected


def test_a_share_of_none_in_one_group_is_not_left_to_subtraction(tmp_path: Path) -> None:
    share = {"indicator": "it", "value": "amount > 3", "by": ["place"]}
    groups = {"none": [1.0] * 20, "some": people(30), "more": people(35)}
    found = published(tmp_path, groups, share, disclosure="sensitive")
    assert reasons(found) == {"none": "unanimous", "some": "protects-another"}


def test_a_change_needs_enough_people_in_both_waves(tmp_path: Path) -> None:
    wave = field("wave", "text", required=True)
    instrument = {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit", "wave"],
                  "fields": [field("unit", "text", required=True), wave, field("amount")]}  # fmt: skip
    change = {"indicator": "it", "estimator": "change", "value": "amount", "waves": {"from": "one", "to": "two"}}
    schemas = declare(tmp_path / "schemas", instrument, [change])
    rows = [(f"u{n}", wave, float(n)) for wave, count in (("one", 10), ("two", 30)) for n in range(count)]
    frame = pd.DataFrame(rows, columns=["unit", "wave", "amount"])
    connection = computed(schemas, store(tmp_path, schemas, [({}, frame)]))
    protect(connection, schemas)
    only = estimates(connection).iloc[0]
    assert (only["status"], only["reason"]) == ("suppressed", "fewer-than-threshold")


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 25), min_size=1, max_size=6))
def test_nothing_small_is_recovered_by_subtraction(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    """Whatever the sizes of groups: no published group is small, and what `all` less the published leaves is not."""
    folder = tmp_path_factory.mktemp("groups")
    found = published(folder, {f"g{place}": people(size) for place, size in enumerate(sizes)})
    everybody, by_place = found.loc[("all", "all")], found.loc["place"]
    shown = by_place[by_place["status"] == "published"]
    assert (shown["n"] >= 11).all()
    if everybody["status"] == "published" and len(shown) < len(by_place):
        hidden = len(by_place) - len(shown)
        rest = everybody["n"] - shown["n"].sum()
        assert len(shown) == 0 or (hidden >= 2 and rest >= 11)
