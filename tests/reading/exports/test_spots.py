"""A place on the map as each tool spreads it: one answer of the form, its parts kept or put together."""

from __future__ import annotations

import json

from tests.reading.exports.answers import SCHEMAS, csv_of

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.reading import read_book

VISIT = SCHEMAS.instrument("place-visit")


def table(content: bytes) -> TypedTable:
    return conform(read_book(content, "export"), VISIT, SCHEMAS, fill={})


def test_kobo_writes_the_whole_and_its_parts() -> None:
    parts = [f"_spot_{part}" for part in ("latitude", "longitude", "altitude", "precision")]
    rows = [["place", "spot", *parts, "_id", "_uuid", "_index"]]
    rows.append(["P1", "44.7352 4.5986 280.5 4.2", "44.7352", "4.5986", "280.5", "4.2", "1", "u", "1"])
    found = table(csv_of(rows))
    assert list(found.data["spot"]) == ["44.7352, 4.5986"]
    assert {finding.code for finding in found.findings} == {"survey-metadata", "code-rewritten"}
    assert list(found.extra["header"])[:4] == parts


def test_odk_writes_the_parts_alone() -> None:
    parts = [f"where-spot-{part}" for part in ("Latitude", "Longitude", "Altitude", "Accuracy")]
    rows = [["SubmissionDate", "place", *parts, "KEY"]]
    rows.append(["2026-03-02T09:20:31Z", "P1", "44.7352", "4.5986", "280.5", "4.2", "uuid:1"])
    rows.append(["2026-03-02T09:20:31Z", "P2", "", "", "", "", "uuid:2"])
    found = table(csv_of(rows, ","))
    assert list(found.data["spot"].fillna("")) == ["44.7352, 4.5986", ""]
    assert list(found.status["spot"]) == ["", "blank"]
    assert found.place(0, "spot").address == "C2"
    assert "unknown-column" not in {finding.code for finding in found.findings}
    kept = found.extra[found.extra["header"].str.startswith("where-")]
    assert list(kept["text"]) == ["4.5986", "280.5", "4.2"]


def test_odata_writes_longitude_first() -> None:
    spot = {"type": "Point", "coordinates": [4.5986, 44.7352, None], "properties": {"accuracy": 4.2}}
    rows = [{"__id": "uuid:1", "place": "P1", "where": {"spot": spot}}]
    assert list(table(json.dumps({"value": rows}).encode()).data["spot"]) == ["44.7352, 4.5986"]
