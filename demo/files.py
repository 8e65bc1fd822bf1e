"""Tables written in the formats that people use; the same table gives the same bytes.

A table is a list of rows of cells; what goes out are the bytes of one file. Text formats write numbers and dates the
French way.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import xlsxwriter
import xlwt  # type: ignore[import-untyped]
from openpyxl import load_workbook

Cell = str | int | float | bool | date | None
Rows = Sequence[Sequence[Cell]]
Merge = tuple[int, int, int, int]  # first row, first column, last row, last column; 0-based
CREATED = datetime(2026, 1, 1)
SHEET_ROWS = 1_048_576  # of a sheet of LibreOffice
XML = '<?xml version="1.0" encoding="UTF-8"?>'
ODF = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "table", "text"))
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = (
    f'{XML}<manifest:manifest xmlns:manifest="{ODF}:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def as_text(cell: Cell) -> str:
    """A cell as a French spreadsheet writes it in a text file."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, float):
        return f"{cell:.10g}".replace(".", ",")
    return cell.strftime("%d/%m/%Y") if isinstance(cell, date) else str(cell)


def text(rows: Rows, *, separator: str = ";", encoding: str = "cp1252", quoted: bool = False) -> bytes:
    """A CSV or TSV; `utf-8-sig` writes the byte order mark that spreadsheets like."""
    stream = StringIO(newline="")
    writer = csv.writer(
        stream, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows([map(as_text, row) for row in rows])
    return stream.getvalue().encode(encoding)


def xlsx(rows: Rows, *, sheet: str = "Feuil1", merges: Sequence[Merge] = (), also: str | None = None) -> bytes:
    """A workbook with the table in one sheet, and an empty sheet named `also` before it where one is asked for."""
    stream = BytesIO()
    workbook = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}
    )
    workbook.set_properties({"created": CREATED})
    if also is not None:
        workbook.add_worksheet(also).write_string(0, 0, "Feuille de travail, ne pas tenir compte")
    written = workbook.add_worksheet(sheet)
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    centred = workbook.add_format({"align": "center"})
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                written.write_datetime(number, column, cell, day)
            elif cell is not None:
                written.write(number, column, cell)
    for first_row, first, last_row, last in merges:
        written.merge_range(first_row, first, last_row, last, rows[first_row][first], centred)
    workbook.close()
    return stream.getvalue()


def xls(rows: Rows, *, sheet: str = "Feuil1") -> bytes:
    """A workbook of the old kind."""
    workbook = xlwt.Workbook(encoding="utf-8")
    written = workbook.add_sheet(sheet)
    day = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                written.write(number, column, cell, day)
            elif cell is not None:
                written.write(number, column, cell)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def ods(rows: Rows, *, sheet: str = "Feuille1") -> bytes:
    """An OpenDocument spreadsheet, with the blank rows to the bottom of the sheet that LibreOffice writes."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    blank = (
        f'<table:table-row table:number-rows-repeated="{SHEET_ROWS - len(rows)}"><table:table-cell/></table:table-row>'
    )
    content = (
        f'{XML}<office:document-content {NAMESPACES} office:version="1.3"><office:body><office:spreadsheet>'
        f"<table:table table:name={quoteattr(sheet)}>{lines}{blank}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, text in (("mimetype", ODS_TYPE), ("META-INF/manifest.xml", MANIFEST), ("content.xml", content)):
            archive.writestr(_entry(name), text)
    return stream.getvalue()


def filled(template: bytes, rows: Rows, *, first_row: int, first_column: int = 1) -> bytes:
    """A template with its cells filled from (first_row, first_column), 1-based."""
    workbook = load_workbook(BytesIO(template))
    sheet = workbook.worksheets[0]
    for number, row in enumerate(rows, start=first_row):
        for column, cell in enumerate(row, start=first_column):
            if cell is not None:
                sheet.cell(number, column).value = cell
    stream = BytesIO()
    workbook.save(stream)
    return same_bytes(stream.getvalue())


def same_bytes(archive: bytes) -> bytes:
    """The archive without the times at which it was written."""
    stream = BytesIO()
    with ZipFile(BytesIO(archive)) as read, ZipFile(stream, "w") as written:
        for entry in read.infolist():
            content = read.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _without_times(content)
            written.writestr(_entry(entry.filename), content)
    return stream.getvalue()


def _without_times(core: bytes) -> bytes:
    begin, end = core.find(b"<dcterms:modified"), core.find(b"</dcterms:modified>")
    return core if begin < 0 else core[:begin] + core[end + len(b"</dcterms:modified>") :]


def _entry(name: str) -> ZipInfo:
    """An entry of an archive, always of the same time; a mimetype is not compressed, so that it can be recognised."""
    entry = ZipInfo(name, CREATED.timetuple()[:6])
    entry.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
    return entry


def _ods_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        told = f'boolean" office:boolean-value="{str(cell).lower()}'
    elif isinstance(cell, int | float):
        told = f'float" office:value="{cell!r}'
    else:
        told = f'date" office:date-value="{cell.isoformat()}' if isinstance(cell, date) else "string"
    return f'<table:table-cell office:value-type="{told}"><text:p>{escape(as_text(cell))}</text:p></table:table-cell>'
