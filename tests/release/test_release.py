"""A release: a folder that anybody can read without us, complete, checked, queried without risk."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import frictionless
import pyarrow.parquet as pq
import pytest
from tests.programme import NOW, ROOT, fill_inbox, new_home

from impact_pipeline import open_release, pipeline
from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import QueryError, StoreError, UnknownName
from impact_pipeline.home import Home
from impact_pipeline.release import TABLES, Release, ReleaseStore, communes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    place = new_home(tmp_path_factory.mktemp("release") / "home")
    fill_inbox(place, "cafes mai.csv", "suivi cafes T1 2026.xlsx")
    pipeline.run(place, now=NOW)
    return place


@pytest.fixture(scope="module")
def release(home: Home) -> Release:
    return open_release(home.root)


def test_a_validator_that_we_did_not_write_accepts_the_data_package(release):
    told = json.loads((release.path / "datapackage.json").read_text(encoding="utf-8"))
    assert told["$schema"].endswith("/2.0/datapackage.json")
    frictionless.system.trusted = True
    with frictionless.system.use_context(trusted=True):
        report = frictionless.Package(str(release.path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldNumber", "type", "note"])
    assert len(report.tasks) == len(TABLES)


def test_csv_parquet_and_database_say_the_same(release):
    with duckdb.connect(release.path / "release.duckdb", read_only=True) as connection:
        for table in TABLES:
            parquet = pq.read_table(release.path / "data" / f"{table.name}.parquet")
            assert connection.sql(f"from {table.name}").to_arrow_table().to_pylist() == parquet.to_pylist()
            with (release.path / "data" / f"{table.name}.csv").open(encoding="utf-8", newline="") as stream:
                rows = list(csv.reader(stream))
            assert rows[0] == parquet.column_names
            assert len(rows) == len(parquet) + 1


def test_checksums_cover_every_file_and_hold(release):
    listed = dict(line.split(maxsplit=1)[::-1] for line in (release.path / "checksums.sha256").read_text().splitlines())
    files = {p.relative_to(release.path).as_posix() for p in release.path.rglob("*") if p.is_file()}
    assert set(listed) == files - {"checksums.sha256"}
    for name, digest in listed.items():
        assert hashlib.sha256((release.path / name).read_bytes()).hexdigest() == digest


def test_the_manifest_tells_what_it_was_made_of(release):
    manifest = release.manifest
    assert {item["status"] for item in manifest["inputs"]} == {"current"}
    assert all(len(item["sha256"]) == 64 for item in manifest["inputs"])
    assert "instruments/cafe-monthly.v1.yaml" in manifest["declarations"]
    assert manifest["counts"]["rows_in"] == 48
    assert manifest["tables"]["estimate"]["rows"] == len(release.table("estimate"))


def test_the_codebook_says_what_every_column_means(release):
    with (release.path / "codebook.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    told = {(row["table"], row["variable"]) for row in rows}
    assert told == {(table.name, column.name) for table in TABLES for column in table.columns}
    assert all(row["fr"] and row["en"] for row in rows)


def test_every_code_that_says_why_is_told_in_words_by_a_file_of_the_release(release):
    with (release.path / "codewords.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert all(row["fr"] and row["en"] and row["fr"] != row["code"] for row in rows)
    told = {(row["table"], row["variable"], row["code"]) for row in rows}
    assert len(told) == len(rows)
    assert {(t, v) for t, v, _ in told} >= {
        (table.name, column.name)
        for table in TABLES
        for column in table.columns
        if column.name in ("reason", "cautions", "labels")
    }
    held = {
        (table, variable, code)
        for table, variable in {(t, v) for t, v, _ in told}
        for value in release.table(table)[variable].dropna()
        for code in value.split()
    }
    assert ("estimate", "reason", "fewer-than-threshold") in held
    assert held <= told


@pytest.mark.parametrize(
    "sql",
    [
        "drop table estimate",
        "insert into estimate select * from estimate",
        "create table x as select 1",
        "copy estimate to 'x.csv'",
        "attach 'x.duckdb' as x",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_text('/etc/passwd')",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "pragma database_list; select 1",
        "select 1; drop table estimate",
        "export database 'x'",
        "select nothing from estimate",
        "",
    ],
)
def test_a_query_reads_the_tables_and_nothing_else(release, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryError):
        release.query(sql)
    assert not list(tmp_path.iterdir())


def test_a_misspelt_table_is_told_with_the_nearest(release):
    with pytest.raises(QueryError, match="estimate"):
        release.query("select * from estimat")
    with pytest.raises(UnknownName, match="estimate"):
        release.table("estimat")


def test_versions_stand_side_by_side_and_each_can_be_opened(home):
    first = ReleaseStore(home.curated).latest()
    second = pipeline.run(home, now=NOW, force=True).version
    third = pipeline.run(home, now=NOW + timedelta(days=1), force=True).version
    store = ReleaseStore(home.curated)

    assert store.versions() == [first, second, third] == ["2026.11.24", "2026.11.24.1", "2026.11.25"]
    assert store.latest() == third
    assert open_release(home.root, first).version == first
    with pytest.raises(UnknownName, match=first):
        open_release(home.root, "2026.11.23")


def test_what_is_published_cannot_be_written_over(release):
    assert not (release.path / "data" / "estimate.csv").stat().st_mode & 0o222


def test_before_the_first_release_the_remedy_is_told(tmp_path):
    with pytest.raises(StoreError, match="impact run"):
        open_release(tmp_path)


def test_a_folder_copied_elsewhere_needs_none_of_our_code(release, tmp_path):
    copy = shutil.copytree(release.path, tmp_path / "copy")
    script = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).table('estimate').shape[0])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, str(copy / "release.duckdb")], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(release.table("estimate"))


def test_half_staged_releases_are_swept_and_never_listed(home):
    left = home.curated / ".staging" / "dead"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{}")

    pipeline.run(home, now=NOW + timedelta(days=2), force=True)

    assert not left.exists()
    assert all(not version.startswith(".") for version in ReleaseStore(home.curated).versions())


def test_nobody_can_be_found_in_a_release(release):
    for path in sorted(Path(release.path).rglob("*")):
        if path.suffix in (".csv", ".json", ".html"):
            text = path.read_text(encoding="utf-8")
            assert "CAFE-01" not in text, path.name
            assert "suivi cafes T1 2026.xlsx" not in text, path.name


def test_a_commune_that_a_figure_is_told_of_has_its_name() -> None:
    schemas = load_schemas(ROOT / "schemas")
    told = [
        {"indicator": "cafe-wellbeing", "dimension": dimension, "category": category}
        for dimension, category in (("commune", "07019"), ("commune", "07019"), ("commune", "99999"), ("sex", "f"))
    ]
    rows = communes(schemas, told)
    assert [(row["instrument"], row["category"], row["label_fr"]) for row in rows] == [
        ("cafe-residents", "07019", "Aubenas (07019)"), ("cafe-residents", "99999", "99999"),
    ]  # fmt: skip
