"""Answers from a list, several of them, yes or no: by code, label or synonym; what is in doubt is told."""

from __future__ import annotations

import pytest
from tests.conforming.cells import SCHEMAS, read, values

from impact_pipeline.conforming.answers import read_booleans
from impact_pipeline.declarations import CodeList


def test_yes_and_no():
    assert values("boolean", "oui", "O", "x", "Coché", "VRAI", "1", "✓") == [True] * 7
    assert values("boolean", "non", "N", "faux", "0") == [False] * 4
    assert values("boolean", "X", "✔", "☑", "yes", "o", "vrai", "1.0") == [True] * 7
    assert values("boolean", "Décoché", "☐", "no", "FAUX", "0,0") == [False] * 5
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


AGES = CodeList(
    codelist="ages",
    title="x",
    codes=[
        {"code": "a", "label": {"fr": "1-2", "en": "1-2"}},
        {"code": "b", "label": {"fr": "5-10", "en": "5-10"}},
        {"code": "c", "label": {"fr": "10-15", "en": "10-15"}},
        {"code": "3", "label": {"fr": "plus", "en": "more"}},
    ],
)


def test_a_label_that_a_spreadsheet_took_for_a_date_is_found_again(monkeypatch):
    monkeypatch.setitem(SCHEMAS.codelists, "ages", AGES)
    dates = read("category", "2026-10-05", "2026-02-01", "2015-10-01", of="d", codes="ages")
    assert [(cell.value, cell.code) for cell in dates] == [(code, "code-from-date") for code in "bac"]
    assert values("category", "05-oct", "5-oct.", "oct.-15", "01/02/2026", codes="ages") == ["b", "b", "c", "a"]
    assert values("category", "2026-07-14", of="d", codes="ages") == ["not-in-list"]
    assert values("categories", "2026-10-05", of="d", codes="ages") == ["b"]


def test_a_code_that_a_statistics_tool_wrote_as_a_number(monkeypatch):
    monkeypatch.setitem(SCHEMAS.codelists, "ages", AGES)
    assert values("category", "3.0", "3,0", "3.5", codes="ages") == ["3", "3", "not-in-list"]


def test_yes_and_no_in_capitals_are_no_conversion():
    assert [cell.code for cell in read_booleans([("OUI", "t"), ("Non", "t"), ("x", "t")]).values()] == [
        "", "", "code-converted",
    ]  # fmt: skip
