"""Declared conditions of success come out of published figures: a truth made by hand is found, and nothing else."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.methods import test_against_r_survey as panel
from tests.methods.made_programme import declare

from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import DeclarationError
from impact_pipeline.methods.conditions import conditions

INDICATORS = [{"indicator": name, "value": "y", "by": ["group"]} for name in ("success", "people", "money", "time")]
ANCHORS = {"exclusion": 10, "crossover": 50, "inclusion": 90, "source": "the field"}
ANALYSIS: dict[str, Any] = {
    "condition": "cafes", "question": {"fr": "Q", "en": "Q"}, "initiative": "panel", "by": "group",
    "outcome": {"name": "success", "label": "S", "indicator": "success", "anchors": ANCHORS},
    "conditions": [
        {"name": name, "label": name, "indicator": name, "anchors": ANCHORS} for name in ("people", "money", "time")
    ],
}  # fmt: skip


def declared(folder: Path, **changed: Any) -> Schemas:
    return declare(folder, panel.instrument({}), INDICATORS, conditions=[ANALYSIS | changed])


def rows(*, times: int = 2) -> list[dict[str, Any]]:
    """Sites of all eight kinds: success where there are people and money, whatever the time; graded, not 0 or 1."""
    told = []
    for nth, (people, money, time) in enumerate(list(product((0, 1), repeat=3)) * times):
        values = {"people": people, "money": money, "time": time, "success": people * money}
        for name, is_in in values.items():
            value = (82.0 if is_in else 18.0) + (nth * 7 % 5) - 2
            told.append({"indicator": name, "initiative": "panel", "dimension": "group", "category": f"site{nth:02}",
                         "wave": "1", "status": "published", "value": value})  # fmt: skip
    return told


def test_the_combination_that_goes_with_success_is_found(tmp_path: Path) -> None:
    found = conditions(declared(tmp_path), rows())
    solutions = {row["kind"]: row for row in found if row["is_solution"]}
    assert {row["term"].replace(" ", "") for row in solutions.values()} == {"people*money"}
    assert {"complex", "parsimonious"} <= set(solutions)
    solution = solutions["parsimonious"]
    assert (solution["sites"], solution["sites_left_out"], solution["cases"]) == (16, 0, 4)
    assert solution["consistency"] > 0.95
    assert solution["coverage"] > 0.9
    assert 0 < solution["robust"] <= 1
    necessary = {row["term"] for row in found if row["kind"] == "necessary"}
    assert {"people", "money"} <= necessary
    assert "time" not in necessary
    assert [row["position"] for row in found] == list(range(1, len(found) + 1))


def test_a_site_without_a_published_figure_is_left_out_and_counted(tmp_path: Path) -> None:
    told = rows()
    told[0] |= {"status": "suppressed", "value": None}
    assert {(row["sites"], row["sites_left_out"]) for row in conditions(declared(tmp_path), told)} == {(15, 1)}


def test_fewer_than_twelve_sites_say_nothing(tmp_path: Path) -> None:
    (row,) = conditions(declared(tmp_path), rows(times=1))
    assert (row["kind"], row["status"], row["reason"], row["consistency"]) == ("none", "refused", "too-few-cases", None)
    (row,) = conditions(declared(tmp_path / "none"), [])
    assert (row["sites"], row["reason"]) == (0, "too-few-cases")


def test_what_cannot_serve_is_told_at_its_line(tmp_path: Path) -> None:
    wrong = [*ANALYSIS["conditions"][:1], {**ANALYSIS["conditions"][1], "indicator": "moneyy"}]
    with pytest.raises(DeclarationError) as told:
        declared(tmp_path / "a", conditions=wrong)
    assert [(p.key, p.nearest) for p in told.value.problems] == [("conditions[money].indicator", "money")]
    with pytest.raises(DeclarationError) as told:
        declared(tmp_path / "b", outcome=ANALYSIS["outcome"] | {"anchors": ANCHORS | {"crossover": 95}})
    assert told.value.problems[0].key == "outcome.anchors.crossover"
    with pytest.raises(DeclarationError) as told:
        declared(tmp_path / "c", conditions=[{**item, "indicator": "success"} for item in ANALYSIS["conditions"]])
    assert {p.key for p in told.value.problems} == {f"conditions[{n}].indicator" for n in ("people", "money", "time")}
