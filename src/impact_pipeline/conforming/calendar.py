"""Dates and periods as the French write them: day before month, `T1 2026`, `1er trimestre 2026`, `janv.-26`.

The distinct cells of a column come in, because the order of day and month is proven by the column, not by a cell; what
each one means goes out: dates, and periods as `2026-01`, `2026-Q1`, `2026-S1`, `2026`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime

from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?")
NUMERIC = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?:[T ]+\d{1,2}[:h]\d{2}.*)?")
YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
WORDED = re.compile(r"(?:[a-z]+ )?(\d{1,2})(?:er)? ([a-z]+) (\d{4}|\d{2})")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january", "fevrier fevr fev february feb", "mars mar march", "avril avr april apr",
            "mai may", "juin jun june", "juillet juil jul july", "aout aou august aug",
            "septembre sept sep september", "octobre oct october", "novembre nov november",
            "decembre dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
EARLIEST, LATEST = 1900, 2100  # years that a form can mean
PIVOT = 30  # two digits from here on are of the last century, as spreadsheets have it
ORDINALS = {"premier": 1, "premiere": 1, "deuxieme": 2, "second": 2, "troisieme": 3, "quatrieme": 4}
PERIOD_FORMS = (
    (re.compile(r"(?:t|q|trim|trimestre|quarter) ?([1-4])"), "Q"),
    (re.compile(r"([1-4]) ?(?:er|e|eme|ere|nd|st|rd|th)? ?(?:t|q|trim|trimestre|quarter)"), "Q"),
    (re.compile(r"(?:s|sem|semestre|semester|half) ?([12])"), "S"),
    (re.compile(r"([12]) ?(?:er|e|eme|ere|nd|st|th)? ?(?:s|sem|semestre|semester|half)"), "S"),
)
LINKS = frozenset(["de", "du", "d", "l", "mois", "annee"])  # mois de janvier 2026, 1er trimestre de l'année 2026
LENGTHS = {"year": "", "semester": "S", "quarter": "Q", "month": "M"}


def read_dates(cells: Collection[Raw]) -> Column:
    """Each distinct cell of a field of dates.

    A day above 12 somewhere in the column proves its order; without proof, French order holds where the year has four
    digits, and is told as a question where it has two. A column that proves both orders is read in the French one, and
    asked about.
    """
    pairs = [found.groups()[:2] for text, kind in cells if kind == Kind.TEXT and (found := NUMERIC.fullmatch(text))]
    day_first = any(int(first) > 12 for first, _ in pairs)
    month_first = any(int(second) > 12 for _, second in pairs)
    return {cell: _date(*cell, day_first, month_first) for cell in cells}


def _date(text: str, kind: str, day_first: bool, month_first: bool) -> Cell:
    if kind == Kind.DATE or (kind == Kind.TEXT and ISO.fullmatch(text)):
        found = ISO.fullmatch(text)
        return _made(*map(int, found.groups()), code="") if found else invalid("not-a-date")
    if kind != Kind.TEXT:
        return invalid("not-a-date")
    numeric = NUMERIC.fullmatch(text)
    if numeric:
        day, month, year = int(numeric[1]), int(numeric[2]), _year(numeric[3])
        if month > 12:
            return invalid("impossible-date")
        in_doubt = day <= 12 and day != month and (month_first or not day_first)
        if in_doubt and month_first and not day_first:
            return invalid("ambiguous-date")
        is_asked = in_doubt and (month_first or len(numeric[3]) == 2)
        return _made(year, month, day, code="ambiguous-date" if is_asked else "date-converted")
    found = YEAR_FIRST.fullmatch(text)
    if found:
        return _made(*map(int, found.groups()), code="date-converted")
    worded = WORDED.fullmatch(plain(text))
    if worded and worded[2] in MONTHS:
        return _made(_year(worded[3]), MONTHS[worded[2]], int(worded[1]), code="date-converted")
    return invalid("not-a-date")


def _made(year: int, month: int, day: int, *, code: str) -> Cell:
    try:
        made = date(year, month, day)
    except ValueError:
        return invalid("impossible-date")
    if not EARLIEST <= year <= LATEST:
        return invalid("impossible-date")
    return Cell(datetime(year, month, day), code=code, as_read=made.isoformat() if code else "")


def _year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= PIVOT else 2000)


def read_periods(cells: Collection[Raw], field: FieldDeclaration, year: int | None) -> Column:
    """Each distinct cell of a field of periods; `year` is that of the submission, for `T1` alone."""
    return {cell: read_period(*cell, str(field.period), year) for cell in cells}


def read_period(text: str, kind: str, length: str, year: int | None) -> Cell:
    """One period of the length asked (month, quarter, semester, year)."""
    if kind in (Kind.BOOLEAN, Kind.ERROR):
        return invalid("not-a-period")
    period = _from_date(text, length) if kind == Kind.DATE else _from_text(text, length, year)
    if period is None:
        return invalid("not-a-period")
    return Cell(period, code="" if text == period else "period-converted", as_read=period)


def _from_date(text: str, length: str) -> str | None:
    """A spreadsheet turns `2026-01` into the first of January."""
    year, month = int(text[:4]), int(text[5:7])
    if length == "month":
        return f"{year}-{month:02}"
    return str(year) if length == "year" and month == 1 else None


def _from_text(text: str, length: str, year: int | None) -> str | None:
    words = plain(text)
    for word, digit in ORDINALS.items():
        words = re.sub(rf"\b{word}\b", f"{digit}e", words)
    found_year, rest = _split_year(words, year)
    if length == "year":
        return str(found_year) if found_year and rest in ("", "year") and words != rest else None
    if found_year is None:
        return None
    if length == "month":
        month = MONTHS.get(rest) or (int(rest) if re.fullmatch(r"\d{1,2}", rest) else None)
        return f"{found_year}-{month:02}" if month and month <= 12 else None
    for form, letter in PERIOD_FORMS:
        found = form.fullmatch(rest)
        if found and letter == LENGTHS[length]:
            return f"{found_year}-{letter}{found[1]}"
    return None


def _split_year(words: str, year: int | None) -> tuple[int | None, str]:
    """The year that the words name, else the submission's, and the words without it."""
    found = re.search(r"(?<!\d)((?:19|20)\d\d)(?!\d)", words)
    if found:
        rest = (words[: found.start()] + " " + words[found.end() :]).split()
        return int(found[1]), " ".join(word for word in rest if word not in LINKS)
    short = re.fullmatch(r"(.*[a-z1-4]) (\d\d)", words)  # janv 26, t1 26
    if short and (short[1] in MONTHS or any(form.fullmatch(short[1]) for form, _ in PERIOD_FORMS)):
        return _year(short[2]), short[1]
    return year, words
