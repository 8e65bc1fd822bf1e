"""A zip of text tables: what ODK Central, Google Forms and others download as one file.

Bytes come in; a `Book` with a sheet a table goes out, or None for a zip that holds no table.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace
from pathlib import PurePosixPath

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.csv_text import read_csv
from impact_pipeline.reading.sheet import Book, Sheet

TABLES = (".csv", ".tsv", ".txt")
UNPACKED = 256 * 2**20  # bytes of all tables; text shrinks well, but no form's answers are as long
MOST_TABLES = 200
FAULTS = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError)


def read_archive(content: bytes, name: str) -> Book | None:
    """The tables of a zip, the shortest name first: that of a form comes before those of its repeats.

    What is no table (photographs, the log of the device) is counted in `read_as`. Raises ReadingError with the code
    too-large, protected-file, or what a table of the zip raises.
    """
    if not content.startswith(b"PK\x03\x04"):
        return None
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except FAULTS:
        return None  # no zip after all: whoever reads workbooks says what is wrong with it
    try:
        with archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            tables = [entry for entry in entries if _is_table(entry.filename)]
            if not tables or any(entry.filename.startswith(("xl/", "META-INF/")) for entry in entries):
                return None
            if len(tables) > MOST_TABLES or sum(entry.file_size for entry in tables) > UNPACKED:
                raise ReadingError("too-large", name=name)
            if any(entry.flag_bits & 1 for entry in tables):
                raise ReadingError("protected-file", name=name)
            tables.sort(key=lambda entry: (len(entry.filename), entry.filename))
            books = [(entry.filename, _table(archive, entry, name)) for entry in tables]
    except FAULTS as error:
        raise ReadingError("format-error", name=name) from error
    found = [(file, book) for file, book in books if book is not None]
    if not found:
        return None
    sheets = tuple(_named(book.sheets[0], file, len(found)) for file, book in found)
    others = len(entries) - len(found)
    read_as = {**found[0][1].read_as, **({"others": str(others)} if others else {})}
    return Book("zip", sheets, {**read_as, "format": "zip"})


def _is_table(name: str) -> bool:
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in TABLES and not is_hidden and not path.stem.endswith("audit")


def _table(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Book | None:
    """A table of the zip; None where it is empty, as that of a repeat that nobody answered may be."""
    with archive.open(entry) as stream:
        # the size that a zip declares may lie
        content = stream.read(UNPACKED + 1)
    if len(content) > UNPACKED:
        raise ReadingError("too-large", name=name)
    return read_csv(content, entry.filename) if content.strip(b"\xef\xbb\xbf \t\r\n") else None


def _named(sheet: Sheet, file: str, count: int) -> Sheet:
    """A lone table is one without a name, as a CSV is."""
    return sheet if count == 1 else replace(sheet, name=PurePosixPath(file).stem)
