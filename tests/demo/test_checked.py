"""Each synthetic file, read and checked by the pipeline: what was planted is found, and nothing else is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pytest
from ruamel.yaml import YAML

from demo import generate
from impact_pipeline.conforming import conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import Level
from impact_pipeline.reading import read_book
from impact_pipeline.validation import Checked, check_table

ROOT = Path(__file__).parents[2]
SCHEMAS = load_schemas(ROOT / "schemas")
LISTED = YAML(typ="safe").load((ROOT / generate.LIST).read_text(encoding="utf-8"))["submissions"]
KNOWN = {known["file"]: known for known in YAML(typ="safe").load((ROOT / generate.TRUTH).read_text("utf-8"))["files"]}


def checked(sent: dict[str, str]) -> Checked:
    path = ROOT / generate.OUTPUT / sent["file"]
    instrument = SCHEMAS.instrument(sent["instrument"])
    fill = {"period": sent["period"], "organisation": sent["organisation"]}
    table = conform(read_book(path.read_bytes(), path.name), instrument, SCHEMAS, fill=fill)
    with duckdb.connect() as connection:
        return check_table(table, instrument, SCHEMAS, connection)


@pytest.mark.parametrize("sent", LISTED, ids=lambda sent: str(sent["file"]))
def test_the_pipeline_finds_what_was_planted_and_refuses_nothing_else(sent: dict[str, str]) -> None:
    result, known = checked(sent), KNOWN[sent["file"]]
    assert (result.rows_in, result.set_aside_rows) == (known["rows"], known["set_aside"])
    planted = Counter(known.get("slips", {}))
    found: Counter[str] = Counter()
    for (code, level, _), cells in result.counts.items():
        if level is not Level.CORRECTED or code in planted:
            found[code] += cells
    assert found == planted
