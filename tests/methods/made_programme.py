"""Programmes made for one test: declarations as dictionaries, records as frames, and the line from them to estimates.

JSON is YAML, so the declarations go through the loader like those of any programme.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from impact_pipeline.declarations import Schemas, load_schemas
from impact_pipeline.methods import Source, compute

STATISTICS = {"confidence": 0.95, "single_psu": "fail", "significant_digits": 15}
STATUSES = pd.DataFrame(
    {"row": pd.Series(dtype="int64"), "field": pd.Series(dtype="str"), "status": pd.Series(dtype="str")}
)


def declare(
    folder: Path, instrument: Mapping[str, Any], indicators: Sequence[Mapping[str, Any]],
    *, scales: Sequence[Mapping[str, Any]] = (), codelists: Sequence[Mapping[str, Any]] = (),
    programme: Mapping[str, Any] = {}, initiatives: Sequence[str] = ("panel",),
    versions: Sequence[Mapping[str, Any]] = (), deprivations: Sequence[Mapping[str, Any]] = (),
    indices: Sequence[Mapping[str, Any]] = (), studies: Sequence[Mapping[str, Any]] = (),
    targets: Sequence[Mapping[str, Any]] = (), syntheses: Sequence[Mapping[str, Any]] = (),
    references: Sequence[Mapping[str, Any]] = (), conditions: Sequence[Mapping[str, Any]] = (),
    margins: Sequence[Mapping[str, Any]] = (), others: Sequence[Mapping[str, Any]] = (),
) -> Schemas:  # fmt: skip
    """A programme of one instrument (in its newest version; `versions` holds the former ones) and of `others`, loaded
    and checked."""
    name = instrument["instrument"]
    things: list[tuple[str, str, Mapping[str, Any]]] = [
        (".", "programme", {"programme": "test", "name": "Test", "description": "Test", "publisher": "Test",
                            "themes": [{"name": "measure", "label": "Measure"}], "statistics": STATISTICS} | programme),
        *(("instruments", f"{name}.v{item['version']}", item) for item in (instrument, *versions)),
        *(("instruments", f"{item['instrument']}.v{item['version']}", item) for item in others),
        *(("indicators", item["indicator"], indicator_defaults(name) | item) for item in indicators),
        *(("scales", item["scale"], item) for item in scales),
        *(("codelists", item["codelist"], item) for item in codelists),
        *(("deprivations", item["deprivation"], item) for item in deprivations),
        *(("indices", item["index"], item) for item in indices),
        *(("studies", item["study"], item) for item in studies),
        *(("targets", item["target"], item) for item in targets),
        *(("syntheses", item["synthesis"], item) for item in syntheses),
        *(("references", item["reference"], item) for item in references),
        *(("conditions", item["condition"], item) for item in conditions),
        *(("margins", item["margin"], item) for item in margins),
        *(("initiatives", item, {"initiative": item, "name": item, "description": item, "theme": "measure",
                                 "organisations": ["team"],
                                 "instruments": [name, *(other["instrument"] for other in others)]})
          for item in initiatives),
    ]  # fmt: skip
    for place, file, thing in things:
        path = folder / place / f"{file}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(thing), encoding="utf-8")
    return load_schemas(folder)


def indicator_defaults(instrument: str) -> dict[str, Any]:
    return {"instrument": instrument, "estimator": "mean", "unit": "points", "polarity": "neutral", "theme": "measure",
            "frameworks": {"oecd": "jobs", "sdg": "8.5"}, "label": "Indicator"}  # fmt: skip


def field(name: str, kind: str = "decimal", **more: Any) -> dict[str, Any]:
    """A field that may be broken down by."""
    return {"name": name, "type": kind, "disclosure": "safe", "label": f"The {name}"} | more


def store(folder: Path, schemas: Schemas, frames: Sequence[tuple[Mapping[str, Any], pd.DataFrame]]) -> list[Source]:
    """Write each frame as the warehouse would, typed as its instrument says; `row` from 2 unless the frame has it."""
    sources = []
    for place, (told, frame) in enumerate(frames):
        instrument = schemas.instrument(told.get("instrument") or next(iter(schemas.versions)), told.get("version"))
        rows = frame if "row" in frame else frame.assign(row=range(2, len(frame) + 2))
        name = str(told.get("submission", f"s{place}"))
        paths = folder / f"{name}-records.parquet", folder / f"{name}-statuses.parquet"
        rows[["row", *instrument.by_name]].to_parquet(paths[0], index=False)
        told.get("statuses", STATUSES).to_parquet(paths[1], index=False)
        sources.append(
            Source(name, instrument, str(told.get("initiative", next(iter(schemas.initiatives)))), "team",
                   str(told.get("period", "2026")), str(paths[0]), str(paths[1]))
        )  # fmt: skip
    return sources


def computed(schemas: Schemas, sources: Sequence[Source], *, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A connection holding everything that `compute` makes of the sources."""
    connection = duckdb.connect(config={"threads": threads})
    compute(connection, schemas, sources)
    return connection


def estimates(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """All estimates, by indicator, initiative, wave, dimension and category."""
    frame = connection.sql("select * from estimate").df()
    return frame.set_index(["indicator", "initiative", "wave", "dimension", "category"])
