"""Exports of survey tools, recognised from what they hold: `recognised`.

One module a tool. Each looks at the sheets of a book as any file gives them and says what its tool's conventions mean;
cells stay where and as the person sees them. What no tool is recognised in is left as it is.
"""

from __future__ import annotations

from dataclasses import replace

from impact_pipeline.reading.exports.kobo import as_kobo
from impact_pipeline.reading.sheet import Book

RECOGNISERS = (as_kobo,)


def recognised(book: Book) -> Book:
    """The book with its `tool`, and what the tool says of each sheet; the same book where none is recognised."""
    if book.stamp is not None or book.tool is not None:
        return book
    for recogniser in RECOGNISERS:
        found = recogniser(book)
        if found is not None and found.tool is not None:
            return replace(found, read_as={**found.read_as, "tool": found.tool.value})
    return book
