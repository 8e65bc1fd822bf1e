"""The warehouse: checked submissions, the private database of one build, and release candidates.

Everything here can be deleted and made again from `data/raw/` and `schemas/`. A checked submission is kept under the
hash of all that its outcome depends on (bytes, declarations, code), written beside and renamed into place. One builder
works at a time, by an OS lock that the command line and the flows both take; deposits never wait for it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from filelock import FileLock, Timeout

from impact_pipeline.declarations import Instrument, Schemas, Text
from impact_pipeline.errors import RowsLost, StoreError, UnknownName
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.landing import Submission
from impact_pipeline.names import nearest
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.storage import sync_folder
from impact_pipeline.version import __version__

if TYPE_CHECKING:
    from impact_pipeline.validation import Checked

PARTS = ("records", "statuses", "extra", "set_aside", "conversions", "duplicates", "values")
CANDIDATES_KEPT = 3
HALF = 16  # digits of a key that do not depend on the past


@dataclass(frozen=True)
class StoredCheck:
    """The outcome of checking a submission, as kept; `folder` holds a file for each of PARTS."""

    submission: str
    instrument: str
    key: str
    folder: Path
    rows_in: int
    accepted: int
    set_aside: int
    findings: tuple[Finding, ...]
    counts: Mapping[tuple[str, Level, str | None], int]
    read_as: Mapping[str, str]
    path: str

    def __post_init__(self) -> None:
        if self.rows_in != self.accepted + self.set_aside:
            raise RowsLost(self.submission, self.rows_in, self.accepted, self.set_aside)

    def part(self, name: str) -> Path:
        """The Parquet file of one of PARTS."""
        return self.folder / f"{name}.parquet"

    def told(self, level: Level) -> int:
        """True number of cells or rows concerned by findings of a level."""
        return sum(count for (_, at, _), count in self.counts.items() if at is level)

    @property
    def exit_code(self) -> int:
        """0 clean, 2 with remarks only, 1 when something blocks: as `validation.Checked` has it."""
        return 1 if self.told(Level.BLOCKING) else 2 if self.told(Level.TO_CHECK) else 0

    @property
    def summary(self) -> dict[str, Any]:
        """What the receipt keeps of it."""
        return {
            "instrument": self.instrument, "rows_in": self.rows_in, "accepted": self.accepted,
            "set_aside": self.set_aside, "blocking": self.told(Level.BLOCKING), "to_check": self.told(Level.TO_CHECK),
            "corrected": self.told(Level.CORRECTED), "check": self.key,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Depends:
    """What an outcome depends on besides the file, the declarations and the code: hashes, empty where there is nothing.

    Accepted records depend on `decisions`; what is asked about them depends on the `past` too.
    """

    decisions: str = ""
    past: str = ""


ALONE = Depends()


class Warehouse:
    """Below a folder of this machine: `checked/`, `candidates/`, the builder's lock and its private database."""

    def __init__(self, root: Path):
        self.root = root

    @contextmanager
    def building(self, *, wait: float = 600) -> Iterator[None]:
        """Hold the builder's lock. Raises StoreError when another build still holds it after `wait` seconds."""
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.root / "builder.lock", timeout=wait):
                yield
        except Timeout as error:
            raise StoreError("Another build is running on this programme; try again when it has ended.") from error

    def check_key(
        self, submission: Submission, instrument: Instrument, schemas: Schemas, depends: Depends = ALONE
    ) -> str:
        """Hash of all that the outcome of a check depends on: bytes, key, declarations, code, decisions, the past.

        Its first half does not depend on the past: outcomes that share it have the same records.
        """
        codes = sorted({field.codes for field in instrument.fields if field.codes})
        lists = [f"codelists/{name}.yaml" for name in codes]
        mapping = f"mappings/{submission.key.organisation}.{instrument.instrument}"
        used = [f"instruments/{instrument}.yaml", *lists, f"{mapping}.yaml", f"{mapping}.yml"]
        parts = [submission.sha256, *dataclasses.astuple(submission.key), submission.original_name, code_version()]
        parts += [schemas.hashes.get(file, "") for file in used] + ([depends.decisions] if depends.decisions else [])
        key = hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
        return key[:HALF] + depends.past[:HALF] if depends.past else key

    def store(
        self, submission: Submission, instrument: Instrument, schemas: Schemas, checked: Checked,
        depends: Depends = ALONE,
    ) -> StoredCheck:  # fmt: skip
        """Keep the outcome of a check; older ones of the same submission are forgotten, save the last with the same
        records: another check may be reading them."""
        key = self.check_key(submission, instrument, schemas, depends)
        home = self.root / "checked" / submission.submission
        draft = home / f".{key}.{uuid.uuid4().hex}"
        draft.mkdir(parents=True)
        for part in PARTS:
            getattr(checked, part).write_parquet(draft / f"{part}.parquet")
        told = {
            "instrument": str(instrument), "rows_in": checked.rows_in, "accepted": checked.accepted,
            "set_aside": checked.set_aside_rows, "path": checked.path, "read_as": dict(checked.read_as),
            "findings": [_packed(finding) for finding in checked.findings],
            "counts": [[code, str(level), field, n] for (code, level, field), n in checked.counts.items()],
        }  # fmt: skip
        (draft / "checked.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        for path in draft.iterdir():
            _sync(path)
        try:
            draft.rename(home / key)
        except OSError:  # somebody kept the same outcome meanwhile
            shutil.rmtree(draft)
        others = [old for old in home.iterdir() if old.name != key and not old.name.startswith(".")]
        alike = sorted((o for o in others if o.name[:HALF] == key[:HALF]), key=lambda old: old.stat().st_mtime)
        for old in others:
            if old not in alike[-1:]:
                shutil.rmtree(old, ignore_errors=True)
        stored = self.load(submission, instrument, schemas, depends)
        if stored is None:
            raise StoreError(f"The outcome of checking {submission.submission} could not be kept.")
        return stored

    def load(
        self, submission: Submission, instrument: Instrument, schemas: Schemas, depends: Depends = ALONE
    ) -> StoredCheck | None:
        """The kept outcome, or None where nothing, or only the outcome of other declarations or code, is kept."""
        key = self.check_key(submission, instrument, schemas, depends)
        return self._load(submission, self.root / "checked" / submission.submission / key)

    def load_any(
        self, submission: Submission, instrument: Instrument, schemas: Schemas, depends: Depends
    ) -> StoredCheck | None:
        """A kept outcome with the same records, whatever was asked about them; None where none is kept."""
        half = self.check_key(submission, instrument, schemas, depends)[:HALF]
        home = self.root / "checked" / submission.submission
        alike = sorted(item for item in home.glob(f"{half}*")) if home.is_dir() else []
        return next((found for item in alike if (found := self._load(submission, item)) is not None), None)

    def _load(self, submission: Submission, folder: Path) -> StoredCheck | None:
        if not (folder / "checked.json").is_file():
            return None
        told = json.loads((folder / "checked.json").read_text(encoding="utf-8"))
        return StoredCheck(
            submission.submission, told["instrument"], folder.name, folder, told["rows_in"], told["accepted"],
            told["set_aside"], tuple(_unpacked(item) for item in told["findings"]),
            {(code, Level(level), field): n for code, level, field, n in told["counts"]}, told["read_as"], told["path"],
        )  # fmt: skip

    @contextmanager
    def database(self, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """The private database of one build, removed afterwards; call it while holding the builder's lock."""
        for stale in self.root.glob("build-*"):
            stale.unlink()
        path = self.root / f"build-{uuid.uuid4().hex}.duckdb"
        connection = duckdb.connect(path, config={} if threads is None else {"threads": threads})
        try:
            yield connection
        finally:
            connection.close()
            for left in self.root.glob(f"{path.name}*"):
                left.unlink()

    def keep_candidate(
        self, name: str, connection: duckdb.DuckDBPyConnection, tables: Sequence[str], told: Mapping[str, Any]
    ) -> str:
        """Keep tables of a build, not yet protected, under a name of their own until they are published."""
        home = self.root / "candidates"
        for stale in home.glob(".*"):  # left by a build that was killed; this one holds the lock
            shutil.rmtree(stale)
        draft = home / f".{uuid.uuid4().hex}"
        draft.mkdir(parents=True)
        for table in tables:
            path = literal(str(draft / f"{table}.parquet"))
            connection.execute(f"copy (from {table}) to {path} (format parquet)").fetchall()
        (draft / "candidate.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        if (home / name).exists():
            shutil.rmtree(home / name)
        draft.rename(home / name)
        kept = sorted((c for c in home.iterdir() if not c.name.startswith(".")), key=lambda c: c.stat().st_mtime)
        for old in kept[:-CANDIDATES_KEPT]:
            shutil.rmtree(old)
        return name

    def candidate(self, name: str) -> tuple[Path, dict[str, Any]]:
        """The folder of a candidate and what was told with it. Raises UnknownName."""
        folder = self.root / "candidates" / name
        if not (folder / "candidate.json").is_file():
            known = [path.parent.name for path in sorted(folder.parent.glob("*/candidate.json"))]
            raise UnknownName("release candidate", name, known, nearest(name, known))
        return folder, json.loads((folder / "candidate.json").read_text(encoding="utf-8"))


@cache
def code_version() -> str:
    """The package's version and a hash of its own source: changed code checks again what older code checked."""
    digest = hashlib.sha256()
    package = Path(str(files("impact_pipeline")))
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".sql", ".yaml", ".po", ".html", ".css", ".parquet"):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def _packed(finding: Finding) -> dict[str, Any]:
    place = finding.place
    details = {k: {"fr": v.fr, "en": v.en} if isinstance(v, Text) else v for k, v in finding.details.items()}
    return {
        "code": finding.code, "level": str(finding.level), "place": [place.sheet, place.row, place.column],
        "value": finding.value, "field": finding.field, "cells": finding.cells, "details": details,
    }  # fmt: skip


def _unpacked(told: Mapping[str, Any]) -> Finding:
    details = {k: Text(**v) if isinstance(v, dict) else v for k, v in told["details"].items()}
    return Finding(
        told["code"], Level(told["level"]), Place(*told["place"]), told["value"], told["field"], told["cells"], details
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
