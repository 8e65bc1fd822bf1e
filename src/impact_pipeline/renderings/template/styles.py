"""How a template looks: a few formats, made once a workbook."""

from __future__ import annotations

from typing import Any

from xlsxwriter.format import Format

from impact_pipeline.renderings.template.drawing import AnyWorkbook

INK, PALE, SAND, LINE, GREY = "#12505B", "#E3F0F1", "#FFF6DC", "#B8CDD0", "#5F6B6D"
_GRID = {"border": 1, "border_color": LINE}


class Styles:
    """Formats of one workbook, asked for by role; cell formats are made as number formats need them."""

    def __init__(self, workbook: AnyWorkbook):
        self._workbook = workbook
        self._cells: dict[tuple[str, bool, bool], Format] = {}
        self.title = self._make(bold=True, font_size=15, font_color=INK, valign="vcenter")
        self.subtitle = self._make(font_color=GREY, valign="vcenter")
        self.header = self._make(**_GRID, text_wrap=True, valign="vcenter", bg_color=PALE, font_color=INK, bold=True)
        self.required = self._make(
            **_GRID, text_wrap=True, valign="vcenter", bg_color=INK, font_color="white", bold=True
        )
        self.section = self._make(bold=True, font_size=12, font_color=INK, bottom=2, bottom_color=INK, valign="vcenter")
        self.body = self._make(**_GRID, text_wrap=True, valign="top")
        self.strong = self._make(**_GRID, text_wrap=True, valign="top", bold=True)
        self.centred = self._make(**_GRID, valign="top", align="center")
        self.line = self._make(valign="vcenter")
        self.over = self._make(**_GRID, text_wrap=True, valign="vcenter", align="center", bg_color=PALE, bold=True)
        self.period = self._make(**_GRID, align="center", bg_color=PALE, font_color=INK)
        self.paragraph = self._make(text_wrap=True, valign="top")
        self.fixed = self._make(**_GRID, text_wrap=True, valign="vcenter", bg_color=PALE)
        self.fixed_required = self._make(**_GRID, text_wrap=True, valign="vcenter", bg_color=PALE, bold=True)

    def cell(self, number_format: str, *, example: bool = False, grid: bool = False) -> Format:
        """A cell to fill, or one of the example row."""
        key = (number_format, example, grid)
        if key not in self._cells:
            look: dict[str, Any] = {"num_format": number_format, "valign": "vcenter"}
            look |= {"italic": True, "font_color": GREY, "bg_color": SAND} if example else {}
            look |= _GRID if grid or example else {}
            self._cells[key] = self._make(**look)
        return self._cells[key]

    def _make(self, **look: Any) -> Format:
        return self._workbook.add_format(look)
