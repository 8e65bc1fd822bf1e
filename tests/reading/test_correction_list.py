"""Our list of what to correct is known whatever people did to its sheet, is never read as data, and tells what they
wrote in it."""

from __future__ import annotations

import io

import openpyxl
import pytest

from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Justification
from impact_pipeline.reading import read_book
from impact_pipeline.reading.correction_list import HIDDEN, JUSTIFICATION

TITLES = ["N°", "Où", JUSTIFICATION, *HIDDEN]
LINES = [
    [1, "E3", None, "required", "T1", "3", "visits", ""],
    [2, "F5", "C'est juste.", "row-rule", "T1", "5", "turnover", "120 000 €", "C1"],
    [3, "F9", "  Vente\ndu fonds ", "row-rule", "T1", "9", "turnover", "=1"],
    [4, "", "sans ligne", "sheet-not-read", "T2", None, None, None],
]
TOLD = (
    Justification("row-rule", "T1", 5, "turnover", "120 000 €", "C'est juste.", "C1"),
    Justification("row-rule", "T1", 9, "turnover", "=1", "Vente du fonds"),
    Justification("sheet-not-read", "T2", None, None, "", "sans ligne"),
)


def book(*, title: str = "À corriger", lines: list[list[object]] = LINES, data: bool = True):
    workbook = openpyxl.Workbook()
    page = workbook.active
    page.title = title
    for row in (["Le titre"], [], TITLES, *lines):
        page.append(row)
    for cells in page.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    if data:
        workbook.create_sheet("T1").append(["Café", "Mois"])
    stream = io.BytesIO()
    workbook.save(stream)
    return read_book(stream.getvalue(), "x.xlsx")


@pytest.mark.parametrize("title", ["À corriger", "Feuil1", "pour Awa"])
def test_it_is_set_apart_whatever_it_is_called(title):
    read = book(title=title)
    assert [sheet.name for sheet in read.sheets] == ["T1"]
    assert read.correction_list.sheets == (title,)
    assert read.correction_list.justifications == TOLD


def test_it_may_be_sorted_and_its_columns_moved():
    assert set(book(lines=LINES[::-1]).correction_list.justifications) == set(TOLD)


def test_a_sheet_that_merely_bears_its_name_is_theirs():
    workbook = openpyxl.Workbook()
    workbook.active.title = "À corriger"
    workbook.active.append(["Café", "Mois"])
    stream = io.BytesIO()
    workbook.save(stream)
    read = read_book(stream.getvalue(), "x.xlsx")
    assert [sheet.name for sheet in read.sheets] == ["À corriger"]
    assert read.correction_list is None


def test_saved_alone_it_is_told_as_what_it_is_and_no_data():
    with pytest.raises(ReadingError) as told:
        book(data=False)
    assert told.value.code == "corrections-alone"
