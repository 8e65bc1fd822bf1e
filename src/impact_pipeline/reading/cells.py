"""One cell as text: numbers without exponents, ISO dates, and the errors that spreadsheets show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from impact_pipeline.reading.sheet import Kind

SHOWN_ERROR = re.compile(
    r"#(REF!|DIV/0!|N/A|N/D|NOM\?|NAME\?|VALEUR!|VALUE!|NOMBRE!|NUM!|NUL!|NULL!|PROPAGATION!|SPILL!)|Err:5\d\d"
)


def kind_of_text(text: str) -> str:
    """Text, or an error that was saved as it was shown."""
    return Kind.ERROR.value if text[:1] in "#E" and text and SHOWN_ERROR.fullmatch(text.strip()) else Kind.TEXT.value


def kinds_of_texts(texts: Sequence[str]) -> str:
    """The kinds of a row of texts: errors are rare, so the row is looked at before its cells."""
    row = "\n".join(texts)
    if "#" not in row and "Err:" not in row:
        return Kind.TEXT.value * len(texts)
    return "".join(map(kind_of_text, texts))


def cell(value: Any) -> tuple[str, str]:
    """The text and the kind of a workbook's value."""
    if isinstance(value, str):
        return value, kind_of_text(value)
    if isinstance(value, bool):
        return ("true" if value else "false"), Kind.BOOLEAN.value
    if isinstance(value, int | float):
        return number(value), Kind.NUMBER.value
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == value.microsecond == 0
        return (value.date() if midnight else value).isoformat(), Kind.DATE.value
    if isinstance(value, date):
        return value.isoformat(), Kind.DATE.value
    return ("" if value is None else str(value)), Kind.TEXT.value


def number(value: float) -> str:
    """A plain decimal: `21010034300016`, `0.1`, never `2.1e13`.

    A spreadsheet keeps 15 digits and shows no more; the rest is noise of binary fractions (`0.30000000000000004`).
    """
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    plain = format(Decimal(f"{value:.15g}"), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
