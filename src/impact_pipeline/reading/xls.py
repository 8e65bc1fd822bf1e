"""Workbooks of Excel 97 to 2003, by xlrd: values, faults, percentages, what is hidden, what is merged.

Bytes come in, a `Book`'s sheets go out, or a `ReadingError`.
"""

from __future__ import annotations

import io
import re
from typing import Any

import xlrd
from xlrd.book import Book as Workbook

from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Finding
from impact_pipeline.reading.cells import date_text, duration_text, is_percent, kind_of_text, number, percent
from impact_pipeline.reading.filled import Texts, rows_of, within
from impact_pipeline.reading.marks import stray_finding
from impact_pipeline.reading.sheet import Kind, Sheet

FILTERED = "_FilterDatabase"  # the range that Excel names where it filters
DURATION = re.compile(r"\[h+\]", re.IGNORECASE)
EMPTY = ("", Kind.TEXT.value)


def read_xls(content: bytes, name: str) -> tuple[tuple[Sheet, ...], tuple[Finding, ...], bool]:
    """All sheets in order, what reading them has to tell, and whether days are counted from 1904.

    Raises ReadingError: protected-file or corrupt-file.
    """
    findings: list[Finding] = []
    try:
        with xlrd.open_workbook(
            file_contents=content, formatting_info=True, ragged_rows=True, on_demand=True, logfile=io.StringIO()
        ) as workbook:
            sheets = tuple(_sheet(workbook, place, name, findings) for place in range(workbook.nsheets))
            from_1904 = workbook.datemode == 1
    except ReadingError:
        raise
    except MemoryError as error:
        raise ReadingError("too-large", name=name) from error
    except Exception as error:  # xlrd trusts what it reads: a damaged file makes it fail anywhere
        code = "protected-file" if "encrypted" in str(error) else "corrupt-file"
        raise ReadingError(code, name=name) from error
    return sheets, tuple(findings), from_1904


def _sheet(workbook: Workbook, place: int, name: str, findings: list[Finding]) -> Sheet:
    sheet = workbook.sheet_by_index(place)
    formats = _Formats(workbook)
    filled = {}
    for position in range(sheet.nrows):
        cells = [_cell(cell, formats) for cell in sheet.row(position)]
        while cells and cells[-1] == EMPTY:
            cells.pop()
        if cells:
            filled[position + 1] = Texts([text for text, _ in cells], "".join(kind for _, kind in cells))
    rows, stray = rows_of(filled, name)
    if stray:
        findings.append(stray_finding(sheet.name, stray))
    merged = [(top + 1, left, bottom, right - 1) for top, bottom, left, right in sheet.merged_cells]
    hidden_rows = frozenset(position + 1 for position, row in sheet.rowinfo_map.items() if row.hidden)
    result = Sheet(
        sheet.name, rows, within(merged, rows), sheet.visibility != 0,
        hidden_rows=hidden_rows,
        hidden_columns=frozenset(column for column, told in sheet.colinfo_map.items() if told.hidden),
        filtered=bool(hidden_rows) and _has_filter(workbook, place),
    )  # fmt: skip
    workbook.unload_sheet(place)
    return result


class _Formats:
    """How cells are shown, by the index of their format."""

    def __init__(self, workbook: Workbook):
        self.datemode = workbook.datemode
        self._workbook = workbook
        self._codes: dict[int, str] = {}

    def code(self, index: int) -> str:
        if index not in self._codes:
            key = self._workbook.xf_list[index].format_key
            self._codes[index] = self._workbook.format_map[key].format_str
        return self._codes[index]


def _cell(cell: Any, formats: _Formats) -> tuple[str, str]:
    kind, value = cell.ctype, cell.value
    if kind == xlrd.XL_CELL_TEXT:
        return value, kind_of_text(value)
    if kind == xlrd.XL_CELL_NUMBER:
        if is_percent(formats.code(cell.xf_index)):
            return percent(value), Kind.TEXT.value
        return number(value), Kind.NUMBER.value
    if kind == xlrd.XL_CELL_DATE:
        return _date(value, formats.code(cell.xf_index), formats.datemode)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return ("true" if value else "false"), Kind.BOOLEAN.value
    if kind == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(value, "#REF!"), Kind.ERROR.value
    return EMPTY


def _date(value: float, code: str, datemode: int) -> tuple[str, str]:
    """A date, a time of day or a length of time, as its format shows it."""
    if DURATION.search(code) or 0 <= value < 1:
        return duration_text(round(value * 86_400)), Kind.TEXT.value
    try:
        told = xlrd.xldate_as_datetime(value, datemode)
    except (xlrd.xldate.XLDateError, ValueError, OverflowError):
        return number(value), Kind.NUMBER.value
    return date_text(told.isoformat()), Kind.DATE.value


def _has_filter(workbook: Workbook, place: int) -> bool:
    return any(FILTERED in (found.name or "") and found.scope == place for found in workbook.name_obj_list)
