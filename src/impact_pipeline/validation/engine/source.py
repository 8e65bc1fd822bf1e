"""From a large CSV on the disk to a table of texts inside the engine, one row a row of the file, nothing dropped.

The engine reads UTF-8 with the same number of cells on every line and no blank line; a file that is otherwise is
first written again that way, beside, by Python's CSV reader. Rows keep their order, so that `rowid` tells the row of
the file. What the texts mean is not known here.
"""

from __future__ import annotations

import csv
import mmap
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np

from impact_pipeline.renderings.engine_sql import literal

TEXTS = "texts"  # the table: columns c0, c1... of VARCHAR without spaces around, empty cells as empty texts
CHUNK = 16 * 2**20  # bytes
SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())  # what Python strips, so do we
RARE_UTF8 = re.compile(b"|".join(re.escape(space.encode()) for space in SPACES if not space.isascii()))
BLANK_LINES = (b"\n\n", b"\n\r\n", b"\r\r")


def load_texts(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    encoding: str,
    errors: str = "strict",
    separator: str,
    quote: str,
    skip: int,
    width: int,
    first: Sequence[str],
    folder: Path,
) -> int:
    """Load every row after the first `skip` ones into the table `texts`; returns how many columns it has.

    `width` is that of the header, the least that the table has. `first` is the first row to be loaded, as Python reads
    it: where the engine reads another one, the file has a trap (a line end in a quoted title...) and takes the slow
    way. `errors` is Python's word for what to do with broken bytes. `folder` holds temporary copies. Raises
    UnicodeDecodeError where the file is not in its encoding.
    """
    plain = _in_utf8(path, encoding, errors, folder)
    if len(first) == width and plain.stat().st_size:
        try:
            more_lines = _load(connection, plain, separator, quote, width, skip)
            # the engine skips blank lines: rows would lose their number
            is_whole = not (more_lines and _has_blank_line(plain))
            if is_whole and _first_row(connection) == tuple(text.strip() for text in first):
                return width
        except duckdb.Error:
            pass  # not a regular table for the engine: read it as a spreadsheet does
    again = folder / "again.csv"
    width = _write_again(plain, separator, quote, skip, width, again)
    _load(connection, again, ",", '"', width, 0)
    return width


def _in_utf8(path: Path, encoding: str, errors: str, folder: Path) -> Path:
    """The file itself, or its copy in UTF-8."""
    if errors == "strict" and encoding.replace("_", "-").lower() in ("utf-8", "utf8", "ascii"):
        return path
    copy = folder / "utf-8.csv"
    with (
        path.open("r", encoding=encoding, errors=errors, newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        while chunk := source.read(CHUNK):
            target.write(chunk)
    return copy


def _has_blank_line(path: Path) -> bool:
    """Whether a line inside the file is empty."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = len(content)
        while end and content[end - 1] in b"\r\n":
            end -= 1
        return any(content.find(blank, 0, end) >= 0 for blank in BLANK_LINES)


def _look(path: Path) -> tuple[bool, int]:
    """Whether other spaces than the common one stand anywhere, and how many lines there are."""
    lines, is_rare = 0, False
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            feeds, returns = chunk.count(b"\n"), chunk.count(b"\r")
            lines += max(feeds, returns)
            controls = np.count_nonzero(np.frombuffer(chunk, np.uint8) < ord(" "))
            is_rare = is_rare or controls != feeds + returns
            is_rare = is_rare or (not chunk.isascii() and RARE_UTF8.search(chunk) is not None)
    return is_rare, lines


def _load(connection: duckdb.DuckDBPyConnection, path: Path, separator: str, quote: str, width: int, skip: int) -> bool:
    """Load the table; returns whether the file has more lines than rows (blank ones, or line ends inside cells)."""
    columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(width))
    options = ", ".join(
        [
            f"delim = {literal(separator)}",
            f"quote = {literal(quote)}",
            f"escape = {literal(quote)}",
            f"skip = {skip}",
            "header = false",
            "auto_detect = false",
            "compression = 'none'",
            f"force_not_null = [{', '.join(literal(f'c{place}') for place in range(width))}]",
            f"max_line_size = {CHUNK}",
            f"columns = {{{columns}}}",
        ]
    )
    source = f"read_csv({literal(str(path))}, {options})"

    def load(spaces: str) -> int:
        cells = ", ".join(f"trim(c{place}{spaces}) as c{place}" for place in range(width))
        connection.execute(f"create or replace table {TEXTS} as select {cells} from {source}").fetchall()
        return int(connection.execute(f"select count(*) from {TEXTS}").fetchall()[0][0])

    # ten times quicker where there are but common spaces, and no line end inside a cell
    is_rare, lines = _look(path)
    rows = 0 if is_rare else load("")
    if rows + skip < lines:
        rows = load(f", {literal(SPACES)}")
    return rows + skip < lines


def _first_row(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...] | None:
    rows = connection.sql(f"select * from {TEXTS} where rowid = 0").fetchall()
    return rows[0] if rows else None


def _write_again(path: Path, separator: str, quote: str, skip: int, least: int, target: Path) -> int:
    """Write the rows after the first `skip` ones with as many cells each as the widest has; returns that width."""
    width = max((len(row) for row in _rows(path, separator, quote, skip)), default=0)
    width = max(width, least)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([*row, *[""] * (width - len(row))] for row in _rows(path, separator, quote, skip))
    return width


def _rows(path: Path, separator: str, quote: str, skip: int) -> Iterator[list[str]]:
    with path.open("r", encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, delimiter=separator, quotechar=quote)
        for place, row in enumerate(rows):
            if place >= skip:
                yield row
