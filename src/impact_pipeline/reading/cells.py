"""One cell as text: numbers without exponents, ISO dates, and the errors that spreadsheets show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from impact_pipeline.reading.sheet import Kind

SHOWN_ERROR = re.compile(
    r"#(REF!|DIV/0!|N/A|N/D|NOM\?|NAME\?|VALEUR!|VALUE!|NOMBRE!|NUM!|NUL!|NULL!|PROPAGATION!|SPILL!)|Err:5\d\d"
)

KINDS: dict[type, str] = {
    str: Kind.TEXT.value,
    float: Kind.NUMBER.value,
    int: Kind.NUMBER.value,
    bool: Kind.BOOLEAN.value,
    datetime: Kind.DATE.value,
    date: Kind.DATE.value,
    time: Kind.TEXT.value,
    timedelta: Kind.TEXT.value,
}
TEXT, ERROR = Kind.TEXT.value, Kind.ERROR.value  # looked up for each text, and an enumeration's `value` is slow
FIFTEEN_DIGITS = "{:.15g}".format
ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:[.,]\d+)?Z?)?")


def kind_of_text(text: str) -> str:
    """Text, or an error that was saved as it was shown."""
    return ERROR if text[:1] in "#E" and text and SHOWN_ERROR.fullmatch(text.strip()) else TEXT


def kinds_of_texts(texts: Sequence[str]) -> str:
    """The kinds of a row of texts: errors are rare, so the row is looked at before its cells."""
    row = "\n".join(texts)
    if "#" not in row and "Err:" not in row:
        return TEXT * len(texts)
    return "".join(map(kind_of_text, texts))


def cell(value: Any) -> tuple[str, str]:
    """The text and the kind of a value."""
    if isinstance(value, str):
        return value, kind_of_text(value)
    return text_of(value), KINDS.get(type(value), Kind.TEXT.value)


def text_of(value: Any) -> str:
    """A workbook's value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime):
        return date_text(value.isoformat()) or value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(round(value.total_seconds()))
    return "" if value is None else str(value)


def number(value: float) -> str:
    """A plain decimal: `21010034300016`, `0.1`, never `2.1e13`.

    A spreadsheet keeps 15 digits and shows no more; the rest is noise of binary fractions (`0.30000000000000004`).
    """
    if isinstance(value, int) or value == 0:
        return str(int(value))
    shortest = repr(value)
    if len(shortest) <= 16 and "e" not in shortest:  # fifteen digits and a point at most: it has no noise
        return shortest.removesuffix(".0")
    plain = FIFTEEN_DIGITS(value)
    if "e" not in plain:
        return plain
    plain = format(Decimal(plain), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def percent(value: float) -> str:
    """`0.125` that is shown in percent, as people read it: `12,5%`."""
    text = number(value * 100).replace(".", ",")
    # three decimals alone could pass for thousands
    return f"{text}0%" if re.fullmatch(r"-?\d{1,3},\d{3}", text) else f"{text}%"


@cache
def is_percent(code: str) -> bool:
    """Whether a number format shows percentages: `0.00%`, and not a sign inside a quoted text."""
    return "%" in re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code)


def date_text(iso: str) -> str:
    """`2026-05-12T00:00:00.000` as `2026-05-12`, or with its time where it has one; empty where it is no date."""
    parts = ISO.fullmatch(iso.strip())
    if parts is None:
        return ""
    day, clock = parts[1], parts[2]
    try:
        date.fromisoformat(day)
    except ValueError:
        return ""
    return day if clock is None or clock.strip("0:") == "" else f"{day}T{clock}"


def duration_text(seconds: int) -> str:
    """A time of day or a length of time: `12:30:00`, `30:00:00`."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
