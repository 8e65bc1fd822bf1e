"""Workbooks by calamine: every sheet, at its absolute addresses, hidden ones told as such.

Bytes come in, a `Book` goes out. Calamine shows an error cell and a formula without a stored value as empty, so for
XLSX these are looked up in the file's own XML.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import cell
from impact_pipeline.reading.sheet import Book, Row, Sheet, Stamp
from impact_pipeline.reading.xlsx_faults import Faults, xlsx_faults

STAMP = "_impact"  # the very hidden sheet of our own templates: A1 the instrument, B1 its version
OURS = frozenset({STAMP, "_listes"})
UNPACKED = 2 * 2**30  # bytes; a workbook that unpacks to more is a bomb, or no field actor's
RATIO = 200  # times smaller than its content: no honest sheet of this size shrinks so well
SMALL = 100 * 2**20  # bytes unpacked under which any ratio is harmless


def read_workbook(content: bytes, name: str) -> Book:
    """The sheets of an XLSX, XLS or ODS, our templates' own hidden ones aside.

    Raises ReadingError with the code format-error, protected-file or too-large.
    """
    kind = _kind(content, name)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            metadata = [m for m in workbook.sheets_metadata if m.typ is SheetTypeEnum.WorkSheet]
            faults = xlsx_faults(content) if kind == "xlsx" else {}
            sheets = tuple(
                _sheet(
                    workbook.get_sheet_by_name(m.name), m.visible is not SheetVisibleEnum.Visible, faults.get(m.name)
                )
                for m in metadata
                if m.name not in OURS
            )
            stamp = _stamp(workbook) if any(m.name == STAMP for m in metadata) else None
    except PasswordError as error:
        raise ReadingError("protected-file", name=name) from error
    except (CalamineError, ZipError, XmlError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise ReadingError("format-error", name=name) from error
    except BaseException as error:
        # calamine is written in Rust, whose panics come as an exception that no module names
        if type(error).__name__ != "PanicException":
            raise
        raise ReadingError("format-error", name=name) from error
    return Book(kind, sheets, {"format": kind}, stamp)


def _kind(content: bytes, name: str) -> str:
    """What the container holds. An encrypted XLSX is an OLE file, as an XLS is."""
    if not content.startswith(b"PK"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ReadingError("protected-file", name=name)
        return "xls"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            names = {entry.filename for entry in entries}
            is_locked = "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml")
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ReadingError("format-error", name=name) from error
    if unpacked > UNPACKED or (unpacked > SMALL and unpacked > RATIO * len(content)):
        raise ReadingError("too-large", name=name)
    if is_locked:
        raise ReadingError("protected-file", name=name)
    if "xl/workbook.xml" in names or any(entry.startswith("xl/") for entry in names):
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise ReadingError("format-error", name=name)


def _sheet(sheet: CalamineSheet, hidden: bool, faults: Faults | None) -> Sheet:
    merged = tuple(
        (top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    return Sheet(sheet.name, tuple(_rows(sheet, faults or {})), merged, hidden)


def _rows(sheet: CalamineSheet, faults: Mapping[int, Mapping[int, tuple[str, str]]]) -> Iterator[Row]:
    """Rows from the first of the sheet to the last that holds anything."""
    blanks: list[Row] = []
    # values from A1 on: without the leading empty area every address would shift
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells = [cell(value) for value in values]
        for column, fault in faults.get(number, {}).items():
            cells += [("", "t")] * (column + 1 - len(cells))
            if not cells[column][0]:
                cells[column] = fault
        row = Row(number, tuple(text for text, _ in cells), "".join(kind for _, kind in cells))
        if row.is_blank and "f" not in row.kinds:
            blanks.append(row)
        else:
            yield from blanks
            blanks.clear()
            yield row


def _stamp(workbook: CalamineWorkbook) -> Stamp | None:
    """What our hidden sheet says; None where somebody wrote into it."""
    first: list[Any] = next(iter(workbook.get_sheet_by_name(STAMP).to_python(skip_empty_area=False)), [])
    if len(first) < 2 or not isinstance(first[0], str) or not isinstance(first[1], int | float):
        return None
    organisation, period = (cell(value)[0] for value in (*first[2:4], "", "")[:2])
    return Stamp(first[0], int(first[1]), organisation, period)
