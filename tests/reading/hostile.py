"""Files that no honest spreadsheet writes, and files that honest ones do write but that cost a naive reader dear."""

from __future__ import annotations

import io
import zipfile

import openpyxl

WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "{0}<sheetData>{1}</sheetData>{2}</worksheet>"
)
TABLE = """<?xml version="1.0"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="T1">{0}</table:table></office:spreadsheet></office:body>
</office:document-content>"""
ODS = "application/vnd.oasis.opendocument.spreadsheet"
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>n</t></is></c></row>'
)


def xlsx_of(
    cells: str, *, before: str = "", after: str = "", prolog: str = "", compress: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A workbook whose one sheet holds these rows, written as they stand in the file."""
    return remade(
        openpyxl_book(), {"xl/worksheets/sheet1.xml": prolog + WORKSHEET.format(before, cells, after)}, compress
    )


def ods_of(rows: str, prolog: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr("content.xml", prolog + TABLE.format(rows))
    return stream.getvalue()


def remade(content: bytes, members: dict[str, str], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The zip with some members replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", compress) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, members.get(entry.filename) or source.read(entry))
    return stream.getvalue()


def openpyxl_book() -> bytes:
    stream = io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.title = "T1"
    workbook.active["A1"] = "x"
    workbook.save(stream)
    return stream.getvalue()


def lying(content: bytes, member: str, size: int) -> bytes:
    """The zip, whose directory says that a member unpacks to `size` bytes."""
    changed = bytearray(content)
    for mark, offset, name_at in ((b"PK\x01\x02", 24, 46), (b"PK\x03\x04", 22, 30)):
        at = 0
        while (at := content.find(mark, at)) >= 0:
            if content[at + name_at :].startswith(member.encode()):
                changed[at + offset : at + offset + 4] = size.to_bytes(4, "little")
            at += 4
    return bytes(changed)
