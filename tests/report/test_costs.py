"""What an effect costs and is worth is told with its interval, its source, and why where there is nothing to tell."""

from __future__ import annotations

from typing import Any

from tests.report.made import curated

from impact_pipeline.report.costs import costs

STUDY = {"study": "start", "instrument": "survey"}
ROW: dict[str, Any] = {
    "study": "start", "outcome": "work", "wave": "", "label_fr": "En emploi", "unit": "percent", "status": "published",
    "currency": "EUR", "cost": 2600, "cost_source": "Comptes", "cost_per_effect": 10087.4, "cost_per_effect_low": 6706,
    "cost_per_effect_high": 18896,
}  # fmt: skip
WORTH = {"outcome": "life", "label_fr": "Satisfaction", "unit": "points", "cost_per_effect": None,
         "cost_per_effect_low": None, "cost_per_effect_high": None, "reason": "effect-not-told-from-zero",
         "years": 1.5, "gain": 0.264, "gain_low": -0.19, "gain_high": 0.72, "value": 15000, "value_source": "Barème",
         "net_benefit": 1330, "net_benefit_low": -5527, "net_benefit_high": 8186, "probability": 0.65}  # fmt: skip
EFFECTS = [{"study": "start", "outcome": "work", "role": "primary"}, {"study": "start", "outcome": "life"}]
NARROW, NO_BREAK = "\u202f", "\u00a0"


def test_the_primary_outcome_comes_first_with_its_cost_by_person() -> None:
    told = costs(curated(cost_effectiveness=[ROW | WORTH, ROW], effect=EFFECTS), STUDY)
    assert [row["outcome"] for row in told["costs"]] == ["En emploi", "Satisfaction"]
    per_effect = told["costs"][0]["per_effect"].replace(NARROW, " ").replace(NO_BREAK, " ")
    assert per_effect == "10 087 EUR [6 706 ; 18 896] / personne de plus"
    assert told["cost_sources"] == ["Comptes", "Barème"]


def test_a_gain_is_worth_something_although_its_price_cannot_be_told() -> None:
    (row,) = costs(curated(cost_effectiveness=[ROW | WORTH], effect=EFFECTS), STUDY)["costs"]
    assert (row["per_effect"], row["reason"]) == ("–", "l’effet ne se distingue pas de zéro")
    assert row["gain"].replace(NO_BREAK, " ") == "+0,26 [−0,19 ; +0,72] (sur 1,5 an(s))"
    net = row["net"].replace(NARROW, " ").replace(NO_BREAK, " ")
    assert net.startswith("+1 330 EUR [−5 527 ; +8 186] – 65 % de chances")


def test_a_refused_effect_shows_its_cost_and_why_nothing_more() -> None:
    refused = {"study": "start", "outcome": "work", "wave": "", "label_fr": "En emploi", "currency": "EUR",
               "cost": 2600, "status": "refused", "reason": "no-effect"}  # fmt: skip
    (row,) = costs(curated(cost_effectiveness=[refused]), STUDY)["costs"]
    assert (row["cost"], row["per_effect"], row["gain"], row["net"]) == (f"2{NARROW}600 EUR", "–", "–", "–")
    assert row["reason"] == "l’effet n’est pas publié"
    assert costs(curated(), STUDY) == {"costs": [], "cost_sources": []}
