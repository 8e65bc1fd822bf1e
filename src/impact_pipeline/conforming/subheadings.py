"""Sub-headings of a cross table: those that say of which perimeter or period the rows under them are.

A table and the rows that name its indicators come in; positions of sub-headings and what they say go out. A sub-heading
begins a block where it names a perimeter that the code list knows, or a period, or where the indicators begin anew
under it; others are themes, and stay notes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from impact_pipeline.conforming.cross_table import About, Table, is_heading_row, unmerged_labels
from impact_pipeline.conforming.headings import HEADINGS, Part, headings_of, is_example
from impact_pipeline.conforming.perimeters import KINDS_OF_PLACE, YEAR, Reader
from impact_pipeline.conforming.rows import NOTE, TOTAL
from impact_pipeline.findings import Place
from impact_pipeline.names import plain

WORDS_OF_LABELS = re.compile(
    r"(indicateurs?|indicators?|libelles?|intitules?|noms?|name|references?|ref|codes?|numeros?|n|periodicites?"
    r"|frequences?|unites?|unit|definition|domaine|theme)( .*)?"
)
MOST_CELLS = 2  # of a sub-heading: `Service :` and its name


def blocks_of(
    table: Table, named: Mapping[int, Sequence[int]], first: int, roles: Mapping[str, int]
) -> dict[int, About]:
    """Position of a sub-heading -> what it says of the rows under it, for those that begin a block."""
    reader, sheet = table.reader, table.sheet
    texts = {position: unmerged_labels(sheet, position) for position in named}
    fields = {position: reader.indicators[plain(texts[position][places[0]])] for position, places in named.items()}
    candidates = dict(_candidates(table, named, first))
    often = Counter(plain(text) for text, _ in candidates.values())
    of_sheet = table.over.perimeter is not None and reader.is_listed and reader.is_perimeter(table.over.perimeter[0])
    has_own = of_sheet or "perimeter" in roles or _have_perimeters(table, first)
    begins_anew = not has_own and _come_again(candidates, fields)
    found: dict[int, About] = {}
    seen: set[str] = set()  # indicators since the last block began
    waiting: list[int] = []
    for position in sorted({*candidates, *fields}):
        if position in candidates:
            waiting.append(position)
            continue
        if waiting:
            under = _until_next(position, candidates, fields)
            chosen = _chosen(
                waiting, candidates, often, reader, begins_anew and (position == first or bool(seen & under))
            )
            if chosen is not None:
                found[chosen[0]], seen = chosen[1], set()
            waiting = []
        seen.add(fields[position])
    return found


def _come_again(candidates: Mapping[int, Part], fields: Mapping[int, str]) -> bool:
    """Whether an indicator comes again under another sub-heading; twice under one, it is only repeated."""
    under: dict[str, set[int]] = {}
    for position, name in fields.items():
        under.setdefault(name, set()).add(max((p for p in candidates if p < position), default=-1))
    return any(len(places) > 1 for places in under.values())


def _until_next(position: int, candidates: Mapping[int, Part], fields: Mapping[int, str]) -> set[str]:
    """The indicators from a position to the next sub-heading."""
    end = min((p for p in candidates if p > position), default=max(fields) + 1)
    return {name for p, name in fields.items() if position <= p < end}


def _candidates(table: Table, named: Mapping[int, Sequence[int]], first: int) -> Iterator[tuple[int, Part]]:
    """Rows that hold a title and no figure, and the label cells of rows of headings."""
    sheet = table.sheet
    for position in range(max(0, first - HEADINGS), len(sheet.rows)):
        if position in named:
            continue
        row = sheet.rows[position]
        told = [(column, text.strip()) for column, text in enumerate(row.texts) if text.strip()]
        labels = [(column, text) for column, text in told if column <= table.labels]
        is_title = len(labels) == len(told) or is_heading_row(table, position)
        if not 0 < len(labels) <= MOST_CELLS or not is_title or is_example(row):
            continue
        text = " ".join(text for _, text in labels)
        if not (_is_of_labels(plain(text)) or NOTE.match(plain(text)) or YEAR.fullmatch(text)):
            yield position, (text, Place(sheet.name, row.number, labels[0][0]))


def _is_of_labels(words: str) -> bool:
    """Whether a text is the heading of a column of labels."""
    return bool(WORDS_OF_LABELS.fullmatch(words)) or words in KINDS_OF_PLACE


def _chosen(
    waiting: Sequence[int], candidates: Mapping[int, Part], often: Mapping[str, int], reader: Reader, begins_anew: bool
) -> tuple[int, About] | None:
    """The one of several sub-headings in a row that says what the rows under them are about."""
    for position in reversed(waiting):
        text, place = candidates[position]
        when, both = reader.when(text, reader.year), reader.split(text, reader.year)
        if when:
            return position, About(None, (when.period, place))
        if both and (reader.is_listed or begins_anew):
            return position, About((both.perimeter, place), (both.period, place))
        if TOTAL.fullmatch(plain(text)) and begins_anew:
            return position, About(is_total=True)
        if reader.is_listed and reader.is_perimeter(text):
            return position, About((text, place))
    if begins_anew:
        for position in reversed(waiting):
            text, place = candidates[position]
            if often[plain(text)] == 1:
                return position, About((reader.bare(text), place))
    return None


def _have_perimeters(table: Table, first: int) -> bool:
    """Whether the headings of the columns name several perimeters, or one that the code list knows."""
    found = headings_of(table.sheet, first, table.labels, table.reader, given=(table.reader.wave, table.reader.unit))
    told = {table.reader.same(h.perimeter) for h in found if h.kind in ("values", "longer") and h.perimeter}
    return len(told) > 1 or (bool(told) and table.reader.is_listed)
