"""What a workbook hides or shows otherwise than it stores it, in the three formats that people send."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableColumnProperties, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
from odf.text import P
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from python_calamine import CalamineWorkbook
from tests.reading.hostile import HEADER, xlsx_of

from impact_pipeline.conforming.hidden import hidden_parts
from impact_pipeline.findings import Level
from impact_pipeline.reading import Asked, read_book
from impact_pipeline.reading.sheet import Book, Sheet

# rows 3 and 4 and column C are hidden, B holds percentages, E1:F2 is merged


def saved(workbook) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def xlsx(*, filtered: bool = False) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "T1"
    sheet.append(["nom", "taux", "caché", "fait", "titre"])
    for row in range(2, 6):
        sheet.append([f"n{row}", 0.1 + row / 1000, row, row % 2 == 0])
        sheet.cell(row, 2).number_format = "0.0%"
    sheet["C2"], sheet["C3"] = "=1+1", "#DIV/0!"
    sheet["C3"].data_type = "e"
    sheet.merge_cells("E1:F2")
    sheet.row_dimensions[3].hidden = sheet.row_dimensions[4].hidden = sheet.column_dimensions["C"].hidden = True
    if filtered:
        sheet.auto_filter.ref = "A1:D5"
        sheet.auto_filter.add_filter_column(0, ["n2", "n5"])
    return saved(workbook)


def xls(*, filtered: bool = False) -> bytes:
    workbook = xlwt.Workbook()
    sheet, percent = workbook.add_sheet("T1"), xlwt.easyxf(num_format_str="0.0%")
    for column, text in enumerate(["nom", "taux", "caché", "fait"]):
        sheet.write(0, column, text)
    for row in range(1, 5):
        sheet.write(row, 0, f"n{row + 1}")
        sheet.write(row, 1, 0.1 + (row + 1) / 1000, percent)
        if row > 2:
            sheet.write(row, 2, row + 1)
        sheet.write(row, 3, (row + 1) % 2 == 0)
    sheet.row(2).set_cell_error(2, "#DIV/0!")
    sheet.write_merge(0, 1, 4, 5, "titre")
    sheet.row(2).hidden = sheet.row(3).hidden = sheet.col(2).hidden = True
    return saved(workbook)


def ods(*, filtered: bool = False) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="T1")
    table.addElement(TableColumn(numbercolumnsrepeated=2))
    table.addElement(TableColumn(visibility="collapse"))
    table.addElement(TableColumn(numbercolumnsrepeated=1000))
    rows: list[list[object]] = [["nom", "taux", "caché", "fait"]]
    rows += [[f"n{row}", 0.1 + row / 1000, row, row % 2 == 0] for row in range(2, 6)]
    for number, values in enumerate(rows, 1):
        is_hidden = number in (3, 4)
        line = TableRow(visibility="filter" if filtered else "collapse") if is_hidden else TableRow()
        for value in values:
            line.addElement(ods_cell(value, number))
        if number == 1:
            cell = TableCell(valuetype="string", numbercolumnsspanned=2, numberrowsspanned=2)
            cell.addElement(P(text="titre"))
            line.addElement(cell)
            line.addElement(CoveredTableCell())
        table.addElement(line)
    document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


def ods_cell(value: object, number: int) -> TableCell:
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, float):
        return TableCell(valuetype="percentage", value=repr(value))
    if value == 3 and number == 3:
        cell = TableCell(formula="of:=1/0", valuetype="float", value="0")
        cell.addElement(P(text="#DIV/0!"))
        return cell
    if value == 2 and number == 2:
        return TableCell(formula="of:=1+1")
    if isinstance(value, int):
        return TableCell(valuetype="float", value=str(value))
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=str(value)))
    return cell


WRITERS = [xlsx, xls, ods]


@pytest.mark.parametrize("write", WRITERS)
def test_hidden_rows_and_columns_are_read_and_told(write):
    book = read_book(write(), "x")
    sheet = book.sheets[0]

    assert (sheet.hidden_rows, sheet.hidden_columns, sheet.filtered) == ({3, 4}, {2}, False)
    assert sheet.rows[2].texts[0] == "n3"
    told = {found.code: found for found in hidden_parts(book, "T1")}
    assert set(told) == {"hidden-rows", "hidden-columns"}
    assert (told["hidden-rows"].details["rows"], told["hidden-rows"].level) == ("3, 4", Level.TO_CHECK)
    assert told["hidden-columns"].details["rows"] == "C"


@pytest.mark.parametrize("write", [xlsx, ods])
def test_rows_hidden_by_a_filter_are_told_as_such(write):
    book = read_book(write(filtered=True), "x")

    assert book.sheets[0].filtered
    assert "filtered-rows" in {found.code for found in hidden_parts(book, "T1")}


@pytest.mark.parametrize("write", WRITERS)
def test_percentages_errors_booleans_and_formulas_keep_their_kind(write):
    rows = read_book(write(), "x").sheets[0].rows

    assert [row.texts[1] for row in rows[1:]] == ["10,2%", "10,3%", "10,4%", "10,5%"]
    assert {row.kinds[1] for row in rows[1:]} == {"t"}
    assert (rows[2].texts[2], rows[2].kinds[2]) == ("#DIV/0!", "e")
    assert [(row.texts[3], row.kinds[3]) for row in rows[1:3]] == [("true", "b"), ("false", "b")]
    if write is not xls:  # what stores an XLS has always calculated its formulas
        assert (rows[1].texts[2], rows[1].kinds[2]) == ("", "f")


@pytest.mark.parametrize("write", WRITERS)
def test_merged_ranges_are_told(write):
    assert read_book(write(), "x").sheets[0].merged == ((1, 4, 2, 5),)


@pytest.mark.parametrize(
    "after",
    [
        "",
        '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>',
        '<mergeCells count="0"/><pageMargins left="0"/>',
        '<!-- <mergeCells><mergeCell ref="A1:A1"/></mergeCells> --><mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
        '<x:mergeCells xmlns:x="x"><x:mergeCell ref="A1:B1"/></x:mergeCells>',
    ],
    ids=["none", "one", "empty", "commented", "prefixed"],
)
def test_merged_ranges_are_those_that_calamine_finds(after):
    content = xlsx_of(HEADER, after=after)
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        found = workbook.get_sheet_by_index(0).merged_cell_ranges

    assert read_book(content, "x").sheets[0].merged == tuple(
        (top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in found
    )


def test_a_table_of_excel_that_filters_is_told():
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet = workbook.add_worksheet("T1")
    sheet.add_table(0, 0, 3, 1, {"data": [["a", 1], ["b", 2], ["c", 3]], "columns": [{"header": "x"}, {"header": "y"}]})
    sheet.set_row(2, None, None, {"hidden": True})
    workbook.close()
    with_filter = stream.getvalue()
    assert not read_book(with_filter, "x").sheets[0].filtered

    from tests.reading.hostile import remade

    xml = '<filterColumn colId="0"><filters><filter val="a"/></filters></filterColumn></autoFilter>'
    import zipfile

    table = zipfile.ZipFile(io.BytesIO(with_filter)).read("xl/tables/table1.xml").decode()
    changed = table.replace('<autoFilter ref="A1:B4"/>', f'<autoFilter ref="A1:B4">{xml}')
    assert changed != table
    assert read_book(remade(with_filter, {"xl/tables/table1.xml": changed}), "x").sheets[0].filtered


def test_hidden_sheets_of_ods_and_xls_are_told():
    workbook = xlwt.Workbook()
    workbook.add_sheet("T1").write(0, 0, "x")
    workbook.add_sheet("T2").write(0, 0, "x")
    workbook.get_sheet(1).visibility = 1
    assert [sheet.hidden for sheet in read_book(saved(workbook), "x").sheets] == [False, True]

    document = OpenDocumentSpreadsheet()
    style = Style(name="ta2", family="table")
    style.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(style)
    wide = Style(name="co1", family="table-column")
    wide.addElement(TableColumnProperties(columnwidth="2cm"))
    document.automaticstyles.addElement(wide)
    for name, named in (("T1", None), ("T2", style)):
        table = Table(name=name, **({"stylename": named} if named else {}))
        line = TableRow()
        line.addElement(ods_cell("x", 1))
        table.addElement(line)
        document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    assert [sheet.hidden for sheet in read_book(stream.getvalue(), "x").sheets] == [False, True]


def test_dates_counted_from_1904_and_times():
    workbook = openpyxl.Workbook()
    workbook.epoch = CALENDAR_MAC_1904
    sheet = workbook.active
    sheet.append([date(2026, 5, 12), datetime(2026, 5, 12, 14, 30), time(9, 5), timedelta(hours=30)])
    assert read_book(saved(workbook), "x").sheets[0].rows[0].texts == (
        "2026-05-12", "2026-05-12T14:30:00", "09:05:00", "30:00:00",
    )  # fmt: skip

    old = xlwt.Workbook()
    old.dates_1904 = True
    sheet = old.add_sheet("T1")
    for column, (value, shown) in enumerate(
        [
            (datetime(2026, 5, 12), "DD/MM/YYYY"),
            (datetime(2026, 5, 12, 14, 30), "DD/MM/YYYY HH:MM"),
            (9 / 24 + 5 / 1440, "HH:MM"),
            (1.25, "[hh]:mm"),
        ]
    ):
        sheet.write(0, column, value, xlwt.easyxf(num_format_str=shown))
    assert read_book(saved(old), "x").sheets[0].rows[0].texts == (
        "2026-05-12", "2026-05-12T14:30:00", "09:05:00", "30:00:00",
    )  # fmt: skip


def test_a_sheet_can_be_asked_for_even_where_it_is_hidden():
    workbook = openpyxl.Workbook()
    workbook.active.append(["a", "b"])
    workbook.create_sheet("Données 2026").append(["secret", "x"])
    workbook["Données 2026"].sheet_state = "hidden"
    book = read_book(saved(workbook), "x", Asked(sheet="donnees 2026"))

    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("Données 2026", False)]


def test_many_hidden_rows_are_told_in_one_finding():
    rows = read_book(xlsx(), "x").sheets[0].rows
    sheet = Sheet("T1", rows, hidden_rows=frozenset(range(1, 1_000)))
    (told,) = hidden_parts(Book("xlsx", (sheet,)), "T1")
    assert (told.cells, told.details["rows"]) == (5, "1, 2, 3, 4, 5")
