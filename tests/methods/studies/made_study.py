"""Studies made for one test: a programme with one instrument and one study, its records, and the five tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from tests.methods.made_programme import computed, declare, field, store

from impact_pipeline.declarations import Schemas
from impact_pipeline.methods.studies import TABLES, Plan, compute_studies

WAVES = {"codelist": "wave", "title": "Wave", "codes": {name: name for name in [f"w{t}" for t in range(8)]}}
PLACES = [field("unit", "identifier", required=True, disclosure="identifier"),
          field("wave", "category", codes="wave", required=True)]  # fmt: skip
STUDY = {"study": "made", "title": "Made", "question": "Does it work?", "initiative": "panel", "instrument": "panel",
         "comparison": "The others"}  # fmt: skip


@dataclass(frozen=True)
class Made:
    schemas: Schemas
    connection: duckdb.DuckDBPyConnection

    def table(self, name: str) -> pd.DataFrame:
        return self.connection.sql(f"from {name}").df()

    def effect(self, outcome: str, estimator: str | None = None) -> pd.Series:
        """The answer for an outcome, or what another estimator says of it."""
        rows = self.table("effect")
        rows = rows[rows["outcome"] == outcome]
        rows = rows[rows["is_main"]] if estimator is None else rows[rows["estimator"] == estimator]
        assert len(rows) == 1
        return rows.iloc[0]

    def fired(self, outcome: str) -> dict[str, tuple[float | None, str]]:
        """Rules that fired, with their figure and change."""
        rows = self.table("evidence")
        rows = rows[(rows["outcome"] == outcome) & rows["fired"].fillna(False).astype(bool)]
        return {row.rule: (row.figure, row.change) for row in rows.itertuples()}


def outcome(name: str = "y", **more: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "value": name, "polarity": "higher-is-better"} | more


def made(
    folder: Path, frame: pd.DataFrame, study: Mapping[str, Any], fields: Sequence[Mapping[str, Any]],
    *, declared_at: datetime | None = None, received_at: datetime | None = None, threads: int = 2,
    instrument: Mapping[str, Any] = {}, **declared: Sequence[Mapping[str, Any]],
) -> Made:  # fmt: skip
    """The tables of one study of units by wave (`unit`, `wave` and `fields` are columns of the frame), with whatever
    else is `declared` (scales, references, syntheses)."""
    told = {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
            "fields": [*PLACES, *fields]} | instrument  # fmt: skip
    schemas = declare(
        folder, told, [], codelists=[WAVES, *declared.pop("codelists", ())], studies=[STUDY | study], **declared
    )
    connection = computed(schemas, store(folder, schemas, [({}, frame)]), threads=threads)
    received = {"s0": received_at} if received_at is not None else {}
    compute_studies(connection, schemas, {"made": Plan(declared_at, received)})
    assert set(TABLES) <= {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    return Made(schemas, connection)
