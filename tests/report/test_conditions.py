"""Combinations that go with success are told in the words of their sets, with the values that make them."""

from __future__ import annotations

from typing import Any

from tests.report.made import curated

from impact_pipeline.report.conditions import conditions

ANCHORS = {"exclusion": 0.5, "crossover": 40.0, "inclusion": 90.0, "source_fr": "Le terrain", "source_en": "The field"}
LABELS = {"success": "Réussite", "people": "Une équipe", "far": "Loin d’un bourg"}
SITES = {"condition": "cafes", "question_fr": "À quelles conditions ?", "initiative": "cafes", "sites": 16,
         "consistency": 0.91, "coverage": 0.6, "cases": 5, "robust": 0.8, "cautions": "",
         "status": "published"}  # fmt: skip


def told(name: str) -> str:
    """As the page quotes the name of a set."""
    return f"«\u00a0{name}\u00a0»"


def sets(compared: str, analysis: str) -> list[dict[str, Any]]:
    return [
        {"compared": compared, "analysis": analysis, "position": n, "name": name, "label_fr": label, **ANCHORS}
        for n, (name, label) in enumerate(LABELS.items())
    ]


def test_a_combination_of_sites_is_told_in_words() -> None:
    rows = [
        {"position": 1, "kind": "necessary", "term": "people"},
        {"position": 2, "kind": "complex", "term": "people*far"},
        {"position": 3, "kind": "intermediate", "term": "people*~far + far"},
    ]
    (item,) = conditions(
        curated(condition=[SITES | row for row in rows], condition_set=sets("sites", "cafes"))
    )["conditions"]  # fmt: skip
    assert (item["title"], item["compared"]) == ("À quelles conditions ?", "16 lieux comparés.")
    assert [row["term"] for row in item["rows"]] == [
        told("Une équipe"),
        f"{told('Une équipe')} et pas {told('Loin d’un bourg')}\u00a0; ou bien {told('Loin d’un bourg')}",
    ]  # fmt: skip
    assert (item["rows"][0]["consistency"], item["rows"][0]["found"]) == ("0,91", "80\u202f%")
    assert [item_set["label"] for item_set in item["sets"]] == list(LABELS.values())
    assert item["sets"][0]["anchors"] == "dehors à 0,5, ni dedans ni dehors à 40, dedans à 90"
    assert item["sets"][0]["source"] == "Le terrain"


def test_without_an_expectation_the_cautious_solution_is_told() -> None:
    rows = [
        {"position": 1, "kind": "complex", "term": "people*far"},
        {"position": 2, "kind": "parsimonious", "term": "far"},
    ]
    (item,) = conditions(curated(condition=[SITES | row for row in rows]))["conditions"]
    assert [(row["kind"], row["term"]) for row in item["rows"]] == [
        ("va avec un bon résultat", f"{told('people')} et {told('far')}")
    ]


def test_a_refused_analysis_says_why_and_shows_no_combination() -> None:
    refused = SITES | {"position": 1, "kind": "none", "term": "", "status": "refused", "reason": "too-few-cases"}
    (item,) = conditions(curated(condition=[refused]))["conditions"]
    assert item["rows"] == []
    assert item["refused"]


def test_studies_of_a_synthesis_are_told_by_its_question() -> None:
    row = {"question": "well-being", "kind": "intermediate", "solution": 1, "position": 1, "expression": "~far",
           "studies": 14, "status": "published", "cautions": ""}  # fmt: skip
    (item,) = conditions(curated(
        synthesis=[{"question": "well-being", "question_fr": "Les lieux de rencontre aident-ils ?"}],
        synthesis_condition=[row], condition_set=sets("studies", "well-being"),
    ))["conditions"]  # fmt: skip
    assert (item["title"], item["compared"]) == ("Les lieux de rencontre aident-ils ?", "14 études comparées.")
    assert [row["term"] for row in item["rows"]] == [f"pas {told('Loin d’un bourg')}"]
