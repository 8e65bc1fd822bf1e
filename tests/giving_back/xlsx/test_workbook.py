"""A workbook changed in place, however its parts are written: prefixed, without addresses, with blank rows left out."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from impact_pipeline.giving_back.xlsx import Change, NotOrdinary, Workbook
from impact_pipeline.giving_back.xlsx.cells import rewrite

RED = "F9C4BF"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def made(**cells: object) -> bytes:
    workbook = openpyxl.Workbook()
    for address, value in cells.items():
        workbook.active[address] = value
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def opened(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content)).active


@pytest.mark.parametrize("address", ["A1", "C1", "B2", "D4", "AB9", "A7"])
def test_a_cell_is_changed_whether_it_row_and_column_exist_or_not(address):
    workbook = Workbook(made(A1="x", B2=3, D4="=1+1", B8="y"))
    column, row = openpyxl.utils.cell.coordinate_from_string(address)
    place = openpyxl.utils.column_index_from_string(column) - 1
    workbook.change("Sheet", {row: {place: Change(lambda style: workbook.styles.filled(style, RED))}})
    page = opened(workbook.save())

    assert page[address].fill.fgColor.rgb == f"FF{RED}"
    assert (page["A1"].value, page["B2"].value, page["D4"].value, page["B8"].value) == ("x", 3, "=1+1", "y")
    filled = [c.coordinate for cells in page.iter_rows() for c in cells if c.fill.fgColor.rgb == f"FF{RED}"]
    assert filled == [address]


def test_a_formula_is_never_written_over():
    workbook = Workbook(made(A1="=1+1", A2="x"))
    same = Change(lambda style: style, "autre")
    workbook.change("Sheet", {1: {0: same}, 2: {0: same}})
    page = opened(workbook.save())
    assert (page["A1"].value, page["A2"].value) == ("=1+1", "autre")


def test_rows_and_cells_without_addresses_and_with_prefixes():
    rows = "<x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row><x:row><x:c/></x:row>"
    xml = f"<x:worksheet xmlns:x={MAIN[6:]}><x:sheetData>{rows}</x:sheetData></x:worksheet>"
    told = rewrite(xml, {1: {1: Change(lambda style: 7)}, 2: {0: Change(lambda style: 7, "a & b")}})
    assert '<x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1" s="7"><x:v>2</x:v></x:c>' in told
    assert '<x:c r="A2" s="7" t="inlineStr"><x:is><x:t xml:space="preserve">a &amp; b</x:t></x:is></x:c>' in told


def test_a_shared_formula_keeps_its_cells():
    formula = '<f t="shared" ref="A1:A3" si="0">B1</f><v>k</v>'
    cells = f'<row r="1" spans="1:1"><c r="A1" s="2" t="str">{formula}</c></row>'
    told = rewrite(
        f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>", {1: {0: Change(lambda style: style + 7, "z")}}
    )
    assert f'<c r="A1" s="9" t="str">{formula}</c>' in told


def test_notes_join_those_of_others_and_go_again():
    base = openpyxl.load_workbook(io.BytesIO(made(A1="x", B2="y")))
    base.active["A1"].comment = openpyxl.comments.Comment("De Paul", "Paul")
    stream = io.BytesIO()
    base.save(stream)
    workbook = Workbook(stream.getvalue())
    workbook.note("Sheet", {(1, 0): ("Bloquant", "Vide."), (2, 1): ("À vérifier", "Trop <grand> & long.")})
    page = opened(workbook.save())
    assert page["A1"].comment.text.startswith("De Paul")
    assert page["A1"].comment.text.endswith("Vide.")
    assert "Trop <grand> & long." in page["B2"].comment.text

    workbook = Workbook(workbook.save())
    workbook.forget((), frozenset())
    assert opened(workbook.save())["B2"].comment is None


@pytest.mark.parametrize("lost", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_a_container_without_what_spreadsheets_write_is_not_changed(lost):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made(A1=1))) as archive, zipfile.ZipFile(stream, "w") as out:
        for name in archive.namelist():
            if name != lost:
                out.writestr(name, archive.read(name))

    def change() -> bytes:
        workbook = Workbook(stream.getvalue())
        workbook.add_sheet("n", f"<worksheet {MAIN}><sheetData/></worksheet>", first=True, names={})
        return workbook.save()

    with pytest.raises(NotOrdinary):
        change()
