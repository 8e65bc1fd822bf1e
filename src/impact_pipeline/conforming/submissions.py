"""What a survey tool says of whole answers: refused by whoever reviewed them, left before their end, given as a try.

A sheet of an export and the instrument come in; findings with true counts go out, and the rows to set aside, where the
instrument says so. Without that, every row is kept and somebody is asked to look.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from impact_pipeline.conforming.grid import Grid
from impact_pipeline.conforming.versions import version_finding
from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Sheet
from impact_pipeline.reading.survey import Submission

TRY = re.compile(r"(test|essai|tester|testing|xxx+|azerty|qwerty)( ?\d{0,3}| (de|du|form|formulaire|kobo|odk).*)")
LIKE_A_TRY = re.compile("(?i)test|essai|xxx|azerty|qwerty")  # quicker than comparing every text without its accents
CODES = {
    "rejected": "submission-rejected",
    "incomplete": "submission-incomplete",
    "to-review": "submission-to-review",
}
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
LISTED = 8  # rows that a message names


def rows_set_aside(submissions: Mapping[int, Submission], instrument: Instrument) -> frozenset[int]:
    """Rows that the tool calls rejected or incomplete, where the instrument sets those aside."""
    told = instrument.collection.set_aside
    return frozenset(number for number, submission in submissions.items() if submission.state in told)


def tell_submissions(
    grid: Grid, sheet: Sheet, submissions: Mapping[int, Submission], aside: frozenset[int], instrument: Instrument
) -> Iterator[Finding]:
    """Answers that the tool or the form's own words call doubtful, and versions of the form, all by count."""
    for state, code in CODES.items():
        rows = [number for number, submission in submissions.items() if submission.state == state]
        if rows:
            is_aside = bool(aside.intersection(rows))
            yield _about(rows, "submission-set-aside" if is_aside else code, sheet, value=state)
    tries = sorted(_tries(grid, instrument))
    if tries:
        yield _about(tries, "test-answers", sheet)
    start = instrument.collection.start
    if start is not None:
        early = [number for number, day in _days(submissions) if day < start and number not in aside]
        if early:
            yield _about(early, "before-collection", sheet, value=start.strftime("%d/%m/%Y"))
    versions = Counter(submission.version for submission in submissions.values() if submission.version)
    told = version_finding(versions, sheet.name)
    if told is not None:
        yield told


def _about(rows: Sequence[int], code: str, sheet: Sheet, value: str = "") -> Finding:
    listed = ", ".join(map(str, rows[:LISTED])) + ("…" if len(rows) > LISTED else "")
    return Finding(code, Level.TO_CHECK, Place(sheet.name, rows[0]), value, cells=len(rows), details={"rows": listed})


def _tries(grid: Grid, instrument: Instrument) -> Iterator[int]:
    """Rows in which a name or a text says that the form was only tried."""
    named = [name for name in grid.cells if instrument.by_name[name].type in ("identifier", "text")]
    for record, row in enumerate(grid.rows):
        texts = (grid.cells[name][record][0] for name in named)
        if any(LIKE_A_TRY.search(text) and TRY.fullmatch(plain(text)) for text in texts):
            yield row


def _days(submissions: Mapping[int, Submission]) -> Iterator[tuple[int, date]]:
    """(row, day on which it was sent); a column of moments tells which of day and month comes first."""
    texts = {number: submission.sent for number, submission in submissions.items() if submission.sent}
    month_first = _is_month_first(texts.values())
    for number, text in texts.items():
        found = ISO.match(text) or YEAR_FIRST.match(text)
        if found:
            parts = int(found[1]), int(found[2]), int(found[3])
        elif found := DAY_OR_MONTH_FIRST.match(text):
            first, second, year = int(found[1]), int(found[2]), int(found[3])
            parts = (year, first, second) if month_first else (year, second, first)
        else:
            continue
        try:
            yield number, date(*parts)
        except ValueError:
            continue


def _is_month_first(texts: Iterable[str]) -> bool:
    return any((found := DAY_OR_MONTH_FIRST.match(text)) and int(found[2]) > 12 for text in texts)
