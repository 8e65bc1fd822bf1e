"""Groups of a composite index are shown by rank, with how far it may move; one without a score says why."""

from __future__ import annotations

from tests.report.made import curated, moments, named

from impact_pipeline.report.indices import indices

INDEX = {"index": "places", "label_fr": "Vie locale", "label_en": "Local life", "initiative": "cafes",
         "dimension": "departement", "indicators": 3, "status": "published"}  # fmt: skip
SCORES = [
    {"category": "07", "rank": 2, "rank_low": 1, "rank_high": 3, "score": 51.26, "low": 40, "high": 60, "units": 30},
    {"category": "23", "status": "refused", "reason": "missing-indicator"},
    {"category": "70", "rank": 1, "rank_low": 1, "rank_high": 2, "score": 70.04, "low": 61, "high": 80.5, "units": 41},
]


def test_groups_are_shown_by_rank_with_their_intervals() -> None:
    (item,) = indices(curated(
        index_score=[INDEX | row for row in SCORES], initiative=[named("initiative", "cafes")],
        category=moments("07", "23", "70", dimension="departement"),
    ))["indices"]  # fmt: skip
    assert item["title"] == "Vie locale"
    assert item["about"] == "Cafes – 3 indicateurs, selon\u00a0: Departement."
    assert [(row["rank"], row["group"], row["score"]) for row in item["rows"]] == [
        ("1", "70", "70,0"), ("2", "07", "51,3"), ("–", "23", "–"),
    ]  # fmt: skip
    best, second, last = item["rows"]
    assert best["scores"] == "[61,0\u00a0; 80,5]"
    assert second["ranks"] == "[1\u00a0; 3]"
    assert (last["reason"], last["ranks"]) == ("un de ses chiffres n’est pas publié", "")


def test_an_index_that_has_no_score_at_all_says_it_once() -> None:
    refused = INDEX | {"status": "refused", "reason": "too-few-units"}
    (item,) = indices(curated(
        index_score=[refused | {"category": code} for code in ("07", "23")], initiative=[named("initiative", "cafes")]
    ))["indices"]  # fmt: skip
    assert item["refused"] == "Pas de score\u00a0: trop peu de groupes pour les classer."
    assert item["rows"] == []


def test_a_release_without_an_index_has_nothing_to_show() -> None:
    assert indices(curated()) == {"indices": []}
