"""Numbers as the French write them: `1 234,5`, `12 %`, `1 200 €`, `3 k€`, `(5)`, `12-`.

The distinct cells of a column come in, because `1.234` alone cannot tell whether it means thousands; what each one
means goes out. Nothing is guessed in silence: what can be read in two ways is asked, once a column; a range or an
estimate is no number, and is told as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute

from impact_pipeline.conforming.amounts import Written, in_unit, written
from impact_pipeline.conforming.distinct import Figures, Told
from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import Decision, FieldDeclaration, Instrument
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
SIMPLE = re.compile(r"[+-]?\d{1,15}([.,]\d{1,15})?")  # most cells of most files, read without further ado
EXACT = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")  # with EXACT_LENGTH: a float holds it exactly enough
FIGURE = r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"  # the same for a column at once
EXACT_LENGTH = 16  # fifteen digits and a mark
SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d{1,3}")
TWO_READINGS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # `1.234`: thousands or decimals
# both marks, or one of them twice: thousands in groups of three
GROUPED_BY = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(({group}\d{{3}})+{other}\d+|({group}\d{{3}}){{2,}})")
    for mark, group, other in ((".", r"\.", ","), (",", ",", r"\."))
}
LARGEST = 2**53  # whole numbers beyond are not exact once a spreadsheet or a statistics tool has read them
NOT_WHOLE = invalid("not-an-integer")
NONE_AT_ALL = frozenset(["zero", "aucun", "aucune", "neant"])
LONGEST = 80  # characters of a cell in which a range or an estimate is looked for
AMOUNT = r"[+-]?\d+(?:[\s.,'’]\d+)*(?:\s*[%€]|\s*[^\W\d_]+)?"
RANGE = re.compile(
    rf"(?:entre|de|du|between|from)?\s*{AMOUNT}\s*(?:[-–—/<>]|à|a|et|ou|au|to|and|or|\.{{2,}}|…)\s*{AMOUNT}", re.I
)
ABOUT = (
    r"[≈~±<>≤≥]|\+/-|env(?:\.|iron)?|approx\w*\.?|près de|presque|plus de|moins de|au moins|au plus|à peu près"
    r"|autour de|min(?:\.|imum)?|max(?:\.|imum)?|ca\.?"
    r"|about|around|nearly|over|under|at least|at most|more than|less than"
)
ESTIMATE = re.compile(
    rf"(?:{ABOUT})\s*{AMOUNT}|{AMOUNT}\s*(?:\++|\?+|~|(?:et|ou|or|and) (?:plus|moins|more|less)|{ABOUT})"
    r"|(?:une|deux|trois|quelques|plusieurs)?\s*"
    r"(?:diz|douz|quinz|vingt|trent|quarant|cinquant|soixant|cent)aines?(?: de? ?.*)?",
    re.I,
)


def read_numbers(
    cells: Collection[Raw],
    field: FieldDeclaration,
    instrument: Instrument,
    units: Collection[str] = (),
    decision: Decision | None = None,
) -> Column:
    """Each distinct cell of a field of numbers; whole ones where the field is of integers.

    `units`: plain spellings of the field's unit, which may stand after the number. `decision`: the mark that a person
    said stands before the decimals of this column, whatever its cells prove.
    """
    exact = _exact(cells, field, instrument)
    rest = [cell for cell in cells if cell not in exact] if len(exact) < len(cells) else []
    if not rest:
        return exact
    known = frozenset(units)
    told = {text: written(text, known) for text, kind in rest if kind == Kind.TEXT and not SIMPLE.fullmatch(text)}
    # figures alone bear no mark: the cells that are exact prove nothing
    bares = [told[text].bare if text in told else text for text, kind in rest if kind == Kind.TEXT]
    marks = DECIDED.get(decision or "") or _marks(bares, are_whole=field.type == "integer")
    return exact | {cell: _number(*cell, told.get(cell[0]), field, instrument, marks) for cell in rest}


def _exact(cells: Collection[Raw], field: FieldDeclaration, instrument: Instrument) -> dict[Raw, Cell]:
    """The cells of which nothing is to be understood, what is not whole and what stands for no answer among them."""
    sure = [
        (text, kind)
        for text, kind in cells
        if (kind == "n" or (kind == "t" and "." not in text)) and len(text) <= EXACT_LENGTH and EXACT.fullmatch(text)
    ]
    values, missing = [float(text) for text, _ in sure], instrument.missing
    if field.type == "integer":
        found = {
            cell: Cell(int(value)) if value.is_integer() else NOT_WHOLE
            for cell, value in zip(sure, values, strict=True)
        }
    else:
        found = dict(zip(sure, map(Cell, values), strict=True))
    if missing and not missing.keys().isdisjoint(values):
        labelled = ((cell, int(value)) for cell, value in zip(sure, values, strict=True) if value in missing)
        found |= {cell: Cell(status=missing[value]) for cell, value in labelled}
    return found


def figures(told: Told, field: FieldDeclaration, instrument: Instrument) -> Figures:
    """The distinct cells that are a value of the field just as they stand, all at once: those that the file itself says
    are numbers, and whole ones in figures alone."""
    kinds = np.frombuffer(told.kinds.encode("ascii"), np.uint8)
    sure = np.asarray(compute.match_substring_regex(told.words, FIGURE))
    sure = sure & (np.asarray(compute.binary_length(told.words)) <= EXACT_LENGTH)
    is_whole = ~np.asarray(compute.match_substring(told.words, "."))
    sure &= (kinds == ord("n")) | ((kinds == ord("t")) & is_whole)
    at, numbers = np.flatnonzero(sure), np.asarray(told.words.filter(pa.array(sure)).cast(pa.float64()))
    sound = ~np.isin(numbers, list(instrument.missing))
    if field.type != "integer":
        return Figures(at[sound], numbers[sound])
    sound &= numbers == np.floor(numbers)
    return Figures(at[sound], numbers[sound].astype(np.int64))


def two_readings(text: str) -> tuple[Decimal, Decimal] | None:
    """`1.234 €` as a number of thousands and as one with decimals; None where it can be read in one way only."""
    bare = written(text).bare
    if not TWO_READINGS.fullmatch(bare):
        return None
    mark = "," if "," in bare else "."
    return Decimal(bare.replace(mark, "")), Decimal(bare.replace(mark, "."))


def lone_number(text: str) -> str:
    """The only number that a text such as `environ 30` holds, as written; empty where there are several or none."""
    found = re.findall(r"\d+(?:[\s.,'’]\d+)*", text)
    return str(found[0]) if len(found) == 1 else ""


class Marks(NamedTuple):
    """What `.` and `,` are proven to mark by the cells of a column that can be read in one way only."""

    decimals: frozenset[str]
    thousands: frozenset[str]
    is_decided: bool = False


DECIDED = {
    "comma": Marks(frozenset(","), frozenset("."), is_decided=True),
    "point": Marks(frozenset("."), frozenset(","), is_decided=True),
}


def _marks(numbers: Iterable[str], *, are_whole: bool) -> Marks:
    decimals, thousands, likely = set(), set(), set()
    for bare in numbers:
        if "." not in bare and "," not in bare:
            continue
        if SIMPLE.fullmatch(bare) and not TWO_READINGS.fullmatch(bare):
            decimals.add("," if "," in bare else ".")
            continue
        group = _group_of(bare)
        if group:
            thousands.add(group)
            decimals |= {mark for mark in ".," if mark != group and mark in bare}
        elif not TWO_READINGS.fullmatch(bare) and _decimal(bare) is not None:
            decimals |= {mark for mark in ".," if mark in bare}
        elif are_whole and not bare.endswith("000"):
            likely |= {mark for mark in ".," if mark in bare}  # `1.234` of whole numbers: `10.000` beside it is too
    return Marks(frozenset(decimals), frozenset(thousands | (likely - decimals)))


def _number(
    text: str, kind: str, told: Written | None, field: FieldDeclaration, instrument: Instrument, marks: Marks
) -> Cell:
    if kind in (Kind.DATE, Kind.BOOLEAN):
        return invalid("date-not-number" if kind == Kind.DATE else "not-a-number")
    bare = text if told is None else told.bare
    number = _decimal(bare)
    if kind == Kind.TEXT and TWO_READINGS.fullmatch(bare):
        number = _resolved(bare, field, marks)
        if number is None:
            return invalid("ambiguous-number")
    if number is None:
        return _no_number(text, bare, field)
    if told is not None and (told.euros is not None or told.is_percent):
        number = in_unit(number, told, field)
        if number is None:
            return invalid("unit-in-doubt")
    return _fitted(number, text, field, instrument)


def _no_number(text: str, bare: str, field: FieldDeclaration) -> Cell:
    """Why a text is no number, or the zero that it means."""
    if plain(text) in NONE_AT_ALL:
        value = 0 if field.type == "integer" else 0.0
        return Cell(value, code="number-converted", as_read="0")
    if len(text) <= LONGEST:
        short = text.strip()
        if RANGE.fullmatch(bare) or RANGE.fullmatch(short):
            return invalid("number-range")
        if ESTIMATE.fullmatch(bare) or ESTIMATE.fullmatch(short):
            return invalid("approximate-number")
    return invalid("not-a-number")


def _fitted(number: Decimal, text: str, field: FieldDeclaration, instrument: Instrument) -> Cell:
    """The number in the field's type, or as the labelled answer that it stands for."""
    whole = number == number.to_integral_value()
    if whole and int(number) in instrument.missing:
        return Cell(status=instrument.missing[int(number)])
    if field.type == "integer":
        if not whole:
            return invalid("not-an-integer")
        if abs(number) > LARGEST:
            return invalid("not-a-number")
        value: int | float = int(number)
    else:
        value = float(number)
    is_plain = PLAIN.fullmatch(text) and ("." not in text or Decimal(text) == number)  # `1.234` may be a thousand
    converted = not (is_plain or (SCIENTIFIC.fullmatch(text) and "," not in text))
    return Cell(value, code="number-converted", as_read=format(number.normalize(), "f")) if converted else Cell(value)


def _group_of(bare: str) -> str | None:
    """The mark that can only stand between thousands."""
    return next((mark for mark, form in GROUPED_BY.items() if mark in bare and form.fullmatch(bare)), None)


def _decimal(bare: str) -> Decimal | None:
    if SIMPLE.fullmatch(bare):
        return Decimal(bare.replace(",", "."))
    group = _group_of(bare)
    bare = (bare.replace(group, "") if group else bare).replace(",", ".")
    if not (re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", bare) or SCIENTIFIC.fullmatch(bare)):
        return None
    try:
        number = Decimal(bare)
    except InvalidOperation:  # an exponent beyond what a decimal holds
        return None
    return number if number.adjusted() < 300 else None


def _resolved(bare: str, field: FieldDeclaration, marks: Marks) -> Decimal | None:
    """`1.234` where its column, the field's type or its range leave one reading only; else None."""
    mark = "," if "," in bare else "."
    thousands, decimals = Decimal(bare.replace(mark, "")), Decimal(bare.replace(mark, "."))
    proven = mark in marks.decimals, mark in marks.thousands
    if proven == (False, True):
        return thousands
    if proven == (True, False) and (field.type == "decimal" or marks.is_decided):
        return decimals
    readings = [thousands] if field.type == "integer" and decimals % 1 else [thousands, decimals]
    if field.range is not None:
        lowest, highest = field.range
        readings = [number for number in readings if lowest <= float(number) <= highest]
    # a whole number is what an integer field expects, but `1.234` may as well be a measure in the wrong column
    return readings[0] if len(readings) == 1 and (field.type == "decimal" or not proven[0]) else None
