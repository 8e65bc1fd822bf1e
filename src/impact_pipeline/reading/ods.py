"""OpenDocument spreadsheets, from their own XML: values, faults, percentages, what is hidden, what is merged.

A package comes in, a `Book`'s sheets go out. Cells and rows that a file repeats a million times are not unrolled.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from impact_pipeline.errors import ReadingError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.reading.cells import SHOWN_ERROR, date_text, duration_text, kind_of_text, number, percent
from impact_pipeline.reading.filled import Texts, rows_of, within
from impact_pipeline.reading.marks import CELLS, stray_finding
from impact_pipeline.reading.package import Package
from impact_pipeline.reading.sheet import Kind, Sheet

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
CELL_TAGS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
DURATION = re.compile(r"-?P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d*)?S)?")
LARGEST_ROW, LARGEST_COLUMN = 1_048_576, 16_384
MANY = 10_000  # the same filled row so many times over is a column filled down to its end, not a table


def read_ods(package: Package) -> tuple[tuple[Sheet, ...], tuple[Finding, ...]]:
    """All sheets in order, and what reading them has to tell. Raises ReadingError: corrupt-file or too-large."""
    reader = _Reader(package.name)
    try:
        reader.parse(package.read("content.xml"))
    except (expat.ExpatError, ValueError, LookupError, AttributeError) as error:
        raise ReadingError("corrupt-file", name=package.name) from error
    return tuple(reader.sheets), tuple(reader.findings)


class _Reader:
    """What a parser meets, one sheet after the other."""

    def __init__(self, name: str):
        self.sheets: list[Sheet] = []
        self.findings: list[Finding] = []
        self._name, self._cells = name, 0
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._tables = 0  # how deep: a cell may hold a table of its own, which is not read
        self._depth = 0
        self._cell_depth = 0
        self._paragraph_depth = 0
        self._paragraphs: list[str] = []

    def parse(self, xml: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _no_entity
        parser.Parse(xml, True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._cell_depth:
            self._inside(tag, attributes)
        elif tag in CELL_TAGS:
            if self._tables == 1 and self._in_row:
                self._cell, self._cell_depth = attributes, self._depth
                self._paragraphs = []
        elif tag == f"{TABLE}table-row":
            if self._tables == 1:
                self._begin_row(attributes)
        elif tag == f"{TABLE}table-column":
            if self._tables == 1:
                self._take_column(attributes)
        elif tag == f"{TABLE}table":
            self._tables += 1
            if self._tables == 1:
                self._begin_table(attributes)
        elif tag == f"{STYLE}style":
            self._style = attributes.get(f"{STYLE}name", "")
        elif tag == f"{STYLE}table-properties" and attributes.get(f"{TABLE}display") == "false":
            self._hidden_styles.add(self._style)

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        """What stands in a cell: only its own paragraphs count, not those of a comment or a drawing."""
        if tag == f"{TEXT}p" and self._depth == self._cell_depth + 1:
            self._paragraphs.append("")
            self._paragraph_depth = self._depth
        elif self._paragraph_depth:
            if tag == f"{TEXT}s":
                self._paragraphs[-1] += " " * min(int(attributes.get(f"{TEXT}c", 1)), 1_000)
            elif tag == f"{TEXT}tab":
                self._paragraphs[-1] += "\t"
            elif tag == f"{TEXT}line-break":
                self._paragraphs[-1] += "\n"

    def _text(self, text: str) -> None:
        if self._paragraph_depth:
            self._paragraphs[-1] += text

    def _end(self, tag: str) -> None:
        if self._paragraph_depth == self._depth:
            self._paragraph_depth = 0
        elif self._cell_depth == self._depth:
            self._cell_depth = 0
            self._take_cell()
        elif self._cell_depth == 0 and tag == f"{TABLE}table-row" and self._tables == 1:
            self._end_row()
        elif self._cell_depth == 0 and tag == f"{TABLE}table":
            self._tables -= 1
            if self._tables == 0:
                self._end_table()
        self._depth -= 1

    def _begin_table(self, attributes: dict[str, str]) -> None:
        self._title = attributes.get(f"{TABLE}name", "")
        self._hidden = attributes.get(f"{TABLE}style-name") in self._hidden_styles
        self._filled: dict[int, Texts] = {}
        self._row, self._column_count = 0, 0
        self._merged: list[tuple[int, int, int, int]] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._filtered = False
        self._in_row = False

    def _take_column(self, attributes: dict[str, str]) -> None:
        repeated = _repeated(attributes, "number-columns-repeated", LARGEST_COLUMN)
        if attributes.get(f"{TABLE}visibility", "visible") != "visible":
            self._hidden_columns |= set(range(self._column_count, self._column_count + repeated))
        self._column_count += repeated

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._in_row = True
        self._row_repeated = _repeated(attributes, "number-rows-repeated", LARGEST_ROW)
        self._visibility = attributes.get(f"{TABLE}visibility", "visible")
        self._texts: list[str] = []
        self._kinds: list[str] = []
        self._column = 0

    def _take_cell(self) -> None:
        attributes = self._cell
        repeated = _repeated(attributes, "number-columns-repeated", LARGEST_COLUMN)
        text, kind = self._meaning(attributes)
        if text or kind == Kind.FORMULA.value:
            lacking = self._column - len(self._texts)
            self._texts += [*([""] * lacking), *([text] * repeated)]
            self._kinds += [*([Kind.TEXT.value] * lacking), *([kind] * repeated)]
        wide = _repeated(attributes, "number-columns-spanned", LARGEST_COLUMN)
        tall = _repeated(attributes, "number-rows-spanned", LARGEST_ROW)
        if wide > 1 or tall > 1:
            self._merged.append((self._row + 1, self._column, self._row + tall, self._column + wide - 1))
        self._column += repeated
        if len(self._texts) > LARGEST_COLUMN:
            raise ValueError("more columns than a sheet has")

    def _end_row(self) -> None:
        first, repeated = self._row + 1, self._row_repeated
        self._in_row = False
        self._row += repeated
        if not self._texts or self._row > LARGEST_ROW:
            return
        last = self._row
        if repeated > MANY:
            last = first
            details = {"rows": str(self._row)}
            place = Place(self._title, first)
            self.findings.append(Finding("repeated-row", Level.TO_CHECK, place, cells=repeated, details=details))
        row = Texts(self._texts, "".join(self._kinds))
        self._cells += len(self._texts) * (last - first + 1)
        if self._cells > CELLS:
            raise ReadingError("too-large", name=self._name)
        self._filled |= dict.fromkeys(range(first, last + 1), row)
        if self._visibility != "visible":
            self._hidden_rows |= set(range(first, last + 1))
            self._filtered = self._filtered or self._visibility == "filter"

    def _end_table(self) -> None:
        rows, stray = rows_of(self._filled, self._name)
        if stray:
            self.findings.append(stray_finding(self._title, stray))
        sheet = Sheet(
            self._title, rows, within(self._merged, rows), self._hidden,
            hidden_rows=frozenset(self._hidden_rows), hidden_columns=frozenset(self._hidden_columns),
            filtered=self._filtered,
        )  # fmt: skip
        self.sheets.append(sheet)

    def _meaning(self, attributes: dict[str, str]) -> tuple[str, str]:
        """The text and the kind of the cell that ends."""
        told = "\n".join(self._paragraphs)
        is_formula = f"{TABLE}formula" in attributes
        kind = attributes.get(f"{OFFICE}value-type")
        if attributes.get(f"{CALC}value-type") == "error" or (is_formula and SHOWN_ERROR.fullmatch(told)):
            return told or "#REF!", Kind.ERROR.value
        if kind in ("float", "currency", "percentage"):
            value = float(attributes.get(f"{OFFICE}value", "nan"))
            if value - value != 0:  # not a number, or infinite
                return told, kind_of_text(told)
            return (percent(value), Kind.TEXT.value) if kind == "percentage" else (number(value), Kind.NUMBER.value)
        if kind == "date":
            iso = date_text(attributes.get(f"{OFFICE}date-value", ""))
            return (iso, Kind.DATE.value) if iso else (told, Kind.TEXT.value)
        if kind == "time":
            parts = DURATION.fullmatch(attributes.get(f"{OFFICE}time-value", ""))
            if parts is None:
                return told, Kind.TEXT.value
            days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
            return duration_text(((days * 24 + hours) * 60 + minutes) * 60 + seconds), Kind.TEXT.value
        if kind == "boolean":
            return attributes.get(f"{OFFICE}boolean-value", "false").lower(), Kind.BOOLEAN.value
        told = told if self._paragraphs else attributes.get(f"{OFFICE}string-value", "")
        # a formula that gives an empty text stores an empty paragraph
        if is_formula and kind is None and not self._paragraphs:
            return "", Kind.FORMULA.value
        return told, kind_of_text(told)


def _repeated(attributes: dict[str, str], name: str, most: int) -> int:
    return max(1, min(int(attributes.get(f"{TABLE}{name}", 1)), most))


def _no_entity(*_: Any) -> None:
    raise ValueError("a workbook declares no entity")
