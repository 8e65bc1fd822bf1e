"""What each distinct cell of a field means, by the field's type: the one door to numbers, dates, answers and codes.

Distinct (text, kind) pairs come in, so that a file of a million rows is typed as quickly as one of a thousand; a `Cell`
for each goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from impact_pipeline.conforming.answers import read_booleans, read_categories, read_several
from impact_pipeline.conforming.calendar import read_periods
from impact_pipeline.conforming.communes import read_communes
from impact_pipeline.conforming.contacts import read_emails, read_phones
from impact_pipeline.conforming.dates import read_dates
from impact_pipeline.conforming.distinct import NO_FIGURES, Figures, Told
from impact_pipeline.conforming.identifiers import (
    read_identifiers,
    read_postcodes,
    read_texts,
)
from impact_pipeline.conforming.numbers import figures, read_numbers
from impact_pipeline.conforming.points import read_points
from impact_pipeline.conforming.registers import read_rnas, read_sirens, read_sirets
from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.conforming.unanswered import unanswered
from impact_pipeline.declarations import ColumnMapping, Decision, FieldDeclaration, Instrument, Schemas
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

PLAIN_TYPES: dict[str, Callable[[Collection[Raw]], Column]] = {
    "identifier": read_identifiers,
    "text": read_texts,
    "boolean": read_booleans,
    "postcode": read_postcodes,
    "siren": read_sirens,
    "siret": read_sirets,
    "rna": read_rnas,
    "phone": read_phones,
    "email": read_emails,
    "point": read_points,
}
ABSENT = {
    Kind.NOT_ASKED.value: Cell(status="not-asked"),
    Kind.REFUSED.value: Cell(status="refused"),
    Kind.UNKNOWN.value: Cell(status="unknown"),
    Kind.NONE_CHOSEN.value: Cell(""),
}  # what a survey tool says instead of an answer; no option chosen is an answer, of no code
NUMBERS = ("integer", "decimal")
MAPPED = "mapped-value"
FREE = frozenset({"text", "identifier"})  # whatever is written there is the answer
FAULTY = {Kind.ERROR.value: invalid("error-cell"), Kind.FORMULA.value: invalid("formula-not-calculated")}
UNREAD = FAULTY | ABSENT


def read_column(
    cells: Collection[Raw],
    field: FieldDeclaration,
    instrument: Instrument,
    schemas: Schemas,
    year: int | None,
    mapping: ColumnMapping | None = None,
    *,
    from_1904: bool = False,
) -> dict[Raw, Cell]:
    """The meaning of each distinct cell of a field. Texts are stripped and not empty, save for formulas.

    `year` is that of the submission's period, for periods written without one. A cell whose words say that there is
    no answer has a status and the code `missing-converted`, no value. `mapping`: what the sender's words mean, and how
    two readings are decided, where a person has said so. `from_1904`: bare numbers of days count from there.
    """
    unread = {cell: UNREAD[cell[1]] for cell in cells if cell[1] in UNREAD}
    said = _said(field, mapping)
    decision = mapping.decisions.get(field.name) if mapping else None
    answers = [cell for cell in cells if cell not in unread] if unread else cells
    meant = {raw: (said[key], "t") for raw in answers if (key := _key(raw[0], field)) in said} if said else {}
    sound = [raw for raw in answers if raw not in meant] if meant else answers
    read = {**unread, **_sound(sound, field, instrument, schemas, year, decision)}
    if from_1904 and field.type == "date":
        read |= read_dates(sound, decision, from_1904=True)
    meanings = _sound(set(meant.values()), field, instrument, schemas, year, decision) if meant else {}
    read |= {raw: _as_mapped(meanings[to], to[0]) for raw, to in meant.items()}
    if field.type not in FREE:
        for raw in sound:
            if read[raw].status == "invalid" and (cell := unanswered(raw[0], instrument)):
                read[raw] = cell
    return read


def figures_of(
    told: Told, field: FieldDeclaration, instrument: Instrument, mapping: ColumnMapping | None = None
) -> Figures:
    """The distinct cells of a field that are numbers as the file keeps them, of which `read_column` would say no more;
    none where a person said what the numbers of the field mean."""
    if field.type not in NUMBERS or (mapping and mapping.values.get(field.name)):
        return NO_FIGURES
    return figures(told, field, instrument)


def _sound(
    cells: Collection[Raw],
    field: FieldDeclaration,
    instrument: Instrument,
    schemas: Schemas,
    year: int | None,
    decision: Decision | None,
) -> Column:
    if field.type in NUMBERS:
        return read_numbers(cells, field, instrument, _spellings_of_unit(field, schemas), decision)
    if field.type == "date":
        return read_dates(cells, decision)
    if field.type == "category":
        return read_categories(cells, schemas.codelist(field.codes))
    if field.type == "categories":
        return read_several(cells, schemas.codelist(field.codes))
    if field.type == "period":
        return read_periods(cells, field, year)
    if field.type == "commune":
        return read_communes(cells, year)
    return PLAIN_TYPES[field.type](cells)


def _said(field: FieldDeclaration, mapping: ColumnMapping | None) -> dict[str, str]:
    """What the words of a field mean, by their key."""
    told = mapping.values.get(field.name, {}) if mapping else {}
    return {_key(text, field): meant for text, meant in told.items()}


def _key(text: str, field: FieldDeclaration) -> str:
    """How two spellings of a word are compared; numbers, and marks that are no words, as they are written."""
    return text if field.type in NUMBERS else plain(text) or text


def _as_mapped(cell: Cell, meant: str) -> Cell:
    """A cell that a person's mapping gave its meaning; one that the field does not take stays invalid."""
    if cell.status:
        return cell
    if isinstance(cell.value, bool):
        return Cell(cell.value, code=MAPPED, as_read=str(cell.value).lower())
    as_read = cell.as_read or (cell.value.date().isoformat() if isinstance(cell.value, datetime) else str(cell.value))
    return Cell(cell.value, code=MAPPED, as_read=as_read if cell.value is not None else meant)


def _spellings_of_unit(field: FieldDeclaration, schemas: Schemas) -> frozenset[str]:
    """Plain spellings of a field's unit, as the programme's list of units has them."""
    units = schemas.codelists.get("unit")
    item = units.by_code.get(field.unit or "") if units else None
    told = (item.code, item.label.fr, item.label.en, *item.synonyms) if item else (field.unit,)
    return frozenset(plain(text) for text in told if text)
