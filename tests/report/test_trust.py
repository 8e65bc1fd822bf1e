"""What a reader is told of scales and of weights, from the figures that a release has of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.report.made import curated, moments, named

from impact_pipeline.report.trust import trust

ASKED = {"scale": "who5", "score": "who5", "instrument": "survey", "initiative": "cafes"}
SCALE = {"scale": "who5", "score": "who5", "title_fr": "WHO-5", "label_fr": "Bien-être"}
WAVES = moments("start", "after")  # in this order, which is not that of the alphabet
NARROW = "\u202f"


def asked(wave: str = "start", **more: Any) -> dict[str, Any]:
    good = {"n": 200, "alpha": 0.9, "alpha_low": 0.86, "alpha_high": 0.93, "floor_share": 0.01, "ceiling_share": 0.02}
    return ASKED | {"wave": wave, "status": "published"} | good | more


def scales(*rows: dict[str, Any], **tables: Any) -> list[dict[str, Any]]:
    survey = {"instrument": "survey", "version": 1, "title_fr": "Enquête"}
    told = curated(
        reliability=rows, scale=[SCALE], initiative=[named("initiative", "cafes")], instrument=[survey], category=WAVES,
        **tables,
    )  # fmt: skip
    found: list[dict[str, Any]] = trust(told)["scales"]
    return found


@pytest.mark.parametrize(
    ("low", "told"),
    [(0.69, "trop peu"), (0.7, "assez pour comparer des groupes"), (0.79, "assez pour comparer"), (0.8, "vont bien")],
)
def test_the_verdict_rests_on_what_is_sure_of_the_consistency(low: float, told: str) -> None:
    (row,) = scales(asked(alpha=0.95, alpha_low=low))
    assert told in row["verdict"]
    assert row["alpha"].startswith("0,95")


def test_an_end_where_more_than_fifteen_in_a_hundred_stand_is_told() -> None:
    (row,) = scales(asked(floor_share=0.15, ceiling_share=0.151))
    (told,) = row["ends"]
    assert told.startswith(f"15{NARROW}% des personnes sont au plus haut")


def test_waves_stand_in_the_order_of_time_and_say_whether_the_score_means_the_same() -> None:
    compared = ASKED | {"wave_from": "start", "wave_to": "after", "status": "published", "holds": "metric"}
    first, second = scales(asked("after"), asked("start"), invariance=[compared])
    assert [first["wave"], second["wave"]] == ["START", "AFTER"]
    assert first["waves"] == []
    assert first["asked"] == "Cafes – Enquête"
    assert "START" in second["waves"][0]
    assert "les écarts se comparent" in second["waves"][0]


def test_a_scale_that_cannot_be_told_says_why_and_gives_no_figure() -> None:
    (row,) = scales(asked(status="suppressed", reason="fewer-than-threshold"))
    assert (row["alpha"], row["ends"], row["published"]) == ("–", [], False)
    assert row["verdict"]


def test_a_scale_of_one_question_has_no_consistency_to_tell() -> None:
    assert scales(asked(alpha=None, reason="single-item")) == []


WEIGHTED = {"instrument": "survey", "initiative": "cafes", "wave": "start", "status": "published"}
MARGIN = {"dimension": "sex", "source": "Recensement", "date": "2023-01-01"}
WHOLE = {"dimension": "all", "category": "all", "target": 1000, "before": 900, "after": 1000, "method": "raking",
         "deff_after": 1.25}  # fmt: skip


def test_a_margin_is_told_in_shares_of_the_population_though_a_small_category_is_hidden() -> None:
    rows = [
        {"category": "f", "target": 510.0, "before": 590.0, "after": 510.0},
        {"category": "h", "target": 480.0, "before": 400.0, "after": 480.0},
        {"category": "(missing)", "status": "suppressed"},
    ]
    told = curated(
        weighting=[WEIGHTED | WHOLE, *(WEIGHTED | MARGIN | row for row in rows)], category=[*WAVES],
        initiative=[named("initiative", "cafes")],
    )  # fmt: skip
    (sample,) = trust(told)["weights"]
    assert sample["title"] == "Cafes – START"
    assert (sample["method"], sample["cost"], sample["response"]) == ("calage sur marges (raking ratio)", "1,25", "")
    women, men, hidden = sample["margins"]
    assert (women["target"], women["before"], women["after"]) == tuple(
        f"{x}{NARROW}%" for x in ("51,0", "59,0", "51,0")
    )
    assert men["before"] == f"40,0{NARROW}%"
    assert (hidden["target"], hidden["before"], hidden["after"]) == ("–", "–", "–")
    assert women["source"] == "Recensement, 1er janvier 2023"
