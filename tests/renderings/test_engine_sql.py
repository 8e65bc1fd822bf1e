"""The checks of an instrument as SQL: they find what pandera finds, and rules pass where an answer is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pandera.pandas as pandera
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact_pipeline.declarations import load_schemas
from impact_pipeline.renderings.columns import column_types, frame_types
from impact_pipeline.renderings.engine_sql import cell_checks, failures, literal
from impact_pipeline.renderings.pandera_schema import pandera_schema
from impact_pipeline.renderings.rule_sql import rule_failures

SCHEMAS = load_schemas(Path(__file__).parents[1] / "schemas" / "visits")
INSTRUMENT = SCHEMAS.instrument("visits")
TYPES = column_types(INSTRUMENT)
RECORDS = st.fixed_dictionaries(
    {
        "visitor": st.one_of(st.none(), st.from_regex(r"[A-Za-z]{1,3}[0-9]{1,6}\n?", fullmatch=True)),
        "sex": st.sampled_from([None, "f", "m", "x", "F", ""]),
        "uses": st.sampled_from([None, "drink", "drink shop", "drink swim", "swim"]),
        "age": st.one_of(st.none(), st.integers(-2, 113), st.just(2**40)),
        "visits": st.one_of(st.none(), st.integers(-1, 402)),
        "spent": st.one_of(st.none(), st.sampled_from([0.0, -1e-9, 100000.0, 100000.01, 12.5])),
    }
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def table(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, object]]) -> str:
    """The rows as the engine holds typed records; a field that no row gives is missing."""
    columns = ", ".join(f'"{name}" {sql_type}' for name, sql_type in TYPES.items())
    connection.execute(f"create or replace table typed (_record bigint, {columns})").fetchall()
    for place, row in enumerate(rows):
        values = [place, *(row.get(name) for name in TYPES)]
        connection.execute(f"insert into typed values ({', '.join('?' * len(values))})", values).fetchall()
    return "typed"


@settings(max_examples=25)
@given(st.lists(RECORDS, min_size=1, max_size=12))
def test_the_engine_and_pandera_find_the_same_cells(rows: list[dict[str, object]]) -> None:
    checks = cell_checks(INSTRUMENT, SCHEMAS)
    with duckdb.connect() as connection:
        named = [(literal(f"{check.field}/{check.code}"), check.predicate) for check in checks]
        found = connection.sql(failures(named, table(connection, rows), name="failed")).fetchall()
    frame = pd.DataFrame(
        {name: pd.Series([row.get(name, None) for row in rows], dtype=t) for name, t in frame_types(INSTRUMENT).items()}
    )
    expected: set[tuple[int, str]] = set()
    try:
        pandera_schema(INSTRUMENT, SCHEMAS).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        cells = cases[~cases["check"].isin(["not_nullable", "duplicate-key"])]
        expected = set(zip(cells["index"].astype(int), cells["column"] + "/" + cells["check"], strict=True))
    assert set(found) == expected


def test_rules_tell_each_failing_row_and_pass_where_an_answer_is_unknown(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows: list[dict[str, object]] = [
        {"visits": 0, "spent": 5.0, "member": True, "age": 15},
        {"visits": 0, "spent": None, "member": None, "age": 15},
        {"visits": 0, "spent": 5.0, "member": True, "age": 16},
        {},
    ]
    assert connection.sql(rule_failures(INSTRUMENT, table(connection, rows))).fetchall() == [(0, 0), (0, 1), (2, 0)]


def test_an_instrument_without_rules_has_no_failing_row(connection: duckdb.DuckDBPyConnection) -> None:
    bare = INSTRUMENT.model_copy(update={"rules": ()})
    assert connection.sql(rule_failures(bare, table(connection, [{"visits": 0, "spent": 5.0}]))).fetchall() == []
