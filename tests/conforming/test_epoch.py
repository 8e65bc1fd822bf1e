"""Days that a spreadsheet keeps as bare numbers are counted from where the workbook counts them."""

from __future__ import annotations

import io

import openpyxl
import pytest
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from tests.conforming.books import SCHEMAS

from impact_pipeline.conforming import conform
from impact_pipeline.reading import read_book

RESIDENTS = SCHEMAS.instrument("cafe-residents")
ROWS = [["Code du répondant", "Vague", "Date de l'entretien"], ["HAB-0042", "baseline", 44204]]


def xlsx(from_1904: bool) -> bytes:
    workbook = openpyxl.Workbook()
    if from_1904:
        workbook.epoch = CALENDAR_MAC_1904
    for row in ROWS:
        workbook.active.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def xls(from_1904: bool) -> bytes:
    workbook = xlwt.Workbook()
    workbook.dates_1904 = from_1904
    sheet = workbook.add_sheet("T1")
    for at, row in enumerate(ROWS):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("made", [xlsx, xls])
@pytest.mark.parametrize(("from_1904", "day"), [(True, "2025-01-09"), (False, "2021-01-08")])
def test_a_bare_number_of_days(made, from_1904, day):
    table = conform(read_book(made(from_1904), "x"), RESIDENTS, SCHEMAS, fill={})
    assert str(table.data["interview_date"][0].date()) == day
    assert [f.details["as"] for f in table.findings if f.code == "serial-date"] == [day]
