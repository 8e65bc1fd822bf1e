"""Rules and relevance: what may be declared, what the loader says of what may not, and what the lock keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.declarations.conftest import SMALL, Problems

from impact_pipeline.declarations import Instrument, load_schemas

SURVEY = "instruments/survey.v1.yaml"
AGE = "range: [16, 110], unit: years,"
RULE = "expression: age >= 18 or not works,"
MESSAGE = "message: {fr: Trop jeune, en: Too young}"
WRONG = [  # text replaced | by | key | words of what is expected | nearest
    (AGE, f"{AGE} relevant: wroks,", "fields[age].relevant", "a field of survey.v1", "works"),
    (AGE, f"{AGE} relevant: sex,", "fields[age].relevant", "true or false", None),
    (AGE, f"{AGE} relevant: sex = 'x',", "fields[age].relevant", "a code of sex", None),
    (AGE, f"{AGE} relevant: age > 3,", "fields[age].relevant", "other fields in it", None),
    ("wave, required: true,", "wave, required: true, relevant: works,", "fields[wave].relevant", "always asked", None),
    ("type: date,", "type: date, history: [{method: min-max}],", "fields[seen].history", "a field of numbers", None),
    (AGE, f"{AGE} history: [{{method: change}}],", "fields[age].history[1].method", "`relative` or `absolute`", None),
    (RULE, "", "rules[R01].code", "one of `expression`", None),
    (RULE, f"{RULE} sum: {{total: age, parts: [mood_1]}},", "rules[R01].sum", "one of `expression`", None),
    (RULE, "left: age, operator: equals, right: mood_1,", "rules[R01].operator", "equal-to", "equal-to"),
    (RULE, "left: age, operator: equal-to,", "rules[R01].operator", "`left`, `operator` and `right` together", None),
    (RULE, "left: age, operator: equal-to, right: sex,", "rules[R01].right", "a number, as the left side is", None),
    (RULE, "left: agee, operator: equal-to, right: 3,", "rules[R01].left", "a field of survey.v1", "age"),
    (RULE, "left: age, operator: compulsory-pair, right: sex, missing: never-skip,", "rules[R01].missing",
     "numbers that are compared", None),
    (RULE, "left: sex, operator: equal-to, right: sex, missing: never-skip,", "rules[R01].missing", "count as 0", None),
    (RULE, "sum: {total: age, parts: [mood_1, mood_3]},", "rules[R01].sum.parts[2]", "a field", "mood_1"),
    (RULE, "sum: {total: age, parts: [sex]},", "rules[R01].sum.parts[1]", "a field of numbers", None),
    (RULE, "shares: {parts: [mood_1, mood_2], to: 10},", "rules[R01].shares.to", "1", "100"),
    (f"level: to-check, {MESSAGE}", "level: to-check", "rules[R01].expression", "`message` too", None),
    (f"{RULE} level: to-check", "history: {field: age, method: min-max}, level: blocking", "rules[R01].level",
     "a question", None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "expected", "nearest"), WRONG)
def test_a_wrong_rule_is_told_at_its_key(
    problems_of: Problems, old: str, new: str, key: str, expected: str, nearest: str | None
) -> None:
    problems = problems_of((SURVEY, old, new))
    found = [problem for problem in problems if problem.key == key]
    assert found, [(problem.key, problem.expected) for problem in problems]
    assert expected in found[0].expected
    assert found[0].nearest == nearest
    assert found[0].line


def test_relevance_in_a_circle_is_refused(problems_of: Problems) -> None:
    problems = problems_of(
        (SURVEY, AGE, f"{AGE} relevant: works,"), (SURVEY, "type: boolean,", "type: boolean, relevant: age > 18,")
    )
    assert {problem.key for problem in problems} == {"fields[age].relevant", "fields[works].relevant"}


def instrument(folder: Path, *changes: tuple[str, str]) -> Instrument:
    text = SMALL[SURVEY]
    for old, new in changes:
        text = text.replace(old, new)
    (folder / SURVEY).write_text(text, encoding="utf-8")
    return load_schemas(folder).instrument("survey")


def test_the_right_ones_load_in_every_form(programme: Path) -> None:
    rules = """
  - {code: R02, left: mood_1 + mood_2, operator: less-than-or-equal-to, right: 4, missing: skip-if-all,
     level: blocking, importance: high, instruction: Recomptez.}
  - {code: R03, sum: {total: age, parts: [mood_1, mood_2], tolerance: 1}, level: to-check}
  - {code: R04, shares: {parts: [mood_1, mood_2], to: 1, tolerance: 0.01}, level: to-check, missing: never-skip}
  - {code: R05, left: seen, operator: compulsory-pair, right: sex, level: to-check}
  - {code: R06, history: {field: age, method: modified-z-score, threshold: 3.0}, level: to-check}
duplicates: {near: {same: [sex], like: [person], at_least: 90}}
"""
    read = instrument(programme, (MESSAGE + "}\n", MESSAGE + "}" + rules), (AGE, f"{AGE} relevant: works,"))
    assert [rule.form for rule in read.rules] == ["expression", "operator", "sum", "shares", "operator", "history"]
    assert [rule.names for rule in read.rules[1:4]] == [
        ("mood_1", "mood_2"), ("age", "mood_1", "mood_2"), ("mood_1", "mood_2"),
    ]  # fmt: skip
    assert read.by_name["age"].relevant is not None
    assert read.duplicates.near[0].like == ("person",)


def test_rules_do_not_change_what_the_data_mean_but_relevance_does(programme: Path) -> None:
    plain = instrument(programme)
    ruled = instrument(programme, (RULE, "left: age, operator: greater-than, right: 17,"))
    asked = instrument(programme, (AGE, f"{AGE} relevant: works,"))
    assert plain.meaning == ruled.meaning != asked.meaning
