"""Repeated groups and collections, as they are declared: what is wrong is told at its line."""

from __future__ import annotations

import pytest
from tests.reading.exports.answers import HOUSEHOLD, SCHEMAS

from impact_pipeline.declarations.collection import Collection, Repeat

SURVEY = "instruments/survey.v1.yaml"


@pytest.mark.parametrize(
    ("new", "key", "read", "expected", "near"),
    [
        ("repeat: {parent: survy, group: g}", "repeat.parent", "'survy'", "an instrument", "survey"),
        ("repeat: {parent: survey, group: g}", "repeat.parent", "'survey'", "not repeated within this one", None),
        ("repeat: {parent: survey, group: g, index: agee}", "repeat.index", "'agee'", "a field", "age"),
        ("repeat: {parent: survey, group: g, index: sex}", "repeat.index", "'sex'", "integer or identifier", None),
        ("collection: {start: hier}", "collection.start", "'hier'", "date", None),
        ("collection: {set_aside: [draft]}", "collection.set_aside[1]", "'draft'", "incomplete", None),
    ],
)
def test_a_wrong_repeat_or_collection_is_told(problems_of, new, key, read, expected, near):
    found = problems_of((SURVEY, "missing: {-9: unknown}", f"{new}\nmissing: {{-9: unknown}}"))
    told = [p for p in found if p.key == key]
    assert told, "\n".join(map(str, found))
    assert (told[0].line, told[0].nearest) == (7, near)
    assert told[0].read.startswith(read)
    assert expected in told[0].expected


def test_a_repeat_is_part_of_what_the_data_mean_and_a_collection_is_not():
    member = SCHEMAS.instrument("household-member")
    assert member.repeat == Repeat(parent="household", group="members", index="member")
    assert HOUSEHOLD.model_copy(update={"repeat": member.repeat}).meaning != HOUSEHOLD.meaning
    assert HOUSEHOLD.model_copy(update={"collection": Collection(start="2026-01-15")}).meaning == HOUSEHOLD.meaning
