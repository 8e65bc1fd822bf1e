"""What each distinct cell of a field means, by the field's type: the one door to numbers, dates, answers and codes.

Distinct (text, kind) pairs come in, so that a file of a million rows is typed as quickly as one of a thousand; a `Cell`
for each goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from impact_pipeline.conforming.answers import read_booleans, read_categories, read_several
from impact_pipeline.conforming.calendar import read_dates, read_periods
from impact_pipeline.conforming.communes import read_communes
from impact_pipeline.conforming.identifiers import (
    read_identifiers,
    read_postcodes,
    read_sirets,
    read_texts,
)
from impact_pipeline.conforming.numbers import read_numbers
from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.reading.sheet import Kind

PLAIN_TYPES: dict[str, Callable[[Collection[Raw]], Column]] = {
    "identifier": read_identifiers,
    "text": read_texts,
    "boolean": read_booleans,
    "date": read_dates,
    "postcode": read_postcodes,
    "siret": read_sirets,
}
ABSENT = {
    Kind.NOT_ASKED.value: Cell(status="not-asked"),
    Kind.REFUSED.value: Cell(status="refused"),
    Kind.UNKNOWN.value: Cell(status="unknown"),
    Kind.NONE_CHOSEN.value: Cell(""),
}  # what a survey tool says instead of an answer; no option chosen is an answer, of no code
FAULTY = {Kind.ERROR.value: "error-cell", Kind.FORMULA.value: "formula-not-calculated"}


def read_column(
    cells: Collection[Raw], field: FieldDeclaration, instrument: Instrument, schemas: Schemas, year: int | None
) -> dict[Raw, Cell]:
    """The meaning of each distinct cell of a field. Texts are stripped and not empty, save for formulas.

    `year` is that of the submission's period, for periods written without one.
    """
    faulty = {cell: invalid(FAULTY[cell[1]]) for cell in cells if cell[1] in FAULTY}
    absent = {cell: ABSENT[cell[1]] for cell in cells if cell[1] in ABSENT}
    sound = [cell for cell in cells if cell[1] not in FAULTY and cell[1] not in ABSENT]
    return {**faulty, **absent, **_sound(sound, field, instrument, schemas, year)}


def _sound(
    cells: Collection[Raw], field: FieldDeclaration, instrument: Instrument, schemas: Schemas, year: int | None
) -> Column:
    if field.type in ("integer", "decimal"):
        return read_numbers(cells, field, instrument)
    if field.type == "category":
        return read_categories(cells, schemas.codelist(field.codes))
    if field.type == "categories":
        return read_several(cells, schemas.codelist(field.codes))
    if field.type == "period":
        return read_periods(cells, field, year)
    if field.type == "commune":
        return read_communes(cells, year)
    return PLAIN_TYPES[field.type](cells)
