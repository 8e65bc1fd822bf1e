"""No figure depends on the threads, the order of rows and files, or the hash seed: the same bytes in every table.

Programmes computed anew in processes of their own (see `shuffled_run`), figures rounded as the programme declares. The
release promises no order of rows within `record_count` and its like, so that rows are sorted before they are compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.methods.shuffled_run import DEPRIVATIONS, INDICATORS, INDICATORS_OF_OTHERS, SCORED, STUDIES, TABLES

ROOT = Path(__file__).parents[2]
RUNS = {"0": "1-0-0", "12345": "4-2-2"}  # hash seed -> threads, order of rows, order of files


def rows(file: Path) -> list[str]:
    """Rows of a table, to the last bit of every figure."""
    return sorted(map(repr, pq.read_table(file).to_pylist()))


def computed_anew(engine: str, folder: Path, run: str, *, seed: str) -> None:
    """One computation in a process of its own, below `folder`: see `shuffled_run`."""
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "tests.methods.shuffled_run", engine, str(folder), run]
    subprocess.run(command, env=environment, check=True, cwd=ROOT)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    folder = tmp_path_factory.mktemp("shuffled")
    for seed, run in RUNS.items():
        computed_anew("duckdb", folder, run, seed=seed)
    return {
        run: {table: rows(folder / run / f"{table}.parquet") for table in (*TABLES, SCORED)} for run in RUNS.values()
    }


@pytest.mark.parametrize("table", [*TABLES, SCORED])
def test_same_rows_whatever_the_threads_the_order_and_the_hash_seed(
    found: dict[str, dict[str, list[str]]], table: str
) -> None:
    first, *others = (run[table] for run in found.values())
    assert all(other == first for other in others)


def test_every_indicator_and_study_is_among_what_is_compared(found: dict[str, dict[str, list[str]]]) -> None:
    told = next(iter(found.values()))
    for indicator in [*INDICATORS, *(item for items in INDICATORS_OF_OTHERS.values() for item in items)]:
        named = [row for row in told["estimate"] if f"'indicator': '{indicator['indicator']}'," in row]
        assert any("'published'" in row for row in named), indicator["indicator"]
    for deprivation in DEPRIVATIONS:
        assert any(f"'indicator': '{deprivation['deprivation']}-intensity'," in row for row in told["estimate"])
    assert told[SCORED]
    assert all("'published'" in row for row in told[SCORED])
    for study in STUDIES:
        named = [row for row in told["effect"] if f"'study': '{study['study']}'," in row]
        assert any("'published'" in row for row in named), study["study"]
    for table in (
        "contrast",
        "reliability",
        "invariance",
        "weighting",
        "evidence",
        "balance",
        "attrition",
        "moderator",
    ):
        assert told[table], table
