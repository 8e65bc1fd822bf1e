"""What the loader gives once nothing is wrong: things by name, versions, scores, and names found or told."""

from __future__ import annotations

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import UnknownName


def test_a_programme_is_loaded_whole(programme):
    schemas = load_schemas(programme)

    assert schemas.programme.programme == "small"
    assert list(schemas.initiatives) == ["village"]
    assert [str(instrument) for instrument in schemas.instruments] == ["survey.v1"]
    assert list(schemas.scores(schemas.instrument("survey"))) == ["mood"]
    assert [i.indicator for i in schemas.indicators_of(schemas.instrument("survey"))] == [
        "mood-change",
        "women-at-work",
    ]
    assert schemas.initiatives_of(schemas.indicators["women-at-work"]) == ("village",)
    assert list(schemas.hashes) == sorted(schemas.hashes)
    assert len(schemas.hashes) == 10


def test_a_score_is_possible_only_where_all_its_items_are_asked(programme):
    path = programme / "instruments/survey.v1.yaml"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "mood_2" not in line]
    path.write_text("\n".join(lines), encoding="utf-8")
    (programme / "indicators/mood-change.yaml").unlink()
    schemas = load_schemas(programme)

    assert schemas.scores(schemas.instrument("survey")) == {}


def test_an_instrument_is_found_by_name_by_version_or_by_both(programme):
    path = programme / "instruments/survey.v1.yaml"
    second = path.read_text(encoding="utf-8").replace("version: 1", "version: 2")
    path.with_name("survey.v2.yaml").write_text(second, encoding="utf-8")
    schemas = load_schemas(programme)

    assert str(schemas.instrument("survey")) == "survey.v2"
    assert str(schemas.instrument("survey", 1)) == "survey.v1"
    assert str(schemas.instrument("survey.v1")) == "survey.v1"
    with pytest.raises(UnknownName, match="no version of survey called '3'"):
        schemas.instrument("survey.v3")
    with pytest.raises(UnknownName, match="Did you mean 'survey'"):
        schemas.instrument("surveys")


def test_the_latest_wave_is_the_last_of_the_code_list_and_not_of_the_alphabet(programme):
    schemas = load_schemas(programme)
    survey = schemas.instrument("survey")

    assert schemas.latest_wave(survey, ["after", "before"]) == "after"
    assert schemas.latest_wave(survey, ["before"]) == "before"
    assert schemas.latest_wave(survey, []) is None


def test_texts_and_code_lists_have_a_short_form(programme):
    path = programme / "codelists/sex.yaml"
    path.write_text("codelist: sex\ntitle: Sex\ncodes: {f: Femme, h: {fr: Homme, en: Man}}\n", encoding="utf-8")
    sex = load_schemas(programme).codelist("sex")

    assert (sex.title.fr, sex.title.en) == ("Sex", "Sex")
    assert [(item.code, item.label["en"]) for item in sex.codes] == [("f", "Femme"), ("h", "Man")]


def test_words_that_older_yaml_takes_for_booleans_stay_words(programme):
    path = programme / "codelists/sex.yaml"
    path.write_text("codelist: sex\ntitle: Sex\ncodes: {yes: On, no: Off, f: F, h: H, 1: One}\n", encoding="utf-8")

    assert list(load_schemas(programme).codelist("sex").by_code) == ["yes", "no", "f", "h", "1"]


def test_expressions_may_be_written_as_bare_numbers_and_booleans(programme):
    path = programme / "indicators/women-at-work.yaml"
    text = path.read_text(encoding="utf-8").replace("value: works = true", "value: 1").replace("sex = 'f'", "true")
    path.write_text(text, encoding="utf-8")
    indicator = load_schemas(programme).indicators["women-at-work"]

    assert (indicator.value.text, str(indicator.among)) == ("1", "true")
    assert not indicator.is_share


def test_the_meaning_of_an_instrument_does_not_change_with_its_words(programme):
    path = programme / "instruments/survey.v1.yaml"
    before = load_schemas(programme).instrument("survey").meaning

    path.write_text(
        path.read_text(encoding="utf-8").replace("en: Age}}", "en: How old}, help: Years}"), encoding="utf-8"
    )
    assert load_schemas(programme).instrument("survey").meaning == before

    path.write_text(path.read_text(encoding="utf-8").replace("[16, 110]", "[18, 110]"), encoding="utf-8")
    assert load_schemas(programme).instrument("survey").meaning != before


def test_declarations_do_not_change_once_loaded(programme):
    schemas = load_schemas(programme)

    with pytest.raises(ValueError, match="frozen"):
        schemas.programme.programme = "other"
