"""What there is to correct, in order and in words: by level, then by cause, then by place.

The outcome of a check comes in; lines that a sheet or a page lays out go out. Counts are true even where only the first
lines are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from impact_pipeline.findings import Finding, Level
from impact_pipeline.giving_back.received import Received
from impact_pipeline.validation.messages import Message, group, tell, title

JUSTIFIED = "justified"  # a question that the sender has answered in writing


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, in words; `justification` is what its sender wrote about it."""

    finding: Finding
    message: Message
    justification: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Lines that share a level, a code and a field. `count` is of cells or rows, `listed` of those in `lines`."""

    level: str  # blocking | to-check | corrected | justified
    code: str
    title: str
    count: int
    listed: int
    lines: tuple[Line, ...]


def causes(received: Received, *, listed: int, levels: tuple[str, ...]) -> Iterator[Cause]:
    """The causes of these levels, in their order; of each the first lines."""
    checked, language = received.checked, received.language
    groups = group(checked.findings, checked.counts)
    found: dict[str, list[Cause]] = {level: [] for level in levels}
    for of in groups:
        label = received.instrument.by_name[of.field].label[language] if of.field else ""
        name = " · ".join(filter(None, [title(of.code, language), label]))
        answered = [finding for finding in of.findings if _asks_no_more(finding)]
        others = [finding for finding in of.findings if not _asks_no_more(finding)]
        for level, findings in ((of.level.value, others), (JUSTIFIED, answered)):
            if level not in found or not findings:
                continue
            told = tuple(_line(finding, received) for finding in findings[:listed])
            cells = sum(finding.cells for finding in findings)
            counted = cells if answered else max(of.count, cells)
            found[level].append(Cause(level, of.code, name, counted, sum(line.finding.cells for line in told), told))
    for level in levels:
        yield from found[level]


def _asks_no_more(finding: Finding) -> bool:
    """Whether its sender has answered it; what could not be used stays a question, with what was written about it."""
    return finding.level is Level.CORRECTED and bool(finding.details.get("justification"))


def _line(finding: Finding, received: Received) -> Line:
    message = tell(finding, received.instrument, received.schemas, received.language)
    return Line(finding, message, str(finding.details.get("justification", "")))


def worst(one: Level, other: Level) -> Level:
    """The level at which a person should look first."""
    order = list(Level)
    return min(one, other, key=order.index)
