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
    [{"value": "1 250"}, {"row": 13}, {"sheet": "T2"}, {"field": "women"}, {"code": "row-rule"}, {"text": "  "}],
    ids=str,
)
def test_what_was_explained_and_then_changed_is_asked_again(other):
    checked = outcome(ASKED)
    assert justify(checked, [replace(WHY, **other)]) == checked


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
    assert len(after.findings) == len(before.findings)
    assert sum(after.counts.values()) == sum(before.counts.values())
    assert counts(after.findings) == {cause: count for cause, count in after.counts.items() if count}
