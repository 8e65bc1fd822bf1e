"""Numbers as the French write them: `1 234,5`, `12 %`, `1 200 €`, `(5)`.

The distinct cells of a column come in, because `1.234` alone cannot tell whether it means thousands; what each one
means goes out. Nothing is guessed in silence: what can be read in two ways is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal, InvalidOperation

from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import FieldDeclaration, Instrument
from impact_pipeline.reading.sheet import Kind

SPACES = re.compile(r"[\s\u00a0\u202f\u2009']+")
PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
MONEY = re.compile(r"(?i)(€|euros?|eur)$")
SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d{1,3}")
GROUPED = re.compile(r"\d{1,3}(\s\d{3})+")  # spaces between thousands, as the French write them
TWO_READINGS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # `1.234`: thousands or decimals
BOTH_MARKS = (re.compile(r"\d{1,3}(\.\d{3})+,\d+"), re.compile(r"\d{1,3}(,\d{3})+\.\d+"))
MANY_GROUPS = re.compile(r"\d{1,3}([.,])\d{3}(\1\d{3})+")
LARGEST = 2**53  # whole numbers beyond are not exact once a spreadsheet or a statistics tool has read them


def read_numbers(cells: Collection[Raw], field: FieldDeclaration, instrument: Instrument) -> Column:
    """Each distinct cell of a field of numbers; whole ones where the field is of integers."""
    decimal_marks = {
        mark
        for text, kind in cells
        if kind == Kind.TEXT
        for mark in ".,"
        if text.count(mark) == 1 and not TWO_READINGS.fullmatch(bare := _bare(text)) and _decimal(bare) is not None
    }
    return {cell: _number(*cell, field, instrument, decimal_marks) for cell in cells}


def _number(text: str, kind: str, field: FieldDeclaration, instrument: Instrument, marks: set[str]) -> Cell:
    if kind in (Kind.DATE, Kind.BOOLEAN):
        return invalid("not-a-number")
    bare = text if kind == Kind.NUMBER or PLAIN.fullmatch(text) else _bare(text)
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
    bare = bare.replace("\u2212", "-")
    if SPACES.search(bare) and GROUPED.match(bare.lstrip("+- ")):
        bare = SPACES.sub("", bare)
    return bare


def _decimal(bare: str) -> Decimal | None:
    if MANY_GROUPS.fullmatch(bare):
        bare = re.sub(r"[.,]", "", bare)
    elif BOTH_MARKS[0].fullmatch(bare):
        bare = bare.replace(".", "")
    elif BOTH_MARKS[1].fullmatch(bare):
        bare = bare.replace(",", "")
    bare = bare.replace(",", ".")
    if not (re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", bare) or SCIENTIFIC.fullmatch(bare)):
        return None
    try:
        number = Decimal(bare)
    except InvalidOperation:  # an exponent beyond what a decimal holds
        return None
    return number if number.adjusted() < 300 else None


def _resolved(bare: str, field: FieldDeclaration, marks: set[str]) -> Decimal | None:
    """`1.234` where its column, the field's type or its range leave one reading only; else None."""
    mark = "," if "," in bare else "."
    thousands, decimals = Decimal(bare.replace(mark, "")), Decimal(bare.replace(mark, "."))
    if field.type == "decimal" and mark in marks:
        return decimals
    readings = [thousands] if field.type == "integer" and decimals % 1 else [thousands, decimals]
    if field.range is not None:
        lowest, highest = field.range
        readings = [number for number in readings if lowest <= float(number) <= highest]
    # a whole number is what an integer field expects, but `1.234` may as well be a measure in the wrong column
    return readings[0] if len(readings) == 1 and (field.type == "decimal" or mark not in marks) else None


def _is_percentage(field: FieldDeclaration) -> bool:
    """Whether `12 %` is kept as 12: the field counts in percent, or its range reaches beyond 1."""
    return field.unit in ("percent", "%") or (field.range is not None and field.range[1] > 1) or field.range is None
