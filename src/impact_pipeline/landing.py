"""The raw store: bytes as received, written once, and the receipts that tell their story.

Objects are content-addressed (`objects/ab/<sha256>`) and read-only. A submission has a folder of events
(`receipts/<submission>/0001-received.json`...), each written once: together they are the ledger, and no other database
knows more. Nothing here reads what is inside a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import DeclarationError, Problem, StoreError, UnknownName
from impact_pipeline.names import nearest
from impact_pipeline.storage import Folder, sha256_of, sync_folder

Outcome = Literal["new", "supersedes", "already-received", "set-aside"]
Status = Literal["current", "superseded", "withdrawn", "set-aside"]


@dataclass(frozen=True, slots=True, order=True)
class SubmissionKey:
    """What a file is about; a later file for the same key supersedes the earlier one, where it can be used."""

    initiative: str
    instrument: str
    organisation: str
    period: str


@dataclass(frozen=True, slots=True)
class Submission:
    """One landed file, as its events tell it.

    `order` puts submissions in the order in which their bytes last arrived; `version` is the instrument's version at
    that time; `table_sha256` is the hash of the table read, None where the file could not be read or is large;
    `usable` is false where not one of its rows could be used when it arrived.
    """

    submission: str
    key: SubmissionKey
    sha256: str
    table_sha256: str | None
    original_name: str
    size: int
    version: int
    received_at: datetime
    order: tuple[str, int]
    status: Status = "current"
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Landing:
    """What became of a file: `previous` is the submission that it repeats, supersedes or leaves in place."""

    submission: str
    outcome: Outcome
    sha256: str
    previous: str | None = None
    previous_at: datetime | None = None


class RawStore:
    """Landed submissions below a folder (a path, or any fsspec URL)."""

    def __init__(self, root: Path | str):
        self.folder = Folder(root)

    def land(
        self, path: Path, key: SubmissionKey, *, original_name: str, instrument: Instrument,
        table_sha256: str | None, now: datetime, usable: bool = True,
    ) -> Landing:  # fmt: skip
        """Keep a file's bytes and write its receipt; `usable` says whether any of its rows can be used.

        The bytes of the key's current submission again, or the same table merely saved again, are one submission.
        Other bytes supersede it; bytes that were superseded become current once more. A file without a usable row is
        set aside where one with usable rows stands. Nothing is ever deleted.
        """
        sha256 = sha256_of(path)
        self.folder.write_once(f"objects/{sha256[:2]}/{sha256}", path)
        current = next((item for item in self.current() if item.key == key), None)
        if current is not None and (
            current.sha256 == sha256 or (table_sha256 and current.table_sha256 == table_sha256)
        ):
            if current.sha256 != sha256:
                self._append(current.submission, "resaved", now, {"sha256": sha256, "original_name": original_name})
            return Landing(current.submission, "already-received", sha256, current.submission, current.received_at)
        submission = submission_number(key, sha256)
        self._append(submission, "received", now, {
            "key": [key.initiative, key.instrument, key.organisation, key.period],
            "sha256": sha256, "table_sha256": table_sha256, "original_name": original_name,
            "size": path.stat().st_size, "version": instrument.version, "meaning": instrument.meaning,
            "order": self._arrivals() + 1, **({} if usable else {"usable": False}),
        })  # fmt: skip
        if current is None:
            return Landing(submission, "new", sha256)
        if current.usable and not usable:
            return Landing(submission, "set-aside", sha256, current.submission, current.received_at)
        self._append(current.submission, "superseded", now, {"by": submission})
        return Landing(submission, "supersedes", sha256, current.submission, current.received_at)

    def submissions(self) -> list[Submission]:
        """All submissions ever received, in the order in which they last arrived, with their status of today."""
        found = [s for name in self.folder.files("receipts") if (s := self._replay(name)) is not None]
        found.sort(key=lambda item: item.order)
        received = [item for item in found if item.status != "withdrawn"]
        counts = {item.key: item.submission for item in received}
        counts |= {item.key: item.submission for item in received if item.usable}
        return [
            item
            if item.status == "withdrawn" or counts[item.key] == item.submission
            else replace(item, status="superseded" if item.usable else "set-aside")
            for item in found
        ]

    def current(self) -> list[Submission]:
        """The submissions that count today, in the order in which they arrived."""
        return [item for item in self.submissions() if item.status == "current"]

    def submission(self, name: str) -> Submission:
        """One submission by its number. Raises UnknownName, with the nearest."""
        known = {item.submission: item for item in self.submissions()}
        if name not in known:
            raise UnknownName("submission", name, list(known), nearest(name, known))
        return known[name]

    def events(self, submission: str) -> list[dict[str, Any]]:
        """What happened to a submission, in order: each with `event` and `at`."""
        folder = f"receipts/{submission}"
        return [json.loads(self.folder.read(f"{folder}/{name}")) for name in self.folder.files(folder)]

    @contextmanager
    def local(self, submission: Submission) -> Iterator[Path]:
        """The bytes of a submission, as a path to be read and never written."""
        with self.folder.local(f"objects/{submission.sha256[:2]}/{submission.sha256}") as path:
            yield path

    def note_checked(self, submission: str, outcome: Mapping[str, Any], *, now: datetime) -> None:
        """Write what checking found (counts, versions) unless the last check told the same."""
        event = "accepted" if outcome["accepted"] else "set-aside"
        last: dict[str, Any] = next(
            (e for e in reversed(self.events(submission)) if e["event"] in ("accepted", "set-aside")), {}
        )
        if {key: last.get(key) for key in outcome} != dict(outcome):
            self._append(submission, event, now, dict(outcome))

    def withdraw(self, submission: str, *, reason: str, now: datetime) -> None:
        """The sender takes a submission back: it counts no more, its bytes and its story stay."""
        self._append(self.submission(submission).submission, "withdrawn", now, {"reason": reason})

    def _append(self, submission: str, event: str, now: datetime, told: Mapping[str, Any]) -> None:
        folder = f"receipts/{submission}"
        content = json.dumps({"event": event, "at": now.isoformat(), **told}, ensure_ascii=False, indent=1)
        for _ in range(1000):
            number = 1 + max((int(name[:4]) for name in self.folder.files(folder)), default=0)
            # the number alone is the name that two writers compete for
            if self.folder.write_once(f"{folder}/{number:04d}.json", content.encode()):
                return
        raise StoreError(f"The receipts of {submission} cannot be written: too many writers at once.")

    def _arrivals(self) -> int:
        return max((item.order[1] for item in self.submissions()), default=0)

    def _replay(self, name: str) -> Submission | None:
        state: Submission | None = None
        for event in self.events(name):
            at = datetime.fromisoformat(event["at"])
            if event["event"] == "received":
                state = Submission(
                    name, SubmissionKey(*event["key"]), event["sha256"], event["table_sha256"], event["original_name"],
                    event["size"], event["version"], at, (event["at"], event["order"]),
                    usable=event.get("usable", True),
                )  # fmt: skip
            elif event["event"] == "withdrawn" and state is not None:
                state = replace(state, status="withdrawn")
        return state


def submission_number(key: SubmissionKey, sha256: str) -> str:
    """A number that a person can read aloud (`mille-cafes-2026-03-5f0c9a1be2d4`): same bytes and key, same number."""
    told = "|".join([key.initiative, key.instrument, key.organisation, key.period, sha256])
    period = "".join(c if c.isalnum() else "-" for c in key.period)
    return f"{key.initiative}-{period}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def freeze(schemas: Schemas, instrument: Instrument, lock: Path) -> None:
    """Write down the meaning of an instrument version that receives data, so that it cannot change unseen.

    Raises DeclarationError where the version has received data under another meaning.
    """
    check_frozen(schemas, lock)
    frozen = _frozen(lock)
    if str(instrument) not in frozen:
        frozen[str(instrument)] = instrument.meaning
        draft = lock.with_name(f".{lock.name}.draft")
        draft.write_text(json.dumps(dict(sorted(frozen.items())), indent=1) + "\n", encoding="utf-8")
        draft.replace(lock)
        sync_folder(lock.parent)


def check_frozen(schemas: Schemas, lock: Path) -> None:
    """Raises DeclarationError for every instrument version that has received data and means something else now."""
    frozen = _frozen(lock)
    changed = [i for i in schemas.instruments if frozen.get(str(i), i.meaning) != i.meaning]
    if changed:
        raise DeclarationError([
            Problem(
                f"instruments/{item}.yaml", None, "fields", "names, types, codes, ranges or a key that were changed",
                f"this version as it was when it received data; put the change in version {item.version + 1}",
            )
            for item in changed
        ])  # fmt: skip


def _frozen(lock: Path) -> dict[str, str]:
    return dict(json.loads(lock.read_text(encoding="utf-8"))) if lock.is_file() else {}
