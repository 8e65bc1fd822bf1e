"""Answers of Google Forms: CSV (alone or zipped) or the sheet that collects them.

Conventions: the first column is the moment of the answer, in the language of the form; a question with boxes has its
answers joined by `, ` in the sheet and by `;` in the CSV; a grid has one column a line, `Question [Line]`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from impact_pipeline.names import plain
from impact_pipeline.reading.exports.columns import header_of, renamed, texts_of
from impact_pipeline.reading.sheet import Book, Sheet
from impact_pipeline.reading.survey import Submission, Survey, Tool

MOMENTS = frozenset(["horodateur", "timestamp", "horodatage", "marca temporal", "zeitstempel"])
OF_THE_TOOL = frozenset(
    ["adresse e mail", "email address", "nom d utilisateur", "username", "score", "note totale", "total score"]
)
SCORES = re.compile(r".* \[(score|feedback|commentaires|note)\]", re.IGNORECASE)
LINE = re.compile(r"(?P<question>.*\S)\s*\[(?P<line>[^\[\]]+)\]", re.DOTALL)
MOMENT = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}[ T,]+\d{1,2}[:.h]\d{2}.*")


def as_google_forms(book: Book) -> Book | None:
    """The book as Google Forms means it; None where no first column holds the moments of answers."""
    told = [_is_told(sheet) for sheet in book.sheets]
    if not any(told):
        return None
    sheets = tuple(_arranged(sheet) if is_told else sheet for sheet, is_told in zip(book.sheets, told, strict=True))
    return replace(book, sheets=sheets, tool=Tool.GOOGLE_FORMS)


def _is_told(sheet: Sheet) -> bool:
    header = header_of(sheet)
    if len(header) < 2 or plain(header[0]) not in MOMENTS:
        return False
    told = [text for _, text in texts_of(sheet.rows[1:], 0) if text]
    return all(MOMENT.fullmatch(text) for text in told)


def _arranged(sheet: Sheet) -> Sheet:
    header, rows = header_of(sheet), sheet.rows[1:]
    metadata = frozenset(
        column
        for column, text in enumerate(header)
        if column == 0 or plain(text) in OF_THE_TOOL or SCORES.fullmatch(text)
    )
    lines = {column: found for column, text in enumerate(header) if (found := LINE.fullmatch(text))}
    times = Counter(found["line"] for found in lines.values()) + Counter(header)
    headings = {
        column: (f"{found['question']} {found['line']}", *([found["line"]] if times[found["line"]] == 1 else []))
        for column, found in lines.items()
    }
    survey = Survey(
        headings=renamed(headings),
        joined=_joined(sheet, header),
        submissions={number: Submission(sent=text) for number, text in texts_of(rows, 0)},
    )
    return replace(sheet, metadata_columns=metadata, survey=survey)


def _joined(sheet: Sheet, header: Sequence[str]) -> str:
    """Semicolons join the answers of the CSV that the form itself gives, whose moments tell their zone."""
    told = [text for _, text in texts_of(sheet.rows[1:], 0) if text]
    from_the_form = any(re.search(r"(AM|PM|UTC|GMT)", text) for text in told)
    return ";" if from_the_form else ", "
