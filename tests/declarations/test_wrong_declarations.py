"""Each kind of wrong declaration gets a message with file, line, key, what was read, what is expected, the nearest."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import DeclarationError, Problem

PROGRAMME, VILLAGE, SEX = "programme.yaml", "initiatives/village.yaml", "codelists/sex.yaml"
SURVEY, MOOD = "instruments/survey.v1.yaml", "scales/mood.yaml"
WOMEN, CHANGE = "indicators/women-at-work.yaml", "indicators/mood-change.yaml"

# file | text replaced | by | line | key | read | words of what is expected | nearest
WRONG = [
    # keys
    (WOMEN, "polarity:", "polarty:", 8, "polarty", "the key 'polarty'", "one of indicator, instrument", "polarity"),
    (WOMEN, "unit: percent\n", "", 1, "unit", "nothing", "the key 'unit'", None),
    (WOMEN, "theme: work\n", "", 1, "theme", "nothing", "the key 'theme'", None),
    (WOMEN, "polarity: higher-is-better\n", "", 1, "polarity", "nothing",
     "the key 'polarity': one of higher-is-better, lower-is-better", None),
    (WOMEN, ', sdg: "8.5"', "", 10, "frameworks.sdg", "nothing", "Sustainable Development Goals, in quotes", None),
    (WOMEN, 'frameworks: {oecd: jobs, sdg: "8.5"}\n', "", 1, "frameworks", "nothing", "with oecd, sdg", None),
    (WOMEN, "label: {fr: Femmes au travail, en: Women at work}\n", "", 1, "label", "nothing",
     "the key 'label', a text, or one in each language", None),
    (SURVEY, "type: date,", "type: date, codelist: x,", 14, "fields[seen].codelist", "the key 'codelist'",
     "one of name, type", "codes"),
    (WOMEN, "en: Women at work", "de: Frauen", 11, "label.en", "nothing", "the key 'en'", None),
    # values that a model does not allow
    (SURVEY, "type: date", "type: dates", 14, "fields[seen].type", "'dates'", "one of identifier, text", "date"),
    (SURVEY, "version: 1", "version: one", 2, "version", "'one'", "a whole number", None),
    (SURVEY, "person, type: identifier, required: true", "person, type: identifier, required: oui", 9,
     "fields[person].required", "'oui'", "true or false", None),
    (SURVEY, "key: [person, wave]", "key: person", 5, "key", "'person'", "a list", None),
    (SURVEY, "name: age", "name: Âge", 13, "fields[Âge].name", "'Âge'", "lower-case letters without accents", None),
    (SURVEY, "name: age", "name: row", 13, "fields[row].name", "'row'", "do not keep for themselves", None),
    (SURVEY, "name: age", "name: case", 13, "fields[case].name", "'case'", "do not keep for themselves", None),
    (SURVEY, "missing: {-9", "missing: {NSP", 7, "missing", "'NSP'", "a whole number as a key", None),
    (VILLAGE, "2025-01-31", "31/01/2025", 6, "start", "'31/01/2025'", "a date, such as 2025-01-31", None),
    (VILLAGE, "[town-hall]", "[]", 5, "organisations", "[]", "at least one thing", None),
    (VILLAGE, "{fr: Un village, en: A village}", "12", 3, "description", "12", "a text, or one in each language", None),
    (WOMEN, 'sdg: "8.5"', "sdg: 8.5", 10, "frameworks.sdg", "8.5", 'in quotes: "8.5"', None),
    (WOMEN, 'sdg: "8.5"', 'sdg: "8.11"', 10, "frameworks.sdg", "'8.11'", "8.1 to 8.10 or 8.a to 8.b", None),
    (WOMEN, 'sdg: "8.5"', 'sdg: "18.1"', 10, "frameworks.sdg", "'18.1'", "a goal from 1 to 17", None),
    (PROGRAMME, "Europe/Paris", "Paris", 5, "timezone", "'Paris'", "a time zone such as", None),
    # numbers and bounds
    (SURVEY, "[16, 110]", "[110, 16]", 13, "fields[age].range", "[110, 16]", "[lowest, highest]", None),
    (SURVEY, "[16, 110]", "[16]", 13, "fields[age].range", "[16]", "[lowest, highest]", None),
    (SURVEY, "[16, 110]", "[-20, 110]", 13, "fields[age].range", "[-20, 110]", "a range without -9", None),
    # keys that do not go together
    (SURVEY, "type: boolean,", "type: boolean, range: [0, 1],", 15, "fields[works].range",
     "`range` for a field of type boolean", "integer or decimal alone", None),
    (SURVEY, "type: category, codes: sex", "type: category", 12, "fields[sex].type", "'category'", "`codes` too", None),
    (SURVEY, "type: date", "type: integer, item: mood_1", 14, "fields[seen].item", "'mood_1'", "`scale` too", None),
    (SURVEY, "type: date", "type: text, pattern: '[a'", 14, "fields[seen].pattern", "'[a'",
     "a regular expression", None),
    (WOMEN, "estimator: mean", "estimator: ratio", 3, "estimator", "'ratio'", "a ratio with its `base`", None),
    (WOMEN, "estimator: mean", "estimator: mean\nbase: age", 4, "base", "`base` under `estimator: mean`",
     "under a ratio alone", None),
    (CHANGE, "to: after", "to: before", 6, "waves.to", "'before'", "another wave", None),
    (SURVEY, "kind: survey", "kind: survey\nlayout: matrix", 6, "key", "['person', 'wave']",
     "[perimeter, period]", None),
    # names that nothing declares
    (VILLAGE, "theme: work", "theme: works", 4, "theme", "'works'", "a theme of programme.yaml (work)", "work"),
    (VILLAGE, "[survey]", "[surveys]", 7, "instruments[1]", "'surveys'", "an instrument (survey)", "survey"),
    (SURVEY, "codes: sex", "codes: sexe", 12, "fields[sex].codes", "'sexe'", "a code list", "sex"),
    (SURVEY, "design: {weight: weight}", "design: {weight: weigth}", 6, "design.weight", "'weigth'",
     "a field", "weight"),
    (SURVEY, "key: [person, wave]", "key: [persona, wave]", 5, "key[1]", "'persona'", "a field", "person"),
    (CHANGE, "to: after", "to: afterwards", 6, "waves.to", "'afterwards'", "a code of wave", "after"),
    (CHANGE, "[village]", "[vilage]", 3, "initiatives[1]", "'vilage'", "an initiative (village)", "village"),
    (WOMEN, "instrument: survey", "instrument: survey2", 2, "instrument", "'survey2'", "an instrument", "survey"),
    (WOMEN, "unit: percent", "unit: per cent", 7, "unit", "'per cent'", "a unit of codelists/unit.yaml", "percent"),
    (WOMEN, "[age-group, sex]", "[agegroup]", 6, "by[1]", "'agegroup'", "a dimension of survey.v1", "age-group"),
    # names that cannot serve
    (WOMEN, "[age-group, sex]", "[person]", 6, "by[1]", "'person'", "may be published", None),
    (WOMEN, "[age-group, sex]", "[wave]", 6, "by[1]", "'wave'", "may be published", None),
    (WOMEN, "[age-group, sex]", "[weight]", 6, "by[1]", "'weight'", "has groups", None),
    (SURVEY, "design: {weight: weight}", "design: {weight: wave}", 6, "design.weight", "'wave'", "numbers", None),
    (SURVEY, "design: {weight: weight}", "design: {psu: sex}", 6, "design.psu", "'sex'", "`required: true`", None),
    (SURVEY, "design: {weight: weight}", "design: {psu: person, fpc: weight}", 6, "design.fpc", "'weight'",
     "`fpc_within` too", None),
    (SURVEY, "design: {weight: weight}", "design: {fpc: weight, fpc_within: weight}", 6, "design.fpc_within",
     "'weight'", "`psu` too", None),
    (SURVEY, "design: {weight: weight}", "design: {weight: weight, errors: {method: jackknife}}", 6,
     "design.errors.method", "'jackknife'", "`psu` too", None),
    (SURVEY, "design: {weight: weight}", "design: {psu: person, errors: {method: bootstrap, replicates: 200}}", 6,
     "design.errors.method", "'bootstrap'", "its `seed` too", None),
    (SURVEY, "type: identifier, required: true", "type: identifier", 5, "key[1]", "'person'", "`required: true`", None),
    (SURVEY, "name: age-group", "name: wave", 20, "dimensions[wave].name", "'wave'",
     "another name than all, wave", None),
    # the same thing twice
    (SURVEY, "name: seen", "name: age", 14, "fields[age].name", "'age'", "each field once", None),
    (SURVEY, "{fr: Vu le, en: Seen on}", "{fr: AGE, en: Seen on}", 14, "fields[seen].label", "'AGE'",
     "does not mean 'age' already", None),
    (SEX, "code: h", "code: f", 5, "codes[f].code", "'f'", "does not have yet", None),
    (SEX, "[Masculin]", "[FEMME]", 5, "codes[h]", "'FEMME'", "does not mean 'f' already", None),
    (SURVEY, "name: age", "name: mood", 13, "fields[mood].name", "'mood'",
     "the scale mood has a score so called", None),
    # scales
    (SURVEY, "scale: mood, disclosure: sensitive, label: {fr: Joie",
     "scale: moods, disclosure: sensitive, label: {fr: Joie",
     17, "fields[mood_1].scale", "'moods'", "a scale (mood)", "mood"),
    (SURVEY, "range: [0, 2], scale: mood, disclosure: sensitive, label: {fr: Joie",
     "range: [1, 3], scale: mood, disclosure: sensitive, label: {fr: Joie",
     17, "fields[mood_1].range", "[1, 3]", "the range of the scale's item, [0, 2]", None),
    (SURVEY, "name: mood_2", "name: mood", 18, "fields[mood].name", "'mood'", "an item of mood", "mood_1"),
    (SURVEY, "name: mood_2", "name: sorrow, item: mood_1", 18, "fields[sorrow].scale", "'mood_1'",
     "no other field holds", None),
    (MOOD, "items: [mood_1, mood_2]", "items: [mood_1, mood_3]", 11, "scores[mood].items[2]", "'mood_3'",
     "an item of the scale (mood_1, mood_2)", "mood_1"),
    (MOOD, "3: 30, ", "", 14, "scores[mood].metric", "a table with no 3", "each raw sum from 0 to 4", None),
    (MOOD, "3: 30", "3: 3", 14, "scores[mood].metric.3", "3", "at least 20", None),
    (MOOD, "range: [10, 40]", "range: [0, 40]", 12, "scores[mood].range", "[0, 40]",
     "what its metric table can give, [10, 40]", None),
    (MOOD, "    metric: {0: 10, 1: 15, 2: 20, 3: 30, 4: 40}\n", "", 12, "scores[mood].range", "[10, 40]",
     "what its items can give, [0, 4]", None),
    (MOOD, "    range: [10, 40]\n", "    range: [10, 40]\n    missing_allowed: 1\n", 15, "scores[mood].metric",
     "a metric table", "`missing_allowed: 0`", None),
    (MOOD, "range: [20, 40]", "range: [15, 40]", 17, "scores[mood].bands[high].range", "[15, 40]", "above 15", None),
    (MOOD, "sorrow}, reverse: true}", "sorrow}, reverse: true, recode: {0: 0, 1: 1, 2: 1}}", 7, "items[mood_2].reverse",
     "true", "no `reverse`", None),
    (MOOD, "en: joy}", "en: joy}, recode: {0: 0, 2: 1}", 6, "items[mood_1].recode", "points for 0, 2",
     "points for each of 0, 1, 2", None),
    (MOOD, "    range: [10, 40]\n", "    range: [10, 40]\n    missing_as: zero\n", 13, "scores[mood].missing_as",
     "'zero'", "`missing_allowed` too", None),
    (MOOD, "    range: [10, 40]\n", "    range: [10, 40]\n    response_sets: [0, 3]\n", 13,
     "scores[mood].response_sets[2]", "3", "an answer that each of its items allows", None),
    (MOOD, "    range: [10, 40]\n", "    range: [10, 40]\n    add: -1\n", 15, "scores[mood].metric",
     "a metric table", "a plain sum", None),
    (MOOD, "references:\n", "orders: {other: [mood_2, mood_2]}\nreferences:\n", 19, "orders.other",
     "['mood_2', 'mood_2']", "each item of the scale once", None),
    (MOOD, "topic: {fr: joie, en: joy}", "wording: Joy", 6, "items[mood_1].wording", "a wording",
     "the licence does not let it ship", None),
    (MOOD, "doi: 10.1234/mood", "doi: https://mood", 20, "references[1].doi", "'https://mood'", "a DOI, such as", None),
    # expressions
    (WOMEN, "value: works = true", "value: age +", 4, "value", "'age +'", "near `+`, character 5", None),
    (WOMEN, "value: works = true", "value: avg(age)", 4, "value", "'avg(age)'", "without `AVG(age)`", None),
    (WOMEN, "value: works = true", "value: agee", 4, "value", "'agee'", "a field or a score of survey.v1", "age"),
    (WOMEN, "value: works = true", "value: sex", 4, "value", "'sex', which is a text",
     "a number or true or false", None),
    (WOMEN, "value: works = true", "value: works", 4, "value", "'works', which is true or false",
     "a comparison, such as `works = true`", None),
    (WOMEN, "among: sex = 'f'", "among: age", 5, "among", "'age', which is a number", "true or false", None),
    (WOMEN, "among: sex = 'f'", "among: sex = 'femme'", 5, "among", "'femme'", "a code of sex (f, h)", None),
    (WOMEN, "among: sex = 'f'", "among: age = '30'", 5, "among", "\"age = '30'\"", "`age` is a number", None),
    (WOMEN, "among: sex = 'f'", "among: seen > '31/01/2025'", 5, "among", "\"seen > '31/01/2025'\"",
     "a date such as '2025-01-31'", None),
    (WOMEN, "among: sex = 'f'", "among: includes(uses, 'game')", 5, "among", "'game'", "a code of use", "games"),
    (WOMEN, "among: sex = 'f'", "among: includes(sex, 'f')", 5, "among", "`includes` of sex", "type categories", None),
    (SURVEY, "age >= 18 or not works", "age", 24, "rules[R01].expression", "'age', which is a number",
     "true or false", None),
    (SURVEY, "age >= 18 or not works", "mood > 1", 24, "rules[R01].expression", "'mood'", "fields alone here", None),
    (SURVEY, "else 'old' end", "else 'old' end\n    codes: sex", 22, "dimensions[age-group].expression", "'young'",
     "a code of sex", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "key", "read", "expected", "near"), WRONG, ids=[f"{w[0]}:{w[2][:40]}" for w in WRONG]
)
def test_a_wrong_declaration_is_told_with_all_that_is_needed_to_mend_it(
    problems_of, file, old, new, line, key, read, expected, near
):
    found = problems_of((file, old, new))

    told = [p for p in found if (p.file, p.line, p.key) == (file, line, key) and p.read.startswith(read)]
    assert told, "\n".join(map(str, found))
    assert expected in told[0].expected
    assert told[0].nearest == near


# file | text replaced | by | line | words of what was read | words of what is expected
UNREADABLE = [
    (WOMEN, "label: {fr: Femmes au travail, en: Women at work}", "label: Femmes : au travail: fin", 11, "a second ': '",
     "quotes around"),
    (WOMEN, "en: Women at work}", "en: Women at work", 11, "expected ',' or '}'", "the bracket closed"),
    (WOMEN, "unit: percent", "\tunit: percent", 7, "a tab", "spaces"),
    (WOMEN, "unit: percent", "unit: percent\nunit: years", 8, 'the key "unit" a second time', "each key once"),
    (WOMEN, "label: {fr: Femmes au travail, en: Women at work}", "label: @femmes", 11, "cannot start", "quotes around"),
    (MOOD, "  - {item: mood_2", "   - {item: mood_2", 7, "expected <block end>", "the same indentation"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "line", "read", "expected"), UNREADABLE)
def test_yaml_that_cannot_be_read_is_told_at_its_line(problems_of, file, old, new, line, read, expected):
    (problem,) = problems_of((file, old, new))

    assert (problem.file, problem.line) == (file, line)
    assert read in problem.read
    assert expected in problem.expected


def told_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(DeclarationError) as caught:
        load_schemas(folder)
    return caught.value.problems


def test_a_file_of_another_encoding_is_told_at_the_first_line_that_shows_it(programme):
    path = programme / WOMEN
    path.write_bytes(path.read_text(encoding="utf-8").replace("Femmes", "Été").encode("cp1252"))

    (problem,) = told_of(programme)

    assert (problem.file, problem.line) == (WOMEN, 11)
    assert problem.expected == "a text saved as UTF-8"


@pytest.mark.parametrize(("content", "read"), [("", "nothing"), ("- a\n- b\n", "a list or a bare text")])
def test_a_file_that_holds_no_keys_is_told_so(programme, content, read):
    (programme / WOMEN).write_text(content, encoding="utf-8")

    (problem,) = told_of(programme)

    assert (problem.file, problem.read) == (WOMEN, read)
    assert "indicator, instrument" in problem.expected


def test_a_folder_without_a_programme_is_told_which_file_it_lacks(programme):
    (programme / PROGRAMME).unlink()

    (problem,) = told_of(programme)

    assert (problem.file, problem.read) == (PROGRAMME, "nothing")


def test_a_file_whose_name_is_not_what_it_declares_is_told(programme):
    (programme / SURVEY).rename(programme / "instruments/survey.v2.yaml")

    (problem,) = told_of(programme)

    assert str(problem) == (
        "instruments/survey.v2.yaml:1: instrument: read 'survey.v1', "
        "expected the name of its file, survey.v2: rename the one or the other."
    )


def test_two_files_that_declare_the_same_thing_are_told(programme):
    (programme / "codelists/sexe.yaml").write_bytes((programme / SEX).read_bytes())

    (problem,) = told_of(programme)

    assert (problem.file, problem.line, problem.key) == ("codelists/sexe.yaml", 1, "codelist")
    assert "codelists/sex.yaml declares sex too" in problem.expected


def test_two_scales_cannot_give_a_score_the_same_name(programme):
    text = (programme / MOOD).read_text(encoding="utf-8").replace("scale: mood", "scale: temper")
    (programme / "scales/temper.yaml").write_text(text, encoding="utf-8")

    (problem,) = told_of(programme)

    assert (problem.file, problem.key, problem.read) == ("scales/temper.yaml", "scores[mood].name", "'mood'")


def test_a_file_that_nothing_reads_is_not_lost_in_silence(programme):
    (programme / "indicator").mkdir()
    (programme / WOMEN).rename(programme / "indicator/women-at-work.yaml")

    (problem,) = told_of(programme)

    assert (problem.file, problem.read, problem.nearest) == (
        "indicator/women-at-work.yaml", "a file that nothing reads", "indicators",
    )  # fmt: skip


def test_all_problems_of_all_files_are_told_at_once_and_in_order(problems_of):
    found = problems_of(
        (WOMEN, "estimator: mean", "estimator: average"),
        (WOMEN, "unit: percent", "unit:"),
        (SURVEY, "codes: sex", "codes: gender"),
        (SURVEY, "age >= 18", "agee >= 18"),
        (VILLAGE, "theme: work", "theme: leisure"),
    )

    assert [(p.file, p.line, p.key) for p in found] == [
        (WOMEN, 3, "estimator"),
        (WOMEN, 7, "unit"),
        (VILLAGE, 4, "theme"),
        (SURVEY, 12, "fields[sex].codes"),
        (SURVEY, 24, "rules[R01].expression"),
    ]


def test_a_wrong_file_does_not_bring_problems_in_those_that_name_it(problems_of):
    found = problems_of((SEX, "title:", "titre:"), (SURVEY, "version: 1", "version: one"), (MOOD, "recall:", "recal:"))

    assert {p.file for p in found} == {SEX, SURVEY, MOOD}


def test_a_later_version_must_correspond_to_fields_of_both(programme):
    first = (programme / SURVEY).read_text(encoding="utf-8")
    second = first.replace("version: 1", "version: 2\ncorresponds: {sexe: sex, age: years}")
    (programme / "instruments/survey.v2.yaml").write_text(second, encoding="utf-8")

    (problem,) = told_of(programme)
    assert (problem.key, problem.read, problem.expected[:7]) == ("corresponds.age", "'years'", "a field")

    second = first.replace("version: 1", "version: 2\ncorresponds: {sexe: sex}")
    (programme / "instruments/survey.v2.yaml").write_text(second, encoding="utf-8")

    (problem,) = told_of(programme)
    assert (problem.key, problem.read, problem.nearest) == ("corresponds.sexe", "'sexe'", "sex")
    assert problem.expected.startswith("a field of the version before")
