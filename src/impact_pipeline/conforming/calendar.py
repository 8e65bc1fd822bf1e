"""Periods as the French write them: `T1 2026`, `1er trimestre 2026`, `janv.-26`, `année scolaire 2025-2026`.

The distinct cells of a column come in; periods go out as `2026-01`, `2026-Q1`, `2026-S1`, `2026`, and school years as
`2025-2026`. DHIS2's codes are read too. A period of another length than the one asked for is told as such.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

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
LETTERS = {"semester": "S", "quarter": "Q"}
LENGTHS = ("month", "quarter", "semester", "year", "school-year")
LONGEST = 40  # characters of a cell that may be a period
YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
MONTH_NUMBER = re.compile(r"m?(\d{1,2})")
CODE = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2]|Q[1-4]|S[12]|Sep)")
DAY = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|(?:19|20)\d\d(?:-\d\d-\d\d|\d{4})")
SCHOOL_YEAR = re.compile(
    r"(?:annee scolaire|annee|as|school year|scolaire|exercice)? ?(?:de )?"
    r"(?P<first>(?:19|20)\d\d|\d\d) ?(?:a |au |to )?(?P<last>(?:19|20)\d\d|\d\d)"
)
SPAN = re.compile(r"(?:de )?(?P<first>[a-z]+) (?P<year>\d{4}) (?:a|au|to|et)? ?(?P<last>[a-z]+) (?P<last_year>\d{4})")


def year_of_digits(digits: str) -> int:
    """The year that four digits, or two of them, mean."""
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= PIVOT else 2000)


def read_periods(cells: Collection[Raw], field: FieldDeclaration, year: int | None) -> Column:
    """Each distinct cell of a field of periods; `year` is that of the submission, for `T1` alone."""
    return {cell: read_period(*cell, str(field.period), year) for cell in cells}


def read_period(text: str, kind: str, length: str, year: int | None) -> Cell:
    """One period of the length asked (month, quarter, semester, year, school-year)."""
    if kind in (Kind.BOOLEAN, Kind.ERROR):
        return invalid("not-a-period")
    read = _from_date if kind == Kind.DATE else _from_text
    period = read(text, length, year)
    if period is None:
        is_other = kind == Kind.DATE or length_of(text) is not None
        return invalid("period-length" if is_other else "not-a-period")
    return Cell(period, code="" if text == period else "period-converted", as_read=period)


def length_of(text: str) -> str | None:
    """How long the period is that a text names: one of LENGTHS, or `day`; None for what is no period."""
    if DAY.fullmatch(text):
        return "day"
    if len(text) > LONGEST:
        return None
    return next((length for length in LENGTHS if _from_text(text, length, None)), None)


def period_of(text: str) -> str | None:
    """The period of a submission as we write it, whatever its length: `T1 2026` is `2026-Q1`; None for what is none."""
    if len(text) > LONGEST:
        return None
    return next((period for length in LENGTHS if (period := _from_text(text.strip(), length, None))), None)


def share_months(one: str, other: str) -> bool:
    """Whether two periods, written our way, have a month in common: `2026-Q1` and `2026-02`, `2026` and `2026-S2`."""
    (first, last), (begin, end) = _months(one), _months(other)
    return first <= end and begin <= last


def _months(period: str) -> tuple[int, int]:
    """The first and the last month of a period, counted from the year 0; a school year begins in September."""
    year, _, rest = period.partition("-")
    start = 12 * int(year)
    if len(rest) == 4:
        return start + 8, start + 19
    if rest[:1] in ("Q", "S"):
        size = 3 if rest[0] == "Q" else 6
        first = start + size * (int(rest[1:]) - 1)
        return first, first + size - 1
    return (start + int(rest) - 1,) * 2 if rest else (start, start + 11)


def _from_date(text: str, length: str, year: int | None) -> str | None:
    """A spreadsheet turns `2026-01` into the first of January."""
    told, month = int(text[:4]), int(text[5:7])
    if length == "month":
        return f"{told}-{month:02}"
    return str(told) if length == "year" and month == 1 else None


def _from_text(text: str, length: str, year: int | None) -> str | None:
    if found := CODE.fullmatch(text):
        return _from_code(found, length)
    words = plain(text)
    for word, digit in ORDINALS.items():
        words = re.sub(rf"\b{word}\b", f"{digit}e", words)
    if length == "school-year":
        return _school_year(words)
    if len(YEARS.findall(words)) > 1:
        return _span(words, length)
    found_year, rest = _split_year(words, year)
    if length == "year":
        return str(found_year) if found_year and rest in ("", "year") and words != rest else None
    if found_year is None:
        return None
    if length == "month":
        month = MONTHS.get(rest) or (int(found[1]) if (found := MONTH_NUMBER.fullmatch(rest)) else None)
        return f"{found_year}-{month:02}" if month and month <= 12 else None
    for form, letter in PERIOD_FORMS:
        found = form.fullmatch(rest)
        if found and letter == LETTERS[length]:
            return f"{found_year}-{letter}{found[1]}"
    return _months_of(found_year, rest, length)


def _from_code(found: re.Match[str], length: str) -> str | None:
    """A period as DHIS2 writes it: `202603`, `2026Q1`, `2026S1`, and our `2026Sep` for a school year."""
    year, code = found[1], found[2]
    if code == "Sep":
        return f"{year}-{int(year) + 1}" if length == "school-year" else None
    if code.isdigit():
        return f"{year}-{code}" if length == "month" else None
    return f"{year}-{code}" if LETTERS.get(length) == code[0] else None


def _school_year(words: str) -> str | None:
    """`2025-2026`, `25/26`, `rentrée 2025`; a year alone may be the one that begins or the one that ends."""
    found = SCHOOL_YEAR.fullmatch(words)
    if found is None:
        start = re.fullmatch(r"(?:la )?rentree (?:de )?(?:septembre )?((?:19|20)\d\d)", words)
        return f"{start[1]}-{int(start[1]) + 1}" if start else None
    first, last = year_of_digits(found["first"]), year_of_digits(found["last"])
    return f"{first}-{last}" if last == first + 1 else None


def _span(words: str, length: str) -> str | None:
    """`janvier 2026 à mars 2026`: the period that begins and ends with these months of one year."""
    found = SPAN.fullmatch(words)
    if found is None or found["year"] != found["last_year"]:
        return None
    return _months_of(int(found["year"]), f"{found['first']} a {found['last']}", length)


def _months_of(year: int, words: str, length: str) -> str | None:
    """`janvier à mars` as the quarter, `janvier à juin` as the semester that it is."""
    found = re.fullmatch(r"(?:de )?([a-z]+) (?:a|au|to|et|-)? ?([a-z]+)", words)
    if found is None or found[1] not in MONTHS or found[2] not in MONTHS:
        return None
    first, last = MONTHS[found[1]], MONTHS[found[2]]
    size = {"quarter": 3, "semester": 6}.get(length, 0)
    if not size or last - first + 1 != size or (first - 1) % size:
        return None
    return f"{year}-{LETTERS[length]}{last // size}"


def _split_year(words: str, year: int | None) -> tuple[int | None, str]:
    """The year that the words name, else the submission's, and the words without it."""
    found = re.search(r"(?<!\d)((?:19|20)\d\d)(?!\d)", words)
    if found:
        rest = (words[: found.start()] + " " + words[found.end() :]).split()
        return int(found[1]), " ".join(word for word in rest if word not in LINKS)
    short = re.fullmatch(r"(.*[a-z1-4]) (\d\d)", words)  # janv 26, t1 26
    if short and (short[1] in MONTHS or any(form.fullmatch(short[1]) for form, _ in PERIOD_FORMS)):
        return year_of_digits(short[2]), short[1]
    return year, words
