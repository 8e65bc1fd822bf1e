"""JSON that survey tools give: OData of ODK Central, dataValueSets of DHIS2.

Bytes come in; a `Book` goes out, or None for JSON of no known kind, which is then read as any other text.
"""

from __future__ import annotations

import json
import math
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.exports.dhis2 import values_sheet
from impact_pipeline.reading.exports.odata import odata_sheets
from impact_pipeline.reading.sheet import Book

LARGEST = 96 * 2**20  # bytes; parsed, it takes ten times as much memory
SPACES = b"\xef\xbb\xbf \t\r\n"


def read_json(content: bytes, name: str) -> Book | None:
    """The tables of a JSON file. Raises ReadingError (too-large) beyond what a machine can hold."""
    start = content[:64].lstrip(SPACES)
    if not start.startswith((b"{", b"[")):
        return None
    if len(content) > LARGEST:
        raise ReadingError("too-large", name=name)
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_float=_number, parse_constant=lambda _: None)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None
    sheets = odata_sheets(value)
    if sheets is not None:
        return Book("json", sheets, {"format": "json"})
    values = values_sheet(value)
    return Book("json", (values,), {"format": "json"}) if values is not None else None


def _number(text: str) -> Any:
    """A number that a spreadsheet could hold; else the text as it stands."""
    number = float(text)
    return number if math.isfinite(number) else text
