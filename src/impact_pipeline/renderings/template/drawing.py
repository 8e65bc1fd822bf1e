"""A workbook drawn in memory with the calls of xlsxwriter that our templates use, for formats that it cannot write.

`table`, `matrix` and `notice` draw on an xlsxwriter sheet or on one of these alike; `ods` and `delimited` write what
was drawn. Rows and columns are 0-based. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

Value = str | float | date | None
Area = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass(frozen=True)
class Look:
    """A format: the options of xlsxwriter's `add_format`."""

    options: Mapping[str, Any]


@dataclass
class DrawnSheet:
    """What was drawn on one sheet."""

    name: str
    cells: dict[tuple[int, int], tuple[Value, Look | None]] = field(default_factory=dict)
    rich: dict[tuple[int, int], tuple[tuple[str, Look | None], ...]] = field(default_factory=dict)  # runs of a text
    merged: list[Area] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)  # points
    widths: dict[int, float] = field(default_factory=dict)  # characters
    columns: dict[int, Look] = field(default_factory=dict)  # the look of cells that hold nothing
    checks: list[tuple[Area, Mapping[str, Any]]] = field(default_factory=list)
    frozen: tuple[int, int] = (0, 0)
    pages: int = 1  # side by side, when printed
    is_hidden: bool = False
    has_grid: bool = True

    def write_string(self, row: int, column: int, value: str, look: Look | None = None) -> int:
        self.cells[row, column] = value, look
        return 0

    def write_number(self, row: int, column: int, value: float, look: Look | None = None) -> int:
        self.cells[row, column] = value, look
        return 0

    def write_datetime(self, row: int, column: int, value: date, look: Look | None = None) -> int:
        self.cells[row, column] = value, look
        return 0

    def write_blank(self, row: int, column: int, value: None, look: Look | None = None) -> int:
        self.cells[row, column] = value, look
        return 0

    def write(self, row: int, column: int, value: Value, look: Look | None = None) -> int:
        self.cells[row, column] = value, look
        return 0

    def write_row(self, row: int, column: int, values: Sequence[Value], look: Look | None = None) -> int:
        for place, value in enumerate(values, start=column):
            self.cells[row, place] = value, look
        return 0

    def write_rich_string(self, row: int, column: int, *parts: str | Look) -> int:
        """Runs of text, each after its look; a look at the end is the cell's."""
        runs, look = list[tuple[str, Look | None]](), None
        for part in parts:
            if isinstance(part, Look):
                look = part
            else:
                runs.append((part, look))
                look = None
        self.rich[row, column] = tuple(runs)
        self.cells[row, column] = "".join(text for text, _ in runs), look
        return 0

    def merge_range(self, top: int, left: int, bottom: int, right: int, value: str, look: Look | None = None) -> int:
        self.merged.append((top, left, bottom, right))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self.cells[row, column] = (value if (row, column) == (top, left) else None), look
        return 0

    def set_row(self, row: int, height: float) -> int:
        self.heights[row] = height
        return 0

    def set_column(self, first: int, last: int, width: float, look: Look | None = None) -> int:
        for column in range(first, last + 1):
            self.widths[column] = width
            if look is not None:
                self.columns[column] = look
        return 0

    def data_validation(self, top: int, left: int, bottom: int, right: int, options: Mapping[str, Any]) -> int:
        self.checks.append(((top, left, bottom, right), options))
        return 0

    def freeze_panes(self, row: int, column: int) -> None:
        self.frozen = row, column

    def hide_gridlines(self, option: int) -> None:
        self.has_grid = option != 2

    def very_hidden(self) -> None:
        self.is_hidden = True

    def activate(self) -> None:
        """The first sheet is the one that opens."""

    def set_landscape(self) -> None:
        """Every sheet of ours is printed across."""

    def set_paper(self, paper: int) -> None:
        """On A4."""

    def fit_to_pages(self, width: int, height: int) -> None:
        self.pages = width

    def repeat_rows(self, first: int, last: int) -> None:
        """What a page repeats is left to whoever prints."""

    def repeat_columns(self, first: int, last: int = 0) -> None:
        """What a page repeats is left to whoever prints."""


@dataclass
class Drawing:
    """A workbook: its sheets in order, the language in which numbers are written, and what it says of itself."""

    language: str
    sheets: list[DrawnSheet] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)

    def add_worksheet(self, name: str) -> DrawnSheet:
        self.sheets.append(DrawnSheet(name))
        return self.sheets[-1]

    def add_format(self, options: Mapping[str, Any]) -> Look:
        return Look(dict(options))

    def set_properties(self, properties: Mapping[str, Any]) -> None:
        self.properties |= properties

    def set_custom_property(self, name: str, value: str | int) -> None:
        self.custom[name] = value


AnySheet = Worksheet | DrawnSheet  # what `table`, `matrix` and `notice` draw on
AnyWorkbook = Workbook | Drawing
