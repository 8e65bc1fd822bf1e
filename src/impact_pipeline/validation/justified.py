"""Questions that the sender has answered in writing: the finding stays, with its justification.

An outcome and justifications come in; the outcome goes out in which a finding to check so explained is for information
(CORRECTED), its counts following. Words make no value of what could not be used: there the question stays, with what
was written about it. Nothing else changes: a row that is set aside stays so, whatever is written about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from impact_pipeline.declarations import Instrument
from impact_pipeline.findings import Finding, Justification, Level
from impact_pipeline.validation.checked import Checked
from impact_pipeline.validation.messages import counts_as_empty

SET_ASIDE = frozenset({"submission-set-aside"})  # questions about rows that do not count
Cause = tuple[str, str | None, str | None, str]  # code, sheet, field, value
Name = tuple[str, int | None]  # what tells one of a cause from another


@dataclass(frozen=True, slots=True)
class _Asked:
    """A finding to check: where it stands among all, the key of its record (empty where nobody knows), its row."""

    number: int
    key: str
    row: int | None


def keys_of(checked: Checked, instrument: Instrument) -> dict[int, str]:
    """Row of the sheet -> key of the record that it holds, by the columns that the file has; empty where a row is not
    one record of one sheet."""
    if checked.layout == "matrix" or "sheets" in checked.read_as:
        return {}
    in_file = {column.field for column in checked.columns if column.column is not None}
    names = [name for name in instrument.key if name in in_file]
    records = checked.records.first(checked.accepted)
    if not names or not len(records):
        return {}
    told = zip(*(records.column(name).to_pylist() for name in names), strict=True)
    return dict(zip(records.column("row").to_pylist(), (" · ".join(map(str, key)) for key in told), strict=True))


def key_of(finding: Finding, keys: Mapping[int, str]) -> str:
    """The key of the record that a finding is about; empty where it is about several, or about none that is known."""
    return keys.get(finding.place.row or 0, "") if finding.cells == 1 else ""


def justify(
    checked: Checked, justifications: Sequence[Justification], keys: Mapping[int, str] | None = None
) -> Checked:
    """The outcome with the justifications kept in the findings that they explain; `keys` are those of `keys_of`.

    A justification holds for the same code, sheet, field, value and record: what was explained and then changed is
    asked again. The row only tells equals apart, so that a row may be deleted or inserted. One without a word explains
    nothing; of two for the same finding the last one holds. Where nobody can say which of several equal findings was
    explained, that is told.
    """
    written = {_identity(item): item for item in justifications if item.text.strip()}
    if not written:
        return checked
    asked: dict[Cause, list[_Asked]] = defaultdict(list)
    for number, finding in enumerate(checked.findings):
        if finding.level is Level.TO_CHECK:
            cause = finding.code, finding.place.sheet, finding.field, _plain(finding.value)
            asked[cause].append(_Asked(number, key_of(finding, keys or {}), finding.place.row))
    said: dict[Cause, list[Justification]] = defaultdict(list)
    for item in written.values():
        said[item.code, item.sheet, item.field, _plain(item.value)].append(item)
    texts: dict[int, str] = {}
    unused = 0
    for cause, items in said.items():
        paired, left = _paired(items, asked.get(cause, []))
        texts |= paired
        unused += left
    return _with(checked, texts, unused)


def _with(checked: Checked, texts: Mapping[int, str], unused: int) -> Checked:
    """The outcome with the words about each finding, by its number, and how many found none."""
    findings, counts = list(checked.findings), dict(checked.counts)
    for number, text in texts.items():
        finding = findings[number]
        explained = replace(finding, details={**finding.details, "justification": text})
        if not (counts_as_empty(finding) or finding.code in SET_ASIDE):
            explained = replace(explained, level=Level.CORRECTED)
            asked = finding.code, Level.TO_CHECK, finding.field
            known = finding.code, Level.CORRECTED, finding.field
            counts[asked] -= finding.cells
            counts[known] = counts.get(known, 0) + finding.cells
            if not counts[asked]:
                del counts[asked]
        findings[number] = explained
    if unused:
        told = Finding("explanations-unused", Level.CORRECTED, cells=unused)
        findings.insert(0, told)
        counts[told.code, told.level, told.field] = unused
    return replace(checked, findings=tuple(findings), counts=counts)


def _paired(items: Iterable[Justification], asked: Iterable[_Asked]) -> tuple[dict[int, str], int]:
    """Number of the finding -> words about it, among findings of one cause; and how many words found none of several
    findings that they may be about."""
    found: dict[int, str] = {}
    items, asked = list(items), list(asked)
    names: tuple[Callable[[str, int | None], Name | None], ...] = (
        lambda key, row: (key, row) if key else None,
        lambda key, row: (key, None) if key else None,
        lambda key, row: ("", row),
    )
    for name in names:
        waiting: dict[Name | None, list[_Asked]] = defaultdict(list)
        for question in asked:
            waiting[name(question.key, question.row)].append(question)
        left = []
        for item in items:
            own = name(item.key, item.row)
            first = waiting[own][0] if own is not None and waiting[own] else None
            if first is None or not _may_be(item, first):
                left.append(item)
                continue
            for question in [q for q in waiting[own] if q.row == first.row]:  # all that is asked in these words
                waiting[own].remove(question)
                found[question.number] = " ".join(item.text.split())
        items, asked = left, [question for question in asked if question.number not in found]
    items.sort(key=lambda item: item.row or 0)
    if len(items) == len(asked) and all(map(_may_be, items, asked)):
        return found | {q.number: " ".join(item.text.split()) for item, q in zip(items, asked, strict=True)}, 0
    return found, sum(any(_may_be(item, question) for question in asked) for item in items)


def _may_be(item: Justification, question: _Asked) -> bool:
    return not item.key or not question.key or item.key == question.key


def _identity(item: Justification) -> tuple[object, ...]:
    return item.code, item.sheet, item.row, item.field, _plain(item.value)


def _plain(value: str) -> str:
    """A value is the same whatever the spaces that a spreadsheet puts around or between its words."""
    return " ".join(value.split())
