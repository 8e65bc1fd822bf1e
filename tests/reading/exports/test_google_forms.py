"""Google Forms in French and English: boxes joined in one cell, grids, the moment of the answer."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading.exports.answers import (
    FIELDS,
    HOUSEHOLD,
    NEEDS,
    SAID,
    Answers,
    book_of,
    codes,
    csv_of,
    expected,
    records,
    table_of,
)
from tests.reading.exports.test_kobo import ANSWERS
from tests.reading.exports.test_odk import zipped

from impact_pipeline.reading.survey import Tool

MOMENTS = {"fr": ("Horodateur", "02/03/2026 10:20:31"), "en": ("Timestamp", "3/2/2026 10:20:31")}


def google(said: Sequence[Answers], language: str, joined: str = ", ") -> list[list[str]]:
    """The rows of the sheet of answers; the satisfaction is a line of a grid."""
    title, moment = MOMENTS[language]
    if joined == ";":
        moment = "2026/03/02 10:20:31 AM UTC+1"
    header = [title, "Adresse e-mail" if language == "fr" else "Email Address"]
    for name in FIELDS:
        label = HOUSEHOLD.by_name[name].label.fr
        header.append(f"Votre avis [{label}]" if name == "satisfaction_1" else label)
    rows = [header]
    for answers in said:
        row = [moment, "personne@example.org"]
        for name in FIELDS:
            if name == "needs" and answers.needs:
                row.append(joined.join(NEEDS[code].label.fr for code in answers.needs))
            else:
                row.append(answers.labelled(name))
        rows.append(row)
    return rows


TOLD = [answers for answers in SAID if answers.needs != ()]  # boxes left empty cannot tell none from no answer


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("joined", [", ", ";"])
def test_the_csv_gives_the_records_of_a_plain_table(language: str, joined: str) -> None:
    content = csv_of(google(TOLD, language, joined), ",")
    assert book_of(content).tool is Tool.GOOGLE_FORMS
    assert records(content) == expected(TOLD)
    assert codes(table_of(content)) == {"survey-metadata"}


def test_the_zip_and_the_workbook_give_the_same() -> None:
    assert records(zipped(answers=google(TOLD, "fr", ";")), "answers.csv.zip") == expected(TOLD)
    workbook = openpyxl.Workbook()
    for row in google(TOLD, "fr"):
        workbook.active.append([text or None for text in row])
    stream = io.BytesIO()
    workbook.save(stream)
    assert records(stream.getvalue(), "answers.xlsx") == expected(TOLD)


def test_a_column_of_moments_makes_an_export_and_nothing_else_does() -> None:
    assert book_of(csv_of([["Horodateur", "Âge"], ["le matin", "30"]])).tool is None
    assert book_of(csv_of([["Âge", "Horodateur"], ["30", "02/03/2026 10:20:31"]])).tool is None


@settings(max_examples=25)
@given(st.lists(ANSWERS.filter(lambda a: a.needs != ()), min_size=1, max_size=5), st.sampled_from([", ", ";"]))
def test_any_answers_read_back(said: list[Answers], joined: str) -> None:
    assert records(csv_of(google(said, "fr", joined), ",")) == expected(said)
