"""The columns of an instrument's records, as an engine makes them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from impact_pipeline.declarations import Instrument, load_schemas
from impact_pipeline.renderings.columns import column_types, ddl, table_name

ROOT = Path(__file__).parents[2]
INSTRUMENTS = [
    *load_schemas(ROOT / "schemas").instruments,
    *load_schemas(ROOT / "tests" / "schemas" / "visits").instruments,
]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=str)
def test_the_engine_makes_the_declared_columns(instrument: Instrument) -> None:
    with duckdb.connect() as connection:
        connection.execute(ddl(instrument)).fetchall()
        made = connection.sql(f"describe {table_name(instrument)}").fetchall()
    assert {name: sql_type for name, sql_type, *_ in made} == {"row": "BIGINT"} | column_types(instrument)
    assert {name for name, _, nullable, *_ in made if nullable == "NO"} == {"row", *instrument.key}
