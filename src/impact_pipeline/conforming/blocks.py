"""The rows of one cross table: which indicator each is about, in which block, for which perimeter.

A sheet comes in; its indicators' rows go out, each with what stands over it (a sub-heading, a cell of its row, the name
of its sheet), and the headings of its columns. Rows about no indicator are told. A block begins at a sub-heading that
names a perimeter or a period, or under which the indicators begin anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile

from impact_pipeline.conforming.cross_table import (
    About,
    Line,
    Table,
    first_text,
    is_heading_row,
    named_rows,
    raw_of,
    unmerged_labels,
)
from impact_pipeline.conforming.headings import (
    HEADINGS,
    LABELS_WITHIN,
    TOTAL_WORD,
    Heading,
    headings_of,
    is_example,
)
from impact_pipeline.conforming.perimeters import KINDS_OF_PLACE, YEAR, Reader, length_of
from impact_pipeline.conforming.rows import PARTIAL, TOTAL
from impact_pipeline.conforming.stacks import unmerged
from impact_pipeline.conforming.subheadings import blocks_of
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Sheet

FIGURE = re.compile(r"\d")
ROLES = {  # columns left of the values that tell something of their row
    "perimeter": frozenset(KINDS_OF_PLACE),
    "often": frozenset(["periodicite", "frequence", "periodicity", "frequency", "rythme"]),
}


def table_of(sheet: Sheet, reader: Reader, over: About) -> Table | None:
    """None for a sheet without an indicator or without a column of values, such as a notice that lists them.

    `over` is what the sheet's name tells, where nothing inside does.
    """
    named = named_rows(sheet, reader)
    if not named:
        return None
    first = min(named)
    # where most rows name their indicator: elsewhere a word of a remark may be one too
    labels = Counter(places[-1] for places in named.values()).most_common(1)[0][0]
    reader = replace(reader, year=_year_of(sheet, first, reader))
    roles = _roles(sheet, named, first, reader)
    table = Table(
        sheet, reader, over, labels, max([labels, *(c for c in roles.values() if c <= labels + LABELS_WITHIN)])
    )
    tops = _tops(table, named, first)
    blocks = blocks_of(table, named, first, roles)
    given = {reader.unit} if over.perimeter or over.is_total or "perimeter" in roles else set()
    given |= {reader.wave} if over.period else set()
    for block in blocks.values():
        given |= {reader.unit} if block.perimeter or block.is_total else set()
        given |= {reader.wave} if block.period else set()
    for top in tops:
        since = max((position for position in named if position < top), default=-1) + 1  # figures head nothing
        found = headings_of(sheet, top, table.labels, reader, since=since, given=given)
        table.firsts.append(top)
        table.headings.append([_of_sheet(heading, over, reader) for heading in _distinct(found, given, reader)])
    if not any(heading.kind in ("values", "longer") for found in table.headings for heading in found):
        return None
    _read_lines(table, named, blocks, roles)
    return table


def _year_of(sheet: Sheet, first: int, reader: Reader) -> int | None:
    """The year in the sheet's name, else the submission's, else the only one that stands above the table."""
    told = YEAR.search(sheet.name or "")
    if told:
        return int(told[0])
    if reader.year:
        return reader.year
    texts = (text for row in sheet.rows[max(0, first - HEADINGS) : first] for text in row.texts)
    years = {found[0] for text in texts for found in re.finditer(rf"(?<!\d){YEAR.pattern}(?!\d)", text)}
    return int(years.pop()) if len(years) == 1 else None


def _roles(sheet: Sheet, named: Mapping[int, Sequence[int]], first: int, reader: Reader) -> dict[str, int]:
    """Columns of words, by the heading that says what they tell."""
    unit = reader.instrument.by_name[reader.unit]
    words = {
        **ROLES,
        "perimeter": ROLES["perimeter"] | {plain(s) for s in (unit.label.fr, unit.label.en, *unit.synonyms)},
    }
    found: dict[str, int] = {}
    for position in range(max(0, first - HEADINGS), first):
        for column, text in enumerate(unmerged(sheet, position)):
            role = next((role for role, known in words.items() if plain(text) in known), None)
            if role is None or role in found:
                continue
            cells = [raw_of(sheet.rows[p], column)[0] for p in named]
            told = [cell for cell in cells if cell]
            if (
                told
                and not any(FIGURE.fullmatch(cell[:1]) for cell in told)
                and column not in {place for places in named.values() for place in places}
            ):
                found[role] = column
    return found


def _tops(table: Table, named: Mapping[int, Sequence[int]], first: int) -> list[int]:
    """The positions of the first indicator under each set of headings."""
    tops, last = [first], first
    for position in sorted(named):
        if any(is_heading_row(table, between) for between in range(last + 1, position)):
            tops.append(position)
        last = position
    return tops


def _of_sheet(heading: Heading, over: About, reader: Reader) -> Heading:
    """Columns of perimeters in a sheet of the whole year are about the year."""
    if heading.kind != "values" or heading.period or over.period is None or length_of(over.period[0]) == reader.length:
        return heading
    return replace(heading, kind="longer", period=over.period[0], period_at=over.period[1])


def _distinct(found: Sequence[Heading], given: set[str], reader: Reader) -> list[Heading]:
    """A title over all columns is no perimeter where something else tells one.

    A perimeter that stands in one cell with its period is no title: `Accueil T1`, in a sheet of any name.
    """
    named = [h for h in found if h.kind in ("values", "longer") and h.perimeter]
    told = {reader.same(h.perimeter or "") for h in named}
    is_beside_period = any(h.period and h.perimeter_at == h.period_at for h in named)
    if reader.is_listed or reader.unit not in given or len(told) != 1 or is_beside_period:
        return list(found)
    return [replace(h, perimeter=None) if h.perimeter and reader.same(h.perimeter) in told else h for h in found]


def _read_lines(
    table: Table, named: Mapping[int, Sequence[int]], blocks: Mapping[int, About], roles: Mapping[str, int]
) -> None:
    """Which rows are about which indicator; those that are about none are told."""
    about, block = About(), 0
    before: Line | None = None  # the line above, within the block
    taken: set[tuple[object, ...]] = set()
    for position, row in enumerate(table.sheet.rows):
        if position in blocks:
            about, block, before = blocks[position], block + 1, None
        elif position >= table.firsts[0] or is_example(row):
            line = _line(table, position, named.get(position, ()), roles, before)
            is_total = line.is_total or (about.is_total and bool(line.field))
            line = replace(line, block=block, about=about, is_total=is_total)
            _keep(table, line, position, taken)
            before = line if line.field else before


def _line(table: Table, position: int, named: Sequence[int], roles: Mapping[str, int], before: Line | None) -> Line:
    """What a row says by itself; a cell of perimeters, or of the indicator, that is left blank says what is above."""
    sheet, reader = table.sheet, table.reader
    row, labels = sheet.rows[position], unmerged_labels(sheet, position)[: table.left]
    segment = max(sum(position >= top for top in table.firsts) - 1, 0)
    places = [column for column in named if column < table.left]
    own = before.own if before else None
    shown = unmerged(sheet, position)
    column = roles.get("perimeter", len(shown))
    has_own = column < len(shown) and bool(shown[column])
    if has_own:
        own = shown[column], Place(sheet.name, row.number, column)
    often = raw_of(row, roles["often"])[0] if "often" in roles else ""
    of_total = _total_of(first_text(labels), reader)
    name, at = of_total or "", 0
    if places:
        name = reader.indicators[plain(labels[places[0]])]
        at = max(
            (c for c in places if c <= table.naming and reader.indicators[plain(labels[c])] == name), default=places[0]
        )
    elif has_own and before and not first_text([text for c, text in enumerate(labels) if c != column]):
        name, at = before.field, before.at
    is_total = bool(of_total and not places)
    if own and name and TOTAL.fullmatch(plain(own[0])):
        own, is_total = None, True
    return Line(row, position, name, at, segment, 0, About(), own, is_total, often)


def _keep(table: Table, line: Line, position: int, taken: set[tuple[object, ...]]) -> None:
    """Put a line where it belongs, and tell what it is where it is no answer."""
    row, reader = line.row, table.reader
    label, place = first_text(unmerged_labels(table.sheet, position)[: table.left]), Place(table.sheet.name, row.number)
    columns = [h.column for h in table.headings[line.segment] if h.column >= table.left]
    has_values = any(text or kind == "f" for text, kind in (raw_of(row, column) for column in columns))
    identity = (line.field, line.segment, line.block, line.own and reader.same(line.own[0]))
    told: Finding | None = None
    if is_example(row):
        told = Finding("example-row", Level.CORRECTED, place, label)
    elif line.is_total:
        table.lines.append(line)
        told = Finding("total-row", Level.CORRECTED, place, label)
    elif line.field and identity not in taken:
        taken.add(identity)
        table.lines.append(line)
    elif line.field and has_values:
        told = Finding("duplicate-column", Level.BLOCKING, place, label, line.field, details={"header": label})
    elif line.field or is_heading_row(table, position):
        return
    elif TOTAL.fullmatch(plain(label)):
        table.sums.append(line)
        told = Finding("total-row", Level.CORRECTED, place, label)
    elif has_values:
        table.unknown.append(line)
        told = Finding("unknown-indicator", unknown_level(reader), place, label, details={"header": label})
    elif not row.is_blank:
        told = Finding("note-row", Level.CORRECTED, place, label or first_text(row.texts))
    table.findings += [told] if told else []


def _total_of(label: str, reader: Reader) -> str | None:
    """The indicator of which a row says that it holds the total: `Total Emplois ETP`."""
    if not TOTAL.fullmatch(plain(label)) or PARTIAL.fullmatch(plain(label)):
        return None
    rest = " ".join(dropwhile(lambda word: TOTAL_WORD.fullmatch(plain(word)), label.split()))
    return reader.indicators.get(plain(rest)) if rest else None


def unknown_level(reader: Reader) -> Level:
    return Level.BLOCKING if reader.instrument.strictness.unknown_columns == "refuse" else Level.TO_CHECK
