"""Values written in UTF-8 and read in Windows Western by whoever saved the file: `PÃ©rigueux` for `Périgueux`.

Distinct texts of a column come in, with the first record and the number of cells of each; one finding a column goes
out. The values stay as they were sent: somebody should look, and mend the file at its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from impact_pipeline.conforming.table import Column
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.findings import Finding, Level, Place

MARKS = ("Ã", "Â", "â€", "â‚", "ï¿½")  # what accents, quotes and signs become
Found = Mapping[str, tuple[int, int]]  # text -> the first record that holds it, and how many cells do


def mended(text: str) -> str:
    """The text as it was before it was saved twice over; the same text where nothing tells that it was.

    >>> mended("PÃ©rigueux")
    'Périgueux'
    """
    if not any(mark in text for mark in MARKS):
        return text
    from ftfy import fix_encoding

    return fix_encoding(text)


def doubtful(raws: Sequence[Raw]) -> dict[str, tuple[int, int]]:
    """The texts of a column that may be such, each with its first record and its number of cells."""
    texts = {text for text, _ in set(raws) if any(mark in text for mark in MARKS)}
    found: dict[str, tuple[int, int]] = {}
    if texts:
        for record, (text, _) in enumerate(raws):
            if text in texts:
                first, count = found.get(text, (record, 0))
                found[text] = first, count + 1
    return found


def mojibake(column: Column, found: Found, place: Callable[[int], Place]) -> list[Finding]:
    """What there is to tell of a column; `place` is where a record's cell stands."""
    told = {text: of for text, of in found.items() if mended(text) != text}
    if not told:
        return []
    text = min(told, key=lambda text: told[text])
    details = {"as": mended(text), "header": column.header}
    cells = sum(count for _, count in told.values())
    return [Finding("mojibake", Level.TO_CHECK, place(told[text][0]), text, column.field, cells, details)]
