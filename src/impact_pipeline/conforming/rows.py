"""The rows under a header: which ones are records, and which are totals, notes, titles again or the example.

A header comes in, a `Grid` goes out. Rows that are no record are never dropped in silence: each has its finding. A row
of titles that are not those of the header begins another table, where reading stops.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from impact_pipeline.conforming.grid import EMPTY, Cells, Grid, Total
from impact_pipeline.conforming.header import Header
from impact_pipeline.conforming.typed import Raw
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind, Row

TOTAL = re.compile(r"(grand |sous |s |s s )?(tota(l|ux)|ttl)\b.*|ensemble|somme|cumul|moyenne( .*)?|subtotal.*")
# in a table a row that lacks what a record must have: there, more words say it
SUMMARY = re.compile(r"(somme|cumul)\b.*|ensemble (de|des|du) .*|(mediane|average|mean|ecart type|minimum|maximum)\b.*")
MAY_BE_TOTAL = re.compile(r"(?i)tot|ttl|ensemble|somme|cumul|moy|m[ée]d|average|mean|[ée]cart|minim|maxim")
PARTIAL = re.compile(r"(sous|s|s s) (total|ttl)\b.*|subtotal\b.*")
MEAN = re.compile(r"(moyenne|mediane|average|mean|ecart type|minimum|maximum)\b.*")
GENERAL = re.compile(r"(grand )?tota(l|ux)( (general.*|generaux|global|annuel|\d{4}))?|ensemble|cumul|somme")
EXAMPLE = re.compile(r"\s*(EXEMPLE|EXAMPLE)\b")
NOTE = re.compile(
    r"\W*(nb|n b|note|notes|source|sources|remarque|remarques|attention|legende|lecture|champ|avertissement|mise a jour"
    r"|mis a jour|derniere mise|fait a|fait le|etabli le|edite le|imprime le|extrait le|genere le|signature|signe"
    r"|cachet|le president|la presidente|le directeur|la directrice|le tresorier|la tresoriere|contact|page|merci)\b"
)
NOTE_WORDS = 4  # a lone cell with as many words is a sentence, not an answer
FOOTER_CELLS = 2  # cells that a footer holds at most: `Source :`, and who it is
UNITS = re.compile(r"[(\[].*[)\]]")  # a row of units or hints under the titles: `(€)`, `(en heures)`
NAMED = 2  # titles that a row repeats at least
EXAMPLE_ROWS = 3  # rows under the header among which the template's example stands


def records_of(header: Header, instrument: Instrument) -> Grid:
    """The records of a table, in order."""
    grid = Grid(header.sheet.name, {}, [], header.columns, findings=list(header.findings))
    keeps_blanks = instrument.strictness.empty_rows == "refuse"
    is_sure = _sure(header, instrument)
    since_total, blanks = 0, Blanks()
    rows, records = header.below, list[Row]()
    for position, row in enumerate(rows):
        first = _first_text(row)
        if not first and "f" not in row.kinds:
            if keeps_blanks:
                records.append(row)
            else:
                blanks.meet(row.number)
            continue
        told = None
        if position < EXAMPLE_ROWS or not is_sure(row, first):
            told = aside(row, position, header, instrument)
        if told is None:
            blanks.pass_by(first=not records)
            records.append(row)
            continue
        if told == "table-below":
            left = sum(not other.is_blank for other in rows[position:])
            grid.findings.append(below_finding(Place(header.sheet.name, row.number), left))
            break
        place = Place(header.sheet.name, row.number)
        grid.findings.append(Finding(told, Level.CORRECTED, place, first))
        if told == "total-row":
            grid.totals += claims(row, header, instrument, range(since_total, len(records)))
            since_total = len(records)
    _fill(grid, records, header)
    grid.findings += blank_rows_finding(header.sheet.name, blanks.first, blanks.count)
    return grid


@dataclass
class Blanks:
    """Blank rows between records: those before the first one and after the last one are layout."""

    first: int = 0
    count: int = 0
    waiting: list[int] = field(default_factory=list)

    def meet(self, number: int) -> None:
        self.waiting.append(number)

    def pass_by(self, *, first: bool) -> None:
        """A record comes: what is waiting stood between two, unless this is the first one."""
        if self.waiting and not first:
            self.first = self.first or self.waiting[0]
            self.count += len(self.waiting)
        self.waiting.clear()


def blank_rows_finding(sheet: str | None, first: int, count: int) -> list[Finding]:
    """What there is to tell of blank rows inside a table: their number, and the first one."""
    return [Finding("blank-rows", Level.CORRECTED, Place(sheet, first), cells=count)] if count else []


def below_finding(place: Place, rows: int) -> Finding:
    """Another table begins: none of its rows is read."""
    return Finding("table-below", Level.TO_CHECK, place, cells=rows)


def _fill(grid: Grid, records: Sequence[Row], header: Header) -> None:
    """Put the cells of the records into the grid, column by column."""
    grid.rows = [row.number for row in records]
    wanted = [(column.field, column.column or 0) for column in header.columns]
    width = (
        max((place for place in (*(place for _, place in wanted), *(place for place, _ in header.unknown))), default=-1)
        + 1
    )
    texts = list(zip(*(_wide(row.texts, width) for row in records), strict=False))
    text = Kind.TEXT.value
    kinds = "".join([row.kinds[:width].ljust(width, text) for row in records])
    grid.cells = {
        name: Cells(_stripped(texts[place]), kinds[place::width]) if records else [] for name, place in wanted
    }
    for place, title in header.unknown if records else ():
        grid.extra += [(record, title, text) for record, told in enumerate(texts[place]) if (text := told.strip())]
    grid.extra.sort(key=itemgetter(0))  # those of a record together, from left to right


def _stripped(texts: Sequence[str]) -> Sequence[str]:
    """The texts without spaces around; most have none, and most columns none at all."""
    column = "".join(texts)
    if not column or column.split(None, 1) == [column]:
        return texts
    distinct = set(texts)
    return texts if distinct == set(map(str.strip, distinct)) else [text.strip() for text in texts]


def _wide(texts: tuple[str, ...], width: int) -> tuple[str, ...]:
    return texts if len(texts) >= width else (*texts, *[""] * (width - len(texts)))


def _raw(row: Row, column: int) -> Raw:
    if column >= len(row.texts):
        return EMPTY
    return row.texts[column].strip(), row.kinds[column]


def _first_text(row: Row) -> str:
    for text in row.texts:  # of each row
        if told := text.strip():
            return told
    return ""


def _sure(header: Header, instrument: Instrument) -> Callable[[Row, str], bool]:
    """Tells whether a row, that begins with a text, can be nothing but a record, as most are: it has all that a record
    must have, and is no title."""
    required = _required(header, instrument)
    if not required:
        return lambda row, first: False
    width, answers = max(required) + 1, itemgetter(required[0], *required)  # several, so that a tuple comes out
    return lambda row, first: (
        len(row.texts) >= width and all(map(str.strip, answers(row.texts))) and not header.opens(first)
    )


def _required(header: Header, instrument: Instrument) -> tuple[int, ...]:
    return tuple(c.column or 0 for c in header.columns if instrument.by_name[c.field].required)


def aside(row: Row, position: int, header: Header, instrument: Instrument) -> str | None:
    """The code that tells why a row is no record; None for a record."""
    first = _first_text(row)
    if position < EXAMPLE_ROWS and EXAMPLE.match(first):
        return "example-row"
    if position == 0 and all(UNITS.fullmatch(text.strip()) for text in row.texts if text.strip()):
        return "note-row"
    if header.opens(first) and (titles := _titles(row, header)):
        return titles
    required = _required(header, instrument)
    lacking = any(not _raw(row, column)[0] for column in required)
    if (lacking or not required) and total_label(row, header, instrument):
        return "total-row"
    if not lacking or len(header.columns) <= 1:
        return None
    told = _told(row)
    if len(told) == 1 and _is_note(first, told[0], header, instrument):
        return "note-row"
    is_footer = len(told) <= FOOTER_CELLS and NOTE.match(plain(first)) is not None
    return "note-row" if is_footer and not _asks_text(told[0], header, instrument) else None


def _told(row: Row) -> list[int]:
    return [column for column, text in enumerate(row.texts) if text.strip()]


def _titles(row: Row, header: Header) -> str | None:
    """Whether a row holds titles: those of the header again, or those of another table."""
    told = _told(row)
    means = {column: header.names.match((" ".join(row.texts[column].split()),)) for column in told}
    named = {column: match.field for column, match in means.items() if match is not None and match.way != "loose"}
    fields = {column.column: column.field for column in header.columns}
    same = sum(fields.get(column) == name for column, name in named.items())
    if len(set(named.values())) < NAMED or 2 * len(named) <= len(told):
        return None
    return "repeated-header" if 2 * same > len(named) else "table-below"


def total_label(row: Row, header: Header, instrument: Instrument) -> str:
    """The words by which a row says that it is a total, a mean...; empty for another row. They stand in the first cell
    told, or in any that is not a free text."""
    told = _told(row)
    for column in told:
        text = row.texts[column].strip()
        if not MAY_BE_TOTAL.search(text) or (column != told[0] and _asks_text(column, header, instrument)):
            continue
        if TOTAL.fullmatch(plain(text)) or SUMMARY.fullmatch(plain(text)):
            return text
    return ""


def _is_note(text: str, column: int, header: Header, instrument: Instrument) -> bool:
    """Whether a lone cell is a remark; a sentence may be the answer where the form asks for a text."""
    is_sentence = len(text.split()) >= NOTE_WORDS and not _asks_text(column, header, instrument)
    return is_sentence or text.startswith("*") or NOTE.match(plain(text)) is not None


def _asks_text(column: int, header: Header, instrument: Instrument) -> bool:
    return any(instrument.by_name[c.field].type == "text" for c in header.columns if c.column == column)


def claims(row: Row, header: Header, instrument: Instrument, since: range) -> Iterator[Total]:
    """What a row of totals claims: a partial one is about the records since the one before, another about all; the
    total of something (`Total Ardèche`) may be about either."""
    said = total_label(row, header, instrument)
    label = plain(said)
    if MEAN.fullmatch(label):
        return
    everything = range(since.stop)
    records = since if PARTIAL.fullmatch(label) else everything
    others = (since,) if not PARTIAL.fullmatch(label) and not GENERAL.fullmatch(label) else ()
    for column in header.columns:
        raw = _raw(row, column.column or 0)
        if raw[0] and instrument.by_name[column.field].type in ("integer", "decimal"):
            place = Place(header.sheet.name, row.number, column.column)
            yield Total(place, raw, column.field, records, column.header, said=said, others=others)
