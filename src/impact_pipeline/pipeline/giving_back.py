"""From a file that was checked to what its sender gets back: annotated workbook, corrected copy, page.

A path and the outcome of its check come in; what was received goes out, ready for `giving_back`. What cannot be copied
(unreadable, or too large for a spreadsheet to be of use) gets the list of what to correct alone.
"""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import ReadingError
from impact_pipeline.giving_back import Received
from impact_pipeline.pipeline.checking import ENGINE_FROM
from impact_pipeline.reading import NOTHING, Asked, is_text, read_book
from impact_pipeline.validation import Checked
from impact_pipeline.words import Language


def received(
    path: Path,
    checked: Checked,
    instrument: Instrument,
    schemas: Schemas,
    language: Language,
    asked: Asked = NOTHING,
) -> Received:
    """The file and its outcome; its book is left out where the file is not to be copied. `asked`: how it was read."""
    content = path.read_bytes()
    book = None
    if len(content) < ENGINE_FROM or not is_text(content):
        try:
            book = read_book(content, path.name, asked)
        except ReadingError:
            book = None
    return Received(path.name, content, book, checked, instrument, schemas, language)
