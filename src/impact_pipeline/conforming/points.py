"""Places by their latitude and longitude, however a telephone, a map or a person writes them.

Distinct cells come in; `44.7352, 4.5986` (latitude, longitude, in degrees) goes out. Coordinates that are in France
once exchanged were exchanged; others outside France are kept, and somebody is asked to look.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from impact_pipeline.conforming.typed import Cell, Column, Raw, each, invalid

NUMBER = r"[+-]?\d{1,3}(?:[.,]\d+)?"
DOTTED = r"[+-]?\d{1,3}(?:\.\d+)?"
BETWEEN = r"\s*[;|/]\s*|\s*,\s+|\s+"  # a comma between needs a space, else it is of the decimals
TWO_DOTTED = re.compile(rf"({DOTTED})\s*[,;|/\s]\s*({DOTTED})")
TWO = re.compile(rf"({NUMBER})(?:{BETWEEN})({NUMBER})")
FOUR = re.compile(rf"({DOTTED})\s+({DOTTED})\s+{DOTTED.replace('{1,3}', '{1,5}')}\s+\d+(?:\.\d+)?")  # Kobo and ODK
COMMAS = re.compile(r"([+-]?\d{1,3},\d+),([+-]?\d{1,3},\d+)")
WKT = re.compile(rf"(?i)point\s*\(\s*({DOTTED})\s+({DOTTED})\s*\)")  # longitude first
SIGN = r"([NSEWO])"
DEGREES = r"(\d{1,3})\s*°\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’]\s*)?(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|″|”|''|’’|′′)\s*)?"
SEXAGESIMAL = re.compile(rf"(?i){DEGREES}{SIGN}\s*[,;]?\s*{DEGREES}{SIGN}")
SEXAGESIMAL_BEFORE = re.compile(rf"(?i){SIGN}\s*{DEGREES}[,;]?\s*{SIGN}\s*{DEGREES}")
SIGNED = re.compile(rf"(?i)({DOTTED})\s*°?\s*{SIGN}\s*[,;]?\s*({DOTTED})\s*°?\s*{SIGN}")
SIGNED_BEFORE = re.compile(rf"(?i){SIGN}\s*({DOTTED})\s*°?\s*[,;]?\s*{SIGN}\s*({DOTTED})\s*°?")
FRANCE = (  # south, north, west, east
    (41.2, 51.2, -5.3, 9.7),  # mainland and Corsica
    (15.8, 16.6, -61.9, -60.9),  # Guadeloupe
    (14.3, 15.0, -61.3, -60.7),  # Martinique
    (2.0, 5.9, -54.7, -51.5),  # Guyane
    (-21.5, -20.8, 55.1, 55.9),  # La Réunion
    (-13.1, -12.5, 44.9, 45.4),  # Mayotte
    (46.7, 47.2, -56.5, -56.0),  # Saint-Pierre-et-Miquelon
    (17.8, 18.2, -63.2, -62.7),  # Saint-Martin, Saint-Barthélemy
    (-23.0, -19.4, 163.4, 168.3),  # Nouvelle-Calédonie
    (-28.0, -7.5, -154.9, -134.4),  # Polynésie
    (-14.5, -13.0, -178.3, -176.0),  # Wallis-et-Futuna
)
PLACES = Decimal("0.000001")  # of a degree: ten centimetres

Pair = tuple[Decimal, Decimal]


def read_points(cells: Collection[Raw]) -> Column:
    """Each distinct cell of a field of places."""
    return each(cells, _point)


def _point(text: str, kind: str) -> Cell:
    bare = text.strip()
    found = _coordinates(bare[1:-1] if bare[:1] in ("(", "[") and bare[-1:] in (")", "]") else bare)
    if found is None:
        return invalid("invalid-point")
    latitude, longitude = found
    if not is_in_france(latitude, longitude) and is_in_france(longitude, latitude):
        told = _told(longitude, latitude)
        return Cell(told, code="point-reversed", as_read=told)
    if abs(latitude) > 90 or abs(longitude) > 180:
        return invalid("invalid-point")
    told = _told(latitude, longitude)
    if not is_in_france(latitude, longitude):
        return Cell(told, code="point-outside-france", as_read=told)
    return Cell(told) if told == text else Cell(told, code="code-rewritten", as_read=told)


def is_in_france(latitude: Decimal, longitude: Decimal) -> bool:
    """Whether a place is in the box around a part of France."""
    return any(
        south <= latitude <= north and west <= longitude <= east  # the boxes are wide: neighbours are in them too
        for south, north, west, east in FRANCE
    )


def _told(latitude: Decimal, longitude: Decimal) -> str:
    return f"{latitude:f}, {longitude:f}"


def _coordinates(text: str) -> Pair | None:
    """Latitude and longitude, in the order in which they are written unless their signs tell it."""
    found = WKT.fullmatch(text)
    if found:
        return _number(found[2]), _number(found[1])
    for form in (FOUR, TWO_DOTTED, COMMAS, TWO):
        found = form.fullmatch(text)
        if found:
            return _number(found[1]), _number(found[2])
    return _signed(text)


def _signed(text: str) -> Pair | None:
    """Coordinates with their points of the compass: `44°44'06"N 4°35'55"E`."""
    if found := SEXAGESIMAL.fullmatch(text):
        one, two = (found[4], found.groups()[0:3]), (found[8], found.groups()[4:7])
    elif found := SEXAGESIMAL_BEFORE.fullmatch(text):
        one, two = (found[1], found.groups()[1:4]), (found[5], found.groups()[5:8])
    elif found := SIGNED.fullmatch(text):
        one, two = (found[2], (found[1], None, None)), (found[4], (found[3], None, None))
    elif found := SIGNED_BEFORE.fullmatch(text):
        one, two = (found[1], (found[2], None, None)), (found[3], (found[4], None, None))
    else:
        return None
    told = {}
    for sign, (degrees, minutes, seconds) in (one, two):
        size = _number(degrees) + _number(minutes or "0") / 60 + _number(seconds or "0") / 3600
        axis = "latitude" if sign.upper() in "NS" else "longitude"
        size = size if size == size.quantize(PLACES) else size.quantize(PLACES).normalize()
        told[axis] = -size if sign.upper() in "SWO" else size
    return (told["latitude"], told["longitude"]) if len(told) == 2 else None


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
