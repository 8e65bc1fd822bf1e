"""Exports of ODK Central: its CSV, alone or zipped with one a repeat, and its OData made into the same tables.

Conventions: Central's exporter. Groups are joined by dashes (`group-question`); a place has its parts in
`question-Latitude`...; options may stand in columns `question/option`; a repeated row bears the `KEY` of its parent in
`PARENT_KEY`, and its own is `uuid:…/group/repeat[1]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
from impact_pipeline.reading.survey import Point, Repeat, State, Survey, Tool

KEY, PARENT_KEY = "KEY", "PARENT_KEY"
OF_THE_SERVER = frozenset(
    ["SubmissionDate", KEY, PARENT_KEY, "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected",
     "Status", "ReviewState", "DeviceID", "Edits", "FormVersion"]
)  # fmt: skip
MARKS = OF_THE_SERVER - {KEY, "Status"}
OF_THE_DEVICE = frozenset(
    ["start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "start-geopoint", "instanceID",
     "instanceName"]
)  # fmt: skip
PREFIXED = ("meta-", "SET-OF-")
PARTS = ("Latitude", "Longitude", "Altitude", "Accuracy")
OF_A_REPEAT = re.compile(r"(?P<parent>.+)/(?P<group>[^/\[\]]+)\[\d+\]")
SUBMISSION = {"id": (KEY,), "sent": ("SubmissionDate",), "version": ("FormVersion",), "state": ("ReviewState",)}
STATES: Mapping[str, State] = {"rejected": "rejected", "hasissues": "to-review", "has issues": "to-review"}


def as_odk(book: Book) -> Book | None:
    """The book as ODK means it; None where no sheet bears the marks of its exports."""
    headers = [header_of(sheet) for sheet in book.sheets]
    # in JSON, `KEY` is our own name for what only the server writes
    told = [KEY in header and (book.format == "json" or bool(MARKS.intersection(header))) for header in headers]
    if not any(told):
        return None
    keyed = [
        (sheet, {text: number for number, text in texts_of(sheet.rows[1:], header.index(KEY)) if text})
        for sheet, header, is_told in zip(book.sheets, headers, told, strict=True)
        if is_told
    ]
    sheets = tuple(
        _arranged(sheet, header, keyed) if is_told else sheet
        for sheet, header, is_told in zip(book.sheets, headers, told, strict=True)
    )
    return replace(book, sheets=sheets, tool=Tool.ODK)


def _arranged(sheet: Sheet, header: Sequence[str], keyed: Sequence[tuple[Sheet, Mapping[str, int]]]) -> Sheet:
    rows = sheet.rows[1:]
    metadata = frozenset(
        column
        for column, text in enumerate(header)
        if text in OF_THE_SERVER or text in OF_THE_DEVICE or text.startswith(PREFIXED)
    )
    choices = tuple(options_under(header, rows, groups="-"))
    options = {column for choice in choices for column, _ in choice.options if choice.summary}
    survey = Survey(
        headings=without_groups(header, "-", metadata | options),
        choices=choices,
        points=tuple(_points(header)),
        submissions=submissions(header, rows, SUBMISSION, STATES),
        repeat=_repeat(sheet, header, rows, keyed) if PARENT_KEY in header else None,
    )
    return replace(sheet, metadata_columns=metadata, survey=survey)


def _points(header: Sequence[str]) -> Iterator[Point]:
    for column, text in enumerate(header):
        name, dash, part = text.rpartition("-")
        told = [f"{name}-{each}" for each in PARTS]
        if dash and part == PARTS[0] and list(header[column : column + 2]) == told[:2]:
            count = next((n for n in (4, 3) if list(header[column : column + n]) == told[:n]), 2)
            yield Point((name, *suffixes(name, "-")), tuple(range(column, column + count)))


def _repeat(
    sheet: Sheet, header: Sequence[str], rows: Sequence[Row], keyed: Sequence[tuple[Sheet, Mapping[str, int]]]
) -> Repeat:
    """The parent is the table that knows most of the parents' keys; the group is named in the rows' own keys."""
    parents = {number: text for number, text in texts_of(rows, column_named(header, PARENT_KEY)) if text}
    told = (OF_A_REPEAT.fullmatch(text) for _, text in texts_of(rows, column_named(header, KEY)))
    group = next((found["group"] for found in told if found), str(sheet.name or "").rpartition("-")[2])
    best: Sheet | None = None
    links: dict[int, int] = {}
    for other, keys in keyed:
        found_links = {number: keys[text] for number, text in parents.items() if text in keys}
        if other is not sheet and len(found_links) > len(links):
            best, links = other, found_links
    return Repeat(group, str(best.name or "") if best is not None else None, links)
