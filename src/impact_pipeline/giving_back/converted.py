"""What was read and corrected for the sender, one line each; numbers read as they are written are one line together.

Causes of the outcome of a check come in; titles, places and sentences go out, for the terminal and for the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from babel.numbers import format_decimal

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.findings import Finding, Level
from impact_pipeline.giving_back.summary import number
from impact_pipeline.validation.messages import Group, tell
from impact_pipeline.words import Language, say

AROUND = re.compile(r"[\s€]")  # what changes nothing in what a number says
MARKS = {"fr": ",", "en": "."}  # before the decimals


class Line(NamedTuple):
    """One thing that was read for the sender."""

    title: str
    place: str
    read: str
    todo: str = ""  # only where there may be something to do


def converted_lines(
    causes: Iterable[Group], instrument: Instrument, schemas: Schemas, language: Language, listed: int
) -> Iterator[Line]:
    """The lines of the causes that ask for nothing; of each the first `listed`."""
    as_written: list[Finding] = []
    nothing = say("check.nothing-to-do", language).rstrip(".")
    for cause in causes:
        if cause.level is not Level.CORRECTED:
            continue
        for finding in cause.findings[:listed]:
            if is_as_written(finding, language):
                as_written.append(finding)
                continue
            message = tell(finding, instrument, schemas, language)
            label = f" · {instrument.by_name[cause.field].label[language]}" if cause.field else ""
            place = message.place[:1].upper() + message.place[1:]
            todo = "" if message.todo.startswith(nothing) else message.todo
            yield Line(f"{message.title}{label}", place, message.read, todo)
    if as_written:
        count = sum(finding.cells for finding in as_written)
        names = dict.fromkeys(str(finding.details.get("header") or finding.field) for finding in as_written)
        columns = ", ".join(say("message.quoted", language, text=name) for name in names)
        key = f"check.as-written.{'one' if count == 1 else 'many'}"
        title = say("finding.number-converted.title", language)
        place = say("check.whole", language)
        yield Line(title, place, say(key, language, count=number(count, language), columns=columns))


def is_as_written(finding: Finding, language: Language) -> bool:
    """Whether a number was read as people of the language write it: `1 204` or `9 450,50 €`, in French."""
    read = str(finding.details.get("as", ""))
    if finding.code != "number-converted" or not re.fullmatch(r"-?\d+(\.\d+)?", read):
        return False
    told = str(format_decimal(read, locale=language, decimal_quantization=False))
    return _bare(finding.value, MARKS[language]) == _bare(told, MARKS[language])


def _bare(text: str, mark: str) -> str:
    """A number without its spaces, its currency and the last zeros of its decimals."""
    bare = AROUND.sub("", text)
    return bare.rstrip("0").rstrip(mark) if mark in bare else bare
