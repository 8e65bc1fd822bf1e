"""What the page says of studies, syntheses and targets: figures with their uncertainty, evidence, cautions in words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.report.made import curated

from impact_pipeline.report.impact import figure, impact

STUDY = {
    "study": "cafes", "initiative": "mille-cafes", "instrument": "residents", "title_fr": "Cafés", "title_en": "Cafés",
    "question_fr": "Le café change-t-il la vie ?", "question_en": "Does the café change life?", "design": "randomised",
    "comparison_fr": "Autres communes", "comparison_en": "Other municipalities",
}  # fmt: skip
EFFECT: dict[str, Any] = {
    "study": "cafes", "outcome": "well-being", "wave": "", "estimator": "ancova", "is_main": True, "role": "primary",
    "polarity": "higher-is-better", "label_fr": "Bien-être", "label_en": "Well-being", "unit": None, "n_treated": 1200,
    "n_control": 1100, "clusters_treated": 12, "clusters_control": 11, "effect": 3.456, "se": 1.2, "low": 1.05,
    "high": 5.86, "p": 0.004, "p_adjusted": 0.0004, "g": 0.21, "g_low": 0.06, "g_high": 0.36, "mde": 3.4,
    "e_value": None, "e_value_limit": None, "robustness_value": None,
    "evidence_ceiling": 5, "evidence_level": 3, "nesta_level": 3, "certainty": "moderate",
    "labels": "computed-not-reviewed",
    "declared": "before", "cautions": "few-clusters-in-an-arm", "status": "published", "reason": None,
}  # fmt: skip
RULE = {
    "study": "cafes", "outcome": "well-being", "wave": "", "position": 1, "rule": "attrition", "fired": True,
    "figure": 0.31, "threshold": 0.2, "change": "level-1", "sentence_fr": "Trop de départs.",
    "sentence_en": "Too many left.",
}  # fmt: skip
POOLED = {
    "question": "places", "source": "own", "model": "reml", "role": "answer", "question_fr": "Q ?", "question_en": "Q?",
    "outcome_fr": "Bien-être", "outcome_en": "Well-being", "measure": "smd", "k": 5, "studies": 4, "effect": 0.22,
    "low": 0.1, "high": 0.34, "prediction_low": -0.1, "prediction_high": 0.54, "i2": 42.0, "cautions": "",
    "status": "published", "reason": None,
}  # fmt: skip
POOLED_EFFECT = {
    "question": "places", "position": 1, "label": "Martin (2018)", "effect": 0.2, "low": 0.0, "high": 0.4,
    "weight": 60.0, "status": "pooled", "reason": None,
}  # fmt: skip
TARGET = {
    "target": "small", "label_fr": "Petites communes", "label_en": "Small municipalities", "initiative": "mille-cafes",
    "places": 900, "inhabitants": 700_000, "people": 140_000.0, "sites": 12,
}  # fmt: skip


def told(language: Any = "en", **tables: list[dict[str, Any]]) -> dict[str, Any]:
    initiative = {"initiative": "mille-cafes", "name_fr": "1000 Cafés", "name_en": "1000 Cafés"}
    return impact(curated(language, initiative=[initiative], **tables))


def answer(**changed: Any) -> dict[str, Any]:
    (study,) = told(study=[STUDY], effect=[EFFECT | changed])["studies"]
    found: dict[str, Any] = study["answers"][0]
    return found


def test_an_effect_stands_with_its_interval_its_size_and_its_evidence() -> None:
    found = answer()
    assert (found["effect"], found["interval"]) == ("+3.5", "[+1.1; +5.9]")
    assert (found["n"], found["clusters"], found["p_adjusted"]) == ("1,200 / 1,100", "12 / 11", "< 0.001")
    assert found["g"] == "+0.21 [0.06; 0.36]"
    assert (found["level"], found["ceiling"], found["nesta"]) == ("3", "5", "3")
    assert (found["certainty"], found["labels"]) == ("moderate", ["computed, not reviewed"])


def test_what_would_undo_an_effect_stands_among_what_to_read_with_care() -> None:
    effect = EFFECT | {"e_value": 1.71, "e_value_limit": 1.29, "robustness_value": 0.139}
    for language, words in (("en", ("1.7", "1.3", "13.9%")), ("fr", ("1,7", "1,3", "13,9\u202f%"))):
        (study,) = told(language, study=[STUDY], effect=[effect])["studies"]
        e_value, robustness = study["cautions"][1:]
        assert e_value.startswith("Well-being:" if language == "en" else "Bien-être\u00a0:")
        assert words[0] in e_value
        assert words[1] in e_value
        assert words[2] in robustness
    (null,) = told(study=[STUDY], effect=[effect | {"low": -1.0}])["studies"]
    assert len(null["cautions"]) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "the right way"),
        ({"polarity": "lower-is-better"}, "the wrong way"),
        ({"polarity": "neutral"}, "Higher"),
        ({"low": -0.2}, "could have seen one of at least 3.4"),
        ({"low": -0.2, "mde": None}, "No effect is told from zero."),
        ({"low": None, "high": None}, "error of this effect is not known"),
        ({"status": "refused", "reason": "too-few-clusters"}, "clusters"),
    ],
)
def test_the_verdict_is_told_in_words(changed: dict[str, Any], words: str) -> None:
    assert words in answer(**changed)["verdict"]


def test_a_share_is_told_in_points() -> None:
    found = answer(unit="percent", effect=0.08, se=0.03, low=0.02, high=0.14)
    assert (found["effect"], found["unit"]) == ("+8.0", "percentage points")


@pytest.mark.parametrize(
    ("value", "error", "written"),
    [(3.456, 1.2, "+3.5"), (0.01234, 0.002, "+0.0123"), (1234.6, 150.0, "+1,235"), (-0.5, 0.04, "\N{MINUS SIGN}0.500")],
)
def test_figures_have_the_decimals_that_their_error_leaves(value: float, error: float, written: str) -> None:
    assert figure(curated("en"), value, error, None) == written


def test_cautions_and_rules_are_sentences_in_both_languages() -> None:
    for language, rule, change in (
        ("fr", "Trop de départs.", "niveau \N{MINUS SIGN}1"), ("en", "Too many left.", "level \N{MINUS SIGN}1")
    ):  # fmt: skip
        (study,) = told(language, study=[STUDY], effect=[EFFECT], evidence=[RULE, RULE | {"fired": False}])["studies"]
        assert len(study["cautions"]) == 1
        assert study["cautions"][0].endswith(".")
        assert [(found["sentence"], found["change"]) for found in study["rules"]] == [(rule, change)]


def test_a_synthesis_shows_its_effects_their_mean_and_a_new_place() -> None:
    aside = POOLED_EFFECT | {"position": 2, "label": "Durand (2019)", "status": "set-aside", "reason": "other-measure",
                             "effect": None, "low": None, "high": None, "weight": None}  # fmt: skip
    (found,) = told(synthesis=[POOLED], synthesis_effect=[POOLED_EFFECT, aside])["syntheses"]
    (pool,) = found["pools"]
    assert (pool["effect"], pool["prediction"], pool["i2"]) == (
        "+0.22 [0.10; 0.34]", "[\N{MINUS SIGN}0.10; 0.54]", "42%",
    )  # fmt: skip
    for words in ("Martin (2018)", "Our studies", "a new place"):
        assert words in found["chart"]
    assert "Durand" not in found["chart"]
    assert found["aside"][0]["label"] == "Durand (2019)"


def test_a_target_says_what_to_expect_or_why_nothing_is_said() -> None:
    names = ("cost", "wellbys", "cost_per_wellby", "net_benefit")
    figures = dict.fromkeys(f"{name}{end}" for name in names for end in ("", "_low", "_high"))
    projection = {
        "target": "small", "currency": "EUR", "generalisability": 0.93, "outside": 0.12, "effect": 0.2,
        "prediction_low": 0.05, "prediction_high": 0.35, "status": "published", "reason": None, **figures,
        "cost": 1_000_000.0, "cost_low": 900_000.0, "cost_high": 1_100_000.0,
    }  # fmt: skip
    (found,) = told(target=[TARGET], projection=[projection])["targets"]
    assert ("Cost", "1,000,000 [900,000; 1,100,000] EUR") in found["facts"]
    assert ("Likeness to the places studied (0 to 1)", "0.93") in found["facts"]
    refused = projection | {"status": "refused", "reason": "outside-the-studied", "effect": None}
    (found,) = told("fr", target=[TARGET], projection=[refused])["targets"]
    assert found["reason"].startswith("Rien n’est dit")
    assert len(found["facts"]) == 2
