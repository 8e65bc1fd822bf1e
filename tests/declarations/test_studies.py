"""Studies: what may be declared, what the loader says of what may not, and what a plan's hash holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.declarations.conftest import Problems

from impact_pipeline.declarations import Schemas, load_schemas
from impact_pipeline.declarations.study import ESTIMATORS
from impact_pipeline.errors import UnknownName

FILE = "studies/walks.yaml"
STUDY = """\
study: walks
title: {fr: Marches, en: Walks}
question: {fr: "Les marches rendent-elles heureux ?", en: "Do walks make people happy?"}
initiative: village
instrument: survey
design: difference-in-differences
treatment: works = true
assignment: {mechanism: administrative, level: cluster}
cluster: sex
waves: {baseline: before, follow_up: after}
comparison: {fr: Les autres, en: The others}
outcomes:
  - {name: mood, label: {fr: Humeur, en: Mood}, value: mood, polarity: higher-is-better}
  - {name: working, label: {fr: Travail, en: Work}, value: works, polarity: higher-is-better, unit: percent}
covariates: [age, "sex = 'f'"]
moderators:
  - {name: age, label: {fr: Âge, en: Age}, expression: age >= 60, expected: larger}
judgements:
  spillover: {judged: concern, by: A. Martin, on: 2026-01-15, why: {fr: Voisins, en: Neighbours}}
"""
ASSIGNED = "assignment: {mechanism: administrative, level: cluster}"
DESIGN = "design: difference-in-differences"
MATCHED = "design: matching"
OLD_PLAN = (
    "185bc0519493f5f50e31beb50ca63a3c597d31eeadf5e989896308aa943d5deb"  # as declared before plans had later parts
)
WAVES = "waves: {baseline: before, follow_up: after}"
WRONG = [  # text replaced | by | line | key | read | words of what is expected | nearest
    # names that nothing declares
    ("initiative: village", "initiative: vilage", 4, "initiative", "'vilage'", "an initiative (village)", "village"),
    ("instrument: survey", "instrument: surveys", 5, "instrument", "'surveys'", "an instrument (survey)", "survey"),
    ("works = true", "wroks = true", 7, "treatment", "'wroks'", "a field or a score of survey.v1", "works"),
    ("cluster: sex", "cluster: sexe", 9, "cluster", "'sexe'", "a field of survey.v1", "sex"),
    ("follow_up: after", "follow_up: afterwards", 10, "waves.follow_up[1]", "'afterwards'", "a code of wave", "after"),
    ("baseline: before", "baseline: befor", 10, "waves.baseline", "'befor'", "a code of wave", "before"),
    ("value: mood", "value: moode", 13, "outcomes[mood].value", "'moode'", "a field or a score", "mood"),
    ("unit: percent", "unit: per-cent", 14, "outcomes[working].unit", "'per-cent'", "a unit of codelists", "percent"),
    ("sex = 'f'", "sex = 'x'", 15, "covariates[2]", "'x'", "a code of sex", None),
    ("expression: age", "expression: agee", 17, "moderators[age].expression", "'agee'", "a field or a score", "age"),
    # values that do not serve
    ("works = true", "age + 1", 7, "treatment", "'age + 1', which is a number", "true or false", None),
    ("value: mood", "value: seen", 13, "outcomes[mood].value", "'seen', which is a date", "a number or true", None),
    ("covariates: [age", "covariates: [sex", 15, "covariates[1]", "'sex', which is a text", "a number or true", None),
    ("cluster: sex", "cluster: sex\nweighted: 3", 10, "weighted", "3", "true or false", None),
    ("on: 2026-01-15", "on: soon", 19, "judgements.spillover.on", "'soon'", "a date", None),
    ("judged: concern", "judged: bad", 19, "judgements.spillover.judged", "'bad'", "fine", None),
    # parts that do not go together
    (DESIGN, "design: randomised", 8, "assignment.mechanism", "'administrative'", "random, for a design of", None),
    (DESIGN, "design: regression-discontinuity", 8, "assignment.mechanism", "'administrative'", "threshold", None),
    (DESIGN, "design: instrumental-variable", 6, "design", "'instrumental-variable'", "`instrument` in", None),
    (DESIGN, "design: staggered", 6, "design", "'staggered'", "`first_treated` in", None),
    (DESIGN, "design: before-after", 7, "treatment", "'works = true'", "everyone is treated", None),
    ("treatment: works = true\n", "", 6, "design", "'difference-in-differences'", "`treatment` too", None),
    ("comparison: {fr: Les autres, en: The others}\n", "", 6, "design", "'difference-in-differences'",
     "`comparison` too", None),
    ("cluster: sex\n", "", 8, "assignment.level", "'cluster'", "`cluster` too", None),
    (ASSIGNED, "assignment: {mechanism: threshold}", 8, "assignment.mechanism", "'threshold'", "`cutoff` too", None),
    (ASSIGNED, "assignment: {mechanism: self, cutoff: 3}", 8, "assignment.cutoff", "`cutoff` under", "alone", None),
    (WAVES, "waves: {follow_up: after}", 13, "outcomes[mood].name", "'mood'", "a baseline, for a design of", None),
    (WAVES, "waves: {pre: [before], follow_up: after}", 10, "waves.pre", "['before']", "`baseline` too", None),
    (WAVES, "waves: {baseline: after, follow_up: after}", 10, "waves.follow_up[1]", "'after'", "not named",
     None),
    (WAVES, f"{WAVES}\nestimators: [lin]", 11, "estimators[1]", "'lin'", "an estimator of the design", None),
    ("name: working", "name: mood", 14, "outcomes[mood].name", "'mood'", "each once", None),
    ("unit: percent", "wave: before", 14, "outcomes[working].wave", "'before'", "a wave of `follow_up`", None),
    (WAVES, f"{WAVES}\nmultiplicity: bonferroni", 11, "multiplicity", "'bonferroni'", "holm", None),
    (DESIGN, f"{MATCHED}\nmultiplicity: romano-wolf", 7, "multiplicity", "'romano-wolf'", "ancova", None),
    (f"{DESIGN}\ntreatment: works = true\n{ASSIGNED}", "design: cluster-randomised\nmultiplicity: romano-wolf\n"
     "treatment: works = true\nassignment: {mechanism: random, level: cluster}", 7, "multiplicity", "'romano-wolf'",
     "`estimators: [ancova]`", None),
    (f"{DESIGN}\ntreatment: works = true\n{ASSIGNED}\ncluster: sex\n{WAVES}",
     "design: randomised\nmultiplicity: romano-wolf\ntreatment: works = true\nassignment: {mechanism: random}\n"
     "waves: {follow_up: [before, after]}", 7, "multiplicity", "'romano-wolf'", "a baseline wave", None),
    (DESIGN, "design: synthetic-control", 6, "design", "'synthetic-control'", "`pre` waves", None),
    (DESIGN, "design: synthetic-control", 15, "covariates", "`covariates`", "by the outcome before", None),
    (f"{DESIGN}\ntreatment: works = true\n{ASSIGNED}\ncluster: sex\n",
     "design: synthetic-control\ntreatment: works = true\nassignment: {mechanism: self}\n", 6, "design",
     "'synthetic-control'", "`cluster` too", None),
    (WAVES, f"{WAVES}\nmatching: {{ratio: 2}}", 11, "matching", "`matching`", "a design of matching alone", None),
    (DESIGN, f"{MATCHED}\nmatching: {{cut_points: {{agee: [40]}}}}", 7, "matching.cut_points.agee", "'agee'",
     "a covariate, or an outcome before (age", "age"),
    (DESIGN, f"{MATCHED}\nmatching: {{cut_points: {{age: [60, 40]}}}}", 7, "matching.cut_points.age", "[60",
     "increasing", None),
    (DESIGN, f"{MATCHED}\nmatching: {{within: sexe}}", 7, "matching.within", "'sexe'", "a field or a score", "sex"),
    (DESIGN, f"{MATCHED}\nweighted: true", 7, "weighted", "true", "pairs do not carry", None),
    ("unit: percent", "has_baseline: false, baseline: works", 14, "outcomes[working].baseline", "'works'",
     "no `baseline`", None),
]  # fmt: skip


@pytest.fixture
def with_study(programme: Path) -> Path:
    path = programme / FILE
    path.parent.mkdir()
    path.write_text(STUDY, encoding="utf-8")
    return programme


@pytest.mark.parametrize(("old", "new", "line", "key", "read", "expected", "near"), WRONG)
def test_what_is_wrong_is_told_with_line_key_and_nearest(
    with_study: Path, problems_of: Problems, old: str, new: str, line: int, key: str, read: str, expected: str,
    near: str | None,
) -> None:  # fmt: skip
    found = problems_of((FILE, old, new))

    told = [p for p in found if (p.line, p.key) == (line, key) and p.read.startswith(read)]
    assert told, "\n".join(map(str, found))
    assert expected in told[0].expected
    assert told[0].nearest == near


def loaded(folder: Path, *changes: tuple[str, str]) -> Schemas:
    text = STUDY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / FILE).write_text(text, encoding="utf-8")
    return load_schemas(folder)


def test_a_study_is_found_by_name_and_reads_its_outcome_before(with_study: Path) -> None:
    schemas = loaded(with_study)
    study = schemas.study("walks")
    mood, working = study.outcomes

    assert study.waves_of(mood) == ("after",)
    assert study.baseline_of(mood) == mood.value
    assert study.baseline_of(working) == working.value
    with pytest.raises(UnknownName) as caught:
        schemas.study("walk")
    assert caught.value.nearest == "walks"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: {fr: Marches", "title: {fr: Balades"),
        ("en: The others", "en: Everyone else"),
        ("label: {fr: Humeur", "label: {fr: Moral"),
        ("judged: concern", "judged: fine"),
        ("judgements:", "delivery: {manual: true}\njudgements:"),
    ],
)
def test_words_facts_of_delivery_and_judgements_leave_the_plan_as_it_was(with_study: Path, old: str, new: str) -> None:
    before = loaded(with_study).study("walks").plan
    assert loaded(with_study, (old, new)).study("walks").plan == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("works = true", "works = false"),
        ("covariates: [age, ", "covariates: ["),
        ("age >= 60", "age >= 61"),
        ("expected: larger", "expected: smaller"),
        ("unit: percent", "role: primary"),
        ("mechanism: administrative", "mechanism: self"),
        (WAVES, f"{WAVES}\nestimators: [event_study]"),
        (WAVES, f"{WAVES}\nmultiplicity: romano-wolf"),
        ("value: mood, polarity: higher-is-better", "value: mood, polarity: lower-is-better"),
    ],
)
def test_whatever_makes_the_answer_changes_the_plan(with_study: Path, old: str, new: str) -> None:
    before = loaded(with_study).study("walks").plan
    assert loaded(with_study, (old, new)).study("walks").plan != before


def test_every_design_has_an_estimator() -> None:
    assert all(ESTIMATORS.values())


def test_a_part_that_came_later_leaves_older_plans_as_they_were(with_study: Path) -> None:
    assert loaded(with_study).study("walks").plan == OLD_PLAN
    matched = loaded(with_study, (DESIGN, MATCHED)).study("walks").plan
    assert loaded(with_study, (DESIGN, f"{MATCHED}\nmatching: {{ratio: 2}}")).study("walks").plan != matched
