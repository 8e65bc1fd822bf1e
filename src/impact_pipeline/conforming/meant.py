"""What a cell that cannot be read likely means: asked of its sender, never taken.

The text of a cell and its field come in; a number, or months, go out.
"""

from __future__ import annotations

import re
from calendar import monthrange
from decimal import Decimal

from impact_pipeline.conforming.amounts import written
from impact_pipeline.conforming.calendar import EARLIEST, LATEST, year_of_digits
from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.names import plain

LONGEST = 40  # characters of a cell in which a meaning is looked for
FRACTION = re.compile(r"\s*(\d{1,4})\s*/\s*(\d{1,4})\s*")
HALVES = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
CLOCK = re.compile(r"\s*(\d{1,4})\s*(?:h|heures?|hours?)\s*([0-5]\d)\s*(?:mn|min|minutes?)?\s*", re.I)
HOURS = frozenset(["hours", "hour", "heures", "heure", "h"])
DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
DAY_LAST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
WORDS = {
    word: number
    for number, words in enumerate(
        (
            "zero", "un une one", "deux two", "trois three", "quatre four", "cinq five", "six", "sept seven",
            "huit eight", "neuf nine", "dix ten", "onze eleven", "douze twelve", "treize thirteen",
            "quatorze fourteen", "quinze fifteen", "seize sixteen", "dix sept seventeen", "dix huit eighteen",
            "dix neuf nineteen", "vingt twenty",
        )
    )
    for word in (words.split() if not words.startswith("dix ") else [words.rpartition(" ")[0], words.split()[-1]])
} | {"trente": 30, "thirty": 30, "quarante": 40, "forty": 40, "cinquante": 50, "fifty": 50, "soixante": 60,
     "sixty": 60, "cent": 100, "mille": 1000}  # fmt: skip
TENS = frozenset(
    ["vingt", "trente", "quarante", "cinquante", "soixante", "twenty", "thirty", "forty", "fifty", "sixty"]
)


def meant_number(text: str, field: FieldDeclaration) -> Decimal | None:
    """`1/2` as 0.5, `12h30` of hours as 12.5, `90%` of a field that is in no percent as 0.9, `deux` as 2; None where
    nothing is near, or where the field could not hold it."""
    if len(text) > LONGEST:
        return None
    number = _number(text, field)
    if number is None or (field.type == "integer" and number != number.to_integral_value()):
        return None
    if field.range is not None and not field.range[0] <= float(number) <= field.range[1]:
        return None
    return number


def _number(text: str, field: FieldDeclaration) -> Decimal | None:
    told = written(text)
    if told.is_percent:
        bare = told.bare.replace(",", ".")
        return Decimal(bare) / 100 if re.fullmatch(r"\d{1,4}(\.\d{1,4})?", bare) else None
    if text.strip() in HALVES:
        return HALVES[text.strip()]
    if found := FRACTION.fullmatch(text):
        above, below = int(found[1]), int(found[2])
        return round(Decimal(above) / below, 2) if below else None
    if (found := CLOCK.fullmatch(text)) and (field.unit or "").lower() in HOURS:
        return round(int(found[1]) + Decimal(int(found[2])) / 60, 2)
    return _in_words(plain(text))


def _in_words(words: str) -> Decimal | None:
    if words in WORDS:
        return Decimal(WORDS[words])
    ten, _, unit = words.replace(" et ", " ").partition(" ")
    if ten in TENS and 1 <= WORDS.get(unit, 0) <= 9:
        return Decimal(WORDS[ten] + WORDS[unit])
    return None


def meant_months(text: str) -> tuple[tuple[str, ...], bool]:
    """The months that a day written for a month may mean, and whether there is such a day: `31/02/2026` may be of
    February or March, and is no day."""
    if found := DAY_LAST.fullmatch(text.strip()):
        year, month, day = map(int, found.groups())
    elif found := DAY.fullmatch(text.strip()):
        day, month, year = int(found[1]), int(found[2]), year_of_digits(found[3])
        if month > 12 >= day:
            day, month = month, day
    else:
        return (), True
    if not (EARLIEST <= year <= LATEST and 1 <= month <= 12 and 1 <= day <= 31):
        return (), 1 <= month <= 12 and 1 <= day <= 31
    last = monthrange(year, month)[1]
    after = f"{year + month // 12}-{month % 12 + 1:02}"
    return (f"{year}-{month:02}", *((after,) if day > last else ())), day <= last
