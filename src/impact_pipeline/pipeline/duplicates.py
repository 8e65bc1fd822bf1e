"""The report of duplicates of an initiative and instrument: written for a person to decide, refreshed at each call.

Kept outcomes come in; groups of rows that may be one go out into the decisions' table, where what was decided stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow.parquet as pq

from impact_pipeline.decisions import Decisions, Group, Member, Row, group_name
from impact_pipeline.declarations import load_schemas
from impact_pipeline.home import Home
from impact_pipeline.pipeline.checking import check_submissions, unchecked
from impact_pipeline.pipeline.past import Kept

Links = Sequence[tuple[Member, Member, str]]  # two rows that may be one, and the fields on which they differ


@dataclass(frozen=True, slots=True)
class Report:
    """What stands in the table now: its path below the received files, and how many groups wait for a decision."""

    table: str
    groups: int
    new: int
    waiting: int


def find_duplicates(home: Home, initiative: str, instrument: str, *, now: datetime) -> Report:
    """Write the groups of rows that may be one, new ones added to those that stand, and rows deleted put back.

    Raises UnknownName for what is not declared, DecisionError where decisions made cannot be replayed: the rows that
    were deleted stand in the table again by then.
    """
    schemas = load_schemas(home.schemas)
    name, declared = schemas.initiative(initiative).initiative, schemas.instrument(instrument)
    decisions = Decisions(home.raw, name, declared.instrument)
    standing = decisions.groups()
    if standing:
        decisions.write(standing)
    decisions.decided()
    check_submissions(home, unchecked(home), now=now)
    kept = Kept(home, schemas)
    about = [s for s in kept.current if (s.key.initiative, s.key.instrument) == (name, declared.instrument)]
    order = {item.submission: place for place, item in enumerate(about)}
    labels = {field.name: field.label[schemas.programme.languages[0]] for field in declared.fields}
    links = [
        link
        for item in about
        if (check := kept.load(item)) is not None
        for link in _links(pq.read_table(check.part("duplicates")).to_pylist(), item.submission)
        if all(member.submission in order for member in link[:2])
    ]
    found = {group.name: group for group in grouped(links, labels)}
    groups = [group for group in standing if not group.is_blank or group.name in found]
    known = {group.name for group in groups}
    new = [group for group_of, group in found.items() if group_of not in known]
    groups = sorted([*groups, *new], key=lambda group: _place(group, order))
    decisions.write(groups)
    waiting = sum(not group.is_decided for group in groups)
    return Report(decisions.table, len(groups), len(new), waiting)


def grouped(links: Links, labels: Mapping[str, str]) -> list[Group]:
    """Rows that are linked, directly or by others, are one group; its name follows from its rows."""
    head: dict[Row, Row] = {}
    members: dict[Row, Member] = {}

    def of(row: Row) -> Row:
        while head.setdefault(row, row) != row:
            row = head[row]
        return row

    for one, other, _ in links:
        members |= {one.at: one, other.at: other}
        first, second = sorted((of(one.at), of(other.at)))
        head[second] = first
    rows: dict[Row, list[Row]] = {}
    for row in sorted(members):
        rows.setdefault(of(row), []).append(row)
    differing: dict[Row, dict[str, None]] = {}
    for one, _, fields in links:
        differing.setdefault(of(one.at), {}).update(dict.fromkeys(fields.split()))
    return [
        Group(
            group_name(of_group),
            tuple(members[row] for row in of_group),
            ", ".join(labels.get(name, name) for name in differing.get(first, {})),
        )
        for first, of_group in rows.items()
    ]


def _links(kept: Iterable[Mapping[str, object]], submission: str) -> Links:
    return [
        (
            Member(submission, int(str(link["row"])), str(link["key"])),
            Member(str(link["other"]) or submission, int(str(link["other_row"])), str(link["other_key"])),
            str(link["differing"]),
        )
        for link in kept
    ]


def _place(group: Group, order: Mapping[str, int]) -> tuple[int, int, str]:
    """Groups of the newest files come last; those about files replaced since, first."""
    last = max(group.members, key=lambda m: (order.get(m.submission, -1), m.row))
    return order.get(last.submission, -1), last.row, group.name
