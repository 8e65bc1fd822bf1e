"""Answers chosen from a list, several of them, and yes or no.

Distinct cells and the code list come in, codes go out. A label as the template writes it is no conversion; another
spelling of it is, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from impact_pipeline.conforming.calendar import MONTHS
from impact_pipeline.conforming.typed import Cell, Column, Raw, each, invalid
from impact_pipeline.declarations import CodeList
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

YES = frozenset(["oui", "o", "yes", "y", "vrai", "true", "1", "x", "v", "ok", "coche", "cochee", "checked"])
NO = frozenset(["non", "n", "no", "faux", "false", "0", "decoche", "decochee", "non coche", "non cochee", "unchecked"])
AS_EXPECTED = frozenset(("oui", "non", "yes", "no", "true", "false", "1", "0"))  # whatever their case
TICKS = frozenset(["✓", "✔", "✔️", "☑", "☒", "✅"])  # not `✗`, which means no beside `✓`, and yes elsewhere
UNTICKED = frozenset(["☐", "□", "[ ]"])
WHOLE = re.compile(r"(-?\d+)[.,]0+")  # a code, as statistics tools write the numbers of a column with blanks
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
DAY_SHOWN = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
BETWEEN = (re.compile(r"[;|\n]"), re.compile(r"[,/]"), re.compile(r"\s+"))  # from the surest to what a label may hold


def read_booleans(cells: Collection[Raw]) -> Column:
    """Each distinct cell of a yes-or-no field: `oui`, `O`, `x`, `coché`, `vrai`, `1`."""

    def read(text: str, kind: str) -> Cell:
        if kind == Kind.BOOLEAN:
            return Cell(text == "true")
        word = "" if _in_doubt(text) else plain(WHOLE.sub(r"\1", text))
        known = word in YES or word in NO
        value = True if text in TICKS else False if text in UNTICKED else word in YES if known else None
        if value is None:
            return invalid("not-a-boolean")
        return (
            Cell(value)
            if text.lower() in AS_EXPECTED
            else Cell(value, code="code-converted", as_read=str(value).lower())
        )

    return each(cells, read)


def read_categories(cells: Collection[Raw], codelist: CodeList) -> Column:
    """Each distinct cell of a field with one answer."""
    spellings, exact = _spellings(codelist)

    def read(text: str, kind: str) -> Cell:
        code = spellings[plain(text)] if text in exact else _code(text, spellings, codelist)
        if code is None:
            return _from_date(text, kind, spellings) or invalid("not-in-list")
        return Cell(code) if text in exact else Cell(code, code="code-converted", as_read=code)

    return each(cells, read)


def read_several(cells: Collection[Raw], codelist: CodeList) -> Column:
    """Each distinct cell of a field with several answers: codes in the list's order, joined by one space.

    Answers stand between `;`, `|` or line breaks, else between commas or slashes, else between spaces, as survey tools
    export codes; a label may hold any of these.
    """
    spellings, exact = _spellings(codelist)
    order = {code: place for place, code in enumerate(codelist.by_code)}

    def read(text: str, kind: str) -> Cell:
        answers = _answers(text, spellings, codelist)
        if None in answers.values() and (found := _from_date(text, kind, spellings)):
            return found
        if not answers or None in answers.values():
            return invalid("not-in-list")
        codes = " ".join(sorted({str(code) for code in answers.values()}, key=order.__getitem__))
        return Cell(codes) if exact.issuperset(answers) else Cell(codes, code="code-converted", as_read=codes)

    return each(cells, read)


def _answers(text: str, spellings: dict[str, str], codelist: CodeList, depth: int = 0) -> dict[str, str | None]:
    """Each answer as written -> its code, None for one that the list does not have."""
    code = _code(text, spellings, codelist)
    if code is not None or depth == len(BETWEEN):
        return {text: code}
    parts = [part.strip() for part in BETWEEN[depth].split(text) if part.strip()]
    found: dict[str, str | None] = {}
    for part in parts:
        found |= _answers(part, spellings, codelist, depth + 1)
    return found


def code_of(text: str, codelist: CodeList) -> str | None:
    """The code that a text means, or None."""
    return _code(text, _spellings(codelist)[0], codelist)


def _spellings(codelist: CodeList) -> tuple[dict[str, str], frozenset[str]]:
    """Plain spelling -> code, and the spellings that are as expected: codes and labels."""
    plainly: dict[str, str] = {}
    for item in codelist.codes:
        for spelling in (item.code, item.label.fr, item.label.en, *item.synonyms):
            plainly.setdefault(plain(spelling), item.code)
    exact = frozenset(s for item in codelist.codes for s in (item.code, item.label.fr, item.label.en))
    return plainly, exact


def _code(text: str, spellings: dict[str, str], codelist: CodeList) -> str | None:
    if text in codelist.by_code:
        return text
    if (whole := WHOLE.fullmatch(text)) and whole[1] in codelist.by_code:
        return whole[1]
    word = "" if _in_doubt(text) else plain(text)
    return spellings.get(word) if word else None


def _from_date(text: str, kind: str, spellings: dict[str, str]) -> Cell | None:
    """The one answer that a spreadsheet took for a date: `5-10` became the fifth of October, `10-15` October 2015."""
    if kind == Kind.DATE:
        made = ISO.match(text)
        numbers = [(int(made[1]), int(made[2]), int(made[3]))] if made else []
    else:
        numbers = list(_dates_shown(text))
    looks = {
        spelling
        for year, month, day in numbers
        for spelling in [
            *([f"{day} {month}", f"{month} {day}"] if day else []),
            *([f"{month} {year % 100}", f"{month:02} {year % 100:02}"] if day in (0, 1) and year else []),
        ]
    }
    codes = {spellings[look] for look in looks if look in spellings}
    if len(codes) != 1:
        return None
    code = codes.pop()
    return Cell(code, code="code-from-date", as_read=code)


def _dates_shown(text: str) -> Iterator[tuple[int, int, int]]:
    """Year, month and day of a date as a spreadsheet shows it in a text (`05-oct`, `oct-15`); 0 where it shows none."""
    if found := DAY_SHOWN.fullmatch(text):
        yield int(found[3]), int(found[2]), int(found[1])
    words = plain(text).split()
    if len(words) == 2 and words[1] in MONTHS and words[0].isdigit():
        yield 0, MONTHS[words[1]], int(words[0])
    if len(words) == 2 and words[0] in MONTHS and words[1].isdigit():
        yield int(words[1]), MONTHS[words[0]], 0


def _in_doubt(text: str) -> bool:
    """`oui ?` is a question of whoever typed it, not an answer; `??` is no label either."""
    return text.endswith("?")
