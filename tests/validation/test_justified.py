"""A question that was answered in writing asks no more, keeps the answer, and is asked again where the cell changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.validation.test_rules import SCHEMAS, WORKSHOPS

from impact_pipeline.findings import Finding, Justification, Level, Place
from impact_pipeline.validation.justified import justify
from impact_pipeline.validation.messages import tell
from impact_pipeline.validation.outcome import counts, nothing

ASKED = Finding("unusual-value", Level.TO_CHECK, Place("T1", 12, 4), "1 240", "people", details={"number": "1240"})
BLOCKED = Finding("required", Level.BLOCKING, Place("T1", 13, 0), "", "place")
WHY = Justification("unusual-value", "T1", 12, "people", "1 240", "Fête du village")


def outcome(*findings):
    return replace(nothing(WORKSHOPS, findings), counts=counts(findings))


def test_the_justification_is_kept_and_counts_follow():
    checked = justify(outcome(ASKED, BLOCKED), [WHY])
    asked = next(finding for finding in checked.findings if finding.code == "unusual-value")
    assert (asked.level, asked.details["justification"]) == (Level.CORRECTED, "Fête du village")
    assert checked.counts == {
        ("unusual-value", Level.CORRECTED, "people"): 1, ("required", Level.BLOCKING, "place"): 1,
    }  # fmt: skip
    told = tell(asked, WORKSHOPS, SCHEMAS, "fr").todo.replace("\u00a0", " ")
    assert told == "Expliqué : « Fête du village »"


@pytest.mark.parametrize(
    "other",
    [{"value": "1 250"}, {"key": "L2"}, {"sheet": "T2"}, {"field": "women"}, {"code": "row-rule"}, {"text": "  "}],
    ids=str,
)
def test_what_was_explained_and_then_changed_is_asked_again(other):
    checked = outcome(ASKED)
    assert justify(checked, [replace(WHY, **other)], {12: "L1"}) == checked


@pytest.mark.parametrize("code", ["not-in-list", "out-of-range", "number-range", "submission-set-aside"])
def test_words_make_no_value_of_what_could_not_be_used(code):
    asked = replace(ASKED, code=code)
    checked = justify(outcome(asked), [replace(WHY, code=code)])
    assert (checked.exit_code, checked.counts) == (2, {(code, Level.TO_CHECK, "people"): 1})
    assert checked.findings[0].details["justification"] == "Fête du village"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fr", "Expliqué : « Fête du village » La cellule reste comptée comme vide tant qu’elle n’est pas corrigée."),
        ("en", "Explained: “Fête du village” The cell still counts as empty until it is corrected."),
    ],
)
def test_an_explained_cell_that_counts_as_empty_says_so(language, sentence):
    asked = replace(ASKED, code="out-of-range")
    (kept,) = justify(outcome(asked), [replace(WHY, code="out-of-range")]).findings
    assert tell(kept, WORKSHOPS, SCHEMAS, language).todo.replace("\u00a0", " ") == sentence


def rows(*numbers):
    return outcome(*(replace(ASKED, place=Place("T1", number, 4)) for number in numbers))


def explained(checked):
    return [f.place.row for f in checked.findings if f.details.get("justification")]


def test_a_justification_follows_its_record_when_rows_are_deleted_or_inserted():
    whys = [replace(WHY, row=12, key="L1"), replace(WHY, row=20, key="L2")]
    assert explained(justify(rows(11, 12, 19), whys, {11: "L1", 12: "L3", 19: "L2"})) == [11, 19]


def test_without_a_key_the_order_tells_equals_apart_where_there_are_as_many():
    assert explained(justify(rows(10, 18), [WHY, replace(WHY, row=20)])) == [10, 18]


def test_what_cannot_be_told_apart_is_asked_again_and_counted():
    checked = justify(rows(10, 18), [WHY])
    assert explained(checked) == []
    assert checked.counts == {
        ("unusual-value", Level.TO_CHECK, "people"): 2, ("explanations-unused", Level.CORRECTED, None): 1,
    }  # fmt: skip
    assert tell(checked.findings[0], WORKSHOPS, SCHEMAS, "fr").read.replace("\u00a0", " ") == (
        "Explications qui n’ont pas retrouvé leur ligne : 1."
    )


def test_an_explanation_whose_value_has_left_the_file_is_forgotten():
    checked = outcome(BLOCKED)
    assert justify(checked, [WHY]) == checked


def test_what_blocks_is_not_explained_away():
    why = Justification("required", "T1", 13, "place", "", "Je ne sais pas")
    assert justify(outcome(BLOCKED), [why]).exit_code == 1


def test_only_what_is_explained_is_counted_as_such():
    other = replace(ASKED, place=Place("T1", 20, 4))
    checked = justify(outcome(ASKED, other), [WHY])
    assert checked.counts == {
        ("unusual-value", Level.TO_CHECK, "people"): 1, ("unusual-value", Level.CORRECTED, "people"): 1,
    }  # fmt: skip
    assert checked.exit_code == 2


@given(st.lists(st.tuples(st.integers(2, 6), st.sampled_from(Level), st.booleans()), max_size=12))
def test_no_finding_is_lost_nor_counted_twice(rows):
    findings = [Finding("row-rule", level, Place(None, row), "x", "people") for row, level, _ in rows]
    whys = [Justification("row-rule", None, row, "people", "x", "vu") for row, _, explained in rows if explained]
    before, after = outcome(*findings), justify(outcome(*findings), whys)
    kept = {cause: count for cause, count in after.counts.items() if cause[0] != "explanations-unused"}
    assert sum(f.code != "explanations-unused" for f in after.findings) == len(before.findings)
    assert sum(kept.values()) == sum(before.counts.values())
    assert counts(after.findings) == {cause: count for cause, count in after.counts.items() if count}
