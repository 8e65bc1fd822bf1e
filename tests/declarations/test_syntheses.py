"""References and syntheses are loaded whole, and whatever is wrong in them is told at its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import DeclarationError, Problem

REFERENCE = """\
reference: reviews
question: {fr: Marcher aide-t-il, en: Does walking help}
citation: "Them (2021). Walks."
doi: 10.1234/walks
licence: CC-BY-4.0
extraction: {extracted_by: A, on: 2026-11-25, checked_by: B}
effects:
  - study: one-2019
    label: One (2019)
    year: 2019
    country: FR
    population: Adults
    outcome: mood
    design: randomised
    n_treated: 40
    n_control: 44
    measure: smd
    effect: 0.3
    se: 0.1
    risk_of_bias: low
    page: p. 3
  - study: two-2020
    label: Two (2020)
    year: 2020
    country: BE
    population: Adults
    outcome: low-mood
    design: matching
    n_treated: 40
    n_control: 44
    measure: odds-ratio
    events: {treated: 12, control: 20}
    reversed: true
    risk_of_bias: unclear
    page: p. 4
"""
SYNTHESIS = """\
synthesis: walks-and-mood
question: {fr: Marcher aide-t-il, en: Does walking help}
outcome: {fr: Humeur, en: Mood}
measure: smd
studies:
  - {study: walks, outcome: mood, moderators: {hours: 2}}
references:
  - {reference: reviews, outcomes: [mood]}
moderators:
  - {name: hours, label: {fr: Heures, en: Hours}, expected: larger}
convert: [odds-ratio]
"""
STUDY = """\
study: walks
title: {fr: Marches, en: Walks}
question: {fr: Marcher aide-t-il, en: Does walking help}
initiative: village
instrument: survey
design: before-after
assignment: {mechanism: self}
waves: {baseline: before, follow_up: after}
outcomes:
  - {name: mood, label: {fr: Humeur, en: Mood}, value: mood, polarity: higher-is-better}
  - {name: other, label: {fr: Autre, en: Other}, value: mood, polarity: neutral}
"""
FILES = {"references/reviews.yaml": REFERENCE, "syntheses/walks-and-mood.yaml": SYNTHESIS, "studies/walks.yaml": STUDY}
WRONG_REFERENCE = [  # what is replaced, by what, the line, the key and part of what is expected
    ("    effect: 0.3\n    se: 0.1\n", "", 8, "effects[1].study", "one of effect, means, change, events"),
    ("    se: 0.1\n", "", 18, "effects[1].effect", "`se` beside it, or else `interval`"),
    ("    se: 0.1\n", "    se: 0.1\n    interval: [0.1, 0.5]\n", 18, "effects[1].effect", "or else `interval`"),
    ("    se: 0.1\n", "    interval: [0.4, 0.5]\n", 19, "effects[1].interval", "around the effect"),
    ("    effect: 0.3\n", "", 18, "effects[1].se", "`effect` beside it"),
    ("measure: smd", "measure: smcr", 16, "effects[1].n_control", "no `n_control`"),
    ("    measure: odds-ratio\n", "    measure: smd\n", 31, "effects[2].measure", "odds-ratio or risk-ratio"),
    ("treated: 12", "treated: 41", 32, "effects[2].events.treated", "at most the 40 people"),
    ("design: randomised", "design: before-after", 14, "effects[1].design", "before-after for a change"),
    ("country: FR", "country: France", 11, "effects[1].country", "two capital letters"),
    ("doi: 10.1234/walks\n", "", 3, "citation", "`doi` or `url` too"),
    ("study: two-2020", "study: one-2019", None, None, None),
]
WRONG_SYNTHESIS = [
    ("study: walks", "study: walk", 6, "studies[1].study", "a study"),
    ("outcome: mood,", "outcome: moods,", 6, "studies[1].outcome", "an outcome of walks"),
    ("outcome: mood,", "outcome: mood, wave: before,", 6, "studies[1].wave", "a wave of mood"),
    ("outcome: mood,", "outcome: other,", 6, "studies[1].outcome", "whose polarity says"),
    ("{hours: 2}", "{hour: 2}", 6, "studies[1].moderators.hour", "a moderator of the synthesis"),
    ("reference: reviews", "reference: review", 8, "references[1].reference", "a reference"),
    ("[mood]", "[mod]", 8, "references[1].outcomes[1]", "an outcome of reviews"),
    ("[odds-ratio]", "[risk-ratio]", 11, "convert[1]", "turned into smd"),
    ("measure: smd", "measure: risk-ratio\nwith_before_after: true", 5, "with_before_after", "smd) alone"),
]


@pytest.fixture
def whole(programme: Path) -> Path:
    for file, text in FILES.items():
        (programme / file).parent.mkdir(exist_ok=True)
        (programme / file).write_text(text, encoding="utf-8")
    return programme


def test_references_and_syntheses_are_loaded_by_name(whole: Path) -> None:
    schemas = load_schemas(whole)
    reference = schemas.references["reviews"]
    assert reference.outcomes == ("low-mood", "mood")
    assert reference.extraction.is_checked
    assert reference.effects[1].events is not None
    question = schemas.syntheses["walks-and-mood"]
    assert (question.correlation, question.with_before_after) == (0.6, False)
    assert question.studies[0].moderators == {"hours": 2.0}


def test_one_person_who_reads_twice_is_no_check(whole: Path) -> None:
    path = whole / "references/reviews.yaml"
    path.write_text(REFERENCE.replace("checked_by: B", "checked_by: A"), encoding="utf-8")
    assert not load_schemas(whole).references["reviews"].extraction.is_checked


def problems(whole: Path, file: str, old: str, new: str) -> Sequence[Problem]:
    text = FILES[file]
    assert old in text
    (whole / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        load_schemas(whole)
    except DeclarationError as error:
        return error.problems
    return ()


def told(found: Sequence[Problem]) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.key) for problem in found]


@pytest.mark.parametrize(("old", "new", "line", "key", "expected"), WRONG_REFERENCE)
def test_what_is_wrong_in_a_reference(
    whole: Path, old: str, new: str, line: int | None, key: str | None, expected: str | None
) -> None:
    found = problems(whole, "references/reviews.yaml", old, new)
    if line is None:  # two effects of one study are no mistake
        assert found == ()
        return
    assert (line, key) in told(found), "\n".join(map(str, found))
    assert any(str(expected) in problem.expected for problem in found if problem.line == line)


@pytest.mark.parametrize(("old", "new", "line", "key", "expected"), WRONG_SYNTHESIS)
def test_what_is_wrong_in_a_synthesis(whole: Path, old: str, new: str, line: int, key: str, expected: str) -> None:
    found = problems(whole, "syntheses/walks-and-mood.yaml", old, new)
    assert (line, key) in told(found), "\n".join(map(str, found))
    assert any(expected in problem.expected for problem in found if problem.line == line)


def test_the_same_effect_twice_is_told(whole: Path) -> None:
    effect = REFERENCE.split("effects:\n")[1].split("  - study: two", maxsplit=1)[0]
    text = f"{REFERENCE}{effect}"
    (whole / "references/reviews.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError, match="not there already"):
        load_schemas(whole)


def test_a_synthesis_of_nothing_is_told(whole: Path) -> None:
    head, _, tail = SYNTHESIS.partition("studies:\n")
    (whole / "syntheses/walks-and-mood.yaml").write_text(head + tail[tail.index("moderators:\n  - ") :], "utf-8")
    with pytest.raises(DeclarationError, match="`studies`, `references` or both"):
        load_schemas(whole)
