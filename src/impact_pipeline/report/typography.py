"""Numbers, dates and periods as a French or an English reader expects to see them.

Values come in, strings go out, in the words of Babel's locale data and of the catalogues. Nothing here knows a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from impact_pipeline.words import Language, say

PERIOD = re.compile(
    r"^(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|S(?P<semester>[12])|(?P<month>0[1-9]|1[0-2])|(?P<school_year>\d{4})))?$"
)
LOCALES: dict[Language, str] = {"fr": "fr_FR", "en": "en_GB"}
STEPS = {"quarter": 4, "semester": 2, "month": 12, "school_year": 1}
MINUS, NARROW_SPACE = "\N{MINUS SIGN}", "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Typography:
    """How one language writes figures."""

    language: Language

    def number(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """`1 234,5` in French, `1,234.5` in English; a true minus sign, and a plus where `signed`."""
        rounded = round(value, decimals) + 0.0  # + 0.0: no "-0,0"
        digits = format_decimal(abs(rounded), format="#,##0" + ("." + "0" * decimals if decimals else ""),
                                locale=LOCALES[self.language])  # fmt: skip
        sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
        return sign + digits.replace("\N{NO-BREAK SPACE}", NARROW_SPACE)

    def plain(self, value: float) -> str:
        """A number that was declared, with the decimals that it has: `40`, `0,5`."""
        return self.number(value, len(f"{value:.10f}".rstrip("0").partition(".")[2]))

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share of 0 to 1 as `34,5 %` in French, `34.5%` in English."""
        return self.number(100 * share, decimals) + (NARROW_SPACE if self.language == "fr" else "") + "%"

    def day(self, value: str | date | None) -> str:
        """`1er janvier 2026`, `1 January 2026`; text that is no ISO date is left as it is."""
        if value is None:
            return ""
        try:
            moment = value if isinstance(value, date) else datetime.fromisoformat(value)
        except ValueError:
            return str(value)
        text = str(format_date(moment, format="long", locale=LOCALES[self.language]))
        return f"1er{text[1:]}" if self.language == "fr" and moment.day == 1 else text

    def period(self, code: str, *, short: bool = False) -> str:
        """`2025-03` as `mars 2025` (`mars 25` when short), `2025-Q1` as `1er trimestre 2025`; others are left."""
        match = PERIOD.match(code)
        if match is None:
            return code
        year = match["year"]
        if match["month"]:
            day = date(int(year), int(match["month"]), 1)
            return str(format_date(day, format="MMM yy" if short else "MMMM yyyy", locale=LOCALES[self.language]))
        for kind in ("quarter", "semester"):
            if match[kind]:
                key = f"report.period.{kind}.{'short' if short else match[kind]}"
                return say(key, self.language, number=match[kind], year=year[2:] if short else year)
        if match["school_year"]:
            return f"{year[2:]}-{match['school_year'][2:]}" if short else code
        return year


def is_period(code: str) -> bool:
    """Whether a wave is a calendar period rather than a moment of a survey."""
    return PERIOD.match(code) is not None


def with_gaps(codes: list[str]) -> list[str]:
    """The periods from the first to the last with those between that are missing, where all are of one kind."""
    parsed = [PERIOD.match(code) for code in codes]
    kinds = {next((kind for kind in STEPS if match and match[kind]), "year") for match in parsed}
    if len(codes) < 2 or None in parsed or len(kinds) != 1:
        return codes
    kind = kinds.pop()
    steps = STEPS.get(kind, 1)

    def rank(match: re.Match[str]) -> int:
        return int(match["year"]) * steps + (int(match[kind]) - 1 if steps > 1 else 0)

    ranks = [rank(match) for match in parsed if match]
    return [_code(kind, steps, number) for number in range(min(ranks), max(ranks) + 1)]


def _code(kind: str, steps: int, rank: int) -> str:
    year, place = divmod(rank, steps)
    if kind == "school_year":
        return f"{year}-{year + 1}"
    form = {"quarter": "{0}-Q{1}", "semester": "{0}-S{1}", "month": "{0}-{1:02d}", "year": "{0}"}[kind]
    return form.format(year, place + 1)
