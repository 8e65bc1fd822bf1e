"""Communes, by the code that INSEE gives them, or by what people write in its place: a postcode, or a name.

Distinct cells and the year of the submission come in, five-character codes go out. A code that was right in that year
stays; one that had gone by then becomes that of the commune which took it in; an arrondissement becomes its commune.
A name, or a postcode, is read where it means one commune in France; where it may mean several it is a question.

A third of all postcodes are also the code of another commune (07200 is Aubenas by post, Le Roux by code): a column is
looked at as a whole to know which of the two people wrote in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from impact_pipeline import geography
from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.geography import Commune
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

CODE = re.compile(r"(?:0[1-9]|[1-8]\d|2[AB]|9[0-5])\d{3}|97[1-8]\d{2}|98[046-9]\d{2}")  # of a commune or of the post
COMMUNE = re.compile(r"(0[1-9]|[13-8]\d|2[1-9AB]|9[0-5])\d{3}|97[1-8]\d{2}|98[46-9]\d{2}")
SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")
WHOLE = re.compile(r"(\d{4,5})[.,]0")  # what some tools make of a number: `7019.0`
WORD = re.compile(r"[^\W\d_]{2}")
FIVE = re.compile(r"(?<![\w])(\d{5}|2[ABab]\d{3})(?![\w])")
OF = re.compile(r"^(?:la )?(?:commune|ville|mairie|municipalit[ée]) (?:de |d['’] ?)", re.IGNORECASE)
CEDEX = re.compile(r"\bcedex\b(?:\s*\d{1,2})?", re.IGNORECASE)
BESIDE = re.compile(
    r"^(?P<name>.+?)\s*(?:\((?P<inside>[^()]+)\)|(?:,|\s[-–—])\s*(?P<after>[^,]+)|\s(?P<bare>\d{2,3}|2[ABab]))$"
)
PART = re.compile(r"(paris|lyon|marseille) (\d{1,2}) ?(?:er|ere|e|eme|nd|nde)?(?: arr(?:ondissement|dt|t)?)?")
PARTS = {"paris": 20, "lyon": 9, "marseille": 16}
ARTICLES = frozenset(["le", "la", "les", "l"])
MOSTLY = 4  # times more cells of one sort than of the other, from which the doubtful ones are of that sort too


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a cell: a code of five characters (`restored` where its zero was lost), a name, or both."""

    code: str = ""
    name: str = ""
    departement: str = ""
    restored: bool = False


def read_communes(cells: Collection[Raw], year: int | None) -> Column:
    """Codes of communes: five characters, `2A` and `2B` for Corsica. `year` is that of the submission's period."""
    written = {cell: _written(*cell) for cell in cells}
    codes = {told.code for told in written.values() if told and told.code and not told.name}
    doubtful = _doubtful(codes)
    return {cell: _cell(cell[0], told, year, doubtful) for cell, told in written.items()}


def candidates(text: str) -> tuple[Commune, ...]:
    """The communes that a text may mean, by code, by name or by post; none where it means none."""
    told = _written(text, Kind.TEXT)
    if told is None:
        return ()
    if told.name:
        return _named(told)
    known = geography.commune(told.code)
    return tuple(place for place in (known, *geography.with_postcode(told.code)) if place is not None)


def nearest(text: str) -> tuple[Commune, ...]:
    """The communes whose names look most like the one in a text, in the département that it says if there are any."""
    told = _written(text, Kind.TEXT)
    if told is None or not told.name:
        return ()
    alike = geography.named(told.name)
    return (
        alike
        or (geography.nearest_communes(told.name, departement=told.departement) if told.departement else ())
        or geography.nearest_communes(told.name)
    )


def _written(text: str, kind: str) -> Written | None:
    """What stands in a cell; None for what is neither a code nor a name."""
    if kind not in (Kind.TEXT, Kind.NUMBER):
        return None
    code = re.sub(r"\s", "", text).upper()
    whole = WHOLE.fullmatch(code)
    code = whole[1] if whole else code
    restored = re.fullmatch(r"\d{4}", code) is not None
    code = f"0{code}" if restored else code
    if CODE.fullmatch(code):
        return Written(code, restored=restored)
    return _written_name(text) if WORD.search(text) and not SCIENTIFIC.fullmatch(text) else None


def _written_name(text: str) -> Written:
    text = OF.sub("", CEDEX.sub(" ", " ".join(text.split()))).strip()
    five = FIVE.search(text)
    code = five[1].upper() if five else ""
    text = FIVE.sub(" ", text).replace("()", " ").strip(" ,;-–—/") if five else text
    beside = BESIDE.match(text)
    if beside is None or PART.fullmatch(plain(text)):
        return Written(code, text)
    told = beside["inside"] or beside["after"] or beside["bare"]
    departement = geography.departement_of(told)
    if departement or plain(told) in ARTICLES:
        return Written(code, beside["name"], departement)
    return Written(code, text)


def _doubtful(codes: Collection[str]) -> str:
    """How to read what may be both the code of a commune and a postcode: "code", "postcode", or "" for a question."""
    sorts = {code: (_is_code(code), geography.is_postcode(code)) for code in codes}
    by_code = sum(is_code and not is_postcode for is_code, is_postcode in sorts.values())
    by_post = sum(is_postcode and not is_code for is_code, is_postcode in sorts.values())
    if by_post == 0 or by_code >= MOSTLY * by_post:
        return "code"
    return "postcode" if by_post >= MOSTLY * by_code else ""


def _is_code(code: str) -> bool:
    """Whether a code is likely meant as one: codes that went long ago are postcodes now (75012 was Boulogne's)."""
    kind = geography.kind_of(code)
    return kind is not None and not (kind == "former" and geography.is_postcode(code))


def _cell(text: str, told: Written | None, year: int | None, doubtful: str) -> Cell:
    if told is None:
        return invalid("lost-digits" if SCIENTIFIC.fullmatch(text) else "invalid-commune")
    if told.name:
        return _by_name(told, year)
    is_code, is_postcode = _is_code(told.code), geography.is_postcode(told.code)
    if is_code and is_postcode and not doubtful:
        return invalid("commune-or-postcode")
    if is_code and not (is_postcode and doubtful == "postcode"):
        return _by_code(told, year)
    if not is_postcode:
        return invalid("unknown-commune" if COMMUNE.fullmatch(told.code) else "invalid-commune")
    posted = geography.with_postcode(told.code)
    if len(posted) > 1:
        return invalid("postcode-as-commune")
    return Cell(posted[0].code, code="commune-from-postcode", as_read=posted[0].code)


def _by_code(told: Written, year: int | None) -> Cell:
    kind = geography.kind_of(told.code)
    standing = geography.standing(told.code, year) if kind != "commune" else None
    if standing is not None and not standing.is_commune:
        code = "commune-arrondissement" if kind == "arrondissement" else "commune-merged"
        return Cell(standing.into, code=code, as_read=standing.into)
    return Cell(told.code, code="zero-restored", as_read=told.code) if told.restored else Cell(told.code)


def _by_name(told: Written, year: int | None) -> Cell:
    part = _part(told.name)
    found = _named(told)
    if not found:
        return invalid("unknown-commune")
    if len(found) > 1:
        return invalid("ambiguous-commune")
    standing = geography.standing(found[0].code, year)
    code = found[0].current if standing is None or found[0].kind == "commune" else standing.into
    return Cell(code, code="commune-arrondissement" if part else "commune-from-name", as_read=code)


def _named(told: Written) -> tuple[Commune, ...]:
    """The communes that bear a name, with what stands beside it: a code, a postcode or a département."""
    name = _part(told.name) or told.name
    alike = geography.named(name, departement=told.departement)
    by_code = tuple(place for place in alike if told.code in (place.code, place.current))
    return by_code or (geography.named(name, departement=told.departement, postcode=told.code) if told.code else alike)


def _part(name: str) -> str:
    """The city of which a name says an arrondissement: `Paris 12e`; empty for any other name."""
    found = PART.fullmatch(plain(name))
    return found[1] if found and 1 <= int(found[2]) <= PARTS[found[1]] else ""
