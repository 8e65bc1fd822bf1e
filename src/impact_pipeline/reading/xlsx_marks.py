"""Marks of the sheets of an XLSX, from their own XML: calamine tells values and no more.

The XML of a sheet comes in; its `Marks` go out, and the XML to be read in its stead where cells stand so far from the
table that reading the rectangle around them would take all memory. Most sheets are searched as bytes, since to parse
them would take longer than to read them; only those that need it are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import lt
from typing import Any
from xml.parsers import expat

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.marks import AREA, CELLS, GAP_COLUMNS, GAP_ROWS, Marks, edge, is_sparse
from impact_pipeline.reading.sheet import Kind
from impact_pipeline.reading.xlsx_bytes import count, has_addresses, is_plain

ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
TRUE = ("1", "true")
NEAR_COLUMNS = 702  # A to ZZ
FILLED_COLUMN = re.compile(rb'<c r="([A-Za-z]+)[0-9]+"[^/>]*>')
FILLED_ROW = re.compile(rb'<c r="[A-Za-z]+([0-9]+)"[^/>]*>')
ROW = re.compile(rb'<row r="([0-9]+)"')
HIDDEN_ROW = re.compile(rb'<row r="([0-9]+)"[^>]*\shidden="(?:1|true)"')
RANGES = re.compile(rb"<mergeCells\b(?:[^>]*/>|.*?</mergeCells>)", re.S)
HIDDEN = re.compile(rb'hidden="(?:1|true)"')
HELD_TWICE = 2**25  # bytes; some 30,000 rows of 30 columns
LARGEST_ROW, LARGEST_COLUMN = 1_048_576, 16_384


def sheet_marks(xml: bytes, percent_styles: frozenset[int], name: str) -> tuple[Marks, bytes]:
    """The marks of a sheet, and its XML without stray cells. Raises ReadingError: corrupt-file or too-large."""
    found = _searched(xml, percent_styles)
    if found is not None:
        return found, xml
    parsed = _parsed(xml, percent_styles, name)
    if parsed.cells > CELLS:
        raise ReadingError("too-large", name=name)
    if parsed.rows and is_sparse(max(parsed.rows) * (max(parsed.columns) + 1), parsed.cells):
        last_row = edge(parsed.rows, GAP_ROWS)
        last_column = edge((column + 1 for column in parsed.columns), GAP_COLUMNS) - 1
        if last_row * (last_column + 1) > AREA:
            raise ReadingError("too-large", name=name)
        parsed = _parsed(xml, percent_styles, name, (last_row, last_column))
        return parsed.marks, parsed.without_stray(xml)
    return parsed.marks, xml


def _searched(xml: bytes, percent_styles: frozenset[int]) -> Marks | None:
    """The marks of a sheet that bytes alone tell; None where it has to be parsed."""
    begin = xml.find(b"<sheetData")
    if begin < 0 or xml.find(b't="e"', begin) >= 0:
        return None
    if any(xml.find(b' s="%d"' % style, begin) >= 0 for style in percent_styles):
        return None
    numbers = list(map(int, ROW.findall(xml, begin)))
    last = numbers[-1] if numbers else 0
    if not all(map(lt, numbers, numbers[1:])):
        return None
    if len(numbers) < count(xml, "<row", begin) or not is_plain(xml, begin):
        return None
    is_close = last * NEAR_COLUMNS <= AREA and has_addresses(xml, begin, 2, len(str(last)))
    if not is_close and not (has_addresses(xml, begin, 3, 7) and _is_near(xml)):
        return None
    return Marks(
        hidden_rows=frozenset(map(int, HIDDEN_ROW.findall(xml, begin)) if HIDDEN.search(xml, begin) else ()),
        hidden_columns=_hidden_columns(xml[:begin]),
        filtered=xml.find(b"<filterColumn", after_cells(xml)) >= 0,
    )


def after_cells(xml: bytes) -> int:
    """Where the cells of a sheet end; what stands behind them is short, and quick to search."""
    return max(0, xml.rfind(b"</sheetData"))


def ranges_first(xml: bytes) -> bytes:
    """The sheet with its merged ranges, or an empty list of them, before its cells too: calamine goes through it once
    more to find them, and ends where they stand. A large one stays as it is, for it would be held several times."""
    begin, end = xml.find(b"<sheetData"), after_cells(xml)
    ranges = RANGES.search(xml, end)
    is_unclear = xml.find(b"<!", end) >= 0 or (ranges is None and xml.find(b"mergeCells", end) >= 0)
    if begin < 0 or is_unclear or len(xml) > HELD_TWICE:
        return xml
    return b"".join([xml[:begin], ranges[0] if ranges else b"<mergeCells/>", xml[begin:]])


def _is_near(xml: bytes) -> bool:
    """Whether the rectangle around the filled cells is small enough, and full enough, to be read."""
    cells = count(xml, "<v>")
    columns, rows = set(FILLED_COLUMN.findall(xml)), set(FILLED_ROW.findall(xml))
    if not columns or cells > CELLS:
        return cells <= CELLS
    width, height = max(column_of(letters.decode()) for letters in columns) + 1, max(map(int, rows))
    return width <= LARGEST_COLUMN and height <= LARGEST_ROW and not is_sparse(width * height, cells)


def _hidden_columns(head: bytes) -> frozenset[int]:
    columns: set[int] = set()
    for col in re.finditer(rb"<col\b([^>]*)>", head):
        if HIDDEN.search(col[1]):
            ends = [re.search(rb'\s%s="([0-9]+)"' % side, col[1]) for side in (b"min", b"max")]
            if all(ends):
                columns |= _span(*(int(end[1]) for end in ends if end))
    return frozenset(columns)


def _span(first: int, last: int) -> set[int]:
    return set(range(max(first, 1) - 1, min(last, LARGEST_COLUMN)))


def _parsed(xml: bytes, percent_styles: frozenset[int], name: str, within: tuple[int, int] | None = None) -> _Parsed:
    parsed = _Parsed(percent_styles, within)
    try:
        parsed.parse(xml)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ReadingError("corrupt-file", name=name) from error
    return parsed


class _Parsed:
    """What a parser meets in a sheet, cell by cell; `within` is the last row and column that belong to the table."""

    def __init__(self, percent_styles: frozenset[int], within: tuple[int, int] | None):
        self.marks = Marks()
        self.cells = 0
        self.rows: set[int] = set()
        self.columns: set[int] = set()
        self._styles, self._within = percent_styles, within
        self._row, self._column, self._begin = 0, -1, 0
        self._cell: Mapping[str, str] = {}
        self._parts: dict[str, str] = {}
        self._part = ""
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._cuts: list[tuple[int, int]] = []
        self._ends_now = False

    def parse(self, xml: bytes) -> None:
        parser = self._parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _no_entity
        parser.Parse(xml, True)
        self.marks.hidden_rows = frozenset(self._hidden_rows)
        self.marks.hidden_columns = frozenset(self._hidden_columns)

    def without_stray(self, xml: bytes) -> bytes:
        kept, last = [], 0
        for begin, end in self._cuts:
            kept.append(xml[last:begin])
            last = xml.index(b">", end) + 1
        return b"".join([*kept, xml[last:]])

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2]
        if tag == "c":
            place = ADDRESS.fullmatch(attributes.get("r", ""))
            if place:
                self._row, self._column = int(place[2]), column_of(place[1])
            else:
                self._column += 1
            self._cell, self._parts, self._begin = attributes, {}, self._parser.CurrentByteIndex
        elif tag == "row":
            number = int(attributes.get("r", self._row + 1))
            if number <= self._row:
                raise ValueError("rows out of order")
            self._row, self._column = number, -1
            if attributes.get("hidden") in TRUE:
                self._hidden_rows.add(number)
        elif tag in ("v", "f", "t"):
            self._part = tag
            self._parts.setdefault(tag, "")
        elif tag == "col" and attributes.get("hidden") in TRUE:
            self._hidden_columns |= _span(int(attributes.get("min", 1)), int(attributes.get("max", 0)))
        elif tag == "filterColumn":
            self.marks.filtered = True

    def _text(self, text: str) -> None:
        if self._part:
            self._parts[self._part] += text

    def _end(self, tag: str) -> None:
        tag = tag.rpartition("}")[2]
        if tag in ("v", "f", "t"):
            self._part = ""
        elif tag == "c" and self._parts:
            self._filled()

    def _filled(self) -> None:
        row, column = self._row, self._column
        if row > LARGEST_ROW or column >= LARGEST_COLUMN or row < 1:
            raise ValueError("a cell beyond the sheet")
        if self._within and (row > self._within[0] or column > self._within[1]):
            self._cuts.append((self._begin, self._parser.CurrentByteIndex))
            if any(self._parts.values()):
                self.marks.stray.append((row, column))
            return
        self.cells += 1
        self.rows.add(row)
        self.columns.add(column)
        fault = _fault(self._cell, self._parts)
        if fault:
            self.marks.faults.setdefault(row, {})[column] = fault
        elif self._styles and self._cell.get("t", "n") == "n" and self._parts.get("v"):
            style = self._cell.get("s", "0")
            if style.isdecimal() and int(style) in self._styles:
                self.marks.percents.setdefault(row, set()).add(column)


def _no_entity(*_: Any) -> None:
    raise ValueError("a workbook declares no entity")


def _fault(cell: Mapping[str, str], parts: Mapping[str, str]) -> tuple[str, str] | None:
    if cell.get("t") == "e":
        return parts.get("v") or "#REF!", Kind.ERROR.value
    # a formula that gives an empty text stores it, as `<v></v>` with t="str"
    if "f" in parts and not parts.get("v") and cell.get("t") != "str":
        return "", Kind.FORMULA.value
    return None


def column_of(letters: str) -> int:
    """The 0-based column of spreadsheet letters."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1
