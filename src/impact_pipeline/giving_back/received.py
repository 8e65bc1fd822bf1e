"""A file that was received and checked, and the workbook in which it goes back.

An XLSX goes back as it came, changed in place; what is no XLSX, or not written as spreadsheets write it, goes back in a
workbook made from the cells that were read, each at its address.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.giving_back.made import made, sheet_names
from impact_pipeline.giving_back.xlsx import NotOrdinary, Workbook
from impact_pipeline.reading.sheet import Book, Row
from impact_pipeline.validation import Checked
from impact_pipeline.validation.justified import keys_of
from impact_pipeline.words import Language

BLOCKING, TO_CHECK, CORRECTED = "F9C4BF", "FFDF9E", "CFEBD6"  # behind black text, 13 to 1 at least
SUFFIXES = {False: ".xlsx", True: ".xlsm"}  # by whether a workbook has macros
MARKS = frozenset((BLOCKING, TO_CHECK, CORRECTED))
LARGEST = 400 * 2**20  # bytes unpacked of a workbook that is copied; a larger one gets the list alone


@dataclass(frozen=True)
class Received:
    """What was received, and what checking it found. `book` is None where it could not be read, or is too large to be
    copied: then what goes back is the list of what to correct, alone."""

    name: str
    content: bytes
    book: Book | None
    checked: Checked
    instrument: Instrument
    schemas: Schemas
    language: Language

    @cached_property
    def rows(self) -> dict[str | None, dict[int, Row]]:
        """Of each sheet the rows by their number."""
        return {sheet.name: {row.number: row for row in sheet.rows} for sheet in self.book.sheets} if self.book else {}

    @cached_property
    def keys(self) -> dict[int, str]:
        """The key of the record that each row holds, where it is known."""
        return keys_of(self.checked, self.instrument)


@dataclass(frozen=True, slots=True)
class Given:
    """A workbook to give back; `suffix` is `.xlsm` where it has macros, `cells` counts those that were changed."""

    content: bytes
    suffix: str
    cells: int


@dataclass(frozen=True)
class Copy:
    """The workbook to change; `names` says what each sheet of the book is called in it."""

    workbook: Workbook
    names: dict[str | None, str]


def through(received: Received, work: Callable[[Copy], Given]) -> Given | None:
    """What `work` makes of their workbook, or of one made from what was read; None where neither can be had."""
    for copy in (_theirs, _made):
        try:
            return work(copy(received))
        except (NotOrdinary, ValueError):  # such as a style that is no number: theirs is damaged, the other is not
            continue
    return None


def _theirs(received: Received) -> Copy:
    book = received.book
    if book is None or book.format != "xlsx" or _unpacked(received.content) > LARGEST:
        raise NotOrdinary("not to be changed in place")
    workbook = Workbook(received.content)
    names: dict[str | None, str] = {sheet.name: sheet.name or "" for sheet in book.sheets}
    if not set(names.values()) <= set(workbook.sheets):
        raise NotOrdinary("other sheets than those that were read")
    return Copy(workbook, names)


def _made(received: Received) -> Copy:
    if received.book is None:
        raise NotOrdinary("nothing was read")
    names = sheet_names(received.book, received.language)
    return Copy(Workbook(made(received.book, received.language)), names)


def _unpacked(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(entry.file_size for entry in archive.infolist())
