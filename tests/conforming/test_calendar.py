"""Periods in any French writing, school years and DHIS2's codes; one of another length is told as such."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.cells import read, values


@settings(max_examples=120)
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


@settings(max_examples=60)
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
    assert values("period", "T1", "T5 2026", "l'hiver", period="quarter") == ["not-a-period"] * 3
    assert values("period", "janvier 2026", "2026", "2025-2026", period="quarter") == ["period-length"] * 3
    assert values("period", "2025-2026", "12/05/2026", period="year") == ["period-length"] * 2
    assert values("period", "2026-03-12", of="d", period="quarter") == ["period-length"]
    assert [cell.value for cell in read("period", "2026-03-01", of="d", period="month")] == ["2026-03"]


@pytest.mark.parametrize(
    ("length", "code", "period"),
    [
        ("month", "202603", "2026-03"), ("quarter", "2026Q1", "2026-Q1"), ("semester", "2026S2", "2026-S2"),
        ("year", "2026", "2026"), ("school-year", "2026Sep", "2026-2027"),
    ],
)  # fmt: skip
def test_the_codes_of_dhis2(length, code, period):
    assert values("period", code, period=length) == [period]
    others = [other for other in ("month", "quarter", "semester", "year", "school-year") if other != length]
    assert [values("period", code, period=other) for other in others] == [["period-length"]] * 4


def test_months_from_the_first_to_the_last_are_the_quarter_or_semester_that_they_are():
    texts = "janvier à mars 2026", "janv. 2026 - mars 2026", "de janvier à mars 2026"
    assert values("period", *texts, period="quarter") == ["2026-Q1"] * 3
    assert values("period", "juillet à décembre 2026", period="semester") == ["2026-S2"]
    assert (
        values("period", "février à avril 2026", "janvier 2025 à mars 2026", period="quarter") == ["not-a-period"] * 2
    )


@settings(max_examples=60)
@given(
    year=st.integers(1999, 2028),
    way=st.sampled_from(
        ["{y}-{z}", "{y}/{z}", "{y} - {z}", "{y}-{b}", "{a}-{b}", "{a}/{b}", "année scolaire {y}-{z}",
         "Année scolaire {y}/{z}", "rentrée {y}", "AS {a}/{b}", "{y} à {z}", "Rentrée de septembre {y}"]
    ),
)  # fmt: skip
def test_a_school_year_in_any_writing(year, way):
    text = way.format(y=year, z=year + 1, a=f"{year % 100:02}", b=f"{(year + 1) % 100:02}")
    assert values("period", text, period="school-year") == [f"{year}-{year + 1}"]


def test_a_year_alone_or_two_that_do_not_follow_are_no_school_year():
    assert values("period", "2025", "T1 2026", period="school-year") == ["period-length"] * 2
    assert values("period", "2025-2027", "2026-2025", "25-27", period="school-year") == ["not-a-period"] * 3
