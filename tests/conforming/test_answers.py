"""Answers from a list, several of them, yes or no: by code, label or synonym; what is in doubt is told."""

from __future__ import annotations

import pytest
from tests.conforming.cells import SCHEMAS, read, values

from impact_pipeline.declarations import CodeList


def test_yes_and_no():
    assert values("boolean", "oui", "O", "x", "Coché", "VRAI", "1", "✓") == [True] * 7
    assert values("boolean", "non", "N", "faux", "0") == [False] * 4
    assert values("boolean", "oui ?", "peut-être", "✗", "2") == ["not-a-boolean"] * 4


COLOURS = CodeList(
    codelist="colour",
    title="x",
    codes=[
        {"code": "r", "label": {"fr": "Rouge", "en": "Red"}, "synonyms": ["vermeil"]},
        {"code": "b", "label": {"fr": "Bleu, ciel", "en": "Blue"}},
    ],
)


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setitem(SCHEMAS.codelists, "colour", COLOURS)


@pytest.mark.usefixtures("colours")
def test_answers_of_a_list_by_code_label_or_synonym():
    assert values("category", "r", "ROUGE", "red", "Vermeil", "bleu ciel", codes="colour") == ["r", "r", "r", "r", "b"]
    assert values("category", "rouge ?", "rosé", codes="colour") == ["not-in-list"] * 2
    assert [cell.code for cell in read("category", "Rouge", "rouge", codes="colour")] == ["", "code-converted"]


@pytest.mark.usefixtures("colours")
def test_several_answers_come_out_in_the_order_of_the_list():
    assert values("categories", "Bleu, ciel ; Rouge", "b r", "r,b", "b|b", codes="colour") == ["r b", "r b", "r b", "b"]
    assert values("categories", "r ; mauve", codes="colour") == ["not-in-list"]
