"""OData of ODK Central as the tables of its CSV: nested groups, repeats as lists, `__id` and `__system`.

A parsed JSON value comes in; sheets go out, the submissions first and then one a repeat, or None for JSON of another
kind. Rows are numbered as if the first held the header.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import cell
from impact_pipeline.reading.exports.odk import KEY, PARENT_KEY
from impact_pipeline.reading.sheet import Row, Sheet

ROOT = "Submissions"
SYSTEM = {
    "submissionDate": "SubmissionDate",
    "submitterId": "SubmitterID",
    "submitterName": "SubmitterName",
    "attachmentsPresent": "AttachmentsPresent",
    "attachmentsExpected": "AttachmentsExpected",
    "status": "Status",
    "reviewState": "ReviewState",
    "deviceId": "DeviceID",
    "edits": "Edits",
    "formVersion": "FormVersion",
}
LINK = "@odata."
DEEPEST = 40  # groups within groups
MOST_CELLS = 10_000_000  # of all tables; keys that differ from row to row would make any number of columns

Cells = dict[str, tuple[str, str]]


@dataclass
class _Table:
    """Rows of one table as they are met, each a dictionary: not every row has every column."""

    rows: list[Cells] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)

    def add(self, cells: Cells) -> None:
        self.rows.append(cells)
        self.columns |= dict.fromkeys(cells)


def odata_sheets(value: Any) -> tuple[Sheet, ...] | None:
    """The tables of `{"value": [...]}`. Raises ReadingError (too-large) where they would have too many cells."""
    rows = value.get("value") if isinstance(value, Mapping) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        return None
    if not all(isinstance(row.get("__id"), str) for row in rows):
        return None
    tables: dict[str, _Table] = {}
    for row in rows:
        _add(row, ROOT, None, tables)
    if sum(len(table.rows) * len(table.columns) for table in tables.values()) > MOST_CELLS:
        raise ReadingError("too-large", name="json")
    return tuple(_sheet(name, table) for name, table in tables.items())


def _add(row: Mapping[str, Any], name: str, parent: str | None, tables: dict[str, _Table], place: int = 0) -> None:
    """A row and, after it, the rows of its repeats."""
    lists: list[tuple[str, list[Any]]] = []
    cells: Cells = {}
    told = row.get("__id")
    key = told if isinstance(told, str) and told else f"{parent}/{name.rpartition('.')[2]}[{place}]"
    for column, value in _flat(row, (), lists):
        cells[column] = cell(value)
    if parent is not None:
        cells[PARENT_KEY] = (parent, "t")
    cells[KEY] = (key, "t")
    tables.setdefault(name, _Table()).add(cells)
    for path, rows in lists:
        for number, child in enumerate(rows, 1):
            _add(child, f"{name}.{path}", key, tables, number)


def _flat(
    row: Mapping[str, Any], path: tuple[str, ...], lists: list[tuple[str, list[Any]]]
) -> Iterator[tuple[str, Any]]:
    """(column, value) of a row, groups joined by dashes; lists of rows are put aside."""
    if len(path) > DEEPEST:
        raise ReadingError("too-large", name="json")
    for name, value in row.items():
        if LINK in name or (not path and name == "__id"):
            continue
        if not path and name == "__system" and isinstance(value, Mapping):
            yield from ((SYSTEM.get(part, str(part)), _scalar(value[part])) for part in value)
        elif not path and name.startswith("__") and name.endswith("-id"):
            yield PARENT_KEY, _scalar(value)  # a table of a repeat asked for on its own names its parent so
        elif isinstance(value, Mapping) and not _is_place(value):
            yield from _flat(value, (*path, name), lists)
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            lists.append((".".join((*path, name)), value))
        elif value != []:
            yield "-".join((*path, name)), _scalar(value)


def _is_place(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("coordinates"), list) and isinstance(value.get("type"), str)


def _scalar(value: Any) -> Any:
    """A value for one cell; a place is written as forms do: latitude, longitude, altitude, accuracy."""
    if isinstance(value, Mapping):
        spots = value.get("coordinates")
        if value.get("type") == "Point" and isinstance(spots, list) and len(spots) >= 2:
            properties = value.get("properties")
            accuracy = properties.get("accuracy") if isinstance(properties, Mapping) else None
            told = [spots[1], spots[0], spots[2] if len(spots) > 2 else None, accuracy]
            return " ".join(str(part or 0) for part in told)
        return str(spots)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(str(part) for part in value)
    return value


def _sheet(name: str, table: _Table) -> Sheet:
    columns = list(table.columns)
    rows = [Row(1, tuple(columns), "t" * len(columns))]
    for number, cells in enumerate(table.rows, 2):
        told = [cells.get(column, ("", "t")) for column in columns]
        rows.append(Row(number, tuple(text for text, _ in told), "".join(kind for _, kind in told)))
    return Sheet(name, tuple(rows))
