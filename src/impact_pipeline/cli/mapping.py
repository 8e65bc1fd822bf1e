"""How a sender writes an instrument: `--mapping`, `--save-mapping` and `--yes` of `impact check`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from impact_pipeline.words import Language, say

if TYPE_CHECKING:
    from impact_pipeline.declarations import ColumnMapping, Instrument, Schemas
    from impact_pipeline.home import Home
    from impact_pipeline.validation import Checked
    from impact_pipeline.validation.proposals import Proposal


def mapping_for(file: Path | None, organisation: str, instrument: Instrument, schemas: Schemas) -> ColumnMapping | None:
    """The mapping of a file that `--mapping` names, else the one that is saved for the organisation.

    Raises DeclarationError for a file that is wrong, BadParameter for one about another instrument.
    """
    from impact_pipeline.declarations import load_mapping

    if file is None or not file.is_file():
        return schemas.mapping(organisation, instrument)
    mapping = load_mapping(file, schemas)
    if mapping.instrument != instrument.instrument:
        told = f"it is about {mapping.instrument}, and the file answers {instrument.instrument}"
        raise typer.BadParameter(told, param_hint="--mapping")
    return mapping


def mapping_path(home: Home, organisation: str, instrument: Instrument, schemas: Schemas) -> Path:
    """Where the mapping of an organisation is saved. Raises BadParameter without one, UnknownName for a wrong one."""
    from impact_pipeline.errors import UnknownName
    from impact_pipeline.names import nearest

    if not organisation:
        raise typer.BadParameter("say whose file it is, with --organisation", param_hint="--save-mapping")
    known = sorted({name for initiative in schemas.initiatives.values() for name in initiative.organisations})
    if organisation not in known:
        raise UnknownName("organisation", organisation, known, nearest(organisation, known))
    return home.schemas / "mappings" / f"{organisation}.{instrument.instrument}.yaml"


def save_mapping(
    check: Callable[[ColumnMapping | None], Checked], mapping: ColumnMapping | None, organisation: str,
    instrument: Instrument, schemas: Schemas,
    language: Language, target: Path, *, accept: bool,
) -> tuple[ColumnMapping, str]:  # fmt: skip
    """Check a file, then write what was matched, what a person confirms, and, behind a `#`, what still waits for a yes.

    `accept`: likely suggestions are taken without a question. Otherwise each is asked, where somebody is at the
    keyboard. Returns the mapping and a line that tells what was done.
    """
    from impact_pipeline.declarations import ColumnMapping
    from impact_pipeline.renderings.mapping_yaml import Waiting, mapping_yaml
    from impact_pipeline.validation.proposals import confirmed, proposals

    start = mapping or ColumnMapping(organisation=organisation, instrument=instrument.instrument)
    asked = proposals(check(mapping), instrument, schemas, mapping)
    columns = [proposal for proposal in asked if proposal.part == "columns" and proposal.is_likely]
    if columns:  # cells are not looked at while a column is missing: as if the likely ones were confirmed, they are
        trial = confirmed(start, columns)
        known = {(p.part, p.field, p.text) for p in asked}
        more = proposals(check(trial), instrument, schemas, trial)
        asked += tuple(p for p in more if (p.part, p.field, p.text) not in known)
    accepted = list(_accepted(asked, instrument, schemas, language, accept=accept))
    answered = {(proposal.part, proposal.field, proposal.text) for proposal in accepted}
    waiting = [p for p in asked if (p.part, p.field, p.text) not in answered]
    found = confirmed(start, accepted)
    lines = [Waiting(p.part, p.field, p.text, " / ".join(p.meanings)) for p in waiting]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(mapping_yaml(found, lines, language), encoding="utf-8")
    return found, say("mapping.saved", language, path=target, confirmed=len(accepted), waiting=len(waiting))


def is_somebody_there() -> bool:
    """Whether a person can answer a question."""
    return sys.stdin.isatty()


def _accepted(
    asked: Sequence[Proposal], instrument: Instrument, schemas: Schemas, language: Language, *, accept: bool
) -> Iterator[Proposal]:
    is_there = is_somebody_there() and not accept
    for proposal in asked:
        if proposal.is_sure or (accept and proposal.is_likely):
            yield proposal
        elif is_there:
            chosen = _ask(proposal, instrument, schemas, language)
            if chosen is not None:
                yield replace(proposal, meanings=(chosen,))


def _ask(proposal: Proposal, instrument: Instrument, schemas: Schemas, language: Language) -> str | None:
    """The meaning that the person chooses; None where they leave it open."""
    item = instrument.by_name.get(proposal.field or proposal.meanings[0])
    label = item.label[language] if item is not None else ""
    if proposal.part == "decisions":
        kind = "dates" if "day-first" in proposal.meanings else "numbers"
        question = say(f"mapping.ask.{kind}", language, label=label, text=proposal.text)
        answer = typer.prompt(question, default="", show_default=False).strip()
        return dict(zip(("1", "2"), proposal.meanings, strict=True)).get(answer)
    meaning = proposal.meanings[0]
    if proposal.part == "values" and item is not None:
        code = schemas.codelist(item.codes).by_code[meaning]
        question = say("mapping.ask.values", language, label=label, text=proposal.text, meaning=code.label[language])
    elif item is None or proposal.part == "sheet":
        question = say(
            f"mapping.ask.{'sheet' if proposal.part == 'sheet' else 'ignored'}", language, text=proposal.text
        )
    else:
        question = say("mapping.ask.columns", language, text=proposal.text, label=label)
    return meaning if typer.confirm(question, default=False) else None
