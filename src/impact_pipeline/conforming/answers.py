"""Answers chosen from a list, several of them, and yes or no.

Distinct cells and the code list come in, codes go out. A label as the template writes it is no conversion; another
spelling of it is, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from impact_pipeline.conforming.typed import Cell, Column, Raw, each, invalid
from impact_pipeline.declarations import CodeList
from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Kind

YES = frozenset(["oui", "o", "yes", "y", "vrai", "true", "1", "x", "v", "ok", "coche", "cochee"])
NO = frozenset(["non", "n", "no", "faux", "false", "0"])
AS_EXPECTED = frozenset(("oui", "non", "Oui", "Non", "yes", "no", "Yes", "No", "true", "false", "1", "0"))
TICKS = frozenset("✓✔☑☒")  # not `✗`, which means no beside `✓`, and yes elsewhere
BETWEEN = (re.compile(r"[;|\n]"), re.compile(r"[,/]"), re.compile(r"\s+"))  # from the surest to what a label may hold


def read_booleans(cells: Collection[Raw]) -> Column:
    """Each distinct cell of a yes-or-no field: `oui`, `O`, `x`, `coché`, `vrai`, `1`."""

    def read(text: str, kind: str) -> Cell:
        if kind == Kind.BOOLEAN:
            return Cell(text == "true")
        word = "" if _in_doubt(text) else plain(text)
        value = True if text in TICKS else word in YES if word and (word in YES or word in NO) else None
        if value is None:
            return invalid("not-a-boolean")
        return Cell(value) if text in AS_EXPECTED else Cell(value, code="code-converted", as_read=str(value).lower())

    return each(cells, read)


def read_categories(cells: Collection[Raw], codelist: CodeList) -> Column:
    """Each distinct cell of a field with one answer."""
    spellings, exact = _spellings(codelist)

    def read(text: str, kind: str) -> Cell:
        code = spellings[plain(text)] if text in exact else _code(text, spellings, codelist)
        if code is None:
            return invalid("not-in-list")
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
    word = "" if _in_doubt(text) else plain(text)
    return spellings.get(word) if word else None


def _in_doubt(text: str) -> bool:
    """`oui ?` is a question of whoever typed it, not an answer; `??` is no label either."""
    return text.endswith("?")
