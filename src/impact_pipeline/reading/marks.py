"""What the values of a sheet do not tell: faulty cells, percentages, hidden rows and columns, filters, stray cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from impact_pipeline.findings import Finding, Level, Place, column_letter

CELLS = 8_000_000  # cells of a book; a table of 200,000 rows and 30 columns has six
AREA = 16_000_000  # cells of the rectangle around those of a sheet, empty ones included
LOOSE_AREA, LOOSE = 250_000, 20  # a smaller rectangle costs nothing; one cell filled in twenty is a table still
GAP_ROWS, GAP_COLUMNS = 1_000, 100  # empty ones beyond which a cell does not belong to the table any more
LONGEST_ROW = 2**21  # characters; a cell of a spreadsheet holds 32,767
LISTED = 8  # stray cells that are named

Faults = dict[int, dict[int, tuple[str, str]]]  # row (1-based) -> column (0-based) -> (text, kind)


@dataclass
class Marks:
    """One sheet's. Rows are 1-based, columns 0-based; `percents` holds the cells shown in percent, by row."""

    faults: Faults = field(default_factory=dict)
    percents: dict[int, set[int]] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    filtered: bool = False
    stray: list[tuple[int, int]] = field(default_factory=list)


def is_sparse(area: int, filled: int) -> bool:
    """Whether a rectangle is so large and so empty that something stands far from the table."""
    return area > AREA or (area > LOOSE_AREA and area > LOOSE * filled)


def edge(used: Iterable[int], gap: int) -> int:
    """The last of the used rows (or columns) before more than `gap` empty ones; 0 for none.

    >>> edge([1, 2, 3, 900, 5_000], 1_000)
    900
    """
    last = 0
    for place in sorted(used):
        if last and place - last > gap:
            break
        last = place
    return last


def stray_finding(sheet: str | None, stray: list[tuple[int, int]]) -> Finding:
    """Tells the cells that hold something too far away to be read."""
    names = ", ".join(f"{column_letter(column)}{row}" for row, column in stray[:LISTED])
    told = f"{names}…" if len(stray) > LISTED else names
    return Finding("stray-cells", Level.TO_CHECK, Place(sheet), cells=len(stray), details={"rows": told})
