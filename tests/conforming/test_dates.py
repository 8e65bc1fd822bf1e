"""Dates: the day first, as the French write them; no order of day and month without a proof or a question."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.cells import read, values

DAYS = st.dates(date(1990, 1, 1), date(2029, 12, 31))
FRENCH = {  # two digits of the year are asked about unless the column proves the order
    "day/month/year": lambda day: f"{day:%d/%m/%Y}",
    "day-month-year": lambda day: f"{day:%d-%m-%Y}",
    "without zeros": lambda day: f"{day.day}/{day.month}/{day.year}",
    "iso": lambda day: f"{day:%Y-%m-%d}",
    "year first": lambda day: f"{day:%Y/%m/%d}",
    "with an hour": lambda day: f"{day:%d/%m/%Y} 14:30",
    "short": lambda day: f"{day:%d.%m.%y}",
    "month in words": lambda day: format_date(day, "long", locale="fr"),
    "all in words": lambda day: format_date(day, "full", locale="fr"),
    "month cut": lambda day: format_date(day, "d MMM y", locale="fr"),
}


@settings(max_examples=120)
@given(days=st.lists(DAYS, min_size=1, max_size=4), way=st.sampled_from(sorted(FRENCH)))
def test_a_column_in_any_french_writing_is_read_the_day_first(days, way):
    cells = read("date", *map(FRENCH[way], days))

    assert [cell.value.date() for cell in cells] == days
    assert way == "short" or "ambiguous-date" not in {cell.code for cell in cells}


@settings(max_examples=80)
@given(days=st.lists(DAYS, min_size=1, max_size=4), proof=st.integers(13, 28))
def test_a_column_proven_to_be_month_first_is_never_read_as_days(days, proof):
    cells = read("date", f"04/{proof}/2021", *(f"{day:%m/%d/%Y}" for day in days))

    assert all(cell.status == "invalid" or cell.value.date() == day for cell, day in zip(cells[1:], days, strict=True))


@given(day=DAYS)
def test_a_date_of_the_workbook_is_itself(day):
    assert [cell.value.date() for cell in read("date", day.isoformat(), f"{day}T08:15:00", of="d")] == [day, day]


def test_the_order_of_day_and_month_is_proven_by_the_column():
    assert [c.code for c in read("date", "03/04/21", "25/04/21")] == ["date-converted", "date-converted"]
    assert [c.code for c in read("date", "03/04/21")] == ["ambiguous-date"]
    assert values("date", "03/04/2021", "04/25/2021") == ["ambiguous-date", "impossible-date"]
    mixed = read("date", "03/04/2021", "25/04/2021", "04/25/2021")
    assert [(c.status, c.code) for c in mixed] == [
        ("", "ambiguous-date"), ("", "date-converted"), ("invalid", "impossible-date"),
    ]  # fmt: skip


def test_two_digits_of_a_year_are_of_the_century_that_spreadsheets_give_them():
    assert [cell.value.year for cell in read("date", "15/05/45", "15/05/29")] == [1945, 2029]


@pytest.mark.parametrize(
    "text",
    ["31/02/2025", "2022-02-31", "2018-12-338", "00/01/2025", "12/05/0021", "12/05/2024 et 13/05/2024", "9999"],
)
def test_what_is_no_date(text):
    assert read("date", text)[0].status == "invalid"


@given(day=st.dates(date(1927, 6, 1), date(2099, 12, 31)), of=st.sampled_from("nt"))
def test_a_number_of_days_is_the_date_that_a_spreadsheet_keeps_so(day, of):
    (cell,) = read("date", str((day - date(1899, 12, 30)).days), of=of)
    assert (cell.value.date(), cell.code) == (day, "serial-date")


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("several-dates", ["12/05/2021 et 13/05/2021", "12 et 13 mai 2021", "du 12 au 15 mai 2021",
                           "12/05/2021\n14/06/2021", "12 mai 2021, 13 juin 2021", "2021-05-12;2021-05-13"]),
        ("date-without-day", ["mars 2024", "Mars 2024", "déc. 2023", "03/2024", "2024-03", "2024", "mai"]),
        ("date-without-year", ["12/05", "12 mai", "1er mai"]),
        ("impossible-date", ["2018-12-338", "31/02/2025", "30 février 2021", "12/05/20244", "15/15/2021"]),
        ("not-a-date", ["bientôt", "été 2024", "07019", "99999", "?"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_date_is_told_as_what_it_is(code, texts):
    assert {text: values("date", text) for text in texts} == {text: [code] for text in texts}


def test_dates_in_sentences_and_figures_alone():
    texts = [
        "le 12/05/2021",
        "lundi 12/05/2021 à 14h30",
        "12-mai-21",
        "May 12, 2021",
        "20210512",
        "12052021",
        "12 / 05 / 2021",
    ]
    assert {cell.value.date() for cell in read("date", *texts)} == {date(2021, 5, 12)}


def test_a_column_that_only_makes_sense_month_first_is_read_so_and_asked_about():
    cells = read("date", "04/25/2021", "04/26/2021", "05/30/2021", "03/04/2021")
    assert [cell.value.date() for cell in cells] == [
        date(2021, 4, 25), date(2021, 4, 26), date(2021, 5, 30), date(2021, 3, 4),
    ]  # fmt: skip
    assert {cell.code for cell in cells} == {"month-first-date"}
    assert "month-first-date" not in {
        c.code for c in read("date", "04/25/2021", "04/26/2021", "05/30/2021", "25/04/2021")
    }
