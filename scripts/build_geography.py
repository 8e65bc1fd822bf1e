"""Build the tables of `impact_pipeline.geography`, and `origin.yaml` which says where they come from.

    python scripts/build_geography.py [--density fichier_diffusion.xlsx] [--built 2026-03-12]

Fetches the yearly versions of one npm package by its name. The same versions give the same tables to the byte. To move
to a new year: add its version to YEARS, run, and look at what `git diff origin.yaml` says of the counts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
from python_calamine import CalamineWorkbook
from ruamel.yaml import YAML

from impact_pipeline.geography import building

PACKAGE = "@etalab/decoupage-administratif"
YEARS = {2021: "1.1.1", 2022: "2.3.1", 2023: "3.1.1", 2024: "4.1.0", 2025: "5.3.0", 2026: "6.0.0"}
FOLDER = Path(__file__).parents[1] / "src" / "impact_pipeline" / "geography"
READ = ("communes", "epci", "departements", "regions")  # files of the newest version; of older ones the first
LICENCE = "Licence Ouverte 2.0 (Etalab); the package's own code is MIT"
SOURCES = (
    "INSEE, Code officiel géographique (communes, former codes, départements, régions)",
    "DGCL, composition des EPCI à fiscalité propre",
    "INSEE, populations légales; Mayotte 2017; collectivités d'outre-mer",
    "La Poste, base officielle des codes postaux",
)
TRAPS = (
    "epci.json is byte-identical in 5.3.0 and 6.0.0 (md5 23ab53b38a61fd0a1ad0317c88b5fe17): the EPCI are not dated by "
    "the package's year.",
    "5.3.0 (2025) and 6.0.0 (2026) have the same communes and the same populations, and populations change within one "
    "year's packages: the year of the legal population is not in the data. Mayotte's is of 2017.",
    "A code is known to have gone between two yearly lists, so `since` is the first year whose list lacks it; before "
    "the first list the year is not known, and `since` is null.",
    "1.1.1 to 3.1.1 contradict each other about the codes 985xx that Mayotte once had; the newest list does not know "
    "them, and they are left out.",
    "The newest list gives former codes without names; a name is that of the last list which had the code as a place, "
    "else null.",
    "3,056 of the 6,310 postcodes are also the code of some commune, nearly always another one.",
)
DENSITY_ABSENT = (
    "INSEE's communal density grid is not in the package, so `density` is null for every commune. The data team can "
    "add it: download INSEE's fichier_diffusion (CODGEO, DENS) and build again with --density FILE."
)


def main() -> None:
    """Fetch, build, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--density", type=Path, help="INSEE's fichier_diffusion, with the columns CODGEO and DENS")
    parser.add_argument("--built", type=date.fromisoformat, default=datetime.now(UTC).date())
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packages = {year: fetch(version, Path(folder)) for year, version in YEARS.items()}
    newest = packages[max(YEARS)]
    lists = {year: read(files, "communes") for year, files in packages.items()}
    epci = read(newest, "epci")
    density = read_density(asked.density) if asked.density else None
    tables = {
        "communes": building.communes(lists, epci, density),
        "changes": building.changes(lists),
        "areas": building.areas(read(newest, "departements"), read(newest, "regions"), epci),
    }
    for name, table in tables.items():
        parquet.write_table(table, FOLDER / f"{name}.parquet", compression="zstd", compression_level=19)
    yaml = YAML()
    yaml.width, yaml.allow_unicode = 120, True
    with (FOLDER / "origin.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump(origin(packages, tables, asked.density, asked.built), stream)


def fetch(version: str, folder: Path) -> dict[str, bytes]:
    """The data files of one version, by name."""
    told = subprocess.run(
        ["npm", "pack", "--silent", f"{PACKAGE}@{version}"], cwd=folder, check=True, capture_output=True, text=True
    )
    with tarfile.open(folder / told.stdout.strip().splitlines()[-1]) as archive:
        return {name: archive.extractfile(f"package/data/{name}.json").read() for name in READ}  # type: ignore[union-attr]


def read(files: Mapping[str, bytes], name: str) -> list[dict[str, Any]]:
    """One data file, parsed."""
    found: list[dict[str, Any]] = json.loads(files[name])
    return found


def read_density(path: Path) -> dict[str, str]:
    """Class by code, from the sheet that has the columns CODGEO and DENS, whatever stands above them."""
    book = CalamineWorkbook.from_path(path)
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python()
        head = next((n for n, row in enumerate(rows) if {"CODGEO", "DENS"} <= set(row)), None)
        if head is not None:
            code, density = rows[head].index("CODGEO"), rows[head].index("DENS")
            return {str(row[code]): f"{float(row[density]):.0f}" for row in rows[head + 1 :] if row[code]}
    raise SystemExit(f"{path}: no sheet has the columns CODGEO and DENS")


def origin(
    packages: Mapping[int, Mapping[str, bytes]], tables: Mapping[str, pa.Table], density: Path | None, built: date
) -> dict[str, Any]:
    """What a reader should know of the tables before trusting them."""
    return {
        "package": PACKAGE,
        "versions": dict(YEARS),
        "built": built.isoformat(),
        "licence": LICENCE,
        "sources": list(SOURCES),
        "md5": {
            f"{version}/{name}.json": hashlib.md5(packages[year][name]).hexdigest()
            for year, version in YEARS.items()
            for name in (READ if year == max(YEARS) else READ[:1])
        },
        "rows": {name: table.num_rows for name, table in tables.items()},
        "kinds": {kind: tables["communes"]["kind"].to_pylist().count(kind) for kind in building.ORDER},
        "density": f"{density.name}, md5 {hashlib.md5(density.read_bytes()).hexdigest()}"
        if density
        else DENSITY_ABSENT,
        "traps": list(TRAPS),
    }


if __name__ == "__main__":
    main()
