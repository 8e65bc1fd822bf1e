"""From a candidate to a release: the disclosure gate, the tables, the report, and the pointer flipped last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.declarations import Programme, Schemas, load_schemas
from impact_pipeline.disclosure import protect, protect_contrasts, protect_reliability, protect_weighting
from impact_pipeline.disclosure.studies import protect_studies
from impact_pipeline.errors import StoreError
from impact_pipeline.home import Home
from impact_pipeline.methods.conditions import conditions
from impact_pipeline.methods.cost_effectiveness import cost_effectiveness
from impact_pipeline.methods.indices import index_scores
from impact_pipeline.methods.studies import TABLES
from impact_pipeline.methods.synthesis.answering import synthesise
from impact_pipeline.methods.targets import projections
from impact_pipeline.pipeline.building import KEPT
from impact_pipeline.pipeline.checking import engine
from impact_pipeline.release import BY_NAME, Release, ReleaseStore, communes, declared, in_order
from impact_pipeline.report import render
from impact_pipeline.warehouse import Warehouse, code_version
from impact_pipeline.words import LANGUAGES


def publish(home: Home, candidate: str, *, now: datetime, force: bool = False) -> Release:
    """Publish a candidate that `build` left; the latest release itself where it is of this very candidate.

    `force` publishes a new version all the same. Raises UnknownName for an unknown candidate, StoreError where the
    declarations or the code have changed since it was built.
    """
    schemas = load_schemas(home.schemas)
    warehouse, store = Warehouse(home.warehouse), ReleaseStore(home.curated)
    with warehouse.building():
        folder, told = warehouse.candidate(candidate)
        if told["declarations"] != dict(sorted(schemas.hashes.items())) or told["code"] != code_version():
            raise StoreError(f"Declarations or code have changed since {candidate} was built: build again.")
        latest = store.latest()
        if latest is not None and not force:
            release = store.open(latest)
            if release.manifest.get("candidate") == candidate:
                return release
        tables = {
            **{name: _table(name, rows) for name, rows in declared(schemas).items()},
            **{name: _table(name, rows) for name, rows in told["received"].items()},
            **_protected(folder, schemas),
        }
        estimates = tables["estimate"].to_pylist()
        named = _table("category", communes(schemas, estimates))
        tables["category"] = pa.concat_tables([tables["category"], named])
        tables["index_score"] = _table("index_score", index_scores(schemas, estimates))
        tables["condition"] = _table("condition", conditions(schemas, estimates))
        effects = tables["effect"].to_pylist()
        tables["cost_effectiveness"] = _table("cost_effectiveness", cost_effectiveness(schemas, effects))
        tables |= _synthesised(schemas, effects)
        tables |= _projected(folder, schemas, tables["synthesis"].to_pylist())
        staged = store.stage(now)
        manifest = _manifest(candidate, told, latest, now, tables["estimate"], schemas.programme)
        frames = {name: in_order(table, name).to_pandas() for name, table in tables.items()}
        for language in LANGUAGES:
            page = render(frames, {"version": staged.version, **manifest}, language)
            staged.write(Release(staged.path).report(language).relative_to(staged.path).as_posix(), page.encode())
        staged.finish(schemas.programme, manifest, tables)
        return store.publish(staged)


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, BY_NAME[name].schema)


def _projected(folder: Path, schemas: Schemas, syntheses: Sequence[Mapping[str, Any]]) -> dict[str, pa.Table]:
    """What may be expected where nothing was measured, from what was published elsewhere."""
    studied = pq.read_table(folder / "studied_place.parquet").to_pylist()
    targets, found = projections(schemas, studied, syntheses)
    return {"target": _table("target", targets), "projection": _table("projection", found)}


def _synthesised(schemas: Schemas, effects: Sequence[Mapping[str, Any]]) -> dict[str, pa.Table]:
    """What our published effects and those of the literature say together."""
    answers = synthesise(schemas, effects)
    rows = {
        "synthesis": answers.synthesis,
        "synthesis_effect": answers.synthesis_effect,
        "synthesis_moderator": answers.synthesis_moderator,
        "synthesis_condition": answers.synthesis_condition,
    }
    return {name: _table(name, told) for name, told in rows.items()}


def _protected(folder: Path, schemas: Schemas) -> dict[str, pa.Table]:
    """Estimates, reliability, weighting and studies through the gate, and lineage, from the candidate's files."""
    with engine() as connection:
        for table in KEPT:
            connection.execute(
                f"create table {table} as select * from read_parquet(?)", [str(folder / f"{table}.parquet")]
            ).fetchall()
        protect(connection, schemas)
        protect_contrasts(connection)
        protect_reliability(connection, schemas)
        protect_weighting(connection, schemas)
        told = ("estimate", "contrast", "lineage", "reliability", "invariance", "weighting", *TABLES)
        found = {name: connection.sql(f"from {name}").to_arrow_table() for name in told}
    return found | protect_studies({name: found[name] for name in TABLES}, schemas)


def _manifest(
    candidate: str,
    told: Mapping[str, Any],
    previous: str | None,
    now: datetime,
    estimates: pa.Table,
    programme: Programme,
) -> dict[str, Any]:
    """What a release was made of."""
    statuses = estimates.column("status").to_pylist()
    return {
        "programme": {
            "name_fr": programme.name.fr,
            "name_en": programme.name.en,
            "publisher_fr": programme.publisher.fr,
            "publisher_en": programme.publisher.en,
            "licence": programme.licence,
            "confidence": programme.statistics.confidence,
        },
        "created_at": now.isoformat(timespec="seconds"),
        "previous": previous,
        "candidate": candidate,
        "code": told["code"],
        "counts": {**told["counts"], **{status: statuses.count(status) for status in sorted(set(statuses))}},
        "inputs": told["inputs"],
        "declarations": told["declarations"],
    }
