"""Decisions about duplicates, in a table that a person edits: `decisions/<initiative>.<instrument>.csv`.

Groups of rows that may be one are written there; what was decided is read back, checked as a whole and handed out by
submission. Beside it `<initiative>.<instrument>.groups.json` remembers which rows were written, so that a row deleted
by mistake is named and not forgotten. Nothing here looks for duplicates.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from impact_pipeline.errors import DecisionError, ReadingError
from impact_pipeline.names import plain
from impact_pipeline.reading import read_book
from impact_pipeline.storage import Folder
from impact_pipeline.validation.past import Choice, Decision

HEADER = (
    "group", "submission", "sheet row", "key", "differing columns", "decision", "new_id", "initials", "note",
)  # fmt: skip
WORDS: Mapping[str, Choice] = {
    "keep": "keep", "garder": "keep", "conserver": "keep",
    "drop": "drop", "ecarter": "drop", "supprimer": "drop", "retirer": "drop",
    "new id": "new-id", "nouvel identifiant": "new-id", "nouvel id": "new-id",
}  # fmt: skip
FORMULA = ("=", "+", "-", "@")  # a cell that begins so would be computed by a spreadsheet
Row = tuple[str, int]  # submission, row


@dataclass(frozen=True, slots=True)
class Member:
    """One row of a group: where it stands, the key that it bears, and what was decided about it (as written)."""

    submission: str
    row: int
    key: str
    decision: str = ""
    new_id: str = ""
    initials: str = ""
    note: str = ""

    @property
    def at(self) -> Row:
        return self.submission, self.row

    @property
    def choice(self) -> Choice | None:
        """What the words mean; None where nothing, or nothing known, is written."""
        return WORDS.get(plain(self.decision))


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that may be one; `differing` names the columns on which they differ, for whoever decides."""

    name: str
    members: tuple[Member, ...]
    differing: str = ""

    @property
    def is_decided(self) -> bool:
        return all(member.choice for member in self.members)

    @property
    def is_blank(self) -> bool:
        """Whether nobody wrote anything about it."""
        return not any((m.decision, m.new_id, m.initials, m.note) != ("", "", "", "") for m in self.members)


def group_name(members: Sequence[Row]) -> str:
    """A name that follows from the rows: `G-3f2a9c01`; the same rows always make the same group."""
    told = "|".join(f"{submission}:{row}" for submission, row in sorted(members))
    return f"G-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


class Decisions:
    """The table of one initiative and instrument, below the folder of received files."""

    def __init__(self, raw: Path | str, initiative: str, instrument: str):
        self.folder = Folder(raw)
        self.table = f"decisions/{initiative}.{instrument}.csv"
        self.memory = f"decisions/{initiative}.{instrument}.groups.json"

    def groups(self) -> list[Group]:
        """The groups as they stand in the table, decided or not; rows that were deleted are back, undecided."""
        written = {group.name: group for group in self._read()}
        whole = []
        for group in self._remembered():
            now = written.get(group.name, Group(group.name, ()))
            there = {member.at: member for member in now.members}
            members = tuple(replace(there[m.at], key=m.key) if m.at in there else m for m in group.members)
            whole.append(Group(group.name, members, group.differing))
        return whole

    def write(self, groups: Sequence[Group]) -> None:
        """Write the table again, and what it holds; decisions are kept as they were written."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        for group in groups:
            for m in group.members:
                told = [group.name, m.submission, str(m.row), m.key, group.differing, m.decision, m.new_id]
                writer.writerow([_harmless(text) for text in (*told, m.initials, m.note)])
        remembered = {g.name: {"differing": g.differing, "rows": [[m.submission, m.row, m.key] for m in g.members]}
                      for g in groups}  # fmt: skip
        # the memory first: a table without it would have rows that nobody knows
        self.folder.write(self.memory, json.dumps(remembered, ensure_ascii=False, indent=1).encode())
        self.folder.write(self.table, b"\xef\xbb\xbf" + stream.getvalue().encode())

    def decided(self) -> dict[str, dict[int, Decision]]:
        """What was decided, by submission and row. Raises DecisionError with all that cannot be replayed."""
        groups = self.groups()
        problems = [*self._misplaced(), *(problem for group in groups for problem in _problems(group))]
        found: dict[Row, Decision] = {}
        for group in groups:
            for m in group.members if group.is_decided else ():
                decision = Decision(group.name, m.row, m.choice or "keep", m.new_id, m.initials, m.note)
                other = found.setdefault(m.at, decision)
                if (other.choice, other.new_id) != (decision.choice, decision.new_id):
                    problems.append(f"{_row(m)}: {other.choice} in group {other.group}, {m.decision} in {group.name}")
        if problems:
            raise DecisionError([f"{self.table}: {problem}" for problem in problems])
        by_submission: dict[str, dict[int, Decision]] = {}
        for (submission, row), decision in found.items():
            by_submission.setdefault(submission, {})[row] = decision
        return by_submission

    def _misplaced(self) -> Iterator[str]:
        """Rows of the report that were deleted, and rows that it never had."""
        written = Counter((group.name, member.at) for group in self._read() for member in group.members)
        remembered = {(group.name, m.at): m for group in self._remembered() for m in group.members}
        for (name, _), member in remembered.items():
            if (name, member.at) not in written:
                yield f"group {name}: the line of {_row(member)} was deleted; `impact duplicates` writes it again"
        for (name, (submission, row)), times in written.items():
            if (name, (submission, row)) not in remembered:
                yield f"group {name}: row {row} of {submission} is not in the report that was written"
            elif times > 1:
                yield f"group {name}: row {row} of {submission} stands {times} times"

    def _remembered(self) -> list[Group]:
        if not self.folder.exists(self.memory):
            return []
        told = json.loads(self.folder.read(self.memory))
        return [
            Group(name, tuple(Member(*row) for row in group["rows"]), group["differing"])
            for name, group in told.items()
        ]

    def _read(self) -> list[Group]:
        """The table as a person left it: any separator and encoding that a spreadsheet may have saved it in."""
        if not self.folder.exists(self.table):
            return []
        try:
            rows = read_book(self.folder.read(self.table), "decisions.csv").sheets[0].rows
        except ReadingError as error:
            raise DecisionError([f"{self.table}: it cannot be read as a table ({error.code})"]) from error
        header = [plain(text) for text in rows[0].texts] if rows else []
        places = {name: header.index(plain(name)) for name in HEADER if plain(name) in header}
        lacking = [name for name in HEADER if name not in places and name not in ("key", "differing columns")]
        if lacking:
            raise DecisionError([f"{self.table}: the columns {', '.join(lacking)} were deleted or renamed"])
        groups: dict[str, list[Member]] = {}
        for row in rows[1:]:
            told = {name: row.texts[at].strip() if at < len(row.texts) else "" for name, at in places.items()}
            if not told["group"]:
                continue
            if not told["sheet row"].isdigit():
                raise DecisionError([f"{self.table}, line {row.number}: {told['sheet row']!r} is no row number"])
            groups.setdefault(told["group"], []).append(
                Member(
                    told["submission"],
                    int(told["sheet row"]),
                    "",
                    told["decision"],
                    told["new_id"],
                    told["initials"],
                    told["note"],
                )
            )
        return [Group(name, tuple(members)) for name, members in groups.items()]


def _problems(group: Group) -> Iterator[str]:
    """Why a group cannot be replayed: unknown words, half decided, or decisions that contradict each other."""
    for m in group.members:
        if m.decision and m.choice is None:
            yield f"group {group.name}, {_row(m)}: {m.decision!r} is no decision; write keep, drop or new id"
        if m.choice == "new-id" and not m.new_id:
            yield f"group {group.name}, {_row(m)}: a new id is decided, and `new_id` is empty"
        if m.new_id and m.choice != "new-id":
            yield f"group {group.name}, {_row(m)}: `new_id` is filled in, and the decision is not new id"
    undecided = [m for m in group.members if not m.decision]
    if undecided and len(undecided) < len(group.members):
        yield f"group {group.name} is half decided: nothing is written for {', '.join(map(_row, undecided))}"
    kept = Counter(m.key for m in group.members if m.choice == "keep")
    for key, times in kept.items():
        if times > 1:
            yield f"group {group.name}: {times} rows of the same key ({key}) are kept; one can be"
    for new_id, times in Counter(m.new_id for m in group.members if m.choice == "new-id" and m.new_id).items():
        if times > 1:
            yield f"group {group.name}: {times} rows take the same new id {new_id!r}"


def _row(member: Member) -> str:
    return f"row {member.row} of {member.submission}"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
