"""What is graded of a measure (mode, wording, invariance) and of the synthesis of an effect, through declared studies:
each rule fires on its facts, does not without them, and says so where it cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import field
from tests.methods.measures.figures import ANSWERS, ITEMS
from tests.methods.measures.test_reliability_table import SIX
from tests.methods.studies.made_study import Made, made, outcome
from tests.methods.synthesis.test_answering import printed

from impact_pipeline.methods.synthesis.answering import synthesise

ARMS = {"treatment": "arm = true", "design": "randomised", "assignment": {"mechanism": "random"}}
AFTER = ARMS | {"waves": {"follow_up": "w1"}}
FOLLOWED = ARMS | {"waves": {"baseline": "w0", "follow_up": "w1"}}
SCORE = [outcome("score", value="six_score")]
MODES = {"codelist": "mode", "title": "Mode", "codes": {"web": "Web", "phone": "Phone"}}


def looked(told: Made, rule: str) -> pd.Series:
    return told.table("evidence").set_index("rule").loc[rule]


def fired(told: Made, rule: str) -> bool | None:
    value = looked(told, rule)["fired"]
    return None if pd.isna(value) else bool(value)


def answered(rows: pd.DataFrame, wave: str, arm: Sequence[bool]) -> pd.DataFrame:
    """Answers to the six items, the second turned round as the scale expects."""
    items = rows[ITEMS].astype(float).reset_index(drop=True)
    return items.assign(q2=6 - items["q2"], wave=wave, arm=list(arm), unit=[f"u{n:03}" for n in range(len(items))])


def of_scale(folder: Path, frame: pd.DataFrame, study: Mapping[str, Any]) -> Made:
    fields = [field("arm", "boolean"), *(field(item, "decimal", range=[1, 5], scale="six") for item in ITEMS)]
    return made(folder, frame, dict(study) | {"outcomes": SCORE}, fields, scales=[SIX])


CONTROL, TREATED = (ANSWERS[ANSWERS["arm"] == arm] for arm in ("control", "treated"))


def test_a_scale_that_measures_otherwise_in_the_treated_arm_is_told(tmp_path: Path) -> None:
    """Of R's two arms lavaan holds no more than one factor in each: loadings and intercepts differ."""
    frame = answered(pd.concat([CONTROL, TREATED]), "w1", [False] * 200 + [True] * 200)
    assert fired(of_scale(tmp_path, frame, AFTER), "not-invariant") is True


def test_a_scale_that_measures_alike_in_both_arms_is_told_so(tmp_path: Path) -> None:
    frame = answered(pd.concat([CONTROL, CONTROL]), "w1", [False] * 200 + [True] * 200)
    assert fired(of_scale(tmp_path, frame, AFTER), "not-invariant") is False


def test_few_answers_cannot_tell(tmp_path: Path) -> None:
    frame = answered(pd.concat([CONTROL[:149], TREATED]), "w1", [False] * 149 + [True] * 200)
    assert fired(of_scale(tmp_path, frame, AFTER), "not-invariant") is None


@pytest.mark.parametrize(("later", "expected"), [(TREATED, True), (CONTROL.sample(frac=1, random_state=2), False)])
def test_a_scale_is_compared_from_wave_to_wave(tmp_path: Path, later: pd.DataFrame, expected: bool) -> None:
    arm = [n % 2 == 0 for n in range(200)]  # too few in each to be compared between arms
    frame = pd.concat([answered(CONTROL, "w0", arm), answered(later, "w1", arm)], ignore_index=True)
    told = of_scale(tmp_path, frame, FOLLOWED)
    assert fired(told, "not-invariant") is expected
    (row,) = told.table("invariance").to_dict("records")
    assert (row["score"], row["wave_from"], row["wave_to"], row["holds"] == "scalar") == (
        "six_score", "w0", "w1", not expected,
    )  # fmt: skip


def two_waves(n: int = 200, effect: float = 0.6) -> pd.DataFrame:
    draws = np.random.default_rng(8)
    arm, trait = np.arange(n) % 2 == 0, draws.normal(size=n)
    waves = [
        pd.DataFrame({
            "unit": [f"u{i:03}" for i in range(n)], "wave": wave, "arm": arm, "how": "web",
            "y": trait + effect * arm * t + draws.normal(scale=0.5, size=n),
        }) for t, wave in enumerate(["w0", "w1"])
    ]  # fmt: skip
    return pd.concat(waves, ignore_index=True)


def in_modes(folder: Path, frame: pd.DataFrame, **instrument: Any) -> Made:
    fields = [field("arm", "boolean"), field("y"), field("how", "category", codes="mode")]
    study = FOLLOWED | {"outcomes": [outcome()]}
    return made(folder, frame, study, fields, instrument=instrument, codelists=[MODES])


BY_FIELD = {"mode": {"field": "how"}}


@pytest.mark.parametrize(
    ("mode", "phoned", "expected"),
    [
        ({"mode": "web"}, None, False),
        (BY_FIELD, None, False),
        ({}, None, None),  # nobody says how people answered
        (BY_FIELD, lambda rows: rows["wave"] == "w1", True),
        (BY_FIELD, lambda rows: (rows["wave"] == "w1") & rows["arm"], True),
        (BY_FIELD, lambda rows: rows["arm"], True),  # the same in both waves, not in both arms
    ],
)
def test_a_mode_that_differs_between_waves_or_arms_is_told(
    tmp_path: Path, mode: dict[str, Any], phoned: Any, expected: bool | None
) -> None:
    frame = two_waves()
    if phoned is not None:
        frame.loc[phoned(frame), "how"] = "phone"
    assert fired(in_modes(tmp_path, frame, **mode), "other-version") is expected


DELIVERED = {"independent_evaluator": True, "manual": True, "cost_per_unit_known": True, "replications": 2}
ALIKE = [(0.4 + 0.1 * (-1) ** k, 0.1 + 0.01 * k) for k in range(9)]
POOLED = ("prediction-crosses-zero", "inconsistent", "small-studies")


def with_others(folder: Path, others: Sequence[tuple[float, float]], n: int = 200, **more: Any) -> Made:
    """A trial beside effects of others, given as (effect, standard error)."""
    review = {
        "reference": "review", "question": "Does it help", "citation": "Made up", "licence": "CC0-1.0",
        "synthetic": True, "extraction": {"extracted_by": "A", "on": "2026-11-25", "checked_by": "B"},
        "effects": [
            printed(k, effect=effect, se=se, n_treated=round(2 / se**2), n_control=round(2 / se**2))
            for k, (effect, se) in enumerate(others)
        ],
    }  # fmt: skip
    question = {
        "synthesis": "help", "question": "Does it help", "outcome": "Y", "measure": "smd",
        "references": [{"reference": "review"}], "studies": [{"study": "made", "outcome": "y"}],
    }  # fmt: skip
    study = FOLLOWED | {"outcomes": [outcome(**more)], "delivery": DELIVERED}
    return made(
        folder, two_waves(n), study, [field("arm", "boolean"), field("y")], references=[review], syntheses=[question]
    )


def test_figures_of_the_pool_are_those_of_the_synthesis(tmp_path: Path) -> None:
    told = with_others(tmp_path, [(0.1 * k, 0.1 + 0.02 * k) for k in range(10)])
    rows = synthesise(told.schemas, told.table("effect").astype(object).to_dict("records")).synthesis
    (answer,) = [row for row in rows if (row["source"], row["role"]) == ("both", "answer")]
    assert answer["studies"] == 11
    for rule, figure in zip(POOLED, ("prediction_low", "i2", "egger_p"), strict=True):
        assert looked(told, rule)["figure"] == pytest.approx(answer[figure], rel=1e-9)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (ALIKE, (False, False, False)),
        ([(0.6 + 0.5 * (-1) ** k, 0.1) for k in range(10)], (True, True, False)),
        ([(0.15 + 2.5 * se, se) for se in np.linspace(0.1, 0.4, 10)], (False, False, True)),
        (ALIKE[:5], (False, False, None)),  # too few to tell of small studies
    ],
)
def test_what_others_found_is_graded(
    tmp_path: Path, others: Sequence[tuple[float, float]], expected: tuple[bool | None, ...]
) -> None:
    told = with_others(tmp_path, others)
    assert tuple(fired(told, rule) for rule in POOLED) == expected
    assert ("not-yet-transferable" in told.effect("y")["labels"]) is bool(expected[0])


def test_without_a_synthesis_what_others_may_expect_is_not_told(tmp_path: Path) -> None:
    study = FOLLOWED | {"outcomes": [outcome()], "delivery": DELIVERED}
    told = made(tmp_path, two_waves(), study, [field("arm", "boolean"), field("y")])
    assert [fired(told, rule) for rule in POOLED] == [None, None, None]
    assert told.effect("y")["nesta_level"] == 4


def test_the_highest_level_of_nesta_needs_a_good_effect_that_others_may_expect(tmp_path: Path) -> None:
    assert with_others(tmp_path / "good", ALIKE).effect("y")["nesta_level"] == 5
    assert with_others(tmp_path / "unlike", [(0.6 + 0.5 * (-1) ** k, 0.1) for k in range(9)]).effect("y")[
        "nesta_level"
    ] == 4  # fmt: skip
    harmful = with_others(tmp_path / "harm", [(-0.6, 0.1)] * 9, polarity="lower-is-better")
    assert fired(harmful, "prediction-crosses-zero") is False
    assert harmful.effect("y")["nesta_level"] == 4


def test_an_effect_too_small_to_be_told_is_in_no_pool(tmp_path: Path) -> None:
    told = with_others(tmp_path, ALIKE, n=16)
    assert told.effect("y")["status"] == "published"  # before the gate of disclosure
    assert fired(told, "prediction-crosses-zero") is None
