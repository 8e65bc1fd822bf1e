"""The rules behind a level are told in words: what fired and what it changed, and what nothing tells."""

from __future__ import annotations

import pytest
from tests.report.made import curated

from impact_pipeline.methods.evidence.rules import RULES
from impact_pipeline.report.evidence import evidence

ABOUT = {"study": "cafes", "outcome": "y"}
EFFECT = ABOUT | {"label_fr": "Bien-être", "label_en": "Well-being"}
FOUND = [
    {"fired": True, "change": "level-1 certainty-1:risk-of-bias", "figure": 0.0744, "threshold": 0.05,
     "sentence": "Pertes"},
    {"fired": None, "change": None, "sentence": "Réserve signée"},
    {"fired": None, "change": None, "sentence": "Réserve signée"},
    {"fired": False, "change": None, "sentence": "Trop peu de grappes"},
]  # fmt: skip


def test_what_fired_is_told_with_what_it_changed_and_what_nothing_tells_once() -> None:
    rows = [ABOUT | row | {"position": n, "sentence_fr": row["sentence"]} for n, row in enumerate(FOUND)]
    told = evidence(curated(evidence=rows, effect=[EFFECT]), {"study": "cafes"})
    assert told["rules"] == [{
        "outcome": "Bien-être", "sentence": "Pertes", "figure": "0,074", "threshold": "0,050",
        "change": "niveau −1, certitude −1 (risque de biais)",
    }]  # fmt: skip
    assert told["untold"] == ["Réserve signée"]


@pytest.mark.parametrize("change", sorted({rule.change.words() for rule in RULES} - {""}))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_change_that_a_rule_can_make_has_its_words(change: str, language: str) -> None:
    row = ABOUT | {"fired": True, "change": change, "position": 1}
    (told,) = evidence(curated(language, evidence=[row], effect=[EFFECT]), {"study": "cafes"})["rules"]
    assert told["change"]
    assert not set("<=:") & set(told["change"])
