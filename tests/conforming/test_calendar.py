"""Dates and periods: the day first, as the French write them; no day for a month without a question."""

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


@settings(max_examples=120, deadline=None)
@given(days=st.lists(DAYS, min_size=1, max_size=4), way=st.sampled_from(sorted(FRENCH)))
def test_a_column_in_any_french_writing_is_read_the_day_first(days, way):
    cells = read("date", *map(FRENCH[way], days))

    assert [cell.value.date() for cell in cells] == days
    assert way == "short" or "ambiguous-date" not in {cell.code for cell in cells}


@settings(max_examples=80, deadline=None)
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
    ["31/02/2025", "2022-02-31", "2018-12-338", "00/01/2025", "12/05/0021", "12/05/2024 et 13/05/2024", "44678"],
)
def test_what_is_no_date(text):
    assert read("date", text)[0].status == "invalid"


@settings(max_examples=120, deadline=None)
@given(year=st.integers(2000, 2029), number=st.integers(1, 12), way=st.integers(0, 6))
def test_a_month_in_any_french_writing(year, number, way):
    day = date(year, number, 1)
    text = (
        f"{year}-{number:02}", f"{number:02}/{year}", f"{number}-{year}", format_date(day, "MMMM y", locale="fr"),
        format_date(day, "MMMM y", locale="fr").upper(), format_date(day, "MMM-yy", locale="fr"),
        format_date(day, "MMMM y", locale="en"),
    )[way]  # fmt: skip

    assert values("period", text, period="month") == [f"{year}-{number:02}"]


QUARTERS = (
    "T{n} {y}", "{y}-T{n}", "{y} T{n}", "t{n}-{y}", "Q{n} {y}", "{y}Q{n}", "{n}e trimestre {y}", "Trim. {n} {y}",
    "T{n} {s}", "{n}ème trimestre de l'année {y}",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(year=st.integers(2000, 2029), number=st.integers(1, 4), way=st.sampled_from(QUARTERS))
def test_a_quarter_in_any_french_writing(year, number, way):
    text = way.format(n=number, y=year, s=f"{year % 100:02}")
    assert values("period", text, period="quarter") == [f"{year}-Q{number}"]


def test_semesters_years_and_ordinals():
    assert values("period", "S2 2026", "2e semestre 2026", "second semestre 2026", period="semester") == ["2026-S2"] * 3
    assert values("period", "mois de mai 2026", "mai de 2026", period="month") == ["2026-05"] * 2
    assert values("period", "premier trimestre 2026", "1er trim. 2026", period="quarter") == ["2026-Q1"] * 2
    assert values("period", "2026", "année 2026", period="year") == ["2026"] * 2


def test_a_quarter_alone_takes_the_year_of_the_submission_and_another_length_is_refused():
    assert values("period", "T1", period="quarter", year=2025) == ["2025-Q1"]
    assert values("period", "T1", "janvier 2026", "T5 2026", "2026", period="quarter") == ["not-a-period"] * 4
    assert values("period", "2025-2026", period="year") == ["not-a-period"]
    assert [cell.value for cell in read("period", "2026-03-01", of="d", period="month")] == ["2026-03"]
