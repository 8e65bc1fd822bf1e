"""From a file to a receipt: land its bytes, check every row, keep the outcome.

A path and a key, or submissions already landed, come in; outcomes kept in the warehouse and told in the receipts go
out. What was checked by the same declarations and the same code is never checked twice.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import Instrument, Schemas, load_schemas
from impact_pipeline.errors import DecisionError, ReadingError, StoreError, UnknownName, UnknownPeriod
from impact_pipeline.home import Home
from impact_pipeline.landing import Landing, Submission, SubmissionKey, freeze
from impact_pipeline.pipeline.keys import check_key, read_key
from impact_pipeline.pipeline.past import Before, Kept
from impact_pipeline.reading import NOTHING, Asked, is_text, read_book, sniff, table_hash
from impact_pipeline.validation import Checked, check_table, unreadable
from impact_pipeline.validation.engine import check_csv
from impact_pipeline.validation.justified import justify, keys_of
from impact_pipeline.validation.outcome import nothing
from impact_pipeline.validation.past import NO_PAST, Past
from impact_pipeline.validation.whole import with_whole
from impact_pipeline.warehouse import StoredCheck

ENGINE_FROM = 32 * 2**20  # bytes of a text table from which the engine checks it; both paths find the same
HEAD = 2**20  # bytes of a large text in which its header must stand
INBOX_DEPTH = 5  # <initiative>/<instrument>/<organisation>/<period>/<file>


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a person gets for a file: where it landed, and what checking it found."""

    landing: Landing
    checked: StoredCheck


def check_file(
    path: Path,
    instrument: Instrument,
    schemas: Schemas,
    connection: duckdb.DuckDBPyConnection,
    key: SubmissionKey,
    *,
    name: str | None = None,
    asked: Asked = NOTHING,
    past: Past = NO_PAST,
    hashed: bool = False,
) -> tuple[Checked, str | None]:
    """Check a file against an instrument; returns the outcome and, where it is to be `hashed`, as what is landed is,
    the hash of the table read.

    The hash is None for what cannot be read, which is an outcome too, and for large CSV files, which are checked inside
    `connection`: their rows live in it. `name` is the file's own name where `path` is an object of the raw store;
    `asked` is how somebody wants it read, `past` what came before, put into `connection`. Raises UnknownName for an
    encoding, a separator or a sheet that there is not.
    """
    with _without_collector():
        return _checked_file(path, instrument, schemas, connection, key, name or path.name, asked, past, hashed)


def _checked_file(
    path: Path,
    instrument: Instrument,
    schemas: Schemas,
    connection: duckdb.DuckDBPyConnection,
    key: SubmissionKey,
    name: str,
    asked: Asked,
    past: Past,
    hashed: bool,
) -> tuple[Checked, str | None]:
    fill = {"period": key.period, "organisation": key.organisation}
    try:
        content = path.read_bytes()
        if len(content) >= ENGINE_FROM and is_text(content):
            dialect = sniff(content, name, asked)
            checked = check_csv(path, dialect, instrument, schemas, connection, fill=fill, past=past)
            checked = checked or _headless(content[:HEAD], name, instrument, schemas, asked)
            if checked is not None:
                return with_whole(checked, instrument, key.period), None
        book = read_book(content, name, asked)
    except ReadingError as error:
        return unreadable(error, instrument), None
    table = conform(book, instrument, schemas, fill=fill)
    where = {"sheets": ", ".join(table.sheets)} if len(table.sheets) > 1 else {"sheet": table.sheet or ""}
    read_as = {**book.read_as, **{name: told for name, told in where.items() if told}}
    checked = replace(check_table(table, instrument, schemas, connection, past), read_as=read_as)
    checked = with_whole(checked, instrument, key.period)
    if book.correction_list is not None:
        checked = justify(checked, book.correction_list.justifications, keys_of(checked, instrument))
    return checked, table_hash(book) if hashed else None


def _headless(head: bytes, name: str, instrument: Instrument, schemas: Schemas, asked: Asked) -> Checked | None:
    """What there is to tell of a large text in whose head no header is found: its rows would fill the memory, and not
    one of them could be used. None where there is one."""
    book = read_book(head, name, asked)
    findings = conform(book, instrument, schemas, fill={}).findings
    if any(finding.code == "header-not-found" for finding in findings):
        return nothing(instrument, findings, book.read_as)
    return None


def submit(home: Home, path: Path, key: SubmissionKey, *, now: datetime, schemas: Schemas | None = None) -> Receipt:
    """Land a file and check it at once: the receipt tells the sender what became of every row.

    The key's period may be written as people do (`T1 2026`). Raises UnknownName where the key names what is not
    declared, UnknownPeriod for what is no period, StoreError where the file is not there, and
    DeclarationError where an instrument that has received data was changed. A file that cannot be read is landed too;
    one without a usable row never takes the place of another.
    """
    schemas = schemas or load_schemas(home.schemas)
    if not path.is_file():
        raise StoreError(f"There is no file {path}.")
    key = read_key(schemas, key)
    if not key.period:
        raise UnknownPeriod(key.period)
    instrument = check_key(schemas, key)
    freeze(schemas, instrument, home.schemas / "instruments.lock")
    kept = Kept(home, schemas)
    with engine() as connection:
        before = kept.before_new(key, path)
        _check_earlier(before, kept, now)
        past = kept.put(connection, before, key)
        checked, table_sha256 = check_file(path, instrument, schemas, connection, key, past=past, hashed=True)
        landing = kept.raw.land(
            path, key, original_name=path.name, instrument=instrument, table_sha256=table_sha256, now=now,
            usable=checked.accepted > 0,
        )  # fmt: skip
        kept = Kept(home, schemas)
        submission = kept.raw.submission(landing.submission)
        depends = kept.before(submission).depends
        stored = kept.load(submission)
        if stored is None and depends == before.depends:
            stored = kept.warehouse.store(submission, instrument, schemas, checked, depends)
    if stored is None:  # received before, when other files had come: what is asked about it follows from those
        return Receipt(landing, _checked(submission, kept, now))
    kept.raw.note_checked(landing.submission, stored.summary, now=now)
    return Receipt(landing, stored)


def past_of(
    home: Home, connection: duckdb.DuckDBPyConnection, key: SubmissionKey, path: Path, *, now: datetime
) -> Past:
    """What came before a file that is only looked at, put into `connection`; earlier files that the declarations and
    the code of today have not checked are checked first."""
    kept = Kept(home, load_schemas(home.schemas))
    before = kept.before_new(key, path)
    _check_earlier(before, kept, now)
    return kept.put(connection, before, key)


def land_inbox(home: Home, *, now: datetime) -> list[Receipt]:
    """Submit every file of `data/inbox/<initiative>/<instrument>/<organisation>/<period>/`; landed files leave it.

    A file whose folders name what nobody declared stays where it is: StoreError tells them all, after the others have
    landed.
    """
    schemas = load_schemas(home.schemas)
    receipts, refused = [], []
    for path in sorted(item for item in home.inbox.rglob("*") if item.is_file() and not item.name.startswith(".")):
        parts = path.relative_to(home.inbox).parts
        if len(parts) != INBOX_DEPTH:
            refused.append(f"{'/'.join(parts)}: expected <initiative>/<instrument>/<organisation>/<period>/<file>")
            continue
        try:
            receipts.append(submit(home, path, SubmissionKey(*parts[:4]), now=now, schemas=schemas))
        except (UnknownName, UnknownPeriod, StoreError, DecisionError) as error:
            refused.append(f"{'/'.join(parts)}: {error}")
        else:
            path.unlink()
    if refused:
        raise StoreError("Left in the inbox:\n" + "\n".join(refused))
    return receipts


def unchecked(home: Home) -> list[str]:
    """Current submissions that the declarations and the code of today have not checked, in received order."""
    kept = Kept(home, load_schemas(home.schemas))
    return [item.submission for item in kept.current if kept.load(item) is None]


def check_submissions(home: Home, submissions: Sequence[str], *, now: datetime) -> list[StoredCheck]:
    """Check landed submissions (again) and keep the outcome; what is already kept is only read.

    Raises DecisionError where decisions about their duplicates cannot be replayed.
    """
    kept = Kept(home, load_schemas(home.schemas))
    return [_checked(kept.raw.submission(name), kept, now) for name in submissions]


def _checked(submission: Submission, kept: Kept, now: datetime) -> StoredCheck:
    instrument = check_key(kept.schemas, submission.key)
    stored = kept.load(submission)
    if stored is not None:
        return stored
    before = kept.before(submission)
    _check_earlier(before, kept, now)
    with engine() as connection, kept.raw.local(submission) as path:
        past = kept.put(connection, before, submission.key)
        name = submission.original_name
        checked, _ = check_file(path, instrument, kept.schemas, connection, submission.key, name=name, past=past)
        stored = kept.warehouse.store(submission, instrument, kept.schemas, checked, before.depends)
    kept.raw.note_checked(submission.submission, stored.summary, now=now)
    return stored


def _check_earlier(before: Before, kept: Kept, now: datetime) -> None:
    """Check the earlier submissions whose records are not kept, in order of arrival: each then finds its own past."""
    for item in before.earlier:
        if kept.records(item) is None:
            _checked(item, kept, now)


@contextmanager
def _without_collector() -> Iterator[None]:
    """No search for cycles meanwhile: the cells of a table make none, and a fifth of the time would go into it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def engine(threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private engine in memory, closed afterwards."""
    connection = duckdb.connect(config={} if threads is None else {"threads": threads})
    try:
        yield connection
    finally:
        connection.close()
