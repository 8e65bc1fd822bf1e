"""Texts and identifiers: respondents' codes, postcodes.

A zero that a spreadsheet took away is put back where no other reading is possible; digits that it rounded away cannot
be, and are told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from impact_pipeline.conforming.typed import Cell, Column, Raw, each, invalid
from impact_pipeline.reading.sheet import Kind

SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")
ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+\d{1,2}")  # a code may well be `1E10`, but hardly bear the sign
POSTCODE = re.compile(r"(0[1-9]|[1-8]\d|9[0-5])\d{3}|97[1-6]\d{2}|98[046-8]\d{2}")
EXACT_DIGITS = 15  # that a spreadsheet keeps of a number


def read_texts(cells: Collection[Raw]) -> Column:
    """Free texts: as written, in composed Unicode, so that `é` is one character whoever typed it."""
    return each(cells, lambda text, kind: Cell(unicodedata.normalize("NFC", text)))


def read_identifiers(cells: Collection[Raw]) -> Column:
    """Codes of respondents and units, as texts; `4,991E+13`, or zeros in the place of its last digits, is what a
    spreadsheet made of a long one."""
    return {raw: invalid("lost-digits") if _has_lost_digits(*raw) else cell for raw, cell in read_texts(cells).items()}


def _has_lost_digits(text: str, kind: str) -> bool:
    if "+" in text:
        return ROUNDED.fullmatch(text) is not None
    return len(text) > EXACT_DIGITS and kind == Kind.NUMBER and text.isdigit()


def read_postcodes(cells: Collection[Raw]) -> Column:
    """Postcodes: five digits."""
    return each(cells, lambda text, kind: _five(text, kind, POSTCODE, "invalid-postcode"))


def _five(text: str, kind: str, form: re.Pattern[str], wrong: str) -> Cell:
    if kind == Kind.TEXT and SCIENTIFIC.fullmatch(text):
        return invalid("lost-digits")
    code = re.sub(r"\s", "", text).upper()
    restored = re.fullmatch(r"\d{4}", code) is not None
    if restored:
        code = f"0{code}"
    if kind not in (Kind.TEXT, Kind.NUMBER) or not form.fullmatch(code):
        return invalid(wrong)
    return Cell(code, code="zero-restored", as_read=code) if restored else Cell(code)
