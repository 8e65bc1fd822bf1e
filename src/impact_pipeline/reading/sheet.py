"""A file as read: text cells that remember where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from impact_pipeline.findings import Finding, Justification
from impact_pipeline.reading.survey import Survey, Tool


class Kind(StrEnum):
    """What the file itself said a cell was; one letter, so that a row's kinds are one string."""

    TEXT = "t"
    NUMBER = "n"  # text is a plain decimal: `90.11`, `21010034300016`, never `2.1e13`
    DATE = "d"  # text is ISO: `2026-05-12` or `2026-05-12T14:30:00`
    BOOLEAN = "b"  # text is `true` or `false`
    ERROR = "e"  # text is the error as shown: `#REF!`
    FORMULA = "f"  # a formula whose value was never stored; text is empty
    # what a survey tool alone can say of a cell; text is as the tool shows it
    NONE_CHOSEN = "0"  # asked, and none of the options was chosen
    NOT_ASKED = "q"
    REFUSED = "r"
    UNKNOWN = "u"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` is 1-based as in the margin; `texts[i]` stands in column i (0-based, A is 0)."""

    number: int
    texts: tuple[str, ...]
    kinds: str

    @property
    def is_blank(self) -> bool:
        return not any(text.strip() for text in self.texts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet, blank ones included, in order.

    `merged` holds the merged ranges as (first row, first column, last row, last column), rows 1-based as in the
    margin and columns 0-based. `hidden` says that the workbook hides the sheet, `hidden_rows` (1-based) and
    `hidden_columns` (0-based) what it hides inside; `filtered` that rows are hidden by a filter. All of it is read.
    `metadata_columns` (0-based) are those that a survey tool added to the answers; `survey` is what else it says of the
    sheet.
    """

    name: str | None
    rows: tuple[Row, ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    metadata_columns: frozenset[int] = frozenset()
    survey: Survey | None = None
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionList:
    """What came back in our own list of what to correct: the names of its sheets, and what people wrote there."""

    sheets: tuple[str, ...]
    justifications: tuple[Justification, ...]


class Stamp(NamedTuple):
    """What our own template hides in the workbook: for which instrument, for whom and when it was made."""

    instrument: str
    version: int
    organisation: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """All sheets of a file, and how it was read (format, encoding, separator): shown to the person.

    `findings` are what reading itself has to tell: broken characters, cells too far away to be read.
    """

    format: str  # csv | xlsx | xls | ods
    sheets: tuple[Sheet, ...]
    read_as: dict[str, str] = field(default_factory=dict)
    stamp: Stamp | None = None  # of our own template
    tool: Tool | None = None  # the survey tool that wrote the file, where it is recognised
    findings: tuple[Finding, ...] = ()
    from_1904: bool = False  # the workbook counts its days from 1904, as those of old Macintoshes do
    correction_list: CorrectionList | None = None  # ours, in a workbook that we gave back; no sheet of `sheets`
