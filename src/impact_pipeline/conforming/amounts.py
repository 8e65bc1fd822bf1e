"""What stands around a number: currency, percent sign, unit, parentheses, spaces between thousands.

One text comes in; the bare number and what it was counted in go out. Whether the bare number is one, and whether its
mark is of thousands, is for `numbers` to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.names import plain

LONGEST = 80  # characters of a cell that may be a number
HAS_DIGIT = re.compile(r"\d")
EURO = r"(?:€|euros?|eur)"
SCALES = {"k": 1_000, "K": 1_000, "M": 1_000_000, "Md": 1_000_000_000, "Mds": 1_000_000_000}
WORDS = {"mille": 1_000, "millier": 1_000, "million": 1_000_000, "milliard": 1_000_000_000}
MONEY = re.compile(rf"(?P<scale>k|K|m|M|Mds?)?\s*(?i:{EURO})(?:\s*(?i:HT|TTC))?\.?$")
MONEY_IN_WORDS = re.compile(rf"(?i)(?P<scale>mille|milliers?|millions?|milliards?)(?:\s?d['’])?\s?{EURO}$")
MONEY_FIRST = re.compile(r"(?i)^(?:€|eur)\s?(?=[\d(+-])")
PERCENT = re.compile(r"(?i)(?:%|pour\s?cents?|percent)$")
UNIT = re.compile(r"(?<=[\d\s)])([^\W\d_][^\d]*)$")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([\s'’]\d{3})+([.,]\d*)?")  # as the French and the Swiss write thousands
MINUS_AFTER = re.compile(r"(\d[\d\s.,'’]*)\s?-")  # as accounting software writes it
IN_EUROS = {"eur": 1, "euro": 1, "euros": 1, "€": 1, "keur": 1_000, "k€": 1_000, "meur": 1_000_000, "m€": 1_000_000}
PERCENTS = frozenset(["percent", "%", "pourcent", "pct"])
SHARES = frozenset(["share", "ratio", "proportion", "part"])


class Written(NamedTuple):
    """A number as written: `bare` without what stands around it; `euros` is how many euros one of it is (0 where
    that is in doubt), None where no currency is written."""

    bare: str
    euros: int | None = None
    is_percent: bool = False


def written(text: str, units: Collection[str] = ()) -> Written:
    """The number without currency, percent sign, unit and spaces between thousands; `(5)` and `5-` are minus five."""
    bare, euros, is_percent = text.strip(), None, False
    if len(bare) > LONGEST or not HAS_DIGIT.search(bare):
        return Written(bare)
    in_parentheses = bare.startswith("(") and bare.endswith(")")
    if in_parentheses:
        bare = bare[1:-1].strip()
    bare, leading = MONEY_FIRST.subn("", bare)
    euros = 1 if leading else None
    if bare[-1:].isdigit():
        pass  # nothing stands after it
    elif found := MONEY_IN_WORDS.search(bare):
        bare, euros = bare[: found.start()].strip(), WORDS[found["scale"].lower().removesuffix("s")]
    elif found := MONEY.search(bare):
        bare, euros = bare[: found.start()].strip(), SCALES.get(found["scale"], 0) if found["scale"] else 1
    elif found := PERCENT.search(bare):
        bare, is_percent = bare[: found.start()].strip(), True
    elif units and (found := UNIT.search(bare)) and plain(found[1]) in units:
        bare = bare[: found.start()].strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare, in_parentheses = bare[1:-1].strip(), True
    bare = re.sub(r"^([+-])\s+", r"\1", bare.replace("\u2212", "-"))
    if found := MINUS_AFTER.fullmatch(bare):
        bare = "-" + found[1].strip()
    if in_parentheses:
        bare = "-" + bare
    return Written(re.sub(r"[\s'’]", "", bare) if GROUPED.fullmatch(bare) else bare, euros, is_percent)


def in_unit(number: Decimal, told: Written, field: FieldDeclaration) -> Decimal | None:
    """The number in the field's unit; None where what is written beside it does not say how many that is."""
    unit = (field.unit or "").lower()
    if told.is_percent:
        is_share = unit in SHARES or (field.range is not None and field.range[1] <= 1)
        if is_share and unit not in PERCENTS:
            return number / 100
        return number if not unit or unit in PERCENTS else None
    if told.euros is None:
        return number
    if not unit and told.euros == 1:
        return number
    return number * told.euros / IN_EUROS[unit] if told.euros and unit in IN_EUROS else None
