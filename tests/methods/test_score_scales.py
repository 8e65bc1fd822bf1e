"""Each shipped scale is scored as its published rule says; the expected figures are worked out by hand beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, field, store

from impact_pipeline.declarations import Schemas, load_schemas

SHIPPED = load_schemas(Path(__file__).parents[2] / "schemas")
CASES = [
    # WHO-5: five answers 0-5, sum x 4; complete answers only
    ("who5", [5, 5, 5, 5, 5], {"who5": 100.0}),
    ("who5", [0, 0, 0, 0, 0], {"who5": 0.0}),
    ("who5", [3, 2, 4, 1, 3], {"who5": 52.0}),  # 13 x 4
    ("who5", [3, 2, 4, 1, None], {"who5": None}),
    # SWEMWBS: seven answers 1-5, raw sum read in the metric table of Stewart-Brown et al. 2009
    ("swemwbs", [1] * 7, {"swemwbs": 7.0}),
    ("swemwbs", [5] * 7, {"swemwbs": 35.0}),
    ("swemwbs", [3, 3, 3, 3, 3, 3, 3], {"swemwbs": 19.25}),  # raw 21
    ("swemwbs", [4, 4, 3, 4, 4, 3, 4], {"swemwbs": 23.21}),  # raw 26
    ("swemwbs", [4, 4, None, 4, 4, 3, 4], {"swemwbs": None}),
    # ONS4: four answers 0-10, each a score of its own
    ("ons4", [7, 8, 6, 3], {"life_satisfaction": 7.0, "worthwhile": 8.0, "happiness": 6.0, "anxiety": 3.0}),
    ("ons4", [None, 8, 6, 0], {"life_satisfaction": None, "worthwhile": 8.0, "happiness": 6.0, "anxiety": 0.0}),
    # Cantril ladder: now and in five years, 0-10
    ("cantril", [6, 8], {"cantril_now": 6.0, "cantril_future": 8.0}),
    # UCLA-3: three answers 1-3, sum 3-9
    ("ucla3", [1, 1, 1], {"loneliness": 3.0}),
    ("ucla3", [3, 2, 1], {"loneliness": 6.0}),
    ("ucla3", [3, None, 1], {"loneliness": None}),
    # PHQ-4: four answers 0-3; GAD-2 is the first two, PHQ-2 the last two
    ("phq4", [3, 1, 0, 2], {"phq4": 6.0, "gad2": 4.0, "phq2": 2.0}),
    ("phq4", [3, 1, None, 2], {"phq4": None, "gad2": 4.0, "phq2": None}),
    # WEMWBS: fourteen answers 1-5, sum; up to three missing ones take the person's mean
    ("wemwbs", [3] * 14, {"wemwbs": 42.0}),
    ("wemwbs", [4] * 7 + [3] * 4 + [None] * 3, {"wemwbs": 40 / 11 * 14}),
    ("wemwbs", [4] * 10 + [None] * 4, {"wemwbs": None}),
    # SWLS: five answers 1-7, sum; complete answers only
    ("swls", [5, 6, 4, 7, 3], {"swls": 25.0}),
    ("swls", [5, 6, 4, 7, None], {"swls": None}),
    # De Jong Gierveld: emotional items count from "more or less" (2) up, social ones from it down; one missing counts 0
    ("dejong-gierveld-6", [1, 1, 1, 3, 3, 3], {"djg_loneliness": 0.0, "djg_emotional": 0.0, "djg_social": 0.0}),
    ("dejong-gierveld-6", [3, 2, 1, 1, 2, 3], {"djg_loneliness": 4.0, "djg_emotional": 2.0, "djg_social": 2.0}),
    ("dejong-gierveld-6", [3, 2, None, 1, 2, 3], {"djg_loneliness": 4.0, "djg_emotional": None, "djg_social": 2.0}),
    (
        "dejong-gierveld-6",
        [3, 2, None, 1, None, 3],
        {"djg_loneliness": None, "djg_emotional": None, "djg_social": None},
    ),
    # Rosenberg: ten answers 0-3, five of them reversed (no good, not proud, useless, respect, failure)
    ("rosenberg", [3, 0, 3, 3, 0, 0, 3, 0, 0, 3], {"self_esteem": 30.0}),
    ("rosenberg", [2, 1, 3, 2, 1, 2, 2, 3, 0, 2], {"self_esteem": 19.0}),  # 2+2+3+2+2+1+2+0+3+2
    ("rosenberg", [2, 1, 3, 2, 1, 2, 2, 3, 0, None], {"self_esteem": None}),
    ("rosenberg-fr", [4, 1, 4, 4, 1, 1, 4, 1, 1, 4], {"self_esteem_fr": 40.0}),
    ("rosenberg-fr", [1, 4, 1, 1, 4, 4, 1, 4, 4, 1], {"self_esteem_fr": 10.0}),
    # Trust: one answer 0-10; or three, of which two at least are given
    ("general-trust", [6], {"general_trust": 6.0}),
    ("trust-ess3", [4, 5, 9], {"social_trust": 6.0}),
    ("trust-ess3", [4, None, 9], {"social_trust": 6.5}),
    ("trust-ess3", [None, None, 9], {"social_trust": None}),
    # PWI-A: mean of seven answers x 10 (with spirituality, of eight); all 0 or all 10 is no answer in earnest
    ("pwi-a", [9, 7, 7, 6, 8, 7, 7, 7, 3], {"pwi": 70.0, "pwi_with_spirituality": 65.0, "pwi_life_as_a_whole": 9.0}),
    ("pwi-a", [8, *[10] * 7, None], {"pwi": None, "pwi_with_spirituality": None, "pwi_life_as_a_whole": 8.0}),
    ("pwi-a", [0, *[0] * 7, 5], {"pwi": None, "pwi_with_spirituality": 6.25, "pwi_life_as_a_whole": 0.0}),
    ("pwi-a", [5, *[5] * 7, 5], {"pwi": 50.0, "pwi_with_spirituality": 50.0, "pwi_life_as_a_whole": 5.0}),
    # MHI-5: calm and happy reversed, (sum - 5) x 4; three answers at least, the others count as their mean
    ("mhi5", [6, 6, 1, 6, 1], {"mhi5": 100.0}),
    ("mhi5", [4, 5, 3, 5, 2], {"mhi5": 72.0}),  # 4 + 5 + 4 + 5 + 5 = 23
    ("mhi5", [4, 5, 3, None, None], {"mhi5": (13 / 3 * 5 - 5) * 4}),
    ("mhi5", [4, 5, None, None, None], {"mhi5": None}),
    # OECD's core module and INSEE's satisfactions: 0-10, a score a question
    (
        "oecd-core",
        [7, 8, 6, 3, 1],
        {
            "oecd_life_evaluation": 7.0,
            "oecd_worthwhile": 8.0,
            "oecd_happy": 6.0,
            "oecd_worried": 3.0,
            "oecd_depressed": 1.0,
        },
    ),
    (
        "insee-satisfaction",
        [7, 8, None, 6, 9],
        {
            "srcv_life_satisfaction": 7.0,
            "srcv_housing_satisfaction": 8.0,
            "srcv_work_satisfaction": None,
            "srcv_leisure_satisfaction": 6.0,
            "srcv_relations_satisfaction": 9.0,
        },
    ),
]
EXACT = 1e-12  # a division by eleven answers


def asked(folder: Path, scale: dict[str, Any]) -> Schemas:
    """A programme whose instrument asks all items of a scale."""
    items = [field(x["item"], "decimal", range=x["range"], scale=scale["scale"]) for x in scale["items"]]
    unit = field("unit", "text", required=True)
    instrument = {"instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit"],
                  "fields": [unit, *items]}  # fmt: skip
    return declare(folder / "schemas", instrument, [], scales=[scale])


def scored(folder: Path, scale: dict[str, Any], answers: list[list[float | None]]) -> pd.DataFrame:
    """Scores and their status by person (`0`, `1`...) and score."""
    schemas = asked(folder, scale)
    names = [x["item"] for x in scale["items"]]
    frame = pd.DataFrame(answers, columns=names, dtype="float64").assign(unit=[str(n) for n in range(len(answers))])
    connection = computed(schemas, store(folder, schemas, [({}, frame)]))
    return connection.sql("select unit, score, value, status from score").df().set_index(["unit", "score"]).sort_index()


@pytest.mark.parametrize(("scale", "answers", "expected"), CASES)
def test_shipped_scale(
    tmp_path: Path, scale: str, answers: list[float | None], expected: dict[str, float | None]
) -> None:
    declared = SHIPPED.scales[scale].model_dump(mode="json", by_alias=True, exclude_none=True)
    found = scored(tmp_path, declared, [answers]).loc["0"]["value"]
    told = {name: None if pd.isna(value) else value for name, value in found.items()}
    assert told == {
        name: value if value is None else pytest.approx(value, rel=EXACT) for name, value in expected.items()
    }


def test_every_shipped_scale_is_worked_out_here() -> None:
    assert {scale for scale, _, _ in CASES} == set(SHIPPED.scales)


@pytest.mark.parametrize("scale", ["rosenberg", "rosenberg-fr"])
def test_both_orders_of_rosenberg_score_alike(tmp_path: Path, scale: str) -> None:
    """The same person on either questionnaire: columns are named by what items say, and reversals go with the names."""
    declared = SHIPPED.scales[scale]
    answers = {name: 1 + place % 3 for place, name in enumerate(declared.by_item)}
    reversed_at = {
        order: tuple(n for n, name in enumerate(names, 1) if declared.by_item[name].reverse)
        for order, names in declared.orders.items()
    }
    assert reversed_at == {"reversed-2-5-6-8-9": (2, 5, 6, 8, 9), "reversed-3-5-8-9-10": (3, 5, 8, 9, 10)}
    told = []
    for order, names in declared.orders.items():
        items = [declared.by_item[name].model_dump(mode="json", exclude_none=True) for name in names]
        printed = declared.model_dump(mode="json", by_alias=True, exclude_none=True) | {"items": items}
        told.append(scored(tmp_path / order, printed, [[answers[name] for name in names]]).loc["0", "value"].to_dict())
    assert told[0] == told[1]


def test_a_set_of_the_same_extreme_answers_is_told_apart_from_a_missing_one(tmp_path: Path) -> None:
    declared = SHIPPED.scales["pwi-a"].model_dump(mode="json", by_alias=True, exclude_none=True)
    found = scored(tmp_path, declared, [[5, *[10] * 7, 10], [5, *[10] * 6, None, 10], [5, *[10] * 6, 9, 10]])
    assert found.xs("pwi", level="score")["status"].to_list() == ["response-set", "too-few-answers", "complete"]


MADE_UP = {
    "scale": "made-up", "title": "Made up", "construct": "Nothing", "recall": "Never",
    "items": [{"item": "up", "range": [1, 4]}, {"item": "down", "range": [1, 4], "reverse": True},
              {"item": "more", "range": [1, 4]}],
    "scores": [
        {"name": "by_sum", "label": "Sum", "items": ["up", "down", "more"], "missing_allowed": 1, "multiply": 2,
         "range": [6, 24], "polarity": "higher-is-better"},
        {"name": "by_mean", "label": "Mean", "items": ["up", "down", "more"], "method": "mean", "missing_allowed": 2,
         "range": [1, 4], "polarity": "higher-is-better"},
    ],
    "licence": {"terms": "Free", "holder": "Nobody", "wording_may_ship": True},
    "references": [{"citation": "Made up"}],
}  # fmt: skip


def test_reversed_items_and_the_mean_of_the_answered_ones(tmp_path: Path) -> None:
    """`down` counts 1 + 4 - answer; a missing item takes the person's mean while the rule allows it."""
    answers: list[list[float | None]] = [[4, 1, 3], [4, 2, None], [4, None, None], [None, None, None]]
    found = scored(tmp_path, MADE_UP, answers)
    assert found.loc["0", "value"].to_dict() == {"by_sum": 22.0, "by_mean": 11 / 3}  # 4 + 4 + 3
    assert found.loc["1", "value"].to_dict() == {"by_sum": 21.0, "by_mean": 3.5}  # 4 + 3, three times 3.5, doubled
    assert found.loc["2", "value"].fillna(-1).to_dict() == {"by_sum": -1, "by_mean": 4.0}
    assert found.loc["3", "value"].isna().all()
    assert found.loc["1", "status"].to_dict() == {"by_sum": "person-mean", "by_mean": "person-mean"}
    assert found.loc["2", "status"].to_dict() == {"by_sum": "too-few-answers", "by_mean": "person-mean"}
    assert found.loc["0", "status"].to_dict() == {"by_sum": "complete", "by_mean": "complete"}


def test_response_tells_why_there_is_no_answer(tmp_path: Path) -> None:
    schemas = asked(tmp_path, MADE_UP)
    frame = pd.DataFrame({"unit": ["a", "b"], "up": [1.0, None], "down": [None, 2.0], "more": [3.0, 4.0]})
    statuses = pd.DataFrame({"row": [3], "field": ["up"], "status": ["refused"]})
    connection = computed(schemas, store(tmp_path, schemas, [({"statuses": statuses}, frame)]))
    told = connection.sql("select unit, item, number, status from response order by unit, item").fetchall()
    assert told == [
        ("a", "down", None, "blank"), ("a", "more", 3.0, "answered"), ("a", "up", 1.0, "answered"),
        ("b", "down", 2.0, "answered"), ("b", "more", 4.0, "answered"), ("b", "up", None, "refused"),
    ]  # fmt: skip
