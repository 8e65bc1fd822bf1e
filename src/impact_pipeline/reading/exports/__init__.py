"""Exports of survey tools, recognised from what they hold: `read_export` and `recognised`.

One module a tool. Each looks at the sheets of a book as any file gives them and says what its tool's conventions mean;
cells stay where and as the person sees them. What no tool is recognised in is left as it is.
"""

from __future__ import annotations

from dataclasses import replace

from impact_pipeline.reading.exports.archive import read_archive
from impact_pipeline.reading.exports.dhis2 import as_dhis2
from impact_pipeline.reading.exports.google_forms import as_google_forms
from impact_pipeline.reading.exports.json_text import read_json
from impact_pipeline.reading.exports.kobo import as_kobo
from impact_pipeline.reading.exports.limesurvey import as_limesurvey
from impact_pipeline.reading.exports.odk import as_odk
from impact_pipeline.reading.exports.statistical import is_statistical, read_statistical
from impact_pipeline.reading.sheet import Book

__all__ = ["is_statistical", "read_export", "recognised"]

READERS = (read_archive, read_json, read_statistical)
RECOGNISERS = (as_kobo, as_odk, as_limesurvey, as_google_forms, as_dhis2)


def read_export(content: bytes, name: str) -> Book | None:
    """The book of a file that only survey tools write: a zip of tables, JSON, a file of SPSS or Stata; else None.

    Raises ReadingError with the code format-error, protected-file, encoding-error or too-large.
    """
    return next((book for read in READERS if (book := read(content, name)) is not None), None)


def recognised(book: Book) -> Book:
    """The book with its `tool`, and what the tool says of each sheet; the same book where none is recognised."""
    if book.stamp is not None or book.tool is not None:
        return book
    for recogniser in RECOGNISERS:
        found = recogniser(book)
        if found is not None and found.tool is not None:
            return replace(found, read_as={**found.read_as, "tool": found.tool.value})
    return book
