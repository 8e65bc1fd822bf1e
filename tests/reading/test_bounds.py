"""Bombs, phantoms and faraway cells get an answer: a book without them, or a reason; never a crash, a hang or a swap.

Each is read in a process of its own, since to run out of memory would end this one.
"""

from __future__ import annotations

import io
import multiprocessing
import resource
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from tests.reading import hostile
from tests.reading.hostile import HEADER, ods_of, remade, xlsx_of

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import read_book

SECONDS, MEMORY = 10, 2**30
ROW = (
    '<table:table-row{0}><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    "</table:table-row>"
)
BLANK = (
    '<table:table-row table:number-rows-repeated="{0}"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)
NUMBER = '<table:table-cell office:value-type="float" office:value="1"{0}/>'


def far_cell() -> bytes:
    return xlsx_of(HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def far_cell_out_of_order() -> bytes:
    second = '<row r="2"><c r="XFD2"><v>1</v></c><c r="A2"><v>1</v></c></row>'
    return xlsx_of(HEADER + second + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>')


def far_cell_with_prefix() -> bytes:
    xml = hostile.WORKSHEET.format("", HEADER + '<row r="1048576"><c s="1" r="XFD1048576"><v>1</v></c></row>', "")
    prefixed = xml.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
    return remade(hostile.openpyxl_book(), {"xl/worksheets/sheet1.xml": prefixed})


def far_cell_in_another_ending() -> bytes:
    """The same in a sheet whose member is not called .xml, which calamine reads all the same."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(far_cell())) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            target.writestr(name.replace("sheet1.xml", "sheet1.dat"), source.read(name).replace(b"t1.xml", b"t1.dat"))
    return stream.getvalue()


def far_styles() -> bytes:
    return xlsx_of(HEADER + '<row r="1048576"><c r="XFD1048576" s="0"/></row>')


def beyond_the_sheet() -> bytes:
    return xlsx_of(HEADER + '<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>')


def empty_rows() -> bytes:
    return xlsx_of(HEADER + "".join(f'<row r="{n}" spans="1:30" ht="15" customHeight="1"/>' for n in range(2, 200_001)))


def styled_rows() -> bytes:
    return xlsx_of(HEADER + "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(2, 200_001)))


def merged_columns() -> bytes:
    ranges = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(1, 2_000))
    return xlsx_of(HEADER + '<row r="2"><c r="A2"><v>7</v></c></row>', after=f"<mergeCells>{ranges}</mergeCells>")


def huge_text() -> bytes:
    return xlsx_of(f'<row r="1"><c r="A1" t="str"><v>{"x" * 30_000_000}</v></c></row>')


def entities() -> bytes:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return xlsx_of(
        '<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>', prolog=f'<!DOCTYPE x [<!ENTITY l0 "ha">{lol}]>'
    )


def entities_in_styles() -> bytes:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    styles = f'<!DOCTYPE x [<!ENTITY l0 "ha">{lol}]><styleSheet numFmtId="9">&l9;%</styleSheet>'
    return remade(hostile.openpyxl_book(), {"xl/styles.xml": styles})


def lying_size() -> bytes:
    honest = xlsx_of(f'<row r="1"><c r="A1" t="str"><v>{"x" * 20_000_000}</v></c></row>')
    return hostile.lying(honest, "xl/worksheets/sheet1.xml", 1_000)


def lying_strings() -> bytes:
    strings = f"<sst><si><t>{'x' * 50_000_000}</t></si></sst>"
    stream = io.BytesIO(hostile.openpyxl_book())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStringz.xml", strings)
    return hostile.lying(stream.getvalue(), "xl/sharedStringz.xml", 100)


def announced_texts() -> bytes:
    """A workbook that announces more different texts than any machine has memory for, and holds one."""
    strings = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="{10**13}">'
    )
    return remade(hostile.openpyxl_book(), {"xl/sharedStrings.xml": f"{strings}<si><t>x</t></si></sst>"})


def zip_in_zip() -> bytes:
    content = bytes(2**20)
    for _ in range(3):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(50):
                archive.writestr(f"{n}.zip", content)
        content = stream.getvalue()
    return content


def overlapping() -> bytes:
    """Fifty members of the directory that share the bytes of one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(range(256)) * 40_000)
        first = archive.infolist()[0]
        for n in range(50):
            twin = zipfile.ZipInfo(f"xl/worksheets/sheet{n + 2}.xml")
            twin.compress_type, twin.CRC = first.compress_type, first.CRC
            twin.compress_size, twin.file_size, twin.header_offset = first.compress_size, first.file_size, 0
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    return stream.getvalue()


def ods_filled_down() -> bytes:
    return ods_of(ROW.format("") + ROW.format(' table:number-rows-repeated="1048575"'))


def ods_filled_across() -> bytes:
    return ods_of(
        "<table:table-row>" + NUMBER.format(' table:number-columns-repeated="2000000000"') + "</table:table-row>"
    )


def ods_filled_everywhere() -> bytes:
    row = "<table:table-row table:number-rows-repeated='9999'>" + NUMBER.format(
        ' table:number-columns-repeated="16384"'
    )
    return ods_of((row + "</table:table-row>") * 100)


def ods_last_row() -> bytes:
    return ods_of(ROW.format("") + BLANK.format(1_048_574) + ROW.format(""))


def ods_far_corner() -> bytes:
    cells = '<table:table-cell table:number-columns-repeated="16383"/>' + NUMBER.format("")
    return ods_of(ROW.format("") + BLANK.format(1_048_574) + f"<table:table-row>{cells}</table:table-row>")


def ods_blank_forever() -> bytes:
    return ods_of(ROW.format("") + BLANK.format(999_999_999_999) * 50)


def ods_spaces() -> bytes:
    return ods_of(ROW.format("").replace(">x<", '>a<text:s text:c="2000000000"/>b<'))


def ods_entities() -> bytes:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return ods_of(ROW.format("").replace(">x<", ">&l9;<"), prolog=f'<!DOCTYPE x [<!ENTITY l0 "ha">{lol}]>').replace(
        b"", b""
    )


def nulls() -> bytes:
    return bytes(50_000_000)


def one_line() -> bytes:
    return b"a" * 100_000_000


def many_lines() -> bytes:
    return b"a;b\n" * 3_000_000


def archive_of_lines() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("form.csv", many_lines())
    return stream.getvalue()


def separators() -> bytes:
    return b"a;b\n" + b";" * 10_000_000


ANSWERS: dict[Callable[[], bytes], str] = {
    far_cell: "stray-cells",
    far_cell_out_of_order: "stray-cells",
    far_cell_with_prefix: "stray-cells",
    far_cell_in_another_ending: "stray-cells",
    far_styles: "read",
    beyond_the_sheet: "corrupt-file",
    empty_rows: "read",
    styled_rows: "read",
    merged_columns: "read",
    huge_text: "too-large",
    entities: "corrupt-file",
    entities_in_styles: "corrupt-file",
    lying_size: "corrupt-file",
    lying_strings: "corrupt-file",
    announced_texts: "read",
    zip_in_zip: "format-error",
    overlapping: "too-large",
    ods_filled_down: "repeated-row",
    ods_filled_across: "read",
    ods_filled_everywhere: "too-large",
    ods_last_row: "stray-cells",
    ods_far_corner: "stray-cells",
    ods_blank_forever: "read",
    ods_spaces: "read",
    ods_entities: "corrupt-file",
    nulls: "empty-file",
    one_line: "format-error",
    archive_of_lines: "too-large",
    separators: "too-large",
}


def answer(make: Callable[[], bytes], outcome: Any) -> None:
    """What reading the file gives, in seconds, and the memory beyond that of the file itself."""
    content = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()  # of this process: the machine may have much else to do
    try:
        book = read_book(content, make.__name__)
    except ReadingError as error:
        told = error.code
    else:
        told = ",".join(finding.code for finding in book.findings) or "read"
    seconds = time.process_time() - began
    outcome.send((told, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024))


@pytest.mark.parametrize("make", ANSWERS, ids=lambda make: make.__name__)
def test_each_gets_its_answer_in_time_and_within_memory(make):
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=answer, args=(make, theirs))
    process.start()
    theirs.close()
    try:
        told, seconds, memory = ours.recv()
    except EOFError:
        pytest.fail("the reader crashed")
    finally:
        process.join()
    assert told == ANSWERS[make]
    assert seconds < SECONDS
    assert memory < MEMORY
