"""The corrected copy bears what we read in each converted cell, under its type, and is else the sender's workbook."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pytest
from tests.giving_back.books import ASKS, HEADER, check, rich, row, told

from impact_pipeline.giving_back import annotated, corrected
from impact_pipeline.giving_back.received import CORRECTED

ROWS = [row(commune="7019", turnover="5 200,50 €"), row(name="CAFE-02", visits="1 200", turnover=""),
        row(name="CAFE-03", visits="beaucoup")]  # fmt: skip


@pytest.fixture
def outcome(tmp_path):
    return check(rich(ROWS), tmp_path)


def test_each_converted_cell_bears_its_value_as_read_in_its_type(outcome):
    given = corrected(outcome)
    page = openpyxl.load_workbook(io.BytesIO(given.content))["L'année"]

    assert given.cells == 3
    assert (page["C3"].value, page["C3"].data_type, page["C3"].number_format) == ("07019", "s", "@")
    assert (page["F3"].value, page["F3"].data_type) == (5200.5, "n")
    assert (page["E4"].value, page["E4"].data_type) == (1200, "n")
    for address in ("C3", "F3", "E4"):
        assert page[address].fill.fgColor.rgb == f"FF{CORRECTED}"
        assert "Votre fichier disait" in page[address].comment.text


def converted(outcome):
    """Cells of the file itself; a column that it lacks is filled from the submission."""
    table = outcome.checked.conversions.first(100)
    return [row for row, column in zip(table["row"].to_pylist(), table["column"].to_pylist(), strict=True)
            if column is not None]  # fmt: skip


def test_it_checks_without_a_conversion_and_with_the_same_findings(outcome, tmp_path):
    again = check(corrected(outcome).content, tmp_path, "corrige.xlsx")

    assert len(converted(outcome)) == 3
    assert converted(again) == []
    assert told(again) == told(outcome) == [("L'année!E5", "not-a-number")]
    assert again.checked.accepted == outcome.checked.accepted


def test_nothing_else_is_touched(outcome):
    before = openpyxl.load_workbook(io.BytesIO(outcome.content))
    after = openpyxl.load_workbook(io.BytesIO(corrected(outcome).content))
    assert after.sheetnames == before.sheetnames
    for sheet in before:
        for cells in sheet.iter_rows():
            for cell in cells:
                if (sheet.title, cell.coordinate) not in {("L'année", at) for at in ("C3", "F3", "E4")}:
                    assert after[sheet.title][cell.coordinate].value == cell.value


def test_a_question_stays_a_question(tmp_path):
    """An amount of `1.234` alone may be a thousand: the copy does not answer for the sender. Visits are whole."""
    content = "\n".join(
        [";".join(HEADER), "CAFE-01;2026-05;07019;24;1.234;1.234", "CAFE-02;2026-05;7019;24;2;3"]
    ).encode()
    outcome = check(content, tmp_path, "mai.csv")
    page = openpyxl.load_workbook(io.BytesIO(corrected(outcome).content))["Données"]
    assert told(outcome) == [("F2", "ambiguous-number")]
    assert page["F2"].value == "1.234"
    assert page["E2"].value == 1234
    assert "« 1.234 »" in page["E2"].comment.text.replace("\u00a0", " ")
    assert page["C3"].value == "07019"


def test_a_file_without_conversion_has_no_corrected_copy(tmp_path):
    assert corrected(check(rich([row()]), tmp_path)) is None


def test_days_of_a_workbook_that_counts_from_1904():
    from impact_pipeline.giving_back.xlsx.cells import value_xml

    assert value_xml(datetime(2026, 5, 12).date(), from_1904=True) == "><v>44692</v></c>"
    assert value_xml(datetime(2026, 5, 12).date()) == "><v>46154</v></c>"


def test_what_was_explained_stays_explained_in_the_corrected_copy(tmp_path):
    workbook = openpyxl.load_workbook(io.BytesIO(annotated(check(rich([row(commune="7019"), ASKS]), tmp_path)).content))
    line = next(cells for cells in workbook["À corriger"].iter_rows() if cells[1].value == "À vérifier")
    line[8].value = "Vente du fonds"
    stream = io.BytesIO()
    workbook.save(stream)
    again = check(corrected(check(stream.getvalue(), tmp_path)).content, tmp_path)
    assert (told(again), converted(again)) == ([], [])
