"""Words that stand where an answer should: a status that is told, never a blank in silence nor a value."""

from __future__ import annotations

import pytest
from tests.conforming.cells import read, values

TYPES = {"integer": {}, "decimal": {}, "date": {}, "boolean": {}, "commune": {}, "siret": {}, "phone": {}, "point": {},
         "category": {"codes": "sex"}, "period": {"period": "month"}}  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("NSP", "unknown"), ("ne sait pas", "unknown"), ("NR", "unknown"), ("Non renseigné", "unknown"),
        ("NC", "unknown"), ("-", "unknown"), ("—", "unknown"), ("refus", "refused"), ("Refuse de répondre", "refused"),
        ("sans objet", "not-asked"), ("s.o.", "not-asked"), ("N/A", "not-asked"), ("/", "not-asked"),
    ],
)  # fmt: skip
def test_a_missing_answer_is_told_for_what_it_is(kind, text, status):
    (cell,) = read(kind, text, **TYPES[kind])
    assert (cell.value, cell.status, cell.code, cell.as_read) == (None, status, "missing-converted", status)


def test_free_texts_and_identifiers_keep_their_words():
    assert values("text", "NSP", "-", "refus") == ["NSP", "-", "refus"]
    assert values("identifier", "NR", "S.O.") == ["NR", "S.O."]


def test_a_labelled_number_is_no_answer_of_another_type_either():
    assert [cell.status for cell in read("date", "-9")] == ["unknown"]
    assert [cell.status for cell in read("category", "-9", "-9,0", "-8", codes="sex")] == [
        "unknown",
        "unknown",
        "invalid",
    ]


def test_a_question_is_no_missing_answer():
    assert values("integer", "NSP ?", "-?") == ["not-a-number"] * 2
