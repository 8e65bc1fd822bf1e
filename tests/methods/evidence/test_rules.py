"""Every rule of the evidence level: where it fires, where it does not, where it cannot be told, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from impact_pipeline.methods.evidence import JUDGED, RULES, Facts, Grade, grade
from impact_pipeline.words import LANGUAGES, catalogue

SIGNED = dict.fromkeys(JUDGED, "fine")
TRIAL = Facts(mechanism="random", comparison=True, baseline=True, declared="before", judgements=SIGNED)
SELF = replace(TRIAL, mechanism="self")
SCALE = {"scale": True}
# rule | facts where it fires | facts where it does not | what it changes
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("ceiling-random", {}, {"mechanism": "self"}, "ceiling=5"),
    ("ceiling-quasi-random", {"mechanism": "threshold"}, {"mechanism": "self"}, "ceiling=4"),
    ("ceiling-quasi-random", {"mechanism": "instrument"}, {}, "ceiling=4"),
    ("ceiling-before-and-comparison", {"mechanism": "administrative"}, {}, "ceiling=3"),
    ("ceiling-comparison-adjusted", {"mechanism": "self", "baseline": False, "controls": True},
     {"mechanism": "self", "baseline": False}, "ceiling=2"),
    ("ceiling-comparison-unadjusted", {"mechanism": "self", "baseline": False},
     {"mechanism": "self", "baseline": False, "controls": True}, "ceiling=1"),
    ("ceiling-before-adjusted", {"mechanism": "self", "comparison": False, "controls": True},
     {"mechanism": "self", "comparison": False}, "ceiling=2"),
    ("ceiling-before-unadjusted", {"mechanism": "self", "comparison": False},
     {"mechanism": "self", "comparison": False, "controls": True}, "ceiling=1"),
    ("ceiling-neither", {"mechanism": "self", "comparison": False, "baseline": False}, {"mechanism": "self"},
     "ceiling=1"),
    ("confounded-clusters", {"clusters_treated": 3, "clusters_control": 1},
     {"clusters_treated": 2, "clusters_control": 2}, "level<=1 certainty-2:risk-of-bias"),
    ("confounded-clusters", {"clusters_treated": 1, "clusters_control": 1},
     {"clusters_treated": 1, "clusters_control": 9}, "level<=1 certainty-2:risk-of-bias"),
    ("one-treated-cluster", {"clusters_treated": 1, "clusters_control": 9},
     {"clusters_treated": 1, "clusters_control": 9, "permutation_shown": True}, "level<=2 certainty-1:risk-of-bias"),
    ("few-clusters", {"clusters_treated": 4, "clusters_control": 5, "se_rule": "CR1"},
     {"clusters_treated": 4, "clusters_control": 5, "se_rule": "CR2"}, "level-1 certainty-1:imprecision"),
    ("few-clusters", {"clusters_treated": 4, "clusters_control": 5, "se_rule": "CR1"},
     {"clusters_treated": 5, "clusters_control": 5, "se_rule": "CR1"}, "level-1 certainty-1:imprecision"),
    ("few-clusters", {"clusters_treated": 4, "clusters_control": 5, "se_rule": "HC2"},
     {"clusters_treated": 4, "clusters_control": 5, "se_rule": "CR1", "bootstrap_shown": True},
     "level-1 certainty-1:imprecision"),
    ("attrition", {"attrition_within": False, "attrition_differential": 0.12, "attrition_allowed": 0.06},
     {"attrition_within": True, "attrition_differential": 0.02, "attrition_allowed": 0.06},
     "level-1 certainty-1:risk-of-bias"),
    ("attrition-bounds", {"lee_low": -0.1, "lee_high": 0.4}, {"lee_low": 0.1, "lee_high": 0.4},
     "level-1 certainty-1:risk-of-bias"),
    ("groups-far-apart", {"smd_outcome": 0.26}, {"smd_outcome": 0.25}, "level<=2 certainty-1:risk-of-bias"),
    ("groups-far-apart", {"smd_covariates": 0.3, "adjusted": True}, {"smd_covariates": 0.2},
     "level<=2 certainty-1:risk-of-bias"),
    ("outcome-imbalance", {"smd_outcome": 0.06}, {"smd_outcome": 0.06, "adjusted": True},
     "level-1 certainty-1:risk-of-bias"),
    ("outcome-imbalance", {"smd_outcome": 0.25}, {"smd_outcome": 0.05}, "level-1 certainty-1:risk-of-bias"),
    ("covariate-imbalance", {"smd_covariates": 0.11}, {"smd_covariates": 0.10}, "level-1 certainty-1:risk-of-bias"),
    ("few-pre-waves", {"pre_waves": 1}, {"pre_waves": 2}, "level<=3 trend-hardly-tested"),
    ("pre-trend", {"pretrend_p": 0.049}, {"pretrend_p": 0.05}, "level-1 certainty-1:risk-of-bias"),
    ("trend-break", {"breakdown": 0.9}, {"breakdown": 1.0}, "level-1 certainty-1:risk-of-bias"),
    ("naive-staggered", {"naive_staggered": True}, {"naive_staggered": False}, "level-1 certainty-1:risk-of-bias"),
    ("thin-overlap", {"effective_share": 0.49}, {"effective_share": 0.5}, "level-1 certainty-1:risk-of-bias"),
    ("heavy-weight", {"heaviest": 0.051}, {"heaviest": 0.05}, "level-1 certainty-1:risk-of-bias"),
    ("selected-low", {"selected_low": True, "comparison": False, "mechanism": "self"}, {"selected_low": True},
     "level<=1 certainty-2:risk-of-bias"),
    ("not-validated", SCALE | {"french_validation": False}, SCALE | {"french_validation": True},
     "certainty-1:indirectness"),
    ("unreliable", SCALE | {"reliability": 0.69}, SCALE | {"reliability": 0.70}, "certainty-1:risk-of-bias"),
    ("at-ceiling", SCALE | {"at_ceiling": 0.16}, SCALE | {"at_ceiling": 0.15}, "certainty-1:risk-of-bias"),
    ("other-version", {"same_version": False}, {"same_version": True}, "certainty-1:risk-of-bias"),
    ("not-invariant", SCALE | {"invariant": False}, SCALE | {"invariant": True}, "certainty-1:risk-of-bias"),
    ("not-declared", {"declared": "after"}, {"declared": "before"}, "certainty<=moderate exploratory"),
    ("not-declared", {"declared": "not"}, {"declared": "before"}, "certainty<=moderate exploratory"),
    ("many-looks", {"tested": 2}, {"tested": 2, "multiplicity_adjusted": True}, "certainty<=moderate exploratory"),
    ("many-looks", {"tested": 3}, {"tested": 1}, "certainty<=moderate exploratory"),
    ("imprecise", {"low": -0.1, "high": 0.5, "important": 0.4}, {"low": -0.1, "high": 0.3, "important": 0.4},
     "certainty-1:imprecision"),
    ("imprecise", {"low": -0.5, "high": 0.1, "important": 0.4}, {"low": 0.1, "high": 0.5, "important": 0.4},
     "certainty-1:imprecision"),
    ("too-small", {"n": 99, "optimal_n": 100.0}, {"n": 100, "optimal_n": 100.0}, "certainty-1:imprecision"),
    ("too-small", {"n": 99, "optimal_n": 100.0},
     {"n": 99, "optimal_n": 100.0, "low": -1.0, "high": 1.0, "important": 0.5}, "certainty-1:imprecision"),
    ("prediction-crosses-zero", {"prediction_low": -0.1, "prediction_high": 0.5},
     {"prediction_low": 0.1, "prediction_high": 0.5}, "not-yet-transferable"),
    ("inconsistent", {"i2": 75.1}, {"i2": 75.0}, "certainty-1:inconsistency"),
    ("small-studies", {"studies": 10, "small_study_p": 0.09}, {"studies": 10, "small_study_p": 0.10},
     "certainty-1:publication-bias"),
    ("hidden-confounder", {"robustness_value": 0.1, "strongest_covariate": 0.2},
     {"robustness_value": 0.2, "strongest_covariate": 0.2}, "level-1 certainty-1:risk-of-bias"),
    ("large-effect", {"mechanism": "self", "g": -0.81}, {"mechanism": "self", "g": 0.8}, "certainty+1"),
    ("not-delivered", {"judgements": SIGNED | {"fidelity": "serious"}}, {}, "level-1"),
    *((f"concern-{name}", {"judgements": SIGNED | {name: "concern"}}, {"judgements": SIGNED | {name: "serious"}},
       f"certainty-1:{domain}") for name, domain in JUDGED.items()),
    *((f"serious-{name}", {"judgements": SIGNED | {name: "serious"}}, {"judgements": SIGNED | {name: "concern"}},
       f"certainty-2:{domain}") for name, domain in JUDGED.items()),
    *(("not-reviewed", {"judgements": SIGNED | {name: None}}, {}, "computed-not-reviewed") for name in JUDGED),
    ("not-reviewed", {"judgements": None}, {}, "computed-not-reviewed"),
]  # fmt: skip
UNTOLD = {  # facts that nobody knows: their rule must say so, not that all is well
    "confounded-clusters", "one-treated-cluster", "few-clusters", "attrition", "attrition-bounds", "groups-far-apart",
    "outcome-imbalance", "covariate-imbalance", "few-pre-waves", "pre-trend", "trend-break", "naive-staggered",
    "thin-overlap", "heavy-weight", "not-validated", "unreliable", "at-ceiling", "other-version", "not-invariant",
    "imprecise", "too-small", "prediction-crosses-zero", "inconsistent", "small-studies", "hidden-confounder",
    "large-effect",
}  # fmt: skip


def looked(found: Grade) -> dict[str, tuple[bool | None, str]]:
    return {rule.rule: (rule.fired, rule.change) for rule in found.rules}


@pytest.mark.parametrize(("rule", "fires", "does_not", "change"), CASES)
def test_a_rule_fires_on_its_facts_alone(
    rule: str, fires: dict[str, Any], does_not: dict[str, Any], change: str
) -> None:
    assert looked(grade(replace(TRIAL, **fires)))[rule] == (True, change)
    assert looked(grade(replace(TRIAL, **does_not)))[rule] == (False, "")


def test_every_rule_has_a_case_and_a_sentence_in_both_languages() -> None:
    assert {case[0] for case in CASES} == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)
    for language in LANGUAGES:
        assert {f"evidence.{rule.code}" for rule in RULES} <= set(catalogue(language))


def test_what_is_not_known_is_told_as_not_known() -> None:
    assert {rule for rule, (fired, _) in looked(grade(TRIAL)).items() if fired is None} == UNTOLD


def test_few_studies_never_tell_of_selective_publication() -> None:
    facts = replace(TRIAL, studies=9, small_study_p=0.001)
    assert looked(grade(facts))["small-studies"] == (None, "")


@pytest.mark.parametrize(
    ("facts", "ceiling", "level"),
    [
        ({}, 5, 5),
        ({"mechanism": "threshold"}, 4, 4),
        ({"mechanism": "self"}, 3, 3),
        ({"mechanism": "self", "baseline": False, "controls": True}, 2, 2),
        ({"mechanism": "self", "comparison": False}, 1, 1),
        ({"comparison": False}, 1, 1),  # a draw without a comparison group is no trial
        ({"attrition_within": False, "attrition_differential": 0.2}, 5, 4),
        ({"attrition_within": False, "attrition_differential": 0.2, "lee_low": -1.0, "lee_high": 1.0}, 5, 3),
        ({"smd_outcome": 0.4, "lee_low": -1.0, "lee_high": 1.0}, 5, 1),
        ({"smd_outcome": 0.4, "lee_low": -1.0, "lee_high": 1.0, "heaviest": 0.5}, 5, 1),  # never below 1
        ({"clusters_treated": 1, "clusters_control": 1}, 5, 1),
    ],
)
def test_a_level_is_a_ceiling_then_caps_then_steps(facts: dict[str, Any], ceiling: int, level: int) -> None:
    found = grade(replace(TRIAL, **facts))
    assert (found.ceiling, found.level) == (ceiling, level)


@pytest.mark.parametrize(
    ("facts", "certainty"),
    [
        ({}, "high"),
        ({"mechanism": "threshold"}, "low"),
        ({"mechanism": "self", "g": 0.9}, "moderate"),
        ({"mechanism": "self", "g": 0.9, "i2": 90.0}, "very-low"),  # nothing goes up where something took it down
        ({"declared": "not"}, "moderate"),
        ({"declared": "not", "i2": 90.0}, "moderate"),
        ({"i2": 90.0}, "moderate"),
        ({"i2": 90.0, "low": -1.0, "high": 1.0, "important": 0.5}, "low"),
        ({"smd_outcome": 0.4, "lee_low": -1.0, "lee_high": 1.0, "heaviest": 0.5}, "low"),  # two a domain at most
        ({"judgements": SIGNED | {"harm": "serious", "indirectness": "serious"}}, "very-low"),
    ],
)
def test_certainty_starts_from_the_assignment_and_goes_down_by_domain(facts: dict[str, Any], certainty: str) -> None:
    assert grade(replace(TRIAL, **facts)).certainty == certainty


DELIVERED = {"independent_evaluator": True, "replications": 2, "manual": True, "cost_known": True,
             "prediction_low": 0.1, "prediction_high": 0.4}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "nesta"),
    [
        ({"baseline": False, "comparison": False}, 1),
        ({"comparison": False}, 2),
        ({"low": -1.0, "high": 1.0, "important": 0.5}, 2),  # a comparison, but too few to tell
        ({}, 3),
        ({"mechanism": "self", "baseline": False, "controls": True}, 2),
        ({"independent_evaluator": True}, 3),  # at an unknown cost
        ({"independent_evaluator": True, "cost_known": True}, 4),
        ({"replications": 2, "cost_known": True}, 4),
        (DELIVERED, 5),
        (DELIVERED | {"manual": False}, 4),
        (DELIVERED | {"replications": 1}, 4),
        (DELIVERED | {"prediction_low": -0.1}, 4),
        (DELIVERED | {"prediction_low": -0.4, "prediction_high": -0.1}, 4),  # harm that others may expect
        (DELIVERED | {"cost_known": False}, 3),
        (DELIVERED | {"smd_outcome": 0.5}, 2),
    ],
)
def test_the_nesta_level_is_reached_step_by_step(facts: dict[str, Any], nesta: int) -> None:
    assert grade(replace(TRIAL, **facts)).nesta == nesta


def test_labels_are_told_once_each_and_in_order() -> None:
    facts = replace(SELF, declared="not", tested=3, judgements=None, prediction_low=-1.0, prediction_high=1.0)
    assert grade(facts).labels == ("exploratory", "not-yet-transferable", "computed-not-reviewed")
