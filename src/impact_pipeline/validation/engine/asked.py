"""Which questions were put to whom, inside the engine: what `validation.asked` is to a small file.

`clean` (typed records without unusable cells) comes in; `unasked` (record, position of the field, asked: false, or null
where nobody can tell) is made, and `cells` learns which blanks are those of a question that was not put.
"""

from __future__ import annotations

from impact_pipeline.findings import Finding, Level
from impact_pipeline.renderings.engine_sql import quoted
from impact_pipeline.renderings.rule_sql import relevance
from impact_pipeline.validation import outcome
from impact_pipeline.validation.engine.table import Counts, EngineTable


def find_unasked(table: EngineTable) -> None:
    """Make `unasked`: empty where every field is always asked."""
    table.run("create or replace temp table unasked (record bigint, position integer, asked boolean)")
    query = relevance(table.instrument, "clean")
    if query is None:
        return
    table.run(f"create or replace temp table asked as {query}")
    for number, position in enumerate(_positions(table)):
        asked = f"_asked_{number}"
        table.run(
            f"insert into unasked select _record, {position}, {asked} from asked where {asked} is distinct from true"
        )


def idle(position: int) -> str:
    """The records to which a field was not put."""
    return f"select record from unasked where position = {position} and not asked"


def note_unasked(table: EngineTable) -> None:
    """Blanks of questions that were not put say so in `cells`; what is invalid or labelled is there already."""
    for position in _positions(table):
        name = quoted(table.instrument.fields[position].name)
        table.run(
            f"""
            insert into cells
            select _record, {position}, 'not-asked', ''
            from typed
            where {name} is null and _record in ({idle(position)})
                and _record not in (select record from cells where position = {position})
            """
        )


def answered_not_asked(table: EngineTable, limit: int) -> tuple[list[Finding], Counts]:
    """Answers to questions that were not to be asked: the first ones of each field, and how many."""
    findings: list[Finding] = []
    counts: Counts = {}
    headers = outcome.headers_of(table.columns)
    for position in sorted(_positions(table)):
        name = table.instrument.fields[position].name
        told = f"""
            from clean
            join texts on texts.rowid = _record
            where {quoted(name)} is not null and {table.text(name)} <> '' and _record in ({idle(position)})
        """
        count = table.run(f"select count(*) {told}")[0][0]
        if not count:
            continue
        counts["answered-not-asked", Level.TO_CHECK, name] = count
        for record, text in table.run(f"select _record, {table.text(name)} {told} order by _record limit {limit}"):
            place = table.place(record, name)
            findings.append(outcome.unasked_finding(table.instrument, place, text, name, headers.get(name)))
    return findings, counts


def _positions(table: EngineTable) -> list[int]:
    """Positions of the fields that are not always asked, in the order in which they can be told."""
    names = list(table.instrument.by_name)
    return [names.index(name) for name in table.instrument.asked_in_order]
