"""How the tables are made out of yearly lists: a small country of our own, over three years."""

from __future__ import annotations

import pytest

from impact_pipeline.geography.building import areas, changes, communes, standing_in


def commune(code: str, name: str, *former: str, **more: object) -> dict[str, object]:
    told = {"code": code, "nom": name, "type": "commune-actuelle", "departement": "01", "region": "84"}
    return told | {"anciensCodes": list(former), "population": 100, "codesPostaux": ["01200", "01100"]} | more


def part(code: str, name: str, kind: str, **of: str) -> dict[str, object]:
    return {"code": code, "nom": name, "type": kind, "departement": "01", "region": "84", **of}


LISTS = {
    2021: [
        commune("01001", "A", "01009"), commune("01002", "B"), commune("01003", "C"), commune("01008", "H", "01007"),
    ],
    2022: [commune("01001", "A", "01009", "01002"), commune("01003", "C"), commune("01008", "H", "01007")],
    2023: [
        commune("01003", "C", "01001", "01002", "01009"),
        commune("01007", "G"),  # a commune again
        commune("01008", "H", siren="1"),
        part("01003", "Old C", "commune-deleguee", chefLieu="01003"),
        part("01001", "A", "commune-deleguee", chefLieu="01003"),
        part("01301", "C 1er", "arrondissement-municipal", commune="01003"),
    ],
}  # fmt: skip
EPCI = [{"code": "200", "nom": "CC", "membres": [{"code": "01003"}]}]


def test_one_row_a_place_and_a_code_gone_before_all_names():
    rows = communes(LISTS, EPCI, {"01003": "5"}).to_pylist()
    assert [(r["code"], r["name"], r["kind"], r["current"]) for r in rows] == [
        ("01001", "A", "déléguée", "01003"),
        ("01002", "B", "former", "01003"),
        ("01003", "C", "commune", "01003"),
        ("01003", "Old C", "déléguée", "01003"),
        ("01007", "G", "commune", "01007"),
        ("01008", "H", "commune", "01008"),
        ("01009", None, "former", "01003"),
        ("01301", "C 1er", "arrondissement", "01003"),
    ]
    c = rows[2]
    assert (c["epci"], c["density"], c["population"], c["postcodes"]) == ("200", "5", 100, ["01100", "01200"])
    assert (rows[4]["epci"], rows[4]["density"], rows[0]["population"]) == (None, None, None)


def test_changes_are_dated_by_the_first_list_that_shows_them():
    assert [(r["code"], r["since"], r["into"]) for r in changes(LISTS).to_pylist()] == [
        ("01001", None, "01001"), ("01001", 2023, "01003"),
        ("01002", None, "01002"), ("01002", 2022, "01001"), ("01002", 2023, "01003"),  # taken in twice
        ("01007", None, "01008"), ("01007", 2023, "01007"),
        ("01009", None, "01001"), ("01009", 2023, "01003"),
    ]  # fmt: skip


def test_a_commune_stands_in_itself_even_where_another_list_calls_it_former():
    both = [commune("01001", "A", "01002"), commune("01002", "B")]
    assert standing_in(both) == {"01001": "01001", "01002": "01002"}


def test_a_place_of_a_commune_that_is_not_there_is_told():
    with pytest.raises(KeyError):
        communes({2023: [part("01001", "A", "commune-deleguee", chefLieu="01003")]}, [])


def test_names_of_areas():
    table = areas([{"code": "01", "nom": "Ain"}], [{"code": "84", "nom": "Auvergne"}], EPCI)
    assert [(r["level"], r["code"]) for r in table.to_pylist()] == [
        ("departement", "01"), ("epci", "200"), ("region", "84"),
    ]  # fmt: skip
