"""The sheet to fill where a row is a record: one column a field, an example row, checks as one types.

Returns where each field is asked: its name, the address of its header, and the header as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell

from impact_pipeline.renderings.template.cells import GENERAL, NUMBER_FORMATS, Cells, Choices
from impact_pipeline.renderings.template.drawing import AnySheet
from impact_pipeline.renderings.template.styles import Styles
from impact_pipeline.words import say

ROWS = 1000  # that the checks cover: ranges, for whole columns hang the programs that read them back
TITLE, HEADER, EXAMPLE, FIRST = 0, 1, 2, 3  # 0-based rows
NARROWEST, WIDEST = 11, 30  # characters
A4 = 9  # as spreadsheets number paper
PAGE_WIDTH = 190  # characters of a landscape page printed small


def write_table(
    sheet: AnySheet,
    cells: Cells,
    styles: Styles,
    lists: Mapping[str, Choices],
    *,
    organisation: str,
    period: str,
) -> dict[str, tuple[str, str]]:
    """Draw the sheet; what goes out is {field: (address of its header, its header)}."""
    write_title(sheet, cells, styles, organisation, period)
    sheet.set_row(HEADER, 62)
    asked: dict[str, tuple[str, str]] = {}
    widths: list[float] = []
    for column, field in enumerate(cells.instrument.fields):
        text = cells.header(field)
        number_format = NUMBER_FORMATS.get(field.type, GENERAL)
        example = cells.example(field, organisation=organisation, period=period)
        if column == 0:
            example = say("template.example.value", cells.language, value=cells.shown(example))
        answers = [cells.shown(example), *cells.answers(field)]
        widths.append(_width(text, answers))
        sheet.set_column(column, column, widths[-1], styles.cell(number_format))
        sheet.write_string(HEADER, column, text, styles.required if field.required else styles.header)
        write_value(sheet, EXAMPLE, column, example, styles.cell(number_format, example=True))
        options = cells.validation(field, lists.get(field.name), FIRST, column)
        check(sheet, options, (FIRST, column, FIRST + ROWS - 1, column))
        asked[field.name] = (xl_rowcol_to_cell(HEADER, column), text)
    sheet.freeze_panes(HEADER + 1, 1)
    lay_out(sheet, sum(widths))
    sheet.repeat_rows(TITLE, HEADER)
    sheet.repeat_columns(0)
    return asked


def write_title(sheet: AnySheet, cells: Cells, styles: Styles, organisation: str, period: str) -> None:
    """The first row: what this is, for whom and when, and what the star means."""
    told = [cells.instrument.title[cells.language], organisation, cells.period(period)]
    sheet.set_row(TITLE, 30)
    legend = "    " + say(f"template.legend.{cells.instrument.layout}", cells.language)
    sheet.write_rich_string(
        TITLE, 0, styles.title, " · ".join(filter(None, told)), styles.subtitle, legend, styles.line
    )


def lay_out(sheet: AnySheet, width: float) -> None:
    """Print on as many pages across as can still be read, for a sheet of this width in characters."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(max(1, round(width / PAGE_WIDTH)), 0)


def write_value(sheet: AnySheet, row: int, column: int, value: str | float | date, style: Format) -> None:
    """A value under its own type: a text stays a text even where it looks like a number or a formula."""
    if isinstance(value, str):
        sheet.write_string(row, column, value, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_number(row, column, value, style)


def check(sheet: AnySheet, options: dict[str, object], cells: tuple[int, int, int, int]) -> None:
    """Check what is typed in a range; xlsxwriter says with a negative number that it wrote nothing."""
    if sheet.data_validation(*cells, options) != 0:
        raise ValueError(f"a spreadsheet cannot hold this check: {options}")


def _width(text: str, answers: Iterable[str]) -> float:
    """Room for the longest answer, and for a header on three lines that breaks no word."""
    words = (len(word) + 3 for word in text.split())
    return max(NARROWEST, min(WIDEST, max(len(text) / 2.6 + 3, *words, *(len(answer) + 3 for answer in answers))))
