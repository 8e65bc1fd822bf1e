"""Records that may be about the same person under two identifiers: equal on some fields, alike on others.

Only records of one block (the same birth year and commune, say) are compared, in the order of their names and within a
window: a block of thousands costs no more a record than one of fifty. Each record is told with the nearest one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from impact_pipeline.declarations.rules import Near
from impact_pipeline.findings import Level
from impact_pipeline.names import plain
from impact_pipeline.renderings.engine_sql import quoted
from impact_pipeline.validation.past import RECORDS, Link, Past, Remark
from impact_pipeline.validation.repeated import Own, Told, key_sql

WINDOW = 20  # neighbours by name with which a record is compared; smaller blocks are compared whole
Positions = NDArray[np.int64]


class Person(NamedTuple):
    """A record as it is compared; `record` is None for one of an earlier file."""

    record: int | None
    submission: str
    organisation: str
    period: str
    row: int
    unit: str
    key: str
    block: str
    texts: tuple[str, ...]


def much_alike(own: Own, past: Past) -> Iterator[Told]:
    """Remarks and links of every declared likeness, in the order of the file."""
    for near in own.instrument.duplicates.near:
        people = _people(own, past, near)
        best: dict[int, tuple[float, int]] = {}
        for one, other, likeness in _alike(people, near.at_least):
            first, later = sorted((one, other), key=lambda place: _age(people[place]))
            record = people[later].record
            if record is None or people[first].unit == people[later].unit or _settled(people, first, later, past):
                continue
            best[later] = max(best.get(later, (0.0, -1)), (likeness, -first))
        for later in sorted(best, key=lambda place: people[place].record or 0):
            yield _told(people[later], people[-best[later][1]], near)


def _told(later: Person, first: Person, near: Near) -> Told:
    fields = " ".join((*near.like, *near.same))
    details: dict[str, object] = {"rows": str(first.row), "fields": fields, "alike": " ".join(first.texts)}
    if first.record is None:
        details |= {"organisation": first.organisation, "period": first.period}
    link = Link("near", later.row, later.key, first.submission, first.row, first.key, "")
    return Remark(later.record or 0, "near-duplicate", Level.TO_CHECK, near.like[0], details), link


def _age(person: Person) -> tuple[bool, int]:
    """Earlier files first, then the order of the file."""
    return person.record is not None, person.row


def _settled(people: list[Person], first: int, later: int, past: Past) -> bool:
    """Whether somebody has decided already that these are two people."""
    decided = past.decisions.get(people[later].row)
    if decided is None or decided.choice == "drop":
        return False
    if people[first].record is None:
        return people[first].row in past.settled_with(decided.group, people[first].submission)
    other = past.decisions.get(people[first].row)
    return other is not None and other.group == decided.group


def _people(own: Own, past: Past, near: Near) -> list[Person]:
    """The records that can be compared, those of earlier files that share a block with one of this file included."""
    instrument = own.instrument
    present = [f"{{table}}.{quoted(name)} is not null" for name in (*near.same, *near.like)]
    block = " || '|' || ".join(f"cast({{table}}.{quoted(name)} as varchar)" for name in near.same)
    texts = ", ".join(f"cast({{table}}.{quoted(name)} as varchar)" for name in near.like)
    shown = f"cast({{table}}.{quoted(instrument.unit_field)} as varchar), {{key}}, {block}, [{texts}]"

    def told(table: str) -> tuple[str, str]:
        columns = shown.format(table=table, key=key_sql(instrument, table))
        return columns, " and ".join(present).format(table=table)

    columns, filled = told("mine")
    people = [
        Person(record, "", "", "", own.row(record), unit or "", key, of, tuple(map(_comparable, names)))
        for record, unit, key, of, names in own.connection.execute(
            f"select mine._record, {columns} from {own.relation} as mine where {filled} order by mine._record"
        ).fetchall()
    ]
    if past.is_known and instrument.duplicates.across == "tell":
        columns, filled = told("before")
        shared = " and ".join(f"mine.{quoted(name)} = before.{quoted(name)}" for name in near.same)
        people += [
            Person(None, submission, organisation, period, row, unit or "", key, of, tuple(map(_comparable, names)))
            for submission, organisation, period, row, unit, key, of, names in own.connection.execute(
                f"""
                select before._submission, before._organisation, before._period, before.row, {columns}
                from {RECORDS} as before
                where {filled} and exists (from {own.relation} as mine where {shared})
                order by before._order, before.row
                """
            ).fetchall()
        ]
    return people


def _comparable(text: str) -> str:
    """A name whatever its case, accents and order: `MARTIN, Zoé` is `martin zoe`."""
    return " ".join(sorted(plain(text).split()))


def _alike(people: list[Person], at_least: float) -> Iterator[tuple[int, int, float]]:
    """(position, position, likeness of 100) of the pairs of one block that are alike on every text."""
    if not people:
        return
    blocks = np.unique([person.block for person in people], return_inverse=True)[1]
    sizes = np.bincount(blocks)
    for orderly in (lambda text: text, lambda text: text[::-1]):
        # a slip in the first letters puts two names apart, not one in the last ones: large blocks are looked at twice
        keys = [(int(block), tuple(map(orderly, person.texts))) for block, person in zip(blocks, people, strict=True)]
        order = np.array(sorted(range(len(people)), key=keys.__getitem__), dtype=np.int64)
        yield from _neighbours(people, blocks, order, at_least)
        if sizes.max() <= WINDOW + 1:
            return


def _neighbours(
    people: list[Person], blocks: Positions, order: Positions, at_least: float
) -> Iterator[tuple[int, int, float]]:
    """Each record with the next ones of its block, up to the window."""
    texts = [np.array([people[one].texts[place] for one in order], object) for place in range(len(people[0].texts))]
    for step in range(1, min(WINDOW, len(order) - 1) + 1):
        same = np.flatnonzero(blocks[order[:-step]] == blocks[order[step:]])
        if not len(same):
            return
        likeness = np.full(len(same), 100.0)
        for told in texts:
            left, right = told[same], told[same + step]
            likeness = np.minimum(likeness, process.cpdist(left, right, scorer=fuzz.ratio, score_cutoff=at_least))
        for found in np.flatnonzero(likeness >= at_least):
            one, other = order[same[found]], order[same[found] + step]
            yield int(one), int(other), float(likeness[found])
