"""One page in words about a file: what was read, what to correct and where, what was corrected, what to do next.

It stands alone (no network, no script) and prints on A4. Sentences are the catalogue's, the look is that of the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from babel.dates import format_date
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from impact_pipeline.findings import Level
from impact_pipeline.giving_back import summary
from impact_pipeline.giving_back.converted import converted_lines
from impact_pipeline.giving_back.correction_sheet import told_place
from impact_pipeline.giving_back.excerpts import excerpt
from impact_pipeline.giving_back.listing import JUSTIFIED, Cause, Line, causes
from impact_pipeline.giving_back.received import Received
from impact_pipeline.validation.messages import group
from impact_pipeline.words import say

LISTED = 200  # lines of one cause; its count is told in full
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
VERDICTS = {0: "clean", 1: "blocking", 2: "to-check"}
TO_LOOK_AT = (Level.BLOCKING.value, Level.TO_CHECK.value, JUSTIFIED)


def page(received: Received, *, on: date | None = None) -> str:
    """The page as HTML, in the language of what was received; `on` is the day that it bears."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("impact_pipeline.giving_back"), PackageLoader("impact_pipeline.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    language, checked = received.language, received.checked
    found = list(causes(received, listed=LISTED, levels=TO_LOOK_AT))
    groups = group(checked.findings, checked.counts)
    return environment.get_template("check.html").render(
        say=lambda key, **values: say(key, language, **values),
        language=language,
        file=received.name,
        title=received.instrument.title[language],
        programme=received.schemas.programme.name[language],
        publisher=received.schemas.programme.publisher[language],
        day=format_date(on, format="long", locale=LOCALES[language]) if on else "",
        verdict=summary.verdict(checked, language),
        state=VERDICTS[checked.exit_code],
        counts=list(_counts(received)),
        read=[(say(f"giving_back.page.read.{name}", language), value) for name, value in _read(received)],
        sections=[
            (level, [_cause(cause, received) for cause in of])
            for level in TO_LOOK_AT
            if (of := [cause for cause in found if cause.level == level])
        ],
        corrected=list(converted_lines(groups, received.instrument, received.schemas, language, LISTED)),
        about={level: _about(level, received) for level in TO_LOOK_AT},
        steps=[say(f"giving_back.page.step.{step}", language) for step in _steps(checked.exit_code)],
    )


def _about(level: str, received: Received) -> str:
    """What a level means; where no row is accepted, none of the others is good already."""
    is_none = level == Level.BLOCKING.value and not received.checked.accepted
    return say(f"giving_back.page.about.{level}" + (".none" if is_none else ""), received.language)


def _counts(received: Received) -> Iterator[tuple[str, str]]:
    """(number, what it counts): rows first, then points by level."""
    language, checked = received.language, received.checked
    is_one = checked.accepted == 1 or (language == "fr" and checked.accepted == 0)
    key = f"giving_back.page.count.{_rows(received)}" + (".one" if is_one else "")
    rows = summary.number(checked.rows_in, language)
    yield summary.number(checked.accepted, language), say(key, language, rows=rows)
    for level in Level:
        count = sum(n for (_, of, _), n in checked.counts.items() if of is level)
        yield summary.number(count, language), say(f"giving_back.page.count.{level.value}", language)


def _read(received: Received) -> Iterator[tuple[str, str]]:
    language, read_as = received.language, dict(received.checked.read_as)
    if read_as.get("separator") == "tab":
        read_as["separator"] = say("check.tab", language)
    yield from ((name, read_as[name]) for name in summary.READ_AS if read_as.get(name))
    yield _rows(received), summary.number(received.checked.rows_in, language)


def _rows(received: Received) -> str:
    """What rows are called: in a cross table, an answer is no row."""
    return "rows.matrix" if received.instrument.layout == "matrix" else "rows"


def _steps(exit_code: int) -> tuple[str, ...]:
    return {0: ("send",), 1: ("correct", "justify", "again"), 2: ("look", "justify", "again")}[exit_code]


def _cause(cause: Cause, received: Received) -> dict[str, Any]:
    """A cause ready to be laid out: lines that share an advice stand under it."""
    language = received.language
    listed, count = (summary.number(n, language) for n in (cause.listed, cause.count))
    cut = say("check.first", language, listed=listed, count=count) if cause.listed < cause.count else ""
    blocks = [_block(list(lines), received) for _, lines in groupby(cause.lines, key=_advice)]
    return {"title": cause.title, "code": cause.code, "count": count, "several": cause.count > 1, "cut": cut,
            "blocks": blocks}  # fmt: skip


def _block(lines: Sequence[Line], received: Received) -> dict[str, Any]:
    message = lines[0].message
    shown = excerpt(received, [line.finding for line in lines])
    rows = shown.rows if shown else [None] * len(lines)
    return {
        "expected": message.expected,
        "todo": "" if lines[0].justification else message.todo,  # their explanation stands beside each line
        "example": message.example,
        "columns": shown.columns if shown else (),
        "lines": [
            {
                "place": told_place(line.finding.place, None, line.message.place),
                "read": line.message.read,
                "cells": cells or (),
                "justification": line.justification,
            }
            for line, cells in zip(lines, rows, strict=True)
        ],
    }


def _advice(line: Line) -> tuple[str, str, str]:
    message = line.message
    return message.expected, message.todo, message.example
