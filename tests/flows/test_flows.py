"""The flows under Prefect's harness: the same release as without Prefect, and artifacts for the data team."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flows.build import build
from flows.ingest import ingest
from flows.pipeline import pipeline as pipeline_flow
from flows.publish import publish
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from tests.programme import NOW, fill_inbox, new_home

from impact_pipeline import open_release, pipeline
from impact_pipeline.landing import RawStore

FILES = ("cafes mai.csv", "avril 2026.xls")


@pytest.fixture(scope="module", autouse=True)
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=90):
        yield


def artifacts() -> dict[str, object]:
    """Key -> data of the latest artifacts."""
    with get_client(sync_client=True) as client:
        told = client.request("POST", "/artifacts/latest/filter", json={}).json()
    return {item["key"]: item["data"] for item in told}


def test_step_by_step_each_flow_does_its_part(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    fill_inbox(home, *FILES)

    # landing checks a file at once, so nothing is left for the batches
    assert ingest(home=str(tmp_path)) == 0
    assert len(RawStore(home.raw).current()) == 2
    assert not [path for path in home.inbox.rglob("*") if path.is_file()]
    candidate = build(home=str(tmp_path))
    version = publish(candidate, home=str(tmp_path))

    release = open_release(tmp_path)
    assert release.version == version
    assert release.manifest["counts"]["rows_in"] == 24
    told = artifacts()
    assert set(told) >= {"submissions", "findings", "release-changes", "report"}
    assert "The first one" in str(told["release-changes"])
    assert str(release.report("fr")) in str(told["report"])
    rows = json.loads(str(told["submissions"]))
    assert sorted((row["period"], row["rows_in"], row["set_aside"]) for row in rows) == [
        ("2026-04", 12, 0),
        ("2026-05", 12, 1),
    ]
    assert "row-rule" in str(told["findings"])


def test_the_whole_line_gives_the_release_that_it_gives_without_prefect(tmp_path: Path) -> None:
    with_prefect, without = new_home(tmp_path / "with"), new_home(tmp_path / "without")
    for home in (with_prefect, without):
        fill_inbox(home, *FILES)

    version = pipeline_flow(home=str(with_prefect.root))
    pipeline.run(without, now=NOW)

    ours, theirs = open_release(with_prefect.root), open_release(without.root)
    for name in ("estimate", "quality", "lineage", "indicator"):
        own, other = (release.path / "data" / f"{name}.parquet" for release in (ours, theirs))
        assert own.read_bytes() == other.read_bytes()
    assert pipeline_flow(home=str(with_prefect.root)) == version  # nothing is new


def test_declarations_that_changed_are_checked_again_in_batches(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    fill_inbox(home, *FILES)
    assert ingest(home=str(tmp_path)) == 0
    place = home.schemas / "instruments" / "cafe-monthly.v1.yaml"
    place.write_text(place.read_text(encoding="utf-8").replace("60 * visits", "61 * visits"), encoding="utf-8")

    assert ingest(home=str(tmp_path)) == 2
