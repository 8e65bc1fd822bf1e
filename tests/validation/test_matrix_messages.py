"""In a cross table an answer is no row: messages and counts speak of cells and of series of figures."""

from __future__ import annotations

from dataclasses import replace

from tests.conforming.books import MATRIX, SCHEMAS, sheet

from impact_pipeline.conforming import conform
from impact_pipeline.giving_back import summary
from impact_pipeline.pipeline import engine
from impact_pipeline.reading.sheet import Book
from impact_pipeline.validation import Checked, check_table
from impact_pipeline.validation.messages import Message, tell

TOP = ["", "Indicateur", "Recyclerie T1", "Recyclerie T2", "Recyclerie T1"]


def checked(*rows: list[str]) -> Checked:
    book = Book("xlsx", (sheet(TOP, *rows, name="T1"),))
    table = conform(book, MATRIX, SCHEMAS, fill={"period": "2025"})
    with engine() as connection:
        return replace(check_table(table, MATRIX, SCHEMAS, connection), read_as={"sheets": "T1, T2"})


def told(outcome: Checked, code: str) -> list[Message]:
    return [tell(finding, MATRIX, SCHEMAS, "fr") for finding in outcome.findings if finding.code == code]


def test_two_series_that_differ_name_each_other_by_their_cells():
    first, second = told(
        checked(["", "Emplois ETP", "18", "19", "18"], ["", "Personnes en parcours", "24", "25", "26"]), "duplicate-key"
    )
    assert ("cellule C1" in first.place, "T1!E1" in first.read) == (True, True)
    assert ("cellule E1" in second.place, "T1!C1" in second.read) == (True, True)
    assert "ligne" not in first.read + first.expected + first.todo


def test_a_series_written_twice_is_left_out_and_named_by_its_cell():
    (twin,) = told(
        checked(["", "Emplois ETP", "18", "19", "18"], ["", "Personnes en parcours", "24", "25", "24"]), "duplicate-row"
    )
    assert ("T1!C1" in twin.read, "ligne" in twin.read + twin.todo + twin.title) == (True, False)


def test_what_is_set_aside_and_counted_is_a_series_of_figures():
    outcome = checked(["", "Emplois ETP", "18", "beaucoup", ""], ["", "Personnes en parcours", "24", "25", ""])
    (wrong,) = told(outcome, "not-a-number")
    assert "toute cette série (mêmes « Structure » et « Trimestre ») est mise de côté" in wrong.todo
    assert summary.read(outcome, "fr") == "Ce que nous avons lu : feuilles T1, T2, 2 séries de chiffres."
    assert "que pour 1 série de chiffres sur 2" in summary.verdict(outcome, "fr")
