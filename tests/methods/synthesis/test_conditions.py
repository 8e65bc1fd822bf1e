"""Conditions of success across studies: a rule that the effects were made by is found, chance and few studies
refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.synthesis.test_answering import printed, question, reference, schemas

from impact_pipeline.methods.synthesis.answering import synthesise
from impact_pipeline.methods.synthesis.conditions import study_effects
from impact_pipeline.methods.synthesis.pooling import pool, shrink
from impact_pipeline.methods.synthesis.study_effects import StudyEffect
from impact_pipeline.release import BY_NAME

SET = {"exclusion": 1, "crossover": 5.01, "inclusion": 9, "source": "A norm of 2019"}
ASKED = {
    "success": {
        "exclusion": 0.045,
        "crossover": 0.225,
        "inclusion": 0.405,
        "source": "Effects that matter, 2018",
    },
    "sets": [SET | {"moderator": name, "expected": "present"} for name in ("partners", "staff", "habit")],
}
MODERATORS = [{"name": name, "label": name} for name in ("partners", "staff", "habit")]


def made(n: int, seed: int = 20260601, error: float = 0.02) -> list[dict[str, Any]]:
    """Studies whose effect is as large as partners and staff together are, or habit is: .045 for one point of ten."""
    draw = np.random.default_rng(seed)
    told = []
    for place in range(n):
        values = {name: round(float(draw.uniform(0, 10)), 2) for name in ("partners", "staff", "habit")}
        works = max(min(values["partners"], values["staff"]), values["habit"])
        effect = 0.045 * works + draw.normal(0, error)
        told.append(printed(place, effect=float(effect), se=error, moderators=values))
    return told


def rows(told: list[dict[str, Any]], **change: Any) -> list[dict[str, Any]]:
    asked = question(moderators=MODERATORS, conditions={**ASKED, **change})
    return synthesise(schemas(asked, reference(told)), []).synthesis_condition


def test_the_rule_is_found_with_its_fit_and_bears_other_choices() -> None:
    found = rows(made(48))
    whole = {row["kind"]: row for row in found if row["kind"] != "necessary" and row["position"] == 0}
    assert whole["parsimonious"]["expression"] == "partners*staff + habit"
    assert whole["intermediate"]["expression"] == "partners*staff + habit"
    assert whole["parsimonious"]["consistency"] > 0.85
    assert whole["parsimonious"]["found_again"] > 0.7
    terms = [row for row in found if row["kind"] == "parsimonious" and row["position"] > 0]
    assert [row["expression"] for row in terms] == ["partners*staff", "habit"]
    assert all(row["unique_coverage"] > 0.1 and row["cases"] > 0 for row in terms)
    assert len([row for row in found if row["kind"] == "necessary"]) == 6


def test_eleven_studies_are_too_few() -> None:
    (row,) = rows(made(11))
    assert (row["status"], row["reason"], row["studies"]) == ("refused", "too-few-cases", 11)


def test_a_study_without_a_value_is_told() -> None:
    told = made(14)
    told[3]["moderators"] = {"partners": 3.0, "staff": 2.0}
    (row,) = rows(told)
    assert row["reason"] == "missing-value"


def test_a_small_study_is_no_success_by_chance() -> None:
    """Its effect is drawn to the mean: with an error of .5 it says next to nothing."""
    told = [StudyEffect("literature", f"s{n}", "mood", "", 0.1, 0.02, 0, 0, None, None, "randomised") for n in range(5)]
    lucky = StudyEffect("literature", "s9", "mood", "", 0.9, 0.5, 0, 0, None, None, "randomised")
    cases, found = study_effects([*told, lucky], 0.6, 0.95)
    assert cases[-1] == "literature s9"
    assert found[-1] < 0.15


def test_effects_of_a_study_are_one_case() -> None:
    """Two effects of error .1 that share half their error: variance (2 x .01 + 2 x .005) / 4."""
    told = [
        StudyEffect("literature", study, outcome, "", effect, 0.1, 0, 0, None, None, "randomised")
        for study, outcome, effect in (("a", "x", 0.1), ("a", "y", 0.5), ("b", "x", 0.2), ("c", "x", 0.8))
    ]
    cases, found = study_effects(told, 0.5, 0.95)
    y, v = np.array([0.3, 0.2, 0.8]), np.array([0.0075, 0.01, 0.01])
    assert cases == ["literature a", "literature b", "literature c"]
    assert_allclose(found, shrink(y, v, pool(y, v)).effect, rtol=1e-12)


def test_nothing_depends_on_the_order_of_the_studies() -> None:
    told = made(20)
    order = np.random.default_rng(2).permutation(20)
    assert rows([told[i] for i in order]) == rows(told)


def test_rows_are_those_of_the_curated_table() -> None:
    columns = {column.name: column for column in BY_NAME["synthesis_condition"].columns}
    for row in (*rows(made(30)), *rows(made(5))):
        assert set(row) == set(columns)
        assert all(not c.codes or row[name] in c.codes for name, c in columns.items())


@pytest.mark.parametrize("change", [{"crossover": 9.5}, {"crossover": 1}])
def test_anchors_out_of_order_are_refused_in_the_declaration(change: dict[str, Any]) -> None:
    wrong = [SET | {"moderator": "partners"} | change]
    with pytest.raises(ValueError, match="between `exclusion` and `inclusion`"):
        question(moderators=MODERATORS, conditions={**ASKED, "sets": wrong})


def test_a_condition_is_a_declared_moderator() -> None:
    wrong = [SET | {"moderator": "luck"}]
    with pytest.raises(ValueError, match="a moderator of the synthesis"):
        question(moderators=MODERATORS, conditions={**ASKED, "sets": wrong})
