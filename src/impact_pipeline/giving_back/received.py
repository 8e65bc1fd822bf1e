"""A file that was received and checked, and the workbook in which it goes back.

An XLSX goes back as it came, changed in place; what is no XLSX, or not written as spreadsheets write it, goes back in a
workbook made from the cells that were read, each at its address.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.giving_back.made import Unmade, made, sheet_names
from impact_pipeline.giving_back.xlsx import NotOrdinary, Workbook
from impact_pipeline.reading.sheet import Book
from impact_pipeline.validation import Checked
from impact_pipeline.words import Language

BLOCKING, TO_CHECK, CORRECTED = "F9C4BF", "FFDF9E", "CFEBD6"  # behind black text, 13 to 1 at least
MARKS = frozenset((BLOCKING, TO_CHECK, CORRECTED))
LARGEST = 400 * 2**20  # bytes unpacked of a workbook that is copied; a larger one gets the list alone


@dataclass(frozen=True, slots=True)
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
    is_theirs: bool


def copy_of(received: Received) -> Copy | None:
    """Their workbook, or one made from what was read; None where it cannot be copied."""
    book = received.book
    if book is None:
        return None
    if book.format == "xlsx" and _unpacked(received.content) <= LARGEST:
        try:
            workbook = Workbook(received.content)
            names: dict[str | None, str] = {sheet.name: sheet.name or "" for sheet in book.sheets}
            if set(names.values()) <= set(workbook.sheets):
                workbook.forget(book.correction_list.sheets if book.correction_list else (), MARKS)
                return Copy(workbook, names, True)
        except NotOrdinary:
            pass
    try:
        return Copy(Workbook(made(book, received.language)), sheet_names(book, received.language), False)
    except Unmade:
        return None


def _unpacked(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(entry.file_size for entry in archive.infolist())
