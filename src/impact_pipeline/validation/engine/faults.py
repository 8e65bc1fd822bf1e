"""From typed records inside the engine to what is wrong with them: faults, duplicates, broken rules.

The tables `texts` (cells as read), `typed` (`_record`, `_blank` and one column a field) and `cells` (record, position
of the field, status, code: why a cell holds no value) come in; `cells` is completed, records to set aside are marked,
and findings go out. It finds what `check_table` finds, with SQL over all rows where the other has frames; findings
are built by the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from impact_pipeline.errors import ImpactError
from impact_pipeline.findings import Finding, Level
from impact_pipeline.renderings.engine_sql import cell_checks, failures, literal, quoted
from impact_pipeline.renderings.rule_sql import rule_failures
from impact_pipeline.validation import outcome
from impact_pipeline.validation.engine.asked import answered_not_asked, find_unasked, idle, note_unasked
from impact_pipeline.validation.engine.questions import ask, replay_decisions
from impact_pipeline.validation.engine.table import Counts, EngineTable, clean_fields
from impact_pipeline.validation.past import NO_PAST, Link, Past
from impact_pipeline.validation.repeated import key_sql
from impact_pipeline.validation.sides import broken_sides, code_of

PRESENT = "not _blank and _record not in (from dropped)"  # typed rows that are checked
LISTED = 200  # findings of one cause that are listed; all are counted


def find_faults(
    table: EngineTable, told: Sequence[Finding], counted: Counts, past: Past
) -> tuple[list[Finding], Counts, list[Link]]:
    """Check every record and mark those to set aside, in `typed._refused`; returns all that there is to tell, and the
    pairs of rows that a person can decide about.

    `told` and `counted` are what reading and conforming found. Findings are the first LISTED of each cause, counts
    are true. Raises ImpactError for a rule that cannot be evaluated over the instrument's types, DecisionError for a
    decision about no row of the file.
    """
    table.run("alter table typed add column _refused boolean default false")
    findings, counts = list(told), dict(counted)
    if outcome.concerns_all_rows(findings):
        more, how_many = _cells_alone(table, findings)
        table.run("update typed set _refused = true")
        return [*findings, *more], _added(counts, how_many), []
    decided = replay_decisions(table, past)
    findings += decided
    counts = _added(counts, outcome.counts(decided))
    table.run(f"create or replace temp view clean as select _record, {clean_fields(table)} from typed where {PRESENT}")
    find_unasked(table)
    _complete_cells(table)
    _refuse(table, "from dropped")
    repeated, how_many_repeated, links = _duplicates(table)
    note_unasked(table)
    asked, how_many_asked, more_links = ask(table, past, LISTED)
    for more, how_many in (
        _blank_rows(table),
        _bad_cells(table),
        answered_not_asked(table, LISTED),
        (repeated, how_many_repeated),
        _broken_rules(table),
        (asked, how_many_asked),
    ):
        findings += more
        counts = _added(counts, how_many)
    return findings, counts, [*links, *more_links]


def _cells_alone(table: EngineTable, told: Sequence[Finding]) -> tuple[list[Finding], Counts]:
    """What is wrong with the cells of a table that lacks a column: told in the same pass, though no row is accepted."""
    lacking = outcome.lacking_columns(told)
    if lacking is None:
        return [], {}
    replay_decisions(table, NO_PAST)  # rows are dropped from a file that can be used only
    table.run(f"create or replace temp view clean as select _record, {clean_fields(table)} from typed where {PRESENT}")
    find_unasked(table)
    _complete_cells(table)
    positions = {str(position) for position, name in enumerate(table.instrument.by_name) if name in lacking}
    if positions:
        table.run(f"update cells set code = '' where position in ({', '.join(sorted(positions))})")
    return _bad_cells(table)


def _added(counts: Counts, more: Counts) -> Counts:
    """The counts of both."""
    return counts | {key: counts.get(key, 0) + count for key, count in more.items()}


def _complete_cells(table: EngineTable) -> None:
    """Complete `cells` with typed cells that fail a check and with compulsory ones that are empty."""
    instrument = table.instrument
    positions = {name: position for position, name in enumerate(instrument.by_name)}
    table.run(f"create or replace temp view present as select * from typed where {PRESENT}")
    checks = cell_checks(instrument, table.schemas)
    numbered = [(str(number), check.predicate) for number, check in enumerate(checks)]
    codes = ", ".join(literal(check.code) for check in checks)
    fields = ", ".join(str(positions[check.field]) for check in checks)
    if checks:
        table.run(
            f"""
            insert into cells
            select _record, [{fields}][failed + 1], 'invalid', [{codes}][failed + 1]
            from ({failures(numbered, "present", name="failed")}) as found
            """
        )
    for name in filter(lambda name: outcome.is_compulsory(instrument, name), positions):
        answered = f"select record from cells where position = {positions[name]}"
        if name in instrument.key:
            answered += " and status = 'invalid'"
        table.run(
            f"""
            insert into cells
            select _record, {positions[name]}, 'blank', 'required'
            from present
            where {quoted(name)} is null and _record not in ({answered}) and _record not in ({idle(positions[name])})
            """
        )
    compulsory = ", ".join(str(p) for name, p in positions.items() if outcome.is_compulsory(instrument, name))
    _refuse(
        table,
        f"""
        select record
        from cells
        anti join unasked using (record, position)
        where position in ({compulsory}) and (status = 'invalid' or code = 'required')
        """,
    )


def _blank_rows(table: EngineTable) -> tuple[list[Finding], Counts]:
    _refuse(table, "select _record from typed where _blank")
    count = table.run("select count(*) from typed where _blank")[0][0]
    first = table.run(f"select _record from typed where _blank order by _record limit {LISTED}")
    findings = [outcome.blank_row_finding(table.place(record, None)) for (record,) in first]
    return findings, _counted(findings, count)


def _bad_cells(table: EngineTable) -> tuple[list[Finding], Counts]:
    findings, counts = [], {}
    headers = outcome.headers_of(table.columns)
    fields = list(table.instrument.by_name)
    compulsory = ", ".join(str(p) for p, name in enumerate(fields) if outcome.is_compulsory(table.instrument, name))
    table.run(
        f"""
        create or replace temp table bad_cells as
        select record, position, code, position in ({compulsory}) and asked_for is not null as is_unsure
        from cells
        left join (select record, position, true as asked_for from unasked) as doubtful using (record, position)
        where code <> ''
        """
    )
    totals = table.run("select position, code, is_unsure, count(*) from bad_cells group by all order by all")
    for position, code, is_unsure, count in totals:
        name = fields[position]
        counts[code, outcome.cell_level(table.instrument, name, asked=not is_unsure), name] = count
        listed = table.run(
            f"""
            select record, {table.text(name)}
            from (
                select record
                from bad_cells
                where position = {position} and code = {literal(code)} and is_unsure = {is_unsure}
                order by record
                limit {LISTED}
            ) as first_ones
            join texts on texts.rowid = record
            order by record
            """
        )
        header = headers.get(name)
        found = [
            outcome.cell_finding(
                table.instrument, code, table.place(record, name), text, name, header, asked=not is_unsure
            )
            for record, text in listed
        ]
        findings += outcome.asked_once(found, int(count))
    return findings, counts


def _duplicates(table: EngineTable) -> tuple[list[Finding], Counts, list[Link]]:
    """Groups of records with the same key: all set aside where they differ, all but the first where they do not."""
    instrument, unit = table.instrument, table.instrument.unit_field
    key = ", ".join(map(quoted, instrument.key))
    complete = " and ".join(f"{quoted(name)} is not null" for name in instrument.key)
    table.run(
        f"""
        create or replace temp table twins as
        select row_number() over (order by min(_record)) as twin, list(_record order by _record) as records
        from typed
        where {complete} and _record not in (from dropped)
        group by {key}
        having count(*) > 1
        """
    )
    if not table.run("select count(*) from twins")[0][0]:
        return [], {}, []
    table.run("create or replace temp table members as select twin, unnest(records) as record from twins")
    table.run("create or replace temp table differing (twin bigint, position integer)")
    for position, name in enumerate(instrument.by_name):
        table.run(
            f"""
            insert into differing
            select twin, {position}
            from members
            join typed on typed._record = members.record
            join texts on texts.rowid = members.record
            left join cells on cells.record = members.record and position = {position} and {quoted(name)} is null
            group by twin
            having count(distinct coalesce(
                '=' || cast({quoted(name)} as varchar),
                status || case when status = 'invalid' then {table.text(name)} else '' end,
                'blank'
            )) > 1
            """
        )
    _refuse(table, "select record from members where twin in (select twin from differing)")
    same = "where twin not in (select twin from differing)"
    _refuse(table, f"select unnest(records[2:]) from twins {same}")
    different = table.run(
        f"""
        select record, {table.text(unit)}, records[1:{outcome.LISTED_ROWS + 2}], fields
        from members
        join twins using (twin)
        join (select twin, list(position order by position) as fields from differing group by twin) using (twin)
        join texts on texts.rowid = record
        order by record
        limit {LISTED}
        """
    )
    header, fields = outcome.headers_of(table.columns).get(unit), list(instrument.by_name)
    findings = []
    for record, text, records, positions in different:
        others = [table.place(other, None) for other in records if other != record][: outcome.LISTED_ROWS + 1]
        names = [fields[position] for position in positions]
        place = table.place(record, unit)
        findings.append(outcome.duplicate_key_finding(instrument, place, text, header, others, names))
    repeated = table.run(
        f"select unnest(records[2:]) as record, records[1] from twins {same} order by record limit {LISTED}"
    )
    copies = [
        outcome.duplicate_row_finding(table.place(record, None), [table.place(first, None)])
        for record, first in repeated
    ]
    how_many = table.run("select count(*) from members where twin in (select twin from differing)")[0][0]
    how_many_copies = table.run(f"select coalesce(sum(len(records) - 1), 0) from twins {same}")[0][0]
    counts = _counted(findings, how_many) | _counted(copies, int(how_many_copies))
    return [*findings, *copies], counts, _links(table, fields)


def _links(table: EngineTable, fields: Sequence[str]) -> list[Link]:
    """Each row of a group whose rows differ, with the first one."""
    found = table.run(
        f"""
        select record, records[1], {key_sql(table.instrument, "typed")}, positions
        from members
        join twins using (twin)
        join (select twin, list(position order by position) as positions from differing group by twin) using (twin)
        join typed on typed._record = members.record
        where record <> records[1]
        order by record
        """
    )
    return [
        Link("key", table.first_row + record, key, "", table.first_row + first, key, " ".join(fields[p] for p in at))
        for record, first, key, at in found
    ]


def _broken_rules(table: EngineTable) -> tuple[list[Finding], Counts]:
    instrument = table.instrument
    if not instrument.rules:
        return [], {}
    try:
        table.run(f"create or replace temp table broken as {rule_failures(instrument, 'clean')}")
    except duckdb.Error as error:
        raise ImpactError(f"{instrument}: a rule cannot be evaluated: {error}") from error
    headers = outcome.headers_of(table.columns)
    found: list[tuple[int, int, Finding]] = []
    counts: Counts = {}
    for rule, count in table.run("select rule, count(*) from broken group by rule order by rule"):
        declared, cells = instrument.rules[rule], outcome.rule_cells(instrument, rule)
        first, level = outcome.rule_fields(instrument, rule)[0], Level(declared.level)
        if level is Level.BLOCKING:
            _refuse(table, f"select _record from broken where rule = {rule}")
        key = (code_of(declared), level, first)
        counts[key] = counts.get(key, 0) + count
        sides = broken_sides(table.connection, declared, instrument, "clean", LISTED)
        listed = table.run(
            f"""
            select _record, {", ".join(table.text(name) for name in cells)}
            from (select _record from broken where rule = {rule} order by _record limit {LISTED}) as first_ones
            join texts on texts.rowid = _record
            """
        )
        for record, *told in listed:
            texts, places = dict(zip(cells, told, strict=True)), {name: table.place(record, name) for name in cells}
            finding = outcome.rule_finding(instrument, rule, places, texts, headers, sides.get(record))
            found.append((record, rule, finding))
    findings = [finding for _, _, finding in sorted(found, key=lambda one: one[:2])]
    return _first_ones(findings), counts


def _first_ones(findings: Sequence[Finding]) -> list[Finding]:
    """The first findings of each cause: several rules may point at the same field."""
    seen: Counts = {}
    kept = []
    for finding in findings:
        key = (finding.code, finding.level, finding.field)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= LISTED:
            kept.append(finding)
    return kept


def _counted(findings: Sequence[Finding], how_many: int) -> Counts:
    """The true count of findings of one cause."""
    return {(finding.code, finding.level, finding.field): how_many for finding in findings[:1]}


def _refuse(table: EngineTable, records: str) -> None:
    table.run(f"update typed set _refused = true where _record in ({records})")
