"""What a person may confirm about how a file is written: columns, words and readings, from what checking it found.

Findings and the mapping that is saved so far come in; proposals go out, each with what it would have us do. Nothing is
decided here: a proposal is a question until somebody says yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.declarations import IGNORED, ColumnMapping, Instrument, Schemas
from impact_pipeline.findings import Finding, column_letter
from impact_pipeline.names import nearest, plain
from impact_pipeline.validation.checked import Checked

NEAR_ANSWER = 60  # of 100: answers are short, and one slip weighs more than in a header
Part = Literal["sheet", "columns", "values", "decisions"]
READINGS = {"ambiguous-date": ("day-first", "month-first"), "ambiguous-number": ("comma", "point")}


@dataclass(frozen=True, slots=True)
class Proposal:
    """`text`, as the file writes it, may mean `meanings[0]`, or one of the others where there are several.

    `field` is that of a word or of a reading. `is_sure`: it was read so already, and needs no question. `is_likely`:
    one meaning is probable, so that a person in a hurry may accept it as it is.
    """

    part: Part
    text: str
    meanings: tuple[str, ...]
    field: str = ""
    is_sure: bool = False
    is_likely: bool = False


def proposals(
    checked: Checked, instrument: Instrument, schemas: Schemas, mapping: ColumnMapping | None
) -> tuple[Proposal, ...]:
    """Everything that a person may confirm, once each, in the order of the file; what is confirmed already is left
    out."""
    found: dict[tuple[str, str, str], Proposal] = {}
    for proposal in _proposed(checked, instrument, schemas):
        if not _is_known(proposal, mapping):
            found.setdefault((proposal.part, proposal.field, plain(proposal.text) or proposal.text), proposal)
    return tuple(found.values())


def confirmed(mapping: ColumnMapping, accepted: Iterable[Proposal]) -> ColumnMapping:
    """The mapping with what a person accepted; a meaning that a field has already gives way to the new one."""
    told = mapping.model_dump()
    for proposal in accepted:
        meaning = proposal.meanings[0]
        if proposal.part == "sheet":
            told["sheet"] = proposal.text
        elif proposal.part == "columns":
            others = {h: name for h, name in told["columns"].items() if meaning == IGNORED or name != meaning}
            told["columns"] = others | {proposal.text: meaning}
        elif proposal.part == "values":
            told["values"].setdefault(proposal.field, {})[proposal.text] = meaning
        else:
            told["decisions"][proposal.field] = meaning
    return ColumnMapping.model_validate(told)


def _is_known(proposal: Proposal, mapping: ColumnMapping | None) -> bool:
    if mapping is None:
        return False
    if proposal.part == "columns":
        return plain(proposal.text) in map(plain, mapping.columns)
    if proposal.part == "values":
        return proposal.text in mapping.values.get(proposal.field, {})
    return proposal.field in mapping.decisions if proposal.part == "decisions" else mapping.sheet is not None


def _proposed(checked: Checked, instrument: Instrument, schemas: Schemas) -> Iterator[Proposal]:
    for finding in checked.findings:
        header = str(finding.details.get("header", ""))
        column = finding.place.column
        if not header and column is not None and finding.code in ("unknown-column", "missing-column"):
            header = f"colonne {column_letter(column)}"  # one without a title is named by its letter
        if finding.code == "column-read-as" and finding.field:
            yield Proposal("columns", header, (finding.field,), is_sure=True)
        elif finding.code in ("unknown-column", "unknown-indicator") and header:
            meant = finding.details.get("suggested")
            yield Proposal("columns", header, (str(meant or IGNORED),), is_likely=bool(meant))
        elif finding.code == "missing-column" and finding.field and header:
            yield Proposal("columns", header, (finding.field,), is_likely="nearest" in finding.details)
        elif finding.code in READINGS and finding.field:
            yield Proposal("decisions", finding.value, READINGS[finding.code], finding.field)
        elif finding.code == "not-in-list":
            yield from _word(finding, instrument, schemas)
        elif finding.code == "sheet-not-read" and checked.read_as.get("sheet"):
            yield Proposal("sheet", checked.read_as["sheet"], (checked.read_as["sheet"],))


def _word(finding: Finding, instrument: Instrument, schemas: Schemas) -> Iterator[Proposal]:
    """The answer of the list that a word may stand for; the first one, to be changed, where none is near."""
    item = instrument.by_name.get(finding.field or "")
    if item is None or item.codes is None or not finding.value.strip():
        return
    codelist = schemas.codelist(item.codes)
    spellings = {s: c.code for c in codelist.codes for s in (c.code, c.label.fr, c.label.en, *c.synonyms)}
    near = nearest(finding.value, spellings, at_least=NEAR_ANSWER)
    meant = spellings[near] if near else codelist.codes[0].code
    yield Proposal("values", finding.value.strip(), (meant,), item.name, is_likely=near is not None)
