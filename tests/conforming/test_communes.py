"""Communes as people write them: by code, by name, by post, by a code that has gone; never one guessed in silence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.cells import INSTRUMENT, SCHEMAS, read, values

from impact_pipeline.conforming.communes import read_communes
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.geography import commune
from impact_pipeline.geography.table import table
from impact_pipeline.validation.messages import tell

TODAY = [row["code"] for row in table("communes").select(["code", "kind"]).to_pylist() if row["kind"] == "commune"]


def test_a_code_is_read_with_the_zero_that_a_spreadsheet_took():
    assert values("commune", "07019", "2a004", "97411", "98735") == ["07019", "2A004", "97411", "98735"]
    assert [(c.value, c.code) for c in read("commune", "7019", "7 064", "7132.0")] == [
        ("07019", "zero-restored"), ("07064", "zero-restored"), ("07132", "zero-restored"),
    ]  # fmt: skip
    assert values("commune", "7019", "10.04", of="n") == ["07019", "invalid-commune"]
    assert values("commune", "99100", "7O19", "10.04", "4,991E+13") == ["invalid-commune"] * 3 + ["lost-digits"]
    assert values("commune", "2026-01-31", of="d") == ["invalid-commune"]


def test_a_former_code_becomes_the_commune_that_took_it_in():
    cells = read("commune", "23126", "20004", year=2026)
    assert [(c.value, c.code, c.as_read) for c in cells] == [
        ("23189", "commune-merged", "23189"),
        ("2A004", "commune-merged", "2A004"),
    ]


def test_a_former_code_is_kept_for_a_period_in_which_it_was_right():
    assert [(c.value, c.code) for c in read("commune", "49069", year=2024)] == [("49069", "")]
    assert [(c.value, c.code) for c in read("commune", "49069", year=2025)] == [("49126", "commune-merged")]
    assert [(c.value, c.code) for c in read("commune", "49069")] == [("49126", "commune-merged")]  # no period: today
    assert [(c.value, c.code) for c in read("commune", "15031", year=2024)] == [("15031", "")]  # a commune again: kept


def test_an_arrondissement_becomes_its_commune():
    cells = read("commune", "75112", "69383", "13201", "Paris 12e", "LYON 3ème arrondissement", "Marseille 1er")
    assert [c.value for c in cells] == ["75056", "69123", "13055"] * 2
    assert {c.code for c in cells} == {"commune-arrondissement"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Privas", "07186"), ("PRIVAS CEDEX", "07186"), ("Commune d’Aubenas", "07019"), ("Ville de Lyon", "69123"),
        ("Privas (07)", "07186"), ("Privas 07", "07186"), ("Privas - Ardèche", "07186"), ("Privas, 07", "07186"),
        ("07000 Privas", "07186"), ("Privas 07000", "07186"), ("07186 - Privas", "07186"), ("Privas (07186)", "07186"),
        ("Saint-Martin (32)", "32389"), ("St Martin, Gers", "32389"), ("Teil (Le)", "07319"), ("le teil", "07319"),
        ("Saint-Denis (Réunion)", "97411"), ("75012 Paris", "75056"), ("LE PUY EN VELAY", "43157"),
        ("Masbaraud-Mérignat", "23189"),  # part of a commune: that commune
    ],
)  # fmt: skip
def test_a_name_is_read_where_it_means_one_commune(text, code):
    (cell,) = read("commune", text)
    assert (cell.value, cell.code, cell.as_read) == (code, "commune-from-name", code)


def test_a_name_that_several_communes_bear_is_a_question_and_an_unknown_one_is_refused():
    assert values("commune", "Saint-Martin", "Saint-Denis") == ["ambiguous-commune"] * 2
    assert values("commune", "Privass", "07000 Paris", "Privas (42)", "07999") == ["unknown-commune"] * 4


def test_a_postcode_in_place_of_a_code_is_recognised():
    assert [(c.value, c.code) for c in read("commune", "75012")] == [("75056", "commune-from-postcode")]
    assert values("commune", "07000", "07186") == ["postcode-as-commune", "07186"]


def test_what_may_be_a_code_or_a_postcode_is_decided_by_the_column():
    codes = ["07186", "07019", "07064", "07132"]  # that are no postcodes
    assert values("commune", "07200", *codes) == ["07200", *codes]
    assert values("commune", "07200", "07000", *codes)[:2] == ["07200", "postcode-as-commune"]
    assert values("commune", "07200", "07000", "07186") == ["commune-or-postcode", "postcode-as-commune", "07186"]
    assert values("commune", "07200", "07000")[0] == "postcode-as-commune"  # a column of postcodes


def words(code: str, text: str, read_as: str = "", language="fr") -> str:
    details = {"as": read_as} if read_as else {}
    finding = Finding(code, Level.TO_CHECK, Place("T1", 12, 1), text, "commune", details=details)
    message = tell(finding, INSTRUMENT, SCHEMAS, language)
    return f"{message.read} {message.todo}".replace("\u00a0", " ")


def test_messages_name_communes_and_years():
    merged = words("commune-merged", "49069", "49126")
    assert "« 49069 » (Champtoceaux) n’est plus le code d’une commune depuis 2025" in merged
    assert "nous avons lu Orée d’Anjou (49126)" in merged
    assert "since" not in words("commune-merged", "23126", "23189", "en")  # before the first list: no year is known
    assert "« 23126 » (Masbaraud-Mérignat) n’est plus" in words("commune-merged", "23126", "23189")
    assert "« 20004 » n’est plus le code d’une commune ; nous" in words("commune-merged", "20004", "2A004")
    assert "« Saint-Martin (32389) »" in words("ambiguous-commune", "Saint-Martin")
    assert "« Privas (07186) »" in words("postcode-as-commune", "07000")
    assert "Vouliez-vous dire « Privas (07186) » ?" in words("unknown-commune", "Privass")
    assert "Vouliez-vous dire « Paris (75056) » ?" in words("unknown-commune", "07000 Paris")
    assert "« Le Roux (07200) », « Ailhon (07002) »" in words("commune-or-postcode", "07200")


@settings(max_examples=100)
@given(code=st.sampled_from(TODAY), year=st.none() | st.integers(2015, 2030))
def test_every_commune_is_found_by_its_code_and_by_its_name_with_its_code(code, year):
    place = commune(code)
    for text in (code, code.lower(), f"{place.name} ({code})", f"{code} {place.name}"):
        assert read_communes([(text, "t")], year)[text, "t"].value == code


@settings(max_examples=200)
@given(texts=st.lists(st.text("0123456789AB abéPrivs(),-'", min_size=1).map(str.strip).filter(bool), unique=True))
def test_any_text_is_a_commune_of_today_or_says_why_not(texts):
    for cell in read_communes([(text, "t") for text in texts], 2026).values():
        assert cell.value in set(TODAY) if cell.status == "" else cell.status == "invalid" and cell.code
