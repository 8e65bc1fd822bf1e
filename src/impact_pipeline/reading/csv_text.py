"""Text tables: which encoding, which separator, and their rows.

Bytes come in; a `Dialect`, or a `Book` of one sheet without a name, goes out. Cells stay text as they were typed.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import kind_of_text
from impact_pipeline.reading.sheet import Book, Row, Sheet

SEPARATORS = ";,\t|"  # in the order in which ties are decided: French spreadsheets write semicolons
LOOKED_AT = 200  # rows that decide the separator
HEAD = 2**18  # characters in which they are looked for
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
SEP_LINE = re.compile(r'^"?sep=(.)"?\r?\n', re.IGNORECASE)
SPOKEN = {";": ";", ",": ",", "\t": "tab", "|": "|"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written. `skip_lines` counts lines that spreadsheets obey and hide (`sep=;`)."""

    encoding: str  # utf-8-sig | utf-8 | utf-16 | cp1252
    separator: str
    quote: str = '"'
    skip_lines: int = 0


def sniff(content: bytes, name: str = "") -> Dialect:
    """The dialect of a text table; give all of it where its encoding must be certain.

    Raises ReadingError (encoding-error) for bytes that no encoding in use here reads, (format-error) for binary ones.
    """
    encoding = _encoding(content, name)
    text = content[: HEAD * (2 if encoding == "utf-16" else 1)].decode(encoding, "ignore")
    if BINARY.search(text):
        raise ReadingError("format-error", name=name)
    told = SEP_LINE.match(text)
    if told:
        return Dialect(encoding, told[1], skip_lines=1)
    return Dialect(encoding, _separator(text))


def read_csv(content: bytes, name: str) -> Book:
    """The one sheet of a text table. Rows are counted as a spreadsheet does: a quoted line break makes no row."""
    dialect = sniff(content, name)
    text = content.decode(dialect.encoding)
    if dialect.skip_lines:
        text = text[text.index("\n") + 1 :]
    try:
        rows = tuple(
            Row(number, tuple(texts), "".join(map(kind_of_text, texts)))
            for number, texts in enumerate(_records(text, dialect.separator), 1)
        )
    except csv.Error as error:
        raise ReadingError("format-error", name=name) from error
    read_as = {"format": "csv", "encoding": dialect.encoding, "separator": SPOKEN.get(dialect.separator, "?")}
    return Book("csv", (Sheet(None, rows),), read_as)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar='"')


def _encoding(content: bytes, name: str) -> str:
    """UTF-8 refuses what is not UTF-8; then Windows Western, which French Excel writes."""
    if content.startswith(b"\xef\xbb\xbf"):
        candidates = ["utf-8-sig"]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "cp1252"]
    for encoding in candidates:
        try:
            content.decode(encoding)
        except UnicodeDecodeError as error:
            # a head cut in the middle of a character is no fault of the encoding
            if encoding != "cp1252" and error.end == len(content) and error.reason.startswith(("unexpected", "trunc")):
                return encoding
        else:
            return encoding
    raise ReadingError("encoding-error", name=name)


def _separator(text: str) -> str:
    """The separator that cuts most rows into the same number of cells, two at least; the most cells among equals."""

    def fit(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(r) for r in islice(_records(text, separator), LOOKED_AT) if any(map(str.strip, r)))
        except csv.Error:
            return 0, 0
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return (rows, width) if width > 1 else (0, 0)

    return max(SEPARATORS, key=fit)
