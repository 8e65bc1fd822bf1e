"""A copy of the sender's workbook in which each cell that we read in another way bears the value as we read it.

Such a cell gets its value under its type (a number, a day, an answer's label, a code with its zero as text), a light
colour and a note of what it said. A cell that asks a question, a label of a missing answer, and a formula stay as they
are; so does everything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from impact_pipeline.conforming.conversions import LABELLED
from impact_pipeline.declarations import FieldDeclaration, Schemas
from impact_pipeline.findings import Level
from impact_pipeline.giving_back.received import CORRECTED, SUFFIXES, Copy, Given, Received, through
from impact_pipeline.giving_back.xlsx import Change
from impact_pipeline.giving_back.xlsx.cells import Value
from impact_pipeline.words import Language, say

UNANSWERED = (LABELLED, "missing-converted")  # what these cells say is right as it is: there is no answer
CELLS = 500_000  # conversions; a file with more of them is no person's to correct, and gets no copy
NOTED = 2_000  # of them with a note
FORMATS = {"date": "dd/mm/yyyy", "integer": "General", "decimal": "General"}


@dataclass(frozen=True, slots=True)
class Conversion:
    """A cell to write: where, what it said, and what we read."""

    sheet: str | None
    row: int
    column: int
    field: str
    text: str
    as_read: str


def corrected(received: Received) -> Given | None:
    """The corrected copy; None where nothing was converted, or the file cannot be copied."""
    few = received.book is not None and len(received.checked.conversions) <= CELLS
    found = list(_conversions(received)) if few else []
    return through(received, lambda copy: _written(received, found, copy)) if found else None


def _written(received: Received, found: Sequence[Conversion], copy: Copy) -> Given:
    language, workbook = received.language, copy.workbook
    changes: dict[str, dict[int, dict[int, Change]]] = defaultdict(lambda: defaultdict(dict))
    notes: dict[str, dict[tuple[int, int], tuple[str, str]]] = defaultdict(dict)
    known: dict[tuple[str, str], Change] = {}
    for number, one in enumerate(found):
        field = received.instrument.by_name[one.field]
        if (one.field, one.as_read) not in known:
            value = value_of(one.as_read, field, received.schemas, language)
            style = _style(workbook.styles.filled, FORMATS.get(field.type, "@"))
            known[one.field, one.as_read] = Change(style, value)
        name = copy.names[one.sheet]
        changes[name][one.row][one.column] = known[one.field, one.as_read]
        if number < NOTED:
            text = say(f"giving_back.corrected.note{'' if one.text else '.blank'}", language, text=one.text)
            notes[name][one.row, one.column] = say("level.corrected", language), text
    for name, of in changes.items():
        workbook.change(name, of)
        workbook.note(name, notes[name])
    return Given(workbook.save(), SUFFIXES[workbook.has_macros], len(found))


def _style(filled: Callable[..., int], number_format: str) -> Callable[[int], int]:
    return lambda style: filled(style, CORRECTED, number_format=number_format)


def _conversions(received: Received) -> Iterator[Conversion]:
    """Those that stand in a cell and ask nothing."""
    checked = received.checked
    asked = {(code, field) for code, level, field in checked.counts if level is Level.TO_CHECK}
    sheets = {sheet.name for sheet in received.book.sheets} if received.book else set()
    table = checked.conversions.first(CELLS)
    names = ("sheet", "row", "column", "field", "text", "as_read", "code")
    for *told, code in zip(*(table[name].to_pylist() for name in names), strict=True):
        one = Conversion(*told)
        if code in UNANSWERED or (code, one.field) in asked or one.column is None or one.sheet not in sheets:
            continue
        yield one


def value_of(as_read: str, field: FieldDeclaration, schemas: Schemas, language: Language) -> Value:
    """What is written for a value as read: `90.11` is a number, a code the label of its answer."""
    if field.type in ("integer", "decimal"):
        number = Decimal(as_read)
        return int(number) if number == number.to_integral_value() else float(as_read)
    if field.type == "date":
        return date.fromisoformat(as_read)
    if field.type == "boolean":
        return say("message.yes" if as_read == "true" else "message.no", language)
    if field.codes is not None:
        items = schemas.codelist(field.codes).by_code
        several = field.type == "categories"
        codes = as_read.split() if several else [as_read]
        return " ; ".join(items[code].label[language] if code in items else code for code in codes)
    return as_read
