"""Numbers as the French write them: read as meant, or asked; never another number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import HEADER, ROW, monthly
from tests.conforming.cells import read, values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90,11", 90.11), ("90.11", 90.11), ("1 234,5", 1234.5), ("1\u00a0234,5", 1234.5), ("1\u202f234,5", 1234.5),
        ("1.234.567,8", 1234567.8), ("1,234,567.8", 1234567.8), ("-1.234,5", -1234.5), ("1 200 €", 1200.0),
        ("12 %", 12.0), ("(5)", -5.0), ("−3,2", -3.2), ("- 5", -5.0), ("1,5e3", 1500.0), ("+7", 7.0),
        ("1'234,5", 1234.5), ("1’234’567", 1234567.0), ("12-", -12.0), ("1 200,50 -", -1200.5), ("€ 5", 5.0),
        ("EUR1200", 1200.0), ("(1 200 €)", -1200.0), ("12 pour cent", 12.0), ("1 200,50 € TTC", 1200.5), ("zéro", 0.0),
        ("Aucun", 0.0),
    ],
)  # fmt: skip
def test_french_numbers(text, value):
    assert values("decimal", text) == [value]


@pytest.mark.parametrize(
    "text",
    ["beaucoup", "1,2,3", "12-13-14", "1e999", "--5", "#", "10 000 20", "1 2345", "12 5", "12/05/2021", "+"],
)
def test_what_is_no_number(text):
    assert values("decimal", text) == ["not-a-number"]


@pytest.mark.parametrize(
    "text",
    ["10-15", "10 à 15", "entre 10 et 15", "10/15", "10 – 15 personnes", "12 ou 13", "de 5 à 7 %", "1 200-1 500 €"],
)
def test_a_range_is_told_as_a_range(text):
    assert values("decimal", text) == ["number-range"]


@pytest.mark.parametrize(
    "text",
    [
        "~75%",
        "80% +",
        "environ 30",
        "≈ 30",
        "30 env.",
        "plus de 30",
        "une vingtaine",
        "30 ?",
        "> 5",
        "une centaine de repas",
    ],
)
def test_an_estimate_is_told_as_an_estimate(text):
    assert values("decimal", text) == ["approximate-number"]


def test_money_is_counted_in_the_unit_of_the_field_or_asked():
    assert values("decimal", "3 k€", "1,2 M€", "1,2 million d'euros", "3 000 €", unit="EUR") == [3e3, 1.2e6, 1.2e6, 3e3]
    assert values("decimal", "3 k€", "4 500 €", "5", unit="k€") == [3.0, 4.5, 5.0]
    assert values("decimal", "3 k€") == ["unit-in-doubt"]
    assert values("decimal", "3 m€", "12 %", unit="EUR") == ["unit-in-doubt"] * 2
    assert values("decimal", "3 €", unit="percent") == ["unit-in-doubt"]


def test_the_unit_of_the_field_may_stand_after_the_number():
    assert values("integer", "12 personnes", "1 200 people", unit="people") == [12, 1200]
    assert values("integer", "12 heures", "12 personnes", unit="hours") == [12, "not-a-number"]


def test_a_number_that_a_spreadsheet_took_for_a_date_is_told():
    assert values("decimal", "2026-05-01", of="d") == ["date-not-number"]


def test_thousands_or_decimals_is_asked_unless_the_column_or_the_range_tells():
    assert values("decimal", "1.234", "5.678") == ["ambiguous-number", "ambiguous-number"]
    assert values("decimal", "1.234", "5.6") == [1.234, 5.6]
    assert values("decimal", "1.234", "5.678,9") == [1234.0, 5678.9]
    assert values("decimal", "1.234", "5.678,9", "12.5") == ["ambiguous-number", 5678.9, 12.5]
    assert values("decimal", "1,234", range=(0, 10)) == [1.234]
    assert values("decimal", "1,234", range=(100, 10000)) == [1234.0]
    assert values("integer", "1.234") == [1234]
    assert values("integer", "10.000", "20.000") == ["ambiguous-number"] * 2
    assert values("integer", "10.000", "1.234") == [10000, 1234]
    assert values("integer", "10.000", "1.234", "0.5") == ["ambiguous-number", "ambiguous-number", "not-an-integer"]
    assert values("integer", "1.234", "0.5") == ["ambiguous-number", "not-an-integer"]


def test_labelled_answers_are_statuses_and_a_share_written_in_percent_is_a_share():
    assert [cell.status for cell in read("integer", "-9", "-9,0", "-8")] == ["unknown", "unknown", ""]
    assert values("decimal", "12 %", range=(0, 1)) == [0.12]


def test_a_number_of_the_workbook_is_never_ambiguous():
    assert [cell.value for cell in read("decimal", "1.234", of="n")] == [1.234]


@st.composite
def columns(draw: st.DrawFn) -> tuple[str, list[tuple[str, Decimal]]]:
    """A column in one convention: its unit, how each number is written, and the number."""
    mark, space = draw(st.sampled_from([",", "."])), draw(st.sampled_from(["", " ", "\u00a0", "\u202f", ".", ","]))
    after = draw(st.sampled_from(["", " €", "€", " EUR", " %", "%"]))
    negative = draw(st.sampled_from(["-{}", "({})", "\u2212{}"]))
    places = draw(st.integers(0, 4))
    numbers = st.decimals(min_value=-(10**9), max_value=10**9, places=places, allow_nan=False)
    column = []
    for number in draw(st.lists(numbers, min_size=1, max_size=5)):
        written = f"{abs(number):,.{places}f}".replace(".", "m").replace(",", "" if space == mark else space)
        written = written.replace("m", mark) + ("" if negative == "({})" else after)
        column.append((negative.format(written) if number < 0 else written, number))
    return "percent" if "%" in after else "EUR", column


@settings(max_examples=300)
@given(column=columns())
def test_a_number_in_any_french_writing_is_read_or_asked_never_another(column):
    unit, column = column
    cells = read("decimal", *(text for text, _ in column), unit=unit)

    for cell, (text, number) in zip(cells, column, strict=True):
        if cell.status == "":
            assert cell.value == float(number), text
        else:
            assert cell.code == "ambiguous-number" or (cell.status, number) == ("unknown", -9), text


def test_units_as_people_shorten_them_are_no_text():
    told = ["Bénévolat (heures)", "Emplois ETP"]
    table = monthly([*HEADER, *told], [*ROW[:3], "24 j", "860", "20 h", "1,5 ETP"])
    assert table.data.loc[0, ["opening_days", "volunteer_hours", "jobs_fte"]].tolist() == [24, 20, 1.5]
