"""Which kind of file the bytes are, whatever their name says, and one hash for the table that they hold."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from impact_pipeline.errors import ReadingError, UnknownName
from impact_pipeline.names import nearest, plain
from impact_pipeline.reading.asked import NOTHING, Asked
from impact_pipeline.reading.correction_list import set_apart
from impact_pipeline.reading.csv_text import read_csv
from impact_pipeline.reading.exports import is_statistical, read_export, recognised
from impact_pipeline.reading.nature import OLE, ZIP, no_table, seeming
from impact_pipeline.reading.sheet import Book
from impact_pipeline.reading.workbook import read_workbook

LARGEST = 512 * 2**20  # bytes; beyond it a machine of 4 GiB would swap


def read_book(content: bytes, name: str, asked: Asked = NOTHING) -> Book:
    """All sheets of a file as text cells; its bytes decide the format, since names lie. `name` serves errors only.

    Where a sheet is `asked` for, the book has no other, and it counts as one to be seen.
    Raises ReadingError with the code empty-file, corrections-alone, format-error, corrupt-file, protected-file,
    encoding-error or too-large, and UnknownName for an encoding, a separator or a sheet that there is not.
    """
    if len(content) > LARGEST:
        raise ReadingError("too-large", name=name)
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise ReadingError("empty-file", name=name)
    export = read_export(content, name)
    if export is not None:
        book = export
    elif content.startswith((ZIP, OLE)):
        book = read_workbook(content, name)
    elif not is_text(content):
        raise no_table(content, name)
    else:
        book = read_csv(content, name, asked)
    book = set_apart(book)
    if asked.sheet and book.format != "csv":
        book = _only(book, asked.sheet)
    if all(row.is_blank for sheet in book.sheets for row in sheet.rows):
        raise ReadingError("empty-file" if book.correction_list is None else "corrections-alone", name=name)
    return recognised(book)


def _only(book: Book, asked: str) -> Book:
    """The book as if it had the sheet that is asked for and no other."""
    names = [sheet.name or "" for sheet in book.sheets]
    found = next((sheet for sheet in book.sheets if plain(sheet.name or "") == plain(asked)), None)
    if found is None:
        raise UnknownName("sheet", asked, names, nearest(asked, names))
    return replace(book, sheets=(replace(found, hidden=False),))


def is_text(content: bytes) -> bool:
    """Whether the bytes may be a text table: no workbook, no picture, no archive."""
    return not (content.startswith((ZIP, OLE)) or seeming(content) or is_statistical(content))


def table_hash(book: Book) -> str:
    """SHA-256 of the cells that a person sees: the same table saved as CSV or XLSX, or saved again, has the same.

    What people wrote in our list of corrections counts too.
    """
    digest = hashlib.sha256()
    for sheet in book.sheets:
        if sheet.hidden:
            continue
        for row in sheet.rows:
            if not row.is_blank:
                texts = list(map(str.strip, row.texts))
                while not texts[-1]:
                    texts.pop()
                digest.update(("\x1f".join(texts) + "\x1e").encode("utf-8", "surrogatepass"))
        digest.update(b"\x1d")
    for told in book.correction_list.justifications if book.correction_list else ():
        # a reason given since is news, though the table is the same
        digest.update(f"{told}\x1e".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
