"""The releases of a programme: staged beside, renamed into place, then pointed at. Immutable once published.

Whatever moment a build is killed at, the pointer names a whole release; what was half staged is swept away by the next
one. Call `stage` and `publish` while holding the builder's lock.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from impact_pipeline.declarations import Programme
from impact_pipeline.errors import StoreError, UnknownName
from impact_pipeline.names import nearest
from impact_pipeline.release.descriptor import checksums, codebook_csv, codewords_csv, datapackage
from impact_pipeline.release.reader import Release
from impact_pipeline.release.tables import BY_NAME, TABLES
from impact_pipeline.storage import sha256_of, sync_folder

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Staged:
    """A release in the making: a folder that no reader looks into."""

    path: Path
    version: str

    def write(self, name: str, content: bytes) -> None:
        """Add a file, by its name inside the release."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def finish(self, programme: Programme, manifest: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> None:
        """Write the tables and every paper that follows from them; the checksums come last."""
        (self.path / "data").mkdir(exist_ok=True)
        ordered = {table.name: in_order(tables[table.name], table.name) for table in TABLES}
        written = {name: self._write_table(name, table) for name, table in ordered.items()}
        self._write_database(ordered)
        told = {"version": self.version, **manifest, "tables": written}
        self.write("datapackage.json", datapackage(programme, told).encode())
        self.write("codebook.csv", codebook_csv())
        self.write("codewords.csv", codewords_csv())
        self.write(MANIFEST, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())
        files = sorted(path for path in self.path.rglob("*") if path.is_file())
        self.write("checksums.sha256", checksums({p.relative_to(self.path).as_posix(): sha256_of(p) for p in files}))

    def _write_table(self, name: str, table: pa.Table) -> dict[str, Any]:
        parquet, csv = self.path / "data" / f"{name}.parquet", self.path / "data" / f"{name}.csv"
        pyarrow.parquet.write_table(table, parquet, compression="zstd")
        pyarrow.csv.write_csv(table, csv)
        return {
            "rows": table.num_rows, "sha256": sha256_of(parquet),
            "csv_sha256": sha256_of(csv), "csv_bytes": csv.stat().st_size,
        }  # fmt: skip

    def _write_database(self, tables: Mapping[str, pa.Table]) -> None:
        connection = duckdb.connect(self.path / "release.duckdb")
        try:
            for name, table in tables.items():
                connection.register("incoming", table)
                connection.execute(f"create table {name} as select {_names(name)} from incoming").fetchall()
                connection.unregister("incoming")
                connection.execute(f"comment on table {name} is {_quoted(BY_NAME[name].title.en)}").fetchall()
                for column in BY_NAME[name].columns:
                    told = _quoted(column.description.en)
                    connection.execute(f'comment on column {name}."{column.name}" is {told}').fetchall()
        finally:
            connection.close()


class ReleaseStore:
    """Below a folder of this machine: `releases/<version>/` and the pointer `latest`."""

    def __init__(self, root: Path):
        self.root = root

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    def versions(self) -> list[str]:
        """Versions published so far, oldest first."""
        found = [
            path.parent.name for path in self.releases.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(".")
        ]
        return sorted(found, key=_by_number)

    def latest(self) -> str | None:
        """The version that the pointer names, or None before the first release."""
        pointer = self.root / "latest"
        return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None

    def open(self, version: str | None = None) -> Release:
        """A release to read: the latest, or the version asked for. Raises UnknownName listing those that there are."""
        known = self.versions()
        wanted = version or self.latest()
        if wanted is None:
            raise StoreError("Nothing has been published yet: run `impact run` first.")
        if wanted not in known:
            raise UnknownName("release", wanted, known, nearest(wanted, known))
        return Release(self.releases / wanted)

    def stage(self, now: datetime) -> Staged:
        """An empty folder for the next version (`2026.11.24`, then `2026.11.24.1`...); half-made ones are removed."""
        staging = self.root / ".staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        path = staging / uuid.uuid4().hex
        path.mkdir()
        return Staged(path, self._next_version(now))

    def publish(self, staged: Staged) -> Release:
        """Make a finished release the latest: renamed into place, then pointed at."""
        for path in sorted(staged.path.rglob("*")):
            if path.is_file():
                path.chmod(0o444)
                with path.open("rb") as stream:
                    os.fsync(stream.fileno())
        self.releases.mkdir(parents=True, exist_ok=True)
        place = self.releases / staged.version
        staged.path.rename(place)
        sync_folder(self.releases)
        self.point_at(staged.version)
        return Release(place)

    def point_at(self, version: str) -> None:
        """Flip the one-line pointer in one step; readers see the old version or the new one, never half a line."""
        draft = self.root / ".latest"
        draft.write_text(version + "\n", encoding="utf-8")
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        draft.replace(self.root / "latest")
        sync_folder(self.root)

    def _next_version(self, now: datetime) -> str:
        day = f"{now:%Y.%m.%d}"
        taken = set(self.versions()) | {path.name for path in self.releases.glob("*")}
        suffixes: Sequence[str] = ["", *(f".{number}" for number in range(1, len(taken) + 2))]
        return next(day + suffix for suffix in suffixes if day + suffix not in taken)


def in_order(table: pa.Table, name: str) -> pa.Table:
    """A curated table in its declared columns and types, sorted by its key."""
    declared = BY_NAME[name]
    typed = table.select(declared.schema.names).cast(declared.schema).combine_chunks()
    return typed.sort_by([(column, "ascending") for column in declared.key]) if typed.num_rows else typed


def _names(table: str) -> str:
    return ", ".join(f'"{column.name}"' for column in BY_NAME[table].columns)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _by_number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
