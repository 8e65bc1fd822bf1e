"""Data value sets of DHIS2: JSON, and CSV whose columns are known by their position, whatever their headers.

Conventions: DHIS2's importer. A row is one value of a data element, for an organisation unit and a period. JSON is made
into the same table, its values in the order in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from impact_pipeline.names import plain
from impact_pipeline.reading.exports.columns import header_of
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Survey, Tool

COLUMNS = (
    "dataelement", "period", "orgunit", "categoryoptioncombo", "attributeoptioncombo", "value", "storedby",
    "lastupdated", "comment", "followup", "deleted",
)  # fmt: skip
ELEMENT, PERIOD, UNIT, CATEGORY, ATTRIBUTE, VALUE = range(6)
DELETED = COLUMNS.index("deleted")
FEWEST = VALUE + 1
NAMES = (  # what headers are called, by position
    {"dataelement", "data element", "de"},
    {"period", "pe"},
    {"orgunit", "org unit", "organisationunit", "organisation unit", "ou"},
    {"categoryoptioncombo", "catoptcombo", "coc", "category option combo"},
    {"attributeoptioncombo", "attroptcombo", "aoc", "attribute option combo"},
    {"value"},
)
ENOUGH = 4  # headers of these names at their position
UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
PERIODS = re.compile(
    r"\d{8}|\d{4}(Wed|Thu|Sat|Sun)?W\d{1,2}|\d{4}BiW\d{1,2}|\d{4}(0[1-9]|1[0-2])|\d{6}B|\d{4}Q[1-4]|\d{4}S[12]"
    r"|\d{4}AprilS[12]|\d{4}|\d{4}(April|July|Sep|Oct|Nov)"
)
KEYS = {  # of a value in JSON -> position
    "dataElement": 0, "period": 1, "orgUnit": 2, "categoryOptionCombo": 3, "attributeOptionCombo": 4, "value": 5,
    "storedBy": 6, "lastUpdated": 7, "comment": 8, "followup": 9, "followUp": 9, "deleted": 10,
}  # fmt: skip


def as_dhis2(book: Book) -> Book | None:
    """The book as DHIS2 means it; None where its only table is not one of data values."""
    sheets = [sheet for sheet in book.sheets if not sheet.hidden]
    if len(sheets) != 1 or not _is_told(sheets[0]):
        return None
    told = tuple(replace(sheet, survey=Survey()) if sheet is sheets[0] else sheet for sheet in book.sheets)
    return replace(book, sheets=told, tool=Tool.DHIS2)


def _is_told(sheet: Sheet) -> bool:
    """By the names of the columns; else by what stands under them: periods as DHIS2 writes them between identifiers."""
    header = header_of(sheet)
    if not FEWEST <= len(header) <= len(COLUMNS):
        return False
    if sum(plain(text) in known for text, known in zip(header, NAMES, strict=False)) >= ENOUGH:
        return True
    rows = [row.texts for row in sheet.rows[1:] if not row.is_blank]
    return bool(rows) and all(
        len(texts) > VALUE
        and UID.fullmatch(texts[ELEMENT].strip()) is not None
        and UID.fullmatch(texts[UNIT].strip()) is not None
        and PERIODS.fullmatch(texts[PERIOD].strip()) is not None
        for texts in rows
    )


def values_sheet(value: Any) -> Sheet | None:
    """The table of `{"dataValues": [...]}`; what the set says once stands in each row. None for other JSON."""
    values = value.get("dataValues") if isinstance(value, Mapping) else None
    if not isinstance(values, list) or not all(isinstance(item, Mapping) and "dataElement" in item for item in values):
        return None
    rows = [Row(1, COLUMNS, "t" * len(COLUMNS))]
    for number, item in enumerate(values, 2):
        texts = tuple(_texts(item, value))
        rows.append(Row(number, texts, "t" * len(texts)))
    return Sheet(None, tuple(rows))


def _texts(item: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    told: Sequence[str] = ("period", "orgUnit", "attributeOptionCombo")
    merged = {key: whole[key] for key in told if key in whole} | dict(item)
    by_place = {KEYS[key]: text for key, text in merged.items() if key in KEYS}
    for place in range(len(COLUMNS)):
        text = by_place.get(place)
        yield "" if text is None or text is False else "true" if text is True else str(text)
