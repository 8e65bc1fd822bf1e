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

from impact_pipeline.errors import ReadingError, UnknownName
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import nearest
from impact_pipeline.reading.asked import NOTHING, Asked
from impact_pipeline.reading.cells import kinds_of_texts
from impact_pipeline.reading.encodings import encoding_of, told_encoding
from impact_pipeline.reading.marks import CELLS, LONGEST_ROW
from impact_pipeline.reading.sheet import Book, Row, Sheet

SEPARATORS = ";,\t|"  # in the order in which ties are decided: French spreadsheets write semicolons
LOOKED_AT = 200  # rows that decide the separator
HEAD = 2**18  # characters in which they are looked for
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
SEP_LINE = re.compile(r'^"?sep=(.)"?[;,\t|]*(\r\n|\n|\r)', re.IGNORECASE)
SPOKEN = {";": ";", ",": ",", "\t": "tab", "|": "|"}
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1", "mac-roman", "cp850")  # those that a person is offered


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written. `skip_lines` counts lines that spreadsheets obey and hide (`sep=;`).

    `broken` counts the places whose bytes are not in the encoding, the first of them in line `broken_line`.
    """

    encoding: str  # utf-8-sig | utf-8 | utf-16 | utf-16-le | utf-16-be | cp1252 | mac-roman | cp850, or one asked for
    separator: str
    quote: str = '"'
    skip_lines: int = 0
    broken: int = 0
    broken_line: int = 0

    @property
    def errors(self) -> str:
        """How Python is told to decode: broken bytes are shown as such, where there are any."""
        return "replace" if self.broken else "strict"

    @property
    def read_as(self) -> dict[str, str]:
        """What the person is shown."""
        return {
            "format": "csv",
            "encoding": self.encoding,
            "separator": SPOKEN.get(self.separator, self.separator),
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to tell about the text as a whole."""
        if not self.broken:
            return ()
        return (Finding("broken-characters", Level.TO_CHECK, Place(None, self.broken_line), cells=self.broken),)


def sniff(content: bytes, name: str = "", asked: Asked = NOTHING) -> Dialect:
    """The dialect of a text table; give all of it where its encoding must be certain. What is `asked` goes first.

    Raises ReadingError (encoding-error) for bytes that no encoding in use here reads, (format-error) for binary ones,
    and UnknownName for an encoding or a separator that there is not.
    """
    try:
        found = told_encoding(content, asked.encoding, name) if asked.encoding else encoding_of(content, name)
    except LookupError as error:
        raise UnknownName("encoding", asked.encoding, ENCODINGS, nearest(asked.encoding, ENCODINGS)) from error
    head = content[: HEAD * (2 if found.name.startswith("utf-16") else 1)]
    text = head.decode(found.name, "ignore")
    if BINARY.search(text):
        raise ReadingError("format-error", name=name)
    told = SEP_LINE.match(text)
    separator = _asked_separator(asked) or (told[1] if told else _separator(text))
    return Dialect(found.name, separator, '"', 1 if told else 0, found.broken, found.broken_line)


def read_csv(content: bytes, name: str, asked: Asked = NOTHING) -> Book:
    """The one sheet of a text table. Rows are counted as a spreadsheet does: a quoted line break makes no row."""
    dialect = sniff(content, name, asked)
    lines = io.TextIOWrapper(io.BytesIO(content), dialect.encoding, dialect.errors, newline="")
    for _ in range(dialect.skip_lines):
        lines.readline()
    try:
        rows = tuple(_rows(_records(lines, dialect.separator), name))
    except csv.Error as error:
        raise ReadingError("format-error", name=name) from error
    return Book("csv", (Sheet(None, rows),), dialect.read_as, findings=dialect.findings)


def _rows(records: Iterator[list[str]], name: str) -> Iterator[Row]:
    cells = 0
    for number, texts in enumerate(records, 1):
        cells += len(texts) + 1
        if cells > CELLS:
            raise ReadingError("too-large", name=name)
        yield Row(number, tuple(texts), kinds_of_texts(texts))


def _records(lines: io.TextIOBase, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_ROW)
    return csv.reader(lines, delimiter=separator, quotechar='"')


def _asked_separator(asked: Asked) -> str:
    """The character that is asked for, which may be told by its name."""
    if not asked.separator:
        return ""
    spoken = {"tab": "\t", "\\t": "\t"}
    separator = spoken.get(asked.separator.lower(), asked.separator)
    if len(separator) != 1 or separator in '"\r\n':
        raise UnknownName("separator", asked.separator, tuple(SPOKEN.values()))
    return separator


def _separator(text: str) -> str:
    """The separator that cuts most rows; among equals, most rows into the same number of cells, then most cells.

    A comma between two digits is a decimal one as long as another separator cuts as many rows.
    """

    def fit(separator: str) -> tuple[int, int, int]:
        widths = _widths(text, separator)
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        told = _widths(DECIMAL_COMMA.sub(".", text), separator) if separator == "," else widths
        return told.total(), rows, width

    return max(SEPARATORS, key=fit)


def _widths(text: str, separator: str) -> Counter[int]:
    """How many of the first rows have how many cells, two at least."""
    try:
        records = _records(io.StringIO(text, newline=""), separator)
        rows = [row for row in islice(records, LOOKED_AT) if any(map(str.strip, row))]
    except csv.Error:
        return Counter()
    return Counter(len(row) for row in rows if len(row) > 1)
