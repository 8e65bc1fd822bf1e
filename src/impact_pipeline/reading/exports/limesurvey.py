"""Exports of LimeSurvey: questions by code, by text or by both; answers by code or by label.

Conventions: LimeSurvey's exporter. An array or a question of several answers has one column a line
(`Q2[SQ001]`, `Question text [line]`, or `Q2[SQ001]. Question text [line]`; dual scales `Q2[SQ001][1]`); what was not
asked is `N/A`; a response without a date of submission was not finished; ends of a scale bear their label
(`Not at all - 0`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from impact_pipeline.names import plain
from impact_pipeline.reading.exports.columns import OPTION_VALUES, column_named, header_of, renamed, texts_of
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Choice, State, Submission, Survey, Tool

CODES = frozenset(
    ["id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr", "refurl"]
)
TITLES: Mapping[str, str] = {  # plain heading, in English or French -> code
    "response id": "id", "id de la reponse": "id", "identifiant de la reponse": "id",
    "date submitted": "submitdate", "date de soumission": "submitdate",
    "last page": "lastpage", "derniere page": "lastpage",
    "start language": "startlanguage", "langue de depart": "startlanguage", "langue initiale": "startlanguage",
    "seed": "seed", "tete de serie": "seed", "graine": "seed",
    "token": "token", "access code": "token", "code d acces": "token", "invitation": "token",
    "date started": "startdate", "date de lancement": "startdate", "date de debut": "startdate",
    "date last action": "datestamp", "date de la derniere action": "datestamp",
    "ip address": "ipaddr", "adresse ip": "ipaddr",
    "referrer url": "refurl", "url de reference": "refurl", "url referente": "refurl",
}  # fmt: skip
MARKS = frozenset(["submitdate", "lastpage", "startlanguage", "seed", "datestamp", "startdate"])
TIMING = re.compile(r"interviewtime|groupTime\d+|.+Time")
TIMING_TITLE = re.compile(r"(total time|temps total|(question|group) time|temps (de|pour) .*) ?.*")
CODED = re.compile(r"(?P<code>[A-Za-z][A-Za-z0-9]*(?:\[[^\]]*\])*)\. (?P<title>.+)", re.DOTALL)
LINE = re.compile(r"(?P<question>.*\S)\s*\[(?P<line>[^\[\]]+)\]", re.DOTALL)
DOTTED = re.compile(r"(?P<question>[A-Za-z][A-Za-z0-9]*)\.(?P<line>[A-Za-z0-9]+)\.")  # what R makes of `Q2[SQ001]`
COMMENT = "comment"
OTHER = frozenset(["other", "autre"])
NOT_ASKED = frozenset(["N/A"])
ENOUGH = 3  # columns of the tool that tell its export


def as_limesurvey(book: Book) -> Book | None:
    """The book as LimeSurvey means it; None where its first sheet does not bear the marks of its exports."""
    codes = [[_code_of(text) for text in header_of(sheet)] for sheet in book.sheets]
    told = [len({*found} - {None}) >= ENOUGH and len(MARKS.intersection(found)) >= 2 for found in codes]
    if not any(told):
        return None
    sheets = tuple(
        _arranged(sheet, found) if is_told else sheet
        for sheet, found, is_told in zip(book.sheets, codes, told, strict=True)
    )
    return replace(book, sheets=sheets, tool=Tool.LIMESURVEY)


def _code_of(text: str) -> str | None:
    """The code of a column of the tool, whichever way the headings are written."""
    if text in CODES:
        return text
    coded = CODED.fullmatch(text)
    if coded and coded["code"] in CODES:
        return coded["code"]
    return TITLES.get(plain(text))


def _arranged(sheet: Sheet, codes: Sequence[str | None]) -> Sheet:
    header, rows = header_of(sheet), sheet.rows[1:]
    metadata = frozenset(column for column, text in enumerate(header) if codes[column] or _is_timing(text, header))
    questions = [column for column in range(len(header)) if header[column] and column not in metadata]
    names = {column: _names(header[column]) for column in questions}
    times = Counter(line for found in names.values() for _, line in found if line)
    headings = {
        column: (
            *(f"{question} {line}".strip() for question, line in found),
            *(line for _, line in found if times[line] == 1),
        )
        for column, found in names.items()
    }
    survey = Survey(
        headings=renamed(headings),
        choices=tuple(_choices(names, rows)),
        not_asked=NOT_ASKED,
        submissions=_submissions(codes, rows),
    )
    return replace(sheet, metadata_columns=metadata, survey=survey)


def _is_timing(text: str, header: Sequence[str]) -> bool:
    if TIMING.fullmatch(text):
        return text == "interviewtime" or text.startswith("groupTime") or text.removesuffix("Time") in header
    return TIMING_TITLE.fullmatch(plain(text)) is not None and "[" not in text


def _names(text: str) -> list[tuple[str, str]]:
    """(question, line) for each name of a column: by code and by title where it bears both."""
    coded = CODED.fullmatch(text)
    found = []
    for part in (coded["code"], coded["title"]) if coded else (text,):
        line = LINE.fullmatch(part.strip()) or DOTTED.fullmatch(part.strip())
        found.append((line["question"].strip(), line["line"].strip()) if line else (part.strip(), ""))
    return found


def _choices(names: Mapping[int, Sequence[tuple[str, str]]], rows: Sequence[Row]) -> Iterator[Choice]:
    """Lines of a question next to each other that hold nothing but ticks; `other` may hold a text."""
    runs: list[list[int]] = []
    for column in sorted(names):
        if not names[column][0][1]:
            continue
        last = runs[-1][-1] if runs else None
        same = last is not None and column == last + 1 and names[last][0][0] == names[column][0][0]
        if same:
            runs[-1].append(column)
        else:
            runs.append([column])
    for run in runs:
        options = [column for column in run if not names[column][0][1].endswith(COMMENT)]
        ticks = [
            column
            for column in options
            if all(text.casefold() in OPTION_VALUES for _, text in texts_of(rows, column))
            or plain(names[column][-1][1]) in OTHER
            or plain(names[column][0][1]) in OTHER
        ]
        if ticks and len(ticks) == len(options):
            headings = tuple(dict.fromkeys(question for question, _ in names[run[0]]))
            told = tuple((column, tuple(line for _, line in reversed(names[column]) if line)) for column in ticks)
            yield Choice(headings, ticks[0], False, told)


def _submissions(codes: Sequence[str | None], rows: Sequence[Row]) -> dict[int, Submission]:
    """A response without a date of submission was left before its end, where the export tells dates at all."""
    ids = dict(texts_of(rows, column_named([code or "" for code in codes], "id")))
    at = column_named([code or "" for code in codes], "submitdate")
    started = dict(texts_of(rows, column_named([code or "" for code in codes], "startdate", "datestamp")))
    submitted = dict(texts_of(rows, at))
    found = {}
    for row in rows:
        sent = submitted.get(row.number, "")
        state: State = "incomplete" if at is not None and sent in ("", "N/A") else ""
        found[row.number] = Submission(ids.get(row.number, ""), sent or started.get(row.number, ""), "", state)
    return found
