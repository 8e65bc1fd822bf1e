"""Numbers of the French registers of organisations: SIREN and SIRET of INSEE, RNA of associations.

Distinct cells come in; numbers without spaces go out where their check digit holds. A zero that a spreadsheet took
away is put back where the check digit proves it; a number of another register is told as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from impact_pipeline.conforming.identifiers import SCIENTIFIC
from impact_pipeline.conforming.typed import Cell, Column, Raw, each, invalid

BETWEEN = re.compile(r"[\s.\-_/'’]+")
PREFIX = re.compile(r"(?i)^(n\s?°|no\.?|num[ée]ro)?\s*(siren|siret|rna|waldec)?\s*(n\s?°|:)?\s*")
# W, the département (2A and 2B in Corsica, 9R and the like overseas) and the number that the prefecture gave
RNA = re.compile(r"W(\d{3}|2[AB]\d|9[A-Z]\d)\d{6}")
RNA_WITHOUT_W = re.compile(r"(\d{3}|2[AB]\d|9[A-Z]\d)\d{6}")


def read_sirets(cells: Collection[Raw]) -> Column:
    """SIRET numbers: fourteen digits whose check digit holds (those of La Poste have a rule of their own)."""

    def read(text: str, kind: str) -> Cell:
        if SCIENTIFIC.fullmatch(text):
            return invalid("lost-digits")
        code = _bare(text)
        if is_siren(code):
            return invalid("siren-not-siret")
        return _numbered(code, 14, is_siret) or invalid("invalid-siret")

    return each(cells, read)


def read_sirens(cells: Collection[Raw]) -> Column:
    """SIREN numbers: nine digits whose check digit holds; a SIRET begins with the SIREN, which is kept."""

    def read(text: str, kind: str) -> Cell:
        if SCIENTIFIC.fullmatch(text):
            return invalid("lost-digits")
        code = _bare(text)
        if is_siret(code):
            return Cell(code[:9], code="siren-of-siret", as_read=code[:9])
        return _numbered(code, 9, is_siren) or invalid("invalid-siren")

    return each(cells, read)


def read_rnas(cells: Collection[Raw]) -> Column:
    """Numbers of associations: `W` and nine characters."""

    def read(text: str, kind: str) -> Cell:
        code = _bare(text).upper()
        if RNA.fullmatch(code):
            return Cell(code) if text == code else Cell(code, code="code-rewritten", as_read=code)
        return invalid("rna-without-w" if RNA_WITHOUT_W.fullmatch(code) else "invalid-rna")

    return each(cells, read)


def is_siret(code: str) -> bool:
    """Whether fourteen digits are a SIRET."""
    return _holds(siret.validate, code, 14)


def is_siren(code: str) -> bool:
    """Whether nine digits are a SIREN."""
    return _holds(siren.validate, code, 9)


def _holds(validate: Callable[[str], str], code: str, length: int) -> bool:
    if len(code) != length or not (code.isascii() and code.isdigit()):
        return False
    try:
        validate(code)
    except ValidationError:
        return False
    return True


def _numbered(code: str, length: int, is_valid: Callable[[str], bool]) -> Cell | None:
    """The number, or the one whose first zero was taken away; None where the check digit does not hold."""
    restored = code.isdigit() and len(code) == length - 1
    whole = f"0{code}" if restored else code
    if not is_valid(whole):
        return None
    return Cell(whole, code="zero-restored", as_read=whole) if restored else Cell(whole)


def _bare(text: str) -> str:
    return BETWEEN.sub("", PREFIX.sub("", text.strip()))
