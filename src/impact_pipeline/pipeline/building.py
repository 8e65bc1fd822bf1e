"""From everything accepted so far to a release candidate: the figures, not yet protected, kept in the warehouse.

A candidate's name is the hash of all that it follows from, so that building again what is there costs nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from impact_pipeline.declarations import Schemas, load_schemas
from impact_pipeline.errors import RowsLost, StoreError, UnknownName
from impact_pipeline.home import Home
from impact_pipeline.landing import RawStore, Submission, check_frozen
from impact_pipeline.methods import Source
from impact_pipeline.methods.studies import TABLES, Plan
from impact_pipeline.pipeline.measuring import measure
from impact_pipeline.pipeline.past import Kept
from impact_pipeline.pipeline.studying import plans
from impact_pipeline.registration import LOCK
from impact_pipeline.release import received
from impact_pipeline.warehouse import StoredCheck, Warehouse, code_version

KEPT = (
    "estimate",
    "estimate_support",
    "contrast",
    "lineage",
    "reliability",
    "invariance",
    "studied_place",
    "weighting",
    *TABLES,
)
COUNTED = ("record_count", "superseded_record", "record_without_design")  # and `estimate`: see `_counts`


def build(home: Home, *, threads: int | None = None, spark_master: str | None = None) -> str:
    """Compute every figure from the current submissions, all of them checked; returns the candidate's name.

    On DuckDB with `threads`, or on the Apache Spark that `spark_master` names: the figures are the same. Raises
    StoreError where nothing was ever received or a submission is not checked yet, DeclarationError for an instrument
    changed since it received data, RowsLost if a row vanished between the check and the build.
    """
    schemas = load_schemas(home.schemas)
    check_frozen(schemas, home.schemas / "instruments.lock")
    warehouse = Warehouse(home.warehouse)
    with warehouse.building():
        submissions = RawStore(home.raw).submissions()
        if not submissions:
            raise StoreError("Nothing has been received yet. To hand in a file: impact submit FILE --help")
        checks = _checks(Kept(home, schemas))
        inputs = _inputs(submissions, checks)
        known = plans(schemas, home.schemas / LOCK, submissions)
        name = candidate_name(inputs, schemas, known)
        if _is_kept(warehouse, name):
            return name
        with warehouse.database(threads=threads) as connection:
            sources = [_source(s, schemas, checks[s.submission]) for s in submissions if s.status == "current"]
            _assert_rows(connection, sources, checks)
            scratch = home.warehouse / "spark"
            measure(
                connection, schemas, sources, (*KEPT, *COUNTED), plans=known, spark_master=spark_master, scratch=scratch
            )
            _assert_counted(connection, sources, checks)
            told = {
                "inputs": inputs,
                "counts": _counts(connection, checks, sources),
                "declarations": dict(sorted(schemas.hashes.items())),
                "code": code_version(),
                "received": received(submissions, checks),
            }
            return warehouse.keep_candidate(name, connection, KEPT, told)


def candidate_name(inputs: Sequence[Mapping[str, Any]], schemas: Schemas, known: Mapping[str, Plan]) -> str:
    """Twelve hexadecimal digits: the hash of inputs, declarations, days on which plans were declared, and code."""
    declared = [(name, plan.declared_at and plan.declared_at.isoformat()) for name, plan in sorted(known.items())]
    told = json.dumps([inputs, sorted(schemas.hashes.items()), declared, code_version()], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _checks(kept: Kept) -> dict[str, StoredCheck]:
    """Kept outcomes of the current submissions. Older ones may be kept too, but a rebuild would not have them."""
    found, waiting = {}, []
    for item in kept.current:
        check = kept.load(item)
        if check is not None:
            found[item.submission] = check
        else:
            waiting.append(item.submission)
    if waiting:
        raise StoreError(f"Not checked yet: {', '.join(waiting)}. Run `impact run`, which checks them first.")
    return found


def _is_kept(warehouse: Warehouse, name: str) -> bool:
    try:
        warehouse.candidate(name)
    except UnknownName:
        return False
    return True


def _inputs(submissions: Sequence[Submission], checks: Mapping[str, StoredCheck]) -> list[dict[str, Any]]:
    """What the manifest says of every submission, in received order."""
    return [
        {
            "submission": item.submission,
            "status": item.status,
            "sha256": item.sha256,
            "instrument": f"{item.key.instrument}.v{item.version}",
            "received_at": item.received_at.isoformat(timespec="seconds"),
            **({"check": checks[item.submission].key} if item.submission in checks else {}),
        }
        for item in submissions
    ]


def _source(item: Submission, schemas: Schemas, check: StoredCheck) -> Source:
    key = item.key
    instrument = schemas.instrument(key.instrument)
    records, statuses = str(check.part("records")), str(check.part("statuses"))
    return Source(item.submission, instrument, key.initiative, key.organisation, key.period, records, statuses)


def _assert_rows(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], checks: Mapping[str, StoredCheck]
) -> None:
    """Rows in = accepted + set aside, for every file of this build, counted in what the figures are made from."""
    for source in sources:
        check = checks[source.submission]
        counted = connection.execute("select count(*) from read_parquet(?)", [source.records]).fetchall()[0][0]
        if counted + check.set_aside != check.rows_in:
            raise RowsLost(source.submission, check.rows_in, counted, check.set_aside)


def _assert_counted(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], checks: Mapping[str, StoredCheck]
) -> None:
    """Every accepted record counts, or is accounted for as superseded: what the engine read is what was accepted."""
    query = """select submission, sum(records) from (
        select submission, records from record_count union all select submission, records from superseded_record
    ) group by submission"""
    counted = dict(connection.execute(query).fetchall())
    for source in sources:
        check, found = checks[source.submission], int(counted.get(source.submission, 0))
        if found != check.accepted:
            raise RowsLost(source.submission, check.rows_in, found, check.set_aside)


def _counts(
    connection: duckdb.DuckDBPyConnection, checks: Mapping[str, StoredCheck], sources: Sequence[Source]
) -> dict[str, int]:
    """Rows of the current submissions, and what became of the accepted ones; kept in the manifest."""
    current = [checks[source.submission] for source in sources]

    def told(what: str) -> int:
        return int(connection.execute(f"select {what}").fetchall()[0][0])

    return {
        "submissions": len(current),
        "rows_in": sum(check.rows_in for check in current),
        "accepted": sum(check.accepted for check in current),
        "set_aside": sum(check.set_aside for check in current),
        "superseded_records": told("coalesce(sum(records), 0) from superseded_record"),
        "records_without_design": told("coalesce(sum(records), 0) from record_without_design"),
        "estimates": told("count(*) from estimate"),
    }
