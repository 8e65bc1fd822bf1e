"""Workbooks of Excel and LibreOffice: the same cells at their own addresses, hidden sheets and faulty cells told."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from tests.programme import FILES, ROOT

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import read_book, table_hash
from impact_pipeline.reading.cells import number
from impact_pipeline.renderings.template import template

VALUES = [
    ["code", "budget", "jour"],
    ["07019", 1234.5, date(2026, 5, 12)],
    ["Guéret", 21010034300016, date(2026, 1, 1)],
]
SHOWN = [["code", "budget", "jour"], ["07019", "1234.5", "2026-05-12"], ["Guéret", "21010034300016", "2026-01-01"]]


def xlsx(values, *, at=(0, 0)) -> bytes:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet, day = workbook.add_worksheet("T1"), workbook.add_format({"num_format": "dd/mm/yyyy"})
    for r, row in enumerate(values):
        for c, value in enumerate(row):
            sheet.write(at[0] + r, at[1] + c, value, *([day] if isinstance(value, date) else []))
    workbook.close()
    return stream.getvalue()


def xls(values) -> bytes:
    workbook = xlwt.Workbook()
    sheet, day = workbook.add_sheet("T1"), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for r, row in enumerate(values):
        for c, value in enumerate(row):
            if isinstance(value, date):
                sheet.write(r, c, datetime(value.year, value.month, value.day), day)
            else:
                sheet.write(r, c, value)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def ods(values, *, blank_rows=0) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="T1")
    for row in values:
        line = TableRow()
        for value in row:
            if isinstance(value, date):
                cell = TableCell(valuetype="date", datevalue=value.isoformat())
            elif isinstance(value, int | float):
                cell = TableCell(valuetype="float", value=str(value))
            else:
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=value))
            line.addElement(cell)
        table.addElement(line)
    if blank_rows:
        line = TableRow(numberrowsrepeated=blank_rows)
        line.addElement(TableCell())
        table.addElement(line)
    document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize("write", [xlsx, xls, ods])
def test_the_three_formats_give_the_same_cells(write):
    book = read_book(write(VALUES), "x")

    assert [list(row.texts) for row in book.sheets[0].rows] == SHOWN
    assert [row.kinds for row in book.sheets[0].rows] == ["ttt", "tnd", "tnd"]
    assert table_hash(book) == table_hash(read_book(xlsx(VALUES), "x"))


def test_a_table_that_begins_at_c5_keeps_its_addresses():
    rows = read_book(xlsx(VALUES, at=(4, 2)), "x").sheets[0].rows

    assert [row.number for row in rows if not row.is_blank] == [5, 6, 7]
    assert rows[4].texts[:3] == ("", "", "code")


def test_hidden_sheets_and_merged_ranges_are_told():
    stream = io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.title = "Données"
    workbook.active.append(["École", None, "x"])
    workbook.active.merge_cells("A1:B2")
    workbook.create_sheet("Brouillon").append(["secret"])
    workbook["Brouillon"].sheet_state = "hidden"
    workbook.save(stream)

    book = read_book(stream.getvalue(), "x.xlsx")

    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("Données", False), ("Brouillon", True)]
    assert book.sheets[0].merged == ((1, 0, 2, 1),)


def test_error_cells_and_formulas_never_calculated_are_found_at_their_cells():
    stream = io.BytesIO()
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["a", "b"])
    sheet["A2"], sheet["B2"] = "=1/0", "ok"
    sheet["A4"] = "#REF!"
    sheet["A4"].data_type = "e"
    workbook.save(stream)

    rows = read_book(stream.getvalue(), "x.xlsx").sheets[0].rows

    assert (rows[1].kinds[0], rows[1].texts) == ("f", ("", "ok"))
    assert (rows[3].kinds[0], rows[3].texts[0]) == ("e", "#REF!")


def test_our_template_is_recognised_and_its_hidden_sheets_left_out():
    schemas = load_schemas(ROOT / "schemas")
    book = read_book(template(schemas.instrument("cafe-monthly"), schemas), "x.xlsx")

    assert book.stamp == ("cafe-monthly", 1, "", "")
    assert [sheet.name for sheet in book.sheets] == ["Données", "Notice"]


def test_a_million_blank_rows_cost_nothing():
    rows = read_book(ods(VALUES, blank_rows=1_048_000), "x.ods").sheets[0].rows
    assert len(rows) == 3


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/workbook.xml", "w", force_zip64=True) as entry,
    ):
        for _ in range(200):
            entry.write(bytes(2**20))
    with pytest.raises(ReadingError) as told:
        read_book(stream.getvalue(), "x.xlsx")
    assert told.value.code == "too-large"


@settings(max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_numbers_are_plain_decimals(value):
    text = number(value)
    assert "e" not in text.lower()
    assert float(text) == pytest.approx(value, rel=1e-14, abs=1e-300)


SMALL = {
    "xls": (FILES / "avril 2026.xls").read_bytes(),
    "xlsx": xlsx(VALUES),
    "ods": ods(VALUES),
    "csv": (FILES / "cafes mai.csv").read_bytes(),
}


@settings(max_examples=60)
@given(
    name=st.sampled_from(sorted(SMALL)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=30),
    cut=st.floats(0.3, 1),
)
def test_broken_bytes_give_a_book_or_a_reason_and_never_a_crash(name, changes, cut):
    content = bytearray(SMALL[name])
    for place, byte in changes:
        content[int(place * (len(content) - 1))] = byte
    with contextlib.suppress(ReadingError):
        assert read_book(bytes(content[: int(cut * len(content))]), name).sheets is not None
