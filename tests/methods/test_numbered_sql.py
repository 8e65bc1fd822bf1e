"""The numbered SQL keeps to what DuckDB and Spark read the same way, and can be read: one statement a file, columns
spelled out, divisions guarded, nothing but plain functions."""

from __future__ import annotations

from importlib.resources import files

import pytest
from sqlglot import exp, parse

from impact_pipeline.sql import text

NAMES = sorted(f.name.removesuffix(".sql") for f in files("impact_pipeline.sql").iterdir() if f.name.endswith(".sql"))
FUNCTIONS = (
    exp.Sum, exp.Count, exp.Max, exp.Min, exp.Abs, exp.Round, exp.Cast, exp.Coalesce, exp.Nullif, exp.Case, exp.If,
    exp.RowNumber, exp.And, exp.Or,
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_plain_sql_that_spells_its_columns(name: str) -> None:
    statements = parse(text(name), read="duckdb")
    assert len(statements) == 1
    query = statements[0]
    assert isinstance(query, exp.Query)
    assert text(name).startswith("-- "), "says first what a row of its result is"
    assert [star for star in query.find_all(exp.Star) if not isinstance(star.parent, exp.Count)] == []
    assert [d.sql() for d in query.find_all(exp.Div) if not isinstance(d.expression, exp.Nullif)] == []
    assert {type(f).__name__ for f in query.find_all(exp.Func) if not isinstance(f, FUNCTIONS)} == set()


@pytest.mark.parametrize("name", NAMES)
def test_spark_reads_the_same_text(name: str) -> None:
    """sqlglot finds nothing to rewrite for Spark but the names of types."""
    query = parse(text(name), read="duckdb")[0]
    assert query is not None
    assert parse(query.sql(dialect="spark"), read="spark")[0] == parse(text(name), read="spark")[0]
