"""What a check depends on besides its file, and the kept outcomes found by all that they depend on.

The receipts, the decisions and the warehouse come in; the earlier submissions of a file, its decisions, and the key of
its outcome go out. Earlier is what arrived before, for the same initiative and instrument, and counts today: a later
file never changes what was said of an earlier one, and a file is never compared with what it replaces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from impact_pipeline.decisions import Decisions
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.home import Home
from impact_pipeline.landing import RawStore, Submission, SubmissionKey, submission_number
from impact_pipeline.renderings.engine_sql import literal
from impact_pipeline.storage import sha256_of
from impact_pipeline.validation.past import EXTRA, RECORDS, Decision, Past
from impact_pipeline.warehouse import Depends, StoredCheck, Warehouse


@dataclass(frozen=True)
class Before:
    """What came before one file: current submissions in order of arrival, and decisions about its rows."""

    earlier: tuple[Submission, ...]
    decisions: Mapping[int, Decision]
    settled: frozenset[tuple[str, str, int]]
    depends: Depends


@dataclass
class Kept:
    """Outcomes of a programme's checks, as of the receipts and decisions at the time when this is made."""

    home: Home
    schemas: Schemas
    raw: RawStore = field(init=False)
    warehouse: Warehouse = field(init=False)
    current: Sequence[Submission] = field(init=False)
    _decided: dict[tuple[str, str], dict[str, dict[int, Decision]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.raw, self.warehouse = RawStore(self.home.raw), Warehouse(self.home.warehouse)
        self.current = self.raw.current()

    def load(self, submission: Submission) -> StoredCheck | None:
        """The kept outcome of a submission, or None where it must be checked (again)."""
        instrument = self.schemas.instrument(submission.key.instrument)
        return self.warehouse.load(submission, instrument, self.schemas, self.before(submission).depends)

    def records(self, submission: Submission) -> StoredCheck | None:
        """An outcome of a submission whose accepted records hold today, whatever was asked about them."""
        instrument = self.schemas.instrument(submission.key.instrument)
        depends = Depends(decisions=self._decisions_hash(submission.key, submission.submission))
        return self.warehouse.load_any(submission, instrument, self.schemas, depends)

    def before(self, submission: Submission) -> Before:
        """What came before a submission. Raises DecisionError where its decisions cannot be replayed."""
        earlier = [item for item in self.current if item.order < submission.order]
        return self._before(submission.key, submission.submission, earlier)

    def before_new(self, key: SubmissionKey, path: Path) -> Before:
        """What came before a file that arrives now."""
        return self._before(key, submission_number(key, sha256_of(path)), self.current)

    def put(self, connection: duckdb.DuckDBPyConnection, before: Before, key: SubmissionKey) -> Past:
        """Put earlier accepted records into an engine, for the checks of one file; those not checked are left out."""
        outcomes = [(item, stored) for item in before.earlier if (stored := self.records(item)) is not None]
        if outcomes:
            _name_parts(connection, outcomes)
        received = {item.submission: item.received_at.date().isoformat() for item, _ in outcomes}
        return Past(key.organisation, key.period, bool(outcomes), before.decisions, received, before.settled)

    def _before(self, key: SubmissionKey, name: str, earlier: Sequence[Submission]) -> Before:
        instrument = self.schemas.instrument(key.instrument)
        same = [
            item for item in earlier
            if (item.key.initiative, item.key.instrument) == (key.initiative, key.instrument) and item.key != key
        ] if looks_back(instrument) else []  # fmt: skip
        decided = self._decisions(key)
        mine = decided.get(name, {})
        groups = {decision.group for decision in mine.values()}
        settled = frozenset(
            (decision.group, other, row)
            for other, rows in decided.items()
            for row, decision in rows.items()
            if other != name and decision.group in groups and decision.choice != "drop"
        )
        past = _hash([self._base(item, instrument) for item in same]) if same else ""
        return Before(tuple(same), mine, settled, Depends(self._decisions_hash(key, name), past))

    def _base(self, submission: Submission, instrument: Instrument) -> str:
        """All that the accepted records of a submission depend on."""
        depends = Depends(decisions=self._decisions_hash(submission.key, submission.submission))
        return self.warehouse.check_key(submission, instrument, self.schemas, depends)

    def _decisions(self, key: SubmissionKey) -> dict[str, dict[int, Decision]]:
        about = key.initiative, key.instrument
        if about not in self._decided:
            self._decided[about] = Decisions(self.home.raw, *about).decided()
        return self._decided[about]

    def _decisions_hash(self, key: SubmissionKey, name: str) -> str:
        """Of the decisions about a submission's rows, and about those that they are grouped with."""
        decided = self._decisions(key)
        groups = {decision.group for decision in decided.get(name, {}).values()}
        if not groups:
            return ""
        return _hash(sorted(
            json.dumps([other, asdict(decision)], sort_keys=True)
            for other, rows in decided.items() for decision in rows.values() if decision.group in groups
        ))  # fmt: skip


def looks_back(instrument: Instrument) -> bool:
    """Whether the checks of an instrument need what came before."""
    compared = any(item.history for item in instrument.fields) or any(rule.history for rule in instrument.rules)
    return compared or instrument.duplicates.across == "tell"


def _name_parts(connection: duckdb.DuckDBPyConnection, outcomes: Sequence[tuple[Submission, StoredCheck]]) -> None:
    """The records and the unknown cells of kept outcomes, under the names that the checks know."""
    for part, name in (("records", RECORDS), ("extra", EXTRA)):
        files = [str(stored.part(part)) for _, stored in outcomes]
        about = pa.table({
            "filename": files,
            "_submission": [item.submission for item, _ in outcomes],
            "_organisation": [item.key.organisation for item, _ in outcomes],
            "_period": [item.key.period for item, _ in outcomes],
            "_order": pa.array(range(len(outcomes)), pa.int64()),
        })  # fmt: skip
        connection.register(f"{name}_of", about)
        listed = ", ".join(map(literal, files))
        connection.execute(
            f"""
            create or replace temp view {name} as
            select about.* exclude (filename), kept.* exclude (filename)
            from read_parquet([{listed}], filename = true, union_by_name = true) as kept
            join {name}_of as about using (filename)
            """
        )


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
