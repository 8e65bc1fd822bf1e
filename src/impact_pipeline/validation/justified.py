"""Questions that the sender has answered in writing: the finding stays, with its justification, and asks no more.

An outcome and justifications come in; the outcome goes out in which a finding to check so explained is for information
(CORRECTED), its counts following. Nothing else changes: a row that is set aside stays so, whatever is written about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from impact_pipeline.findings import Finding, Justification, Level
from impact_pipeline.validation.checked import Checked

Key = tuple[str, str | None, int | None, str | None, str]


def justify(checked: Checked, justifications: Sequence[Justification]) -> Checked:
    """The outcome with the justifications kept in the findings that they explain.

    A justification holds for the same code, place, field and value: what was explained and then changed is asked again.
    One without a word explains nothing. Of two for the same finding the last one holds.
    """
    told = {_key_of(item): item.text.strip() for item in justifications if item.text.strip()}
    if not told:
        return checked
    findings, counts = [], dict(checked.counts)
    for finding in checked.findings:
        text = told.get(_key(finding)) if finding.level is Level.TO_CHECK else None
        if text is None:
            findings.append(finding)
            continue
        findings.append(replace(finding, level=Level.CORRECTED, details={**finding.details, "justification": text}))
        asked = finding.code, Level.TO_CHECK, finding.field
        known = finding.code, Level.CORRECTED, finding.field
        counts[asked] -= finding.cells
        counts[known] = counts.get(known, 0) + finding.cells
        if not counts[asked]:
            del counts[asked]
    return replace(checked, findings=tuple(findings), counts=counts)


def _key(finding: Finding) -> Key:
    place = finding.place
    return finding.code, place.sheet, place.row, finding.field, _plain(finding.value)


def _key_of(item: Justification) -> Key:
    return item.code, item.sheet, item.row, item.field, _plain(item.value)


def _plain(value: str) -> str:
    """A value is the same whatever the spaces that a spreadsheet puts around or between its words."""
    return " ".join(value.split())
