"""What is known besides the file: records accepted before it, and what people decided about its duplicates.

The pipeline puts earlier accepted records into the engine under the names below and says so here; the checks read
those tables and open no file. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from impact_pipeline.findings import Level

RECORDS = "past_records"  # _submission, _organisation, _period, _order, row, then the fields of the instrument
EXTRA = "past_extra"  # _submission, _organisation, _period, _order, row, header, text: cells of unknown columns
Choice = Literal["keep", "drop", "new-id"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about one row of a group of duplicates; `row` is that of the accepted records."""

    group: str
    row: int
    choice: Choice
    new_id: str = ""
    initials: str = ""
    note: str = ""

    @property
    def told(self) -> dict[str, str]:
        """What a finding keeps of it."""
        return {name: text for name in ("group", "initials", "note") if (text := str(getattr(self, name)))}


@dataclass(frozen=True)
class Past:
    """What came before a file for the same initiative and instrument; `is_known` where the tables above are there.

    `organisation` and `period` are those of the file itself, empty where nobody said them. `decisions` are about its
    rows. `received` tells the day on which each earlier submission arrived (ISO).
    """

    organisation: str = ""
    period: str = ""
    is_known: bool = False
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    received: Mapping[str, str] = field(default_factory=dict)
    settled: frozenset[tuple[str, str, int]] = frozenset()  # (group, submission, row) kept as they are, in other files

    def settled_with(self, group: str, submission: str) -> frozenset[int]:
        """Rows of another file that the same decision keeps apart."""
        return frozenset(row for of, name, row in self.settled if (of, name) == (group, submission))


NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell of a record, before its place and text are known: both paths make the finding from it."""

    record: int
    code: str
    level: Level
    field: str | None
    details: Mapping[str, object]
    cells: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """Two rows that may be one: `row` of this file, and `other_row` of `other` (a submission; empty for this file)."""

    kind: Literal["key", "elsewhere", "form", "near"]
    row: int
    key: str
    other: str
    other_row: int
    other_key: str
    differing: str
