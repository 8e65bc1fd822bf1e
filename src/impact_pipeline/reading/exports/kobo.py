"""Exports of KoboToolbox (CSV, or a workbook with one sheet a repeat), with XML names or labels.

Conventions: `formpack`, the exporter. Groups are left out or joined (`group/question`); a question of several answers
has a summary, one column an option (`question/option`: 1 or 0, empty where it was not answered), or both; a place has
its parts in `_question_latitude`...; what is known of the submission stands in columns that begin with `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from impact_pipeline.reading.exports.columns import (
    column_named,
    header_of,
    options_under,
    submissions,
    suffixes,
    texts_of,
    without_groups,
)
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Repeat, State, Survey, Tool

TAIL = frozenset(
    ["_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
     "_tags", "_index"]
)  # fmt: skip
OF_A_REPEAT = frozenset(["_parent_table_name", "_parent_index"])
OF_THE_PARENT = "_submission__"
OF_THE_DEVICE = frozenset(
    ["start", "end", "today", "username", "deviceid", "phonenumber", "devicephonenum", "subscriberid", "simid",
     "simserial", "audit", "background-audio", "formhub/uuid", "_xform_id_string", "_attachments", "_geolocation",
     "_bamboo_dataset_id"]
)  # fmt: skip
PREFIXED = ("meta/", "_version_", "__version__", OF_THE_PARENT)
PART = re.compile(r"(?P<before>.*/)?_(?P<name>[^/]+)_(latitude|longitude|altitude|precision)")
MEDIA = re.compile(r"(?P<name>.+)_URL")
TAG = re.compile(r"#[A-Za-z][A-Za-z0-9_]*(\s*\+\s*[A-Za-z0-9_]+)*")
SHEET_NAME = 31  # characters that a workbook keeps of a sheet's name
SUBMISSION = {
    "id": ("_uuid", "_id", "_submission__uuid", "_submission__id"),
    "sent": ("_submission_time", "_submission__submission_time"),
    "version": ("__version__", "_version_", "_submission____version__"),
    "state": ("_validation_status", "_submission__validation_status"),
}
STATES: Mapping[str, State] = {
    "not approved": "rejected",
    "validation status not approved": "rejected",
    "non approuve": "rejected",
    "on hold": "to-review",
    "validation status on hold": "to-review",
    "en attente": "to-review",
}


def as_kobo(book: Book) -> Book | None:
    """The book as Kobo means it; None where no sheet bears the marks of its exports."""
    headers = [header_of(sheet) for sheet in book.sheets]
    if not any(len(TAIL.intersection(header)) >= 2 or set(header) >= OF_A_REPEAT for header in headers):
        return None
    by_name = {str(sheet.name)[:SHEET_NAME]: sheet for sheet in book.sheets}
    sheets = tuple(
        _arranged(sheet, header, by_name) if TAIL.intersection(header) or OF_A_REPEAT.intersection(header) else sheet
        for sheet, header in zip(book.sheets, headers, strict=True)
    )
    return replace(book, sheets=sheets, tool=Tool.KOBO)


def _arranged(sheet: Sheet, header: Sequence[str], by_name: Mapping[str, Sheet]) -> Sheet:
    tags = _tags(sheet)
    rows = [row for row in sheet.rows[1:] if row.number not in tags]
    metadata = frozenset(column for column, text in enumerate(header) if _is_metadata(text, header))
    choices = tuple(options_under(header, rows))
    options = {column for choice in choices for column, _ in choice.options if choice.summary}
    survey = Survey(
        headings=without_groups(header, "/", metadata | options),
        choices=choices,
        joined=" ",
        tags=tags,
        submissions=submissions(header, rows, SUBMISSION, STATES),
        repeat=_repeat(sheet, header, rows, by_name) if OF_A_REPEAT.intersection(header) else None,
    )
    return replace(sheet, metadata_columns=metadata, survey=survey)


def _is_metadata(text: str, header: Sequence[str]) -> bool:
    if text in TAIL or text in OF_A_REPEAT or text in OF_THE_DEVICE or text.startswith(PREFIXED):
        return True
    part = PART.fullmatch(text)
    if part:
        whole = {name for other in header for name in (other, *suffixes(other, "/"))}
        return part["name"] in whole
    media = MEDIA.fullmatch(text)
    return media is not None and media["name"] in header


def _tags(sheet: Sheet) -> frozenset[int]:
    """The row of HXL tags under the header, if there is one."""
    if len(sheet.rows) < 2:
        return frozenset()
    row = sheet.rows[1]
    told = [text.strip() for text in row.texts if text.strip()]
    return frozenset([row.number]) if told and all(map(TAG.fullmatch, told)) else frozenset()


def _repeat(sheet: Sheet, header: Sequence[str], rows: Sequence[Row], by_name: Mapping[str, Sheet]) -> Repeat:
    """Kobo numbers the rows of each sheet in `_index`; a row names its parent's by `_parent_index`."""
    named = dict(texts_of(rows, column_named(header, "_parent_table_name")))
    parent = next((by_name[name[:SHEET_NAME]] for name in named.values() if name[:SHEET_NAME] in by_name), None)
    if parent is None:
        roots = (s for s in by_name.values() if s is not sheet and "_index" in header_of(s))
        parent = next((s for s in roots if not OF_A_REPEAT.intersection(header_of(s))), None)
    if parent is None:
        return Repeat(str(sheet.name or ""), None, {})
    links: dict[int, int] = {}
    for mine, theirs in (("_parent_index", "_index"), ("_submission__uuid", "_uuid"), ("_submission__id", "_id")):
        links = linked(rows, column_named(header, mine), parent, column_named(header_of(parent), theirs)) | links
    return Repeat(str(sheet.name or ""), str(parent.name or ""), links)


def linked(rows: Iterable[Row], mine: int | None, parent: Sheet, theirs: int | None) -> dict[int, int]:
    """Row -> the row of the parent's sheet whose key is the same."""
    keys = {text: number for number, text in texts_of(reversed(parent.rows[1:]), theirs) if text}
    return {number: keys[text] for number, text in texts_of(rows, mine) if text in keys}
