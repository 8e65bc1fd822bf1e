"""Workbooks of Excel 2007 and later: values by calamine, marks from their own XML.

A package comes in, a `Book`'s sheets go out. Calamine takes the memory of the rectangle around the cells of a sheet, so
each is looked at first, and one that holds a cell far away is read without it.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Finding
from impact_pipeline.reading.cells import is_percent
from impact_pipeline.reading.filled import within
from impact_pipeline.reading.marks import AREA, CELLS, Marks, stray_finding
from impact_pipeline.reading.package import Package
from impact_pipeline.reading.sheet import Sheet
from impact_pipeline.reading.values import rows_of_values
from impact_pipeline.reading.xlsx_bytes import count
from impact_pipeline.reading.xlsx_marks import after_cells, ranges_first, sheet_marks

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PERCENTS = (9, 10)  # formats `0%` and `0.00%`, which a file does not spell out
TEXTS_TOLD = re.compile(rb"""uniqueCount\s*=\s*(?:"(\d+)"|'(\d+)')""")
BINARY = ".bin"
MEMBERS = (".xml", ".rels", BINARY)  # endings of those that may hold cells, and of those that lead to them
SHEET_DATA = (b"sheetData", "sheetData".encode("utf-16-le"), "sheetData".encode("utf-16-be"))


def read_xlsx(package: Package) -> tuple[tuple[Sheet, ...], tuple[Finding, ...]]:
    """All sheets in order, and what reading them has to tell.

    Raises ReadingError: protected-file, corrupt-file or too-large.
    """
    try:
        paths = _sheet_paths(package)
        stream, marks = _marks(package, frozenset(paths.values()))
        with CalamineWorkbook.from_filelike(stream) as workbook:
            told = [m for m in workbook.sheets_metadata if m.typ is SheetTypeEnum.WorkSheet]
            sheets = tuple(
                _sheet(
                    workbook.get_sheet_by_name(m.name),
                    m.visible is not SheetVisibleEnum.Visible,
                    marks.get(paths.get(m.name, ""), Marks()),
                    package.name,
                )
                for m in told
            )
    except PasswordError as error:
        raise ReadingError("protected-file", name=package.name) from error
    except (CalamineError, ParseError, OSError, ValueError, LookupError) as error:  # LookupError: an unknown encoding
        raise ReadingError("corrupt-file", name=package.name) from error
    except BaseException as error:
        # calamine is written in Rust, whose panics come as an exception that no module names
        if type(error).__name__ != "PanicException":
            raise
        raise ReadingError("corrupt-file", name=package.name) from error
    strays = ((m.name, marks[paths[m.name]].stray) for m in told if paths.get(m.name) in marks)
    return sheets, tuple(stray_finding(name, stray) for name, stray in strays if stray)


def _sheet(sheet: CalamineSheet, hidden: bool, marks: Marks, name: str) -> Sheet:
    merged = [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    rows = rows_of_values(_values(sheet), marks, name)
    return Sheet(
        sheet.name, rows, within(merged, rows), hidden,
        hidden_rows=marks.hidden_rows, hidden_columns=marks.hidden_columns, filtered=marks.filtered,
    )  # fmt: skip


def _values(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """Rows of values from A1 on: without the leading empty area every address would shift."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    rows: Iterable[list[Any]] = sheet.iter_rows()
    return (left + values for values in rows) if left else iter(rows)


def _marks(package: Package, sheets: Collection[str]) -> tuple[io.BytesIO, dict[str, Marks]]:
    """The workbook to be read, and the marks of its sheets by path.

    Every member that may hold cells is looked at, whatever its name: which one holds a sheet is for calamine to say.
    """
    percents = _percent_styles(package)
    found: dict[str, Marks] = {}
    looked_at: list[str] = []
    changed: dict[str, bytes] = {}
    cells = 0
    for path in sorted(package.names):
        small = path.lower()
        if path.endswith("/") or not (small.endswith(MEMBERS) or small in sheets):
            continue
        looked_at.append(path)
        xml = package.read(path)
        if small.endswith(BINARY):
            _bounded_bin(xml, package.name)
        elif any(mark in xml for mark in SHEET_DATA):
            cells += count(xml, "<v>")
            if cells > CELLS:
                raise ReadingError("too-large", name=package.name)
            marks, kept = sheet_marks(xml, percents, package.name)
            found[small] = marks
            kept = ranges_first(kept)
            if kept is not xml:
                changed[path] = kept
            marks.filtered = marks.filtered or _has_filtered_table(package, path, xml)
        elif any(int(told[1] or told[2]) > len(xml) for told in TEXTS_TOLD.finditer(xml)):
            # calamine sets aside room for as many texts as are announced, and the process dies where there is none
            changed[path] = TEXTS_TOLD.sub(b"", xml)
    return package.of_members(looked_at, changed) if changed else io.BytesIO(package.content), found


def _has_filtered_table(package: Package, path: str, xml: bytes) -> bool:
    """Whether a table that stands in the sheet hides rows."""
    if xml.find(b"<tablePart", after_cells(xml)) < 0:
        return False
    folder, name = posixpath.split(path)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in package.names:
        return False
    targets = [relation.get("Target", "") for relation in fromstring(package.read(relations))]
    tables = [posixpath.normpath(posixpath.join(folder, target)).lstrip("/") for target in targets if "table" in target]
    return any(b"<filterColumn" in package.read(table) for table in tables if table in package.names)


def _percent_styles(package: Package) -> frozenset[int]:
    """Positions of the cell formats that show percentages."""
    path = next((name for name in package.names if name.lower() == "xl/styles.xml"), None)
    if path is None:
        return frozenset()
    xml = package.read(path)
    if b"%" not in xml and not re.search(rb'numFmtId=["\'](9|10)["\']', xml):
        return frozenset()
    codes = dict.fromkeys(PERCENTS, "0%")
    styles: list[int] = []
    for element in fromstring(xml):
        if _tag(element) == "numFmts":
            codes |= {int(form.get("numFmtId", 0)): form.get("formatCode", "") for form in element}
        elif _tag(element) == "cellXfs":
            styles = [int(form.get("numFmtId", 0)) for form in element]
    return frozenset(place for place, style in enumerate(styles) if is_percent(codes.get(style, "")))


def counts_from_1904(package: Package) -> bool:
    """Whether day 0 of the workbook is 1 January 1904."""
    path = next((name for name in package.names if name.lower() == "xl/workbook.xml"), None)
    if path is None:
        return False
    try:
        told = [item.get("date1904") for item in fromstring(package.read(path)).iter() if _tag(item) == "workbookPr"]
    except ParseError:  # calamine reads what is not quite XML
        return False
    return any(value in ("1", "true") for value in told)


def _sheet_paths(package: Package) -> dict[str, str]:
    """Sheet -> its member, in small letters as calamine compares them."""
    by_small = {name.lower(): name for name in package.names}
    book, relations = by_small.get("xl/workbook.xml"), by_small.get("xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        return {}
    targets = {relation.get("Id"): relation.get("Target", "") for relation in fromstring(package.read(relations))}
    paths = {}
    for sheet in fromstring(package.read(book)).iter():
        target = targets.get(sheet.get(RELATION)) if _tag(sheet) == "sheet" else None
        if target:
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            paths[sheet.get("name", "")] = path.lower()
    return paths


def _bounded_bin(records: bytes, name: str) -> None:
    """Raise too-large where the cells of a binary sheet (XLSB) stand so far apart that they would take all memory."""
    place, row, last_row, last_column = 0, 0, 0, 0
    while place < len(records):
        kind, place = _varied(records, place, 2)
        size, place = _varied(records, place, 4)
        if kind == 0 and size >= 4:
            row = int.from_bytes(records[place : place + 4], "little")
        elif 1 <= kind <= 11 and size >= 8:
            last_row = max(last_row, row)
            last_column = max(last_column, int.from_bytes(records[place : place + 4], "little"))
        place += size
    if (last_row + 1) * (last_column + 1) > AREA:
        raise ReadingError("too-large", name=name)


def _varied(records: bytes, place: int, most: int) -> tuple[int, int]:
    """A number written in seven bits a byte, and where it ends."""
    value = 0
    for shift in range(most):
        if place >= len(records):
            break
        byte = records[place]
        place += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            break
    return value, place


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
