"""Dates as the French write them: day before month, in figures or words, or the number that a spreadsheet keeps.

The distinct cells of a column come in, because the order of day and month is proven by the column, not by a cell; what
each one means goes out. A date that lacks its day or its year, or stands with others, is told as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta

from impact_pipeline.conforming.calendar import EARLIEST, LATEST, MONTHS, year_of_digits
from impact_pipeline.conforming.typed import Cell, Column, Raw, invalid
from impact_pipeline.declarations import Decision
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

HOUR = r"(?:,?\s*(?:[T ]|à|at)\s*\d{1,2}\s?[:hH]\s?(?:\d{2})?.*)?"
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?")
NUMERIC = re.compile(
    r"(?:(?:le|on)?\s*(?:(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|[a-z]+day)?,?\s*)?"
    rf"(\d{{1,2}})\s?[/.\- ]\s?(\d{{1,2}})\s?[/.\- ]\s?(\d{{4}}|\d{{2}}){HOUR}",
    re.I,
)
YEAR_FIRST = re.compile(rf"(\d{{4}})[/.](\d{{1,2}})[/.](\d{{1,2}}){HOUR}")
COMPACT = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)|(\d{2})(0[1-9]|1[0-2])((?:19|20)\d\d)")
WORDED = re.compile(
    r"(?:[a-z]+ )*?(\d{1,2})(?:er|st|nd|rd|th)? (?:of )?([a-z]+) (\d{4}|\d{2})(?: (?:a |at )?\d{1,2} ?h?.*)?"
)
MONTH_FIRST_WORDED = re.compile(r"(?:[a-z]+day )?([a-z]+) (\d{1,2})(?:st|nd|rd|th)? (\d{4})(?: .*)?")  # May 12, 2024
SERIAL = re.compile(r"([1-9]\d{4})(?:[.,]\d+)?")
FIRST_SERIAL, LAST_SERIAL = 10_000, 73_050  # 18 May 1927 to 31 December 2099
SERIAL_ZERO = datetime(1899, 12, 30)  # day 0 as spreadsheets count, once their 29 February 1900 is passed
SINCE_1904 = 1462  # days from there to 1 January 1904
SURE_ORDER = 3  # distinct cells that prove the month first, none the day, before a column is read so
ORDERS = {"day-first": (True, 0), "month-first": (False, SURE_ORDER)}  # as if the column proved it
LONGEST = 120  # characters of a cell in which a date is looked for
ONE = r"\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{4}-\d{1,2}-\d{1,2}"
ANY_DATE = re.compile(rf"(?<!\d)(?:{ONE})(?!\d)")
ANY_WORDED = re.compile(r"\b\d{1,2}(?:er)? ([a-z]+)(?: \d{4})?\b")
DAYS_OF_ONE_MONTH = re.compile(r"(?:du )?\d{1,2}(?:er)? (?:au|et|a|ou|to|and) \d{1,2}(?:er)? [a-z]+.*|du .+ au .+")
MONTH_ALONE = re.compile(r"(?:0?[1-9]|1[0-2])[/.\- ](?:19|20)\d\d|(?:19|20)\d\d[/.\- ](?:0?[1-9]|1[0-2])|(?:19|20)\d\d")
DAY_ALONE = re.compile(r"([0-3]?\d)[/.\- ]([01]?\d)")
LIKE_A_DATE = re.compile(r"\d{1,4}([/.\-])\d{1,3}\1\d{1,5}")


def read_dates(cells: Collection[Raw], decision: Decision | None = None, *, from_1904: bool = False) -> Column:
    """Each distinct cell of a field of dates.

    A day above 12 somewhere in the column proves its order; without proof, French order holds where the year has four
    digits, and is told as a question where it has two. Several cells that can only be read month first, and none day
    first, prove that order: the column is read so, and asked about. A column that proves both orders is read in the
    French one, and asked about. `decision`: the order that a person said, whatever the column proves. `from_1904`: a
    number of days is counted from there.
    """
    serials = {cell: _of_serial(int(found[1]), from_1904) for cell in cells
               if cell[1] == Kind.NUMBER and (found := SERIAL.fullmatch(cell[0]))} if from_1904 else {}  # fmt: skip
    return {**_read_dates(cells, decision), **serials}


def _read_dates(cells: Collection[Raw], decision: Decision | None) -> Column:
    if decision in ("day-first", "month-first"):
        return {cell: _decided(_date(*cell, *ORDERS[decision])) for cell in cells}
    pairs = [found.groups()[:2] for text, kind in cells if kind == Kind.TEXT and (found := NUMERIC.fullmatch(text))]
    day_first = any(int(first) > 12 for first, _ in pairs)
    proofs = sum(int(second) > 12 >= int(first) for first, second in pairs)
    return {cell: _date(*cell, day_first, proofs) for cell in cells}


def _decided(cell: Cell) -> Cell:
    """A date in the order that a person said is no question any more."""
    return cell._replace(code="date-converted") if cell.status == "" and cell.code == "month-first-date" else cell


def _date(text: str, kind: str, day_first: bool, month_first_proofs: int) -> Cell:
    if kind == Kind.DATE or (kind == Kind.TEXT and ISO.fullmatch(text)):
        found = ISO.fullmatch(text)
        return _made(*map(int, found.groups()), code="") if found else invalid("not-a-date")
    if kind not in (Kind.TEXT, Kind.NUMBER):
        return invalid("not-a-date")
    if found := NUMERIC.fullmatch(text):
        return _in_figures(found[1], found[2], found[3], day_first, month_first_proofs)
    if found := YEAR_FIRST.fullmatch(text):
        return _made(*map(int, found.groups()), code="date-converted")
    if found := COMPACT.fullmatch(text):
        year, month, day = (found["y"], found["m"], found["d"]) if found["y"] else (found[6], found[5], found[4])
        return _made(int(year), int(month), int(day), code="date-converted")
    if found := SERIAL.fullmatch(text):
        return _of_serial(int(found[1]))
    if len(text) > LONGEST:
        return invalid("not-a-date")
    words = plain(text)
    for form, day_at, month_at in ((WORDED, 1, 2), (MONTH_FIRST_WORDED, 2, 1)):
        found = form.fullmatch(words)
        if found and found[month_at] in MONTHS and not _are_several(text, words):
            month, day = MONTHS[found[month_at]], int(found[day_at])
            return _made(year_of_digits(found[3]), month, day, code="date-converted")
    return invalid(_why_not(text, words))


def _in_figures(first: str, second: str, year: str, day_first: bool, month_first_proofs: int) -> Cell:
    """`03/04/2021` in the order that the column proves; the French one where it proves nothing."""
    day, month = int(first), int(second)
    if month_first_proofs >= SURE_ORDER and not day_first:
        return _made(year_of_digits(year), day, month, code="month-first-date")
    if month > 12:
        return invalid("impossible-date")
    in_doubt = day <= 12 and day != month and (month_first_proofs > 0 or not day_first)
    if in_doubt and month_first_proofs and not day_first:
        return invalid("ambiguous-date")
    is_asked = in_doubt and (month_first_proofs > 0 or len(year) == 2)
    return _made(year_of_digits(year), month, day, code="ambiguous-date" if is_asked else "date-converted")


def _of_serial(days: int, from_1904: bool = False) -> Cell:
    """The date that a spreadsheet keeps as a number of days, as it comes out when its format is lost."""
    days += SINCE_1904 if from_1904 else 0
    if not FIRST_SERIAL <= days <= LAST_SERIAL:
        return invalid("not-a-date")
    made = SERIAL_ZERO + timedelta(days=days)
    return Cell(made, code="serial-date", as_read=made.date().isoformat())


def _why_not(text: str, words: str) -> str:
    """The code that tells what is wrong with a text that is no single date."""
    if _are_several(text, words):
        return "several-dates"
    month, _, year = words.rpartition(" ")
    if MONTH_ALONE.fullmatch(text.strip()) or (month.split(" ")[-1] in MONTHS and year.isdigit()) or words in MONTHS:
        return "date-without-day"
    day_alone = DAY_ALONE.fullmatch(text.strip())
    if day_alone and 0 < int(day_alone[1]) <= 31 and 0 < int(day_alone[2]) <= 12:
        return "date-without-year"
    worded = re.fullmatch(r"(?:[a-z]+ )*(\d{1,2})(?:er)? ([a-z]+)", words)
    if worded and worded[2] in MONTHS:
        return "date-without-year"
    return "impossible-date" if LIKE_A_DATE.fullmatch(text.strip()) else "not-a-date"


def _are_several(text: str, words: str) -> bool:
    months = [found for found in ANY_WORDED.findall(words) if found in MONTHS]
    if len(ANY_DATE.findall(text)) > 1 or len(months) > 1:
        return True
    found = DAYS_OF_ONE_MONTH.fullmatch(words)
    return found is not None and any(word in MONTHS for word in words.split())


def _made(year: int, month: int, day: int, *, code: str) -> Cell:
    try:
        made = date(year, month, day)
    except ValueError:
        return invalid("impossible-date")
    if not EARLIEST <= year <= LATEST:
        return invalid("impossible-date")
    return Cell(datetime(year, month, day), code=code, as_read=made.isoformat() if code else "")
