"""From an instrument to the bytes of its workbook, and back to the names of the fields that the workbook asks.

Comes in: an instrument, the declarations, and whom and which period the workbook is for. Goes out: an `.xlsx` or an
`.ods`, the same bytes for the same declarations: a sheet to fill, a notice, and two sheets that nobody sees, for the
drop-downs and for the stamp by which a file that comes back is recognised; or a `.csv` of the header and the example.
It opens no file and reads none but its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Literal, get_args

from openpyxl import load_workbook
from xlsxwriter.workbook import Workbook

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.renderings.template.cells import LISTS, Asked, Cells, Choices
from impact_pipeline.renderings.template.delimited import delimited
from impact_pipeline.renderings.template.drawing import AnyWorkbook, Drawing
from impact_pipeline.renderings.template.matrix import write_matrix
from impact_pipeline.renderings.template.notice import write_notice
from impact_pipeline.renderings.template.ods import ods
from impact_pipeline.renderings.template.styles import Styles
from impact_pipeline.renderings.template.table import write_table
from impact_pipeline.words import Language, say

STAMP = "_impact"  # A1 instrument, B1 version, C1 organisation, D1 period
STAMP_FIELDS = 3  # 1-based row from which: a field's name, and the cell of the first sheet that asks it
Kind = Literal["xlsx", "ods", "csv"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CREATED = datetime(2026, 1, 1)  # always the same, so that the same declarations give the same bytes


def template(
    instrument: Instrument,
    schemas: Schemas,
    *,
    organisation: str = "",
    period: str = "",
    language: Language = "fr",
    kind: Kind = "xlsx",
) -> bytes:
    """A file to fill for this instrument, with `organisation` and `period` (`2026-Q1`) written in it."""
    asked = Asked(organisation, period)
    if kind != "xlsx":
        drawing = Drawing(language)
        _draw(drawing, instrument, schemas, asked, language)
        return ods(drawing) if kind == "ods" else delimited(drawing)
    stream = BytesIO()
    workbook = Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    _draw(workbook, instrument, schemas, asked, language)
    workbook.close()
    return stream.getvalue()


def _draw(workbook: AnyWorkbook, instrument: Instrument, schemas: Schemas, asked: Asked, language: Language) -> None:
    cells, styles = Cells(instrument, schemas, language, asked), Styles(workbook)
    workbook.set_properties({"title": instrument.title[language], "created": CREATED})
    to_fill = workbook.add_worksheet(say("template.sheet.data", language))
    notice = workbook.add_worksheet(say("template.sheet.notice", language))
    lists = cells.lists()
    _write_lists(workbook, lists.values())
    write = write_matrix if instrument.layout == "matrix" else write_table
    headers = write(to_fill, cells, styles, lists, organisation=asked.organisation, period=asked.period)
    write_notice(notice, cells, styles, organisation=asked.organisation, period=asked.period)
    _write_stamp(workbook, instrument, asked, headers)
    to_fill.activate()


def header(content: bytes) -> list[str]:
    """Names of the fields that a template asks, in the order in which a person meets them.

    Read from the sheet to fill: a field is named only where the cell that asks it still holds its header.
    """
    workbook = load_workbook(BytesIO(content))
    sheet = workbook.worksheets[0]
    stamped = workbook[STAMP].iter_rows(min_row=STAMP_FIELDS, max_col=3, values_only=True)
    standing = [(sheet[str(cell)], str(name)) for name, cell, text in stamped if sheet[str(cell)].value == text]
    return [name for cell, name in sorted(standing, key=lambda found: (found[0].row, found[0].column))]


def _write_lists(workbook: AnyWorkbook, lists: Iterable[Choices]) -> None:
    sheet = workbook.add_worksheet(LISTS)
    sheet.very_hidden()
    for choices in lists:
        for row, label in enumerate(choices.labels):
            sheet.write_string(row, choices.column, label)


def _write_stamp(
    workbook: AnyWorkbook, instrument: Instrument, asked: Asked, headers: dict[str, tuple[str, str]]
) -> None:
    sheet = workbook.add_worksheet(STAMP)
    sheet.very_hidden()
    told: dict[str, str | int] = {
        "instrument": instrument.instrument,
        "version": instrument.version,
        "organisation": asked.organisation,
        "period": asked.period,
    }
    for column, (name, value) in enumerate(told.items()):
        sheet.write(0, column, value)
        workbook.set_custom_property(f"impact_{name}", value)
    for row, (field, (cell, text)) in enumerate(headers.items(), start=STAMP_FIELDS - 1):
        sheet.write_row(row, 0, (field, cell, text))
