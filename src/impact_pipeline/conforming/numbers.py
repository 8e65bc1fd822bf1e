"""Numbers as the French write them: `1 234,5`, `12 %`, `1 200 €`, `(5)`.

The distinct cells of a column come in, because `1.234` alone cannot tell whether it means thousands; what each one
means goes out. Nothing is guessed in silence: what can be read in two ways is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import FieldDeclaration, Instrument
from impact_pipeline.reading.sheet import Kind

PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
SIMPLE = re.compile(r"[+-]?\d{1,15}([.,]\d{1,15})?")  # most cells of most files, read without further ado
MONEY = re.compile(r"(?i)(€|euros?|eur)$")
SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d{1,3}")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\s\d{3})+([.,]\d*)?")  # spaces between thousands, as the French write them
TWO_READINGS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # `1.234`: thousands or decimals
# both marks, or one of them twice: thousands in groups of three
GROUPED_BY = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(({group}\d{{3}})+{other}\d+|({group}\d{{3}}){{2,}})")
    for mark, group, other in ((".", r"\.", ","), (",", ",", r"\."))
}
LARGEST = 2**53  # whole numbers beyond are not exact once a spreadsheet or a statistics tool has read them


def read_numbers(cells: Collection[Raw], field: FieldDeclaration, instrument: Instrument) -> Column:
    """Each distinct cell of a field of numbers; whole ones where the field is of integers."""
    marks = _marks([text for text, kind in cells if kind == Kind.TEXT])
    return {cell: _number(*cell, field, instrument, marks) for cell in cells}


class Marks(NamedTuple):
    """What `.` and `,` are proven to mark by the cells of a column that can be read in one way only."""

    decimals: frozenset[str]
    thousands: frozenset[str]


def _marks(texts: Iterable[str]) -> Marks:
    decimals, thousands = set(), set()
    for text in texts:
        if "." not in text and "," not in text:
            continue
        if SIMPLE.fullmatch(text) and not TWO_READINGS.fullmatch(text):
            decimals.add("," if "," in text else ".")
            continue
        bare = _bare(text)
        group = _group_of(bare)
        if group:
            thousands.add(group)
            decimals |= {mark for mark in ".," if mark != group and mark in bare}
        elif not TWO_READINGS.fullmatch(bare) and _decimal(bare) is not None:
            decimals |= {mark for mark in ".," if mark in bare}
    return Marks(frozenset(decimals), frozenset(thousands))


def _number(text: str, kind: str, field: FieldDeclaration, instrument: Instrument, marks: Marks) -> Cell:
    if kind in (Kind.DATE, Kind.BOOLEAN):
        return invalid("not-a-number")
    bare = text if kind == Kind.NUMBER or SIMPLE.fullmatch(text) else _bare(text)
    number = _decimal(bare)
    if kind == Kind.TEXT and TWO_READINGS.fullmatch(bare):
        number = _resolved(bare, field, marks)
        if number is None:
            return invalid("ambiguous-number")
    if number is None:
        return invalid("not-a-number")
    percent = "%" in text
    if percent and not _is_percentage(field):
        number /= 100
    return _fitted(number, text, field, instrument)


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
    converted = not (PLAIN.fullmatch(text) or (SCIENTIFIC.fullmatch(text) and "," not in text))
    return Cell(value, code="number-converted", as_read=format(number.normalize(), "f")) if converted else Cell(value)


def _bare(text: str) -> str:
    """The number without currency, percent sign and spaces between thousands; `(5)` is minus five."""
    bare = MONEY.sub("", text.strip()).strip().removesuffix("%").strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1].strip()
    bare = re.sub(r"^([+-])\s+", r"\1", bare.replace("\u2212", "-"))
    return re.sub(r"\s", "", bare) if GROUPED.fullmatch(bare) else bare


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
    if proven == (True, False) and field.type == "decimal":
        return decimals
    readings = [thousands] if field.type == "integer" and decimals % 1 else [thousands, decimals]
    if field.range is not None:
        lowest, highest = field.range
        readings = [number for number in readings if lowest <= float(number) <= highest]
    # a whole number is what an integer field expects, but `1.234` may as well be a measure in the wrong column
    return readings[0] if len(readings) == 1 and (field.type == "decimal" or not proven[0]) else None


def _is_percentage(field: FieldDeclaration) -> bool:
    """Whether `12 %` is kept as 12: the field counts in percent, or its range reaches beyond 1."""
    return field.unit in ("percent", "%") or (field.range is not None and field.range[1] > 1) or field.range is None
