"""A drawn workbook as a CSV that French spreadsheets open at once: UTF-8 with its mark, `;`, decimal commas.

Only the first sheet, without the title above its header: a text table has neither lists nor a notice.
"""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

from impact_pipeline.renderings.template.drawing import Drawing, Value

HEADER = 1  # 0-based row of the header: the title stands above it


def delimited(drawing: Drawing) -> bytes:
    """The header, the example and, for a cross table, its indicators."""
    sheet = drawing.sheets[0]
    shown = {place: _text(value) for place, (value, _) in sheet.cells.items()}
    for top, left, bottom, right in sheet.merged:
        spread = range(left, right + 1)
        shown |= {(row, column): shown[top, left] for row in range(top, bottom + 1) for column in spread}
    width = 1 + max(column for _, column in shown)
    stream = StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    for row in range(HEADER, 1 + max(row for row, _ in shown)):
        writer.writerow([shown.get((row, column), "") for column in range(width)])
    return stream.getvalue().encode("utf-8-sig")


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return value if isinstance(value, str) else f"{value:.15g}".replace(".", ",")
