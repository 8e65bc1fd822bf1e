"""The line, as plain functions: land, check, build, publish. What comes in is a programme's folder, a file and its key,
the time; what goes out are receipts, candidates and releases. `cli/` and `flows/` call nothing else, so that a release
made with Prefect and one made without are the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.disclosure import protect
from impact_pipeline.errors import ReadingError, StoreError, UnknownName
from impact_pipeline.home import Home
from impact_pipeline.landing import Landing, RawStore, Submission, SubmissionKey, check_frozen
from impact_pipeline.methods import Source, compute
from impact_pipeline.names import nearest
from impact_pipeline.reading import read_book, table_hash
from impact_pipeline.release import Release, ReleaseStore
from impact_pipeline.report import render
from impact_pipeline.validation import Checked, check_table, unreadable
from impact_pipeline.validation.engine import check_csv
from impact_pipeline.warehouse import StoredCheck, Warehouse

ENGINE_FROM = 32 * 2**20  # bytes of a CSV above which the engine checks it; both paths find the same
CSV_SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a person gets for a file: where it landed, and what checking it found."""

    landing: Landing
    checked: StoredCheck


def check_file(
    path: Path, instrument: Instrument, schemas: Schemas, connection: duckdb.DuckDBPyConnection, key: SubmissionKey,
    *, name: str | None = None,
) -> tuple[Checked, str | None]:  # fmt: skip
    """Check a file against an instrument; returns the outcome and the hash of the table read (None if unreadable).

    `name` is the file's own name where `path` is an object of the raw store. `connection` evaluates rules and, for a
    large CSV, the whole check; the outcome's rows live in it. A file that cannot be read is an outcome too.
    """
    name = name or path.name
    fill = {"period": key.period, "organisation": key.organisation}
    try:
        if path.stat().st_size >= ENGINE_FROM and name.lower().endswith(CSV_SUFFIXES):
            return check_csv(path, instrument, schemas, connection, fill=fill), None
        book = read_book(path.read_bytes(), name)
    except ReadingError as error:
        return unreadable(error, instrument), None
    table = conform(book, instrument, schemas, fill=fill)
    return check_table(table, instrument, schemas, connection), table_hash(book)


def submit(
    home: Home, path: Path, key: SubmissionKey, *, now: datetime, threads: int | None = None, schemas: Schemas | None = None
) -> Receipt:
    """Land a file and check it at once: the receipt tells the sender what became of every row.

    Raises UnknownName where the key names what is not declared, StoreError where the file is not there or where an
    instrument that has received data was changed. A file that cannot be read is landed all the same.
    """
    schemas = schemas or load_schemas(home.schemas)
    if not path.is_file():
        raise StoreError(f"There is no file {path}.")
    instrument = check_key(schemas, key)
    raw, warehouse = RawStore(home.raw), Warehouse(home.warehouse)
    with duckdb_in_memory(threads) as connection:
        checked, table_sha256 = check_file(path, instrument, schemas, connection, key)
        landing = raw.land(
            path,
            key,
            original_name=path.name,
            instrument_version=instrument.version,
            instrument_meaning=instrument.meaning,
            table_sha256=table_sha256,
            now=now,
            lock=home.schemas / "instruments.lock",
        )
        submission = raw.submission(landing.submission)
        stored = warehouse.store(submission, instrument, schemas, checked)
    raw.note_checked(landing.submission, stored, now=now)
    return Receipt(landing, stored)


def check_key(schemas: Schemas, key: SubmissionKey) -> Instrument:
    """The instrument that a key names. Raises UnknownName, with the nearest, for anything in it that nobody declared."""
    initiative = schemas.initiative(key.initiative)
    if key.organisation not in initiative.organisations:
        known = initiative.organisations
        raise UnknownName(f"organisation of {key.initiative}", key.organisation, known, nearest(key.organisation, known))
    instrument = schemas.instrument(key.instrument)
    if instrument.instrument not in initiative.instruments:
        raise UnknownName(f"instrument of {key.initiative}", key.instrument, initiative.instruments)
    return instrument


def land_inbox(home: Home, *, now: datetime) -> list[Receipt]:
    """Submit every file of `data/inbox/<initiative>/<instrument>/<organisation>/<period>/`; landed files leave it.

    A file whose folders name what nobody declared stays where it is; StoreError tells them all, after the others
    have landed.
    """
    schemas = load_schemas(home.schemas)
    receipts, refused = [], []
    for path in sorted(item for item in home.inbox.rglob("*") if item.is_file() and not item.name.startswith(".")):
        parts = path.relative_to(home.inbox).parts
        try:
            if len(parts) != 5:
                raise StoreError("expected inbox/<initiative>/<instrument>/<organisation>/<period>/<file>")  # noqa: TRY301
            key = SubmissionKey(*parts[:4])
            receipts.append(submit(home, path, key, now=now, schemas=schemas))
        except (UnknownName, StoreError) as error:
            refused.append(f"{'/'.join(parts)}: {error}")
            continue
        path.unlink()
    if refused:
        raise StoreError("Left in the inbox:\n" + "\n".join(refused))
    return receipts


def unchecked(home: Home) -> list[str]:
    """Current submissions that the declarations and the code of today have not checked, in received order."""
    schemas, warehouse = load_schemas(home.schemas), Warehouse(home.warehouse)
    current = RawStore(home.raw).current()
    return [s.submission for s in current if warehouse.load(s, schemas.instrument(s.key.instrument), schemas) is None]


def check_submissions(home: Home, submissions: Sequence[str], *, now: datetime) -> list[StoredCheck]:
    """Check landed submissions (again) and keep the outcome; what is already kept is only read."""
    schemas, raw, warehouse = load_schemas(home.schemas), RawStore(home.raw), Warehouse(home.warehouse)
    return [_checked(raw.submission(name), schemas, raw, warehouse, now) for name in submissions]


def _checked(
    submission: Submission, schemas: Schemas, raw: RawStore, warehouse: Warehouse, now: datetime
) -> StoredCheck:
    instrument = check_key(schemas, submission.key)
    stored = warehouse.load(submission, instrument, schemas)
    if stored is not None:
        return stored
    with duckdb_in_memory(None) as connection, raw.local(submission) as path:
        name = submission.original_name
        checked, _ = check_file(path, instrument, schemas, connection, submission.key, name=name)
        stored = warehouse.store(submission, instrument, schemas, checked)
    raw.note_checked(submission.submission, stored, now=now)
    return stored


@contextmanager
def duckdb_in_memory(threads: int | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private engine in memory, closed afterwards."""
    connection = duckdb.connect(config={} if threads is None else {"threads": threads})
    try:
        yield connection
    finally:
        connection.close()
