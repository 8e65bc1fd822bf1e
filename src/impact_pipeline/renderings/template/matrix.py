"""The sheet to fill where indicators stand in rows, and perimeters by periods in columns.

Two header rows: the perimeter over its periods. Returns where each field is asked: the key's two fields by the header
rows, every other field by the code of its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlsxwriter.utility import xl_rowcol_to_cell

from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.renderings.template.cells import GENERAL, NUMBER_FORMATS, Cells, Choices
from impact_pipeline.renderings.template.drawing import AnySheet
from impact_pipeline.renderings.template.styles import Styles
from impact_pipeline.renderings.template.table import check, lay_out, write_title
from impact_pipeline.words import say

PERIMETERS, PERIODS, EXAMPLE, FIRST = 1, 2, 3, 4  # 0-based rows
CODE, LABEL, UNIT, VALUES = 0, 1, 2, 3  # 0-based columns
ROW_HEIGHT = 30  # points: two lines
WIDTHS = {CODE: 20, LABEL: 50, UNIT: 16}  # characters
VALUE_WIDTH = 10
EXAMPLE_VALUES = (12, 14, 9, 17)
UNNAMED = 3  # perimeters left to be named, where no code list names them


def write_matrix(
    sheet: AnySheet,
    cells: Cells,
    styles: Styles,
    lists: Mapping[str, Choices],
    *,
    organisation: str,
    period: str,
) -> dict[str, tuple[str, str]]:
    """Draw the sheet; what goes out is {field: (address of the cell that asks it, its text)}."""
    perimeter, wave = (cells.instrument.by_name[name] for name in cells.instrument.key)
    perimeters = _perimeters(perimeter, cells)
    periods = cells.periods(wave, period) if wave.type == "period" else cells.answers(wave)
    last = VALUES + len(perimeters) * len(periods) - 1
    write_title(sheet, cells, styles, organisation, period)
    sheet.set_row(PERIMETERS, 34)
    sheet.merge_range(PERIMETERS, CODE, PERIMETERS, UNIT, cells.header(perimeter), styles.required)
    for column, word in ((CODE, "code"), (LABEL, "indicator"), (UNIT, "unit")):
        sheet.write_string(PERIODS, column, say(f"template.matrix.{word}", cells.language), styles.header)
    for place, name in enumerate(perimeters):
        _write_perimeter(sheet, styles, name, periods, VALUES + place * len(periods))
    _write_example(sheet, cells, styles, last)
    asked = {
        perimeter.name: (xl_rowcol_to_cell(PERIMETERS, CODE), cells.header(perimeter)),
        wave.name: (xl_rowcol_to_cell(PERIODS, VALUES), periods[0]),
    }
    rows = [field for field in cells.instrument.fields if field.name not in cells.instrument.key]
    for row, field in enumerate(rows, start=FIRST):
        style = styles.fixed_required if field.required else styles.fixed
        for column, text in ((CODE, field.name), (LABEL, cells.header(field)), (UNIT, cells.unit(field))):
            sheet.write_string(row, column, text, style)
        sheet.set_row(row, ROW_HEIGHT)
        for column in range(VALUES, last + 1):
            sheet.write_blank(row, column, None, styles.cell(NUMBER_FORMATS.get(field.type, GENERAL), grid=True))
        check(sheet, cells.validation(field, lists.get(field.name), row, VALUES), (row, VALUES, row, last))
        asked[field.name] = (xl_rowcol_to_cell(row, CODE), field.name)
    for column, width in WIDTHS.items():
        sheet.set_column(column, column, width)
    sheet.set_column(VALUES, last, VALUE_WIDTH)
    sheet.freeze_panes(FIRST, VALUES)
    lay_out(sheet, sum(WIDTHS.values()) + (last - VALUES + 1) * VALUE_WIDTH)
    sheet.repeat_columns(CODE, UNIT)
    return asked


def _write_perimeter(sheet: AnySheet, styles: Styles, name: str, periods: Sequence[str], first: int) -> None:
    if len(periods) > 1:
        sheet.merge_range(PERIMETERS, first, PERIMETERS, first + len(periods) - 1, name, styles.over)
    else:
        sheet.write_string(PERIMETERS, first, name, styles.over)
    for column, period in enumerate(periods, start=first):
        sheet.write_string(PERIODS, column, period, styles.period)


def _write_example(sheet: AnySheet, cells: Cells, styles: Styles, last: int) -> None:
    style = styles.cell(GENERAL, example=True)
    for column, word in (
        (CODE, "template.example"),
        (LABEL, "template.matrix.example"),
        (UNIT, "template.matrix.people"),
    ):
        sheet.write_string(EXAMPLE, column, say(word, cells.language), style)
    for column in range(VALUES, last + 1):
        sheet.write_number(EXAMPLE, column, EXAMPLE_VALUES[(column - VALUES) % len(EXAMPLE_VALUES)], style)


def _perimeters(field: FieldDeclaration, cells: Cells) -> tuple[str, ...]:
    """The perimeters that a code list names, else names to write over."""
    unnamed = (say("template.matrix.perimeter", cells.language, number=number) for number in range(1, UNNAMED + 1))
    return cells.answers(field) or tuple(unnamed)
