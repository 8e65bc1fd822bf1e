"""Conditions of success and a composite index declared in YAML are in the release: tables, codebook, report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.programme import NOW, SENT, fill_inbox, new_home

from impact_pipeline import pipeline
from impact_pipeline.release import Release

OF_COMMUNES = ("cafe-wellbeing", "cafe-life-satisfaction", "cafe-loneliness", "cafe-regulars")


def fuzzy(name: str, label: str, indicator: str, *anchors: float) -> dict[str, Any]:
    told = dict(zip(("exclusion", "crossover", "inclusion"), anchors, strict=True))
    return {"name": name, "label": label, "indicator": indicator, "anchors": told | {"source": "Those in the field"}}


ANALYSIS: dict[str, Any] = {
    "condition": "well-being", "question": "Qu'ont en commun les communes où l'on va bien ?",
    "initiative": "mille-cafes", "by": "commune", "consistency": 0.75, "pri": 0.5,
    "outcome": fuzzy("well", "On y va bien", "cafe-wellbeing", 50, 57, 65),
    "conditions": [
        fuzzy("content", "On y est content de sa vie", "cafe-life-satisfaction", 5.8, 6.7, 7.5),
        fuzzy("lonely", "On s'y sent seul", "cafe-loneliness", 0.1, 0.3, 0.5),
        fuzzy("regulars", "On vient au café", "cafe-regulars", 0.1, 0.3, 0.5),
    ],
}  # fmt: skip
INDEX: dict[str, Any] = {
    "index": "local-life", "initiative": "mille-cafes", "by": "activity", "label": "Vie locale", "samples": 50,
    "domains": [{"name": "self", "label": "Soi", "indicators": ["cafe-wellbeing", "cafe-life-satisfaction"]},
                {"name": "others", "label": "Les autres", "indicators": ["cafe-loneliness"]}],
}  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    home = new_home(tmp_path_factory.mktemp("conditions") / "home")
    for name in OF_COMMUNES:
        path = home.schemas / "indicators" / f"{name}.yaml"
        told = path.read_text(encoding="utf-8").replace(", activity]", "]")
        path.write_text(told.replace("by: [", "by: [commune, activity, "), encoding="utf-8")
    for folder, name, thing in (("conditions", "well-being", ANALYSIS), ("indices", "local-life", INDEX)):
        (home.schemas / folder).mkdir(exist_ok=True)
        (home.schemas / folder / f"{name}.yaml").write_text(json.dumps(thing), encoding="utf-8")
    fill_inbox(home, *(sent["file"] for sent in SENT if sent["instrument"] == "cafe-residents"))
    return pipeline.run(home, now=NOW)


def test_each_row_of_conditions_is_told_with_its_sites(release: Release) -> None:
    rows = release.table("condition")
    assert set(rows["status"]) == {"published"}
    assert set(rows["sites"]) == {25}
    assert {"complex", "parsimonious"} <= set(rows["kind"])
    solutions = rows[rows["is_solution"]]
    assert solutions["consistency"].between(0.75, 1).all()
    assert (solutions["cases"] > 0).all()


def test_the_sets_are_published_with_their_anchors(release: Release) -> None:
    rows = release.table("condition_set").query("compared == 'sites'").sort_values("position")
    assert list(rows["name"]) == ["well", "content", "lonely", "regulars"]
    assert list(rows["crossover"]) == [57, 6.7, 0.3, 0.3]
    assert set(rows["source_fr"]) == {"Those in the field"}


def test_groups_of_the_index_have_a_rank_or_a_reason(release: Release) -> None:
    rows = release.table("index_score").set_index("category")
    told = rows[rows["status"] == "published"]
    assert sorted(told["rank"]) == list(range(1, len(told) + 1))
    assert len(told) >= 4
    assert (told["rank_low"] <= told["rank"]).all()
    assert (told["rank"] <= told["rank_high"]).all()


def test_the_codebook_and_the_report_tell_of_them(release: Release) -> None:
    package = json.loads((release.path / "datapackage.json").read_text(encoding="utf-8"))
    tables = {resource["name"]: resource["schema"]["fields"] for resource in package["resources"]}
    for name in ("condition", "condition_set", "index_score"):
        assert {column["name"] for column in tables[name]} == set(release.table(name).columns)
        assert all(column["description"] for column in tables[name])
    page = release.report("fr").read_text(encoding="utf-8")
    for words in (
        "À quelles conditions cela marche",
        "«\u00a0On y est content de sa vie\u00a0» et «\u00a0On vient au café\u00a0»",
        "Aubenas (07019)",
        "Vie locale",
    ):
        assert words in page
