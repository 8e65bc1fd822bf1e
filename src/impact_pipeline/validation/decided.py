"""Decisions about duplicates, as they bear on the records of one file: rows dropped, identifiers changed.

What was decided and the rows of the file come in; what to do to which record, and the findings that tell it, go out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impact_pipeline.conforming.columns import read_column
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import DecisionError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.validation.past import Decision, Past


def dropped(past: Past, record_of: Mapping[int, int]) -> dict[int, Decision]:
    """The records to set aside. Raises DecisionError for a decision about a row that is no record of the file."""
    lost = sorted(row for row in past.decisions if row not in record_of)
    if lost:
        named = ", ".join(map(str, lost))
        raise DecisionError([f"rows decided about that are no records of the file any more: {named}"])
    return {record_of[row]: item for row, item in past.decisions.items() if item.choice == "drop"}


def renamed(
    past: Past, record_of: Mapping[int, int], instrument: Instrument, schemas: Schemas
) -> dict[int, tuple[Decision, Any]]:
    """The records whose unit takes another identifier, with its value. Raises DecisionError for one that cannot be."""
    found = {}
    for row, item in past.decisions.items():
        if item.choice == "new-id":
            raw = item.new_id, "t"
            cell = read_column([raw], instrument.by_name[instrument.unit_field], instrument, schemas, None)[raw]
            if cell.status or cell.value is None:
                raise DecisionError([f"group {item.group}, row {row}: {item.new_id!r} is no {instrument.unit_field}"])
            found[record_of[row]] = item, cell.value
    return found


def drop_finding(decision: Decision, place: Place) -> Finding:
    """A row that a person chose to leave out."""
    return Finding("decided-drop", Level.CORRECTED, place, details=decision.told)


def new_id_finding(decision: Decision, place: Place, text: str, field: str, header: str | None) -> Finding:
    """An identifier that a person changed, so that two people are not one."""
    details = {**decision.told, "as": decision.new_id} | ({"header": header} if header else {})
    return Finding("decided-new-id", Level.CORRECTED, place, text, field, details=details)
