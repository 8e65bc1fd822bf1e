"""The gate: what may be told of each estimate, by the programme's declared thresholds.

A connection holding `estimate` and `estimate_support` (made by `methods.compute`) comes in; `estimate` goes out
protected, and the support that it was judged from is gone. The rules are in `sql/90_protect.sql`. It looks at one
release alone: it does not compare with earlier ones, nor one indicator with another.
"""

from __future__ import annotations

import duckdb

from impact_pipeline.declarations import Indicator, Schemas
from impact_pipeline.sql import text

RULE = "create table disclosure_rule (indicator varchar, threshold bigint, dominance double, unanimity_tells boolean)"


def protect(connection: duckdb.DuckDBPyConnection, schemas: Schemas) -> None:
    """Replace `estimate` by what may be published; suppressed rows keep their key and a reason, and no figure.

    Thresholds are those of the instrument's unit type in `programme.disclosure`. Dominance is judged for businesses
    and for amounts, not for shares. A share of 0 or 1 is suppressed unless every field behind it is declared `safe`.
    """
    rules = [(name, *_rule(indicator, schemas)) for name, indicator in sorted(schemas.indicators.items())]
    connection.execute(RULE).fetchall()
    if rules:
        connection.executemany("insert into disclosure_rule values (?, ?, ?, ?)", rules).fetchall()
    connection.execute(f"create table protected_estimate as\n{text('90_protect')}").fetchall()
    for table in ("estimate", "estimate_support", "disclosure_rule"):
        connection.execute(f"drop table {table}").fetchall()
    connection.execute("alter table protected_estimate rename to estimate").fetchall()


def protect_contrasts(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace `contrast` by what may be published beside a protected `estimate`: `sql/92_protect_contrast.sql`."""
    connection.execute(f"create table protected_contrast as\n{text('92_protect_contrast')}").fetchall()
    connection.execute("drop table contrast").fetchall()
    connection.execute("alter table protected_contrast rename to contrast").fetchall()


def protect_reliability(connection: duckdb.DuckDBPyConnection, schemas: Schemas) -> None:
    """Replace `reliability` and `invariance` by what may be published: see their statements, `sql/91` and `sql/94`."""
    _protect_by_instrument(connection, schemas, "reliability", "91_protect_reliability")
    _protect_by_instrument(connection, schemas, "invariance", "94_protect_invariance")


def protect_weighting(connection: duckdb.DuckDBPyConnection, schemas: Schemas) -> None:
    """Replace `weighting` by what may be published: see `sql/93_protect_weighting.sql`."""
    _protect_by_instrument(connection, schemas, "weighting", "93_protect_weighting")


def _protect_by_instrument(connection: duckdb.DuckDBPyConnection, schemas: Schemas, table: str, statement: str) -> None:
    """Replace a table by what its statement leaves of it, given the threshold of each instrument's units."""
    limits = schemas.programme.disclosure
    rules = [(name, limits.threshold(schemas.instrument(name).unit_type)) for name in sorted(schemas.versions)]
    connection.execute(f"create table {table}_rule (instrument varchar, threshold bigint)").fetchall()
    if rules:
        connection.executemany(f"insert into {table}_rule values (?, ?)", rules).fetchall()
    connection.execute(f"create table protected_{table} as\n{text(statement)}").fetchall()
    for name in (table, f"{table}_rule"):
        connection.execute(f"drop table {name}").fetchall()
    connection.execute(f"alter table protected_{table} rename to {table}").fetchall()


def _rule(indicator: Indicator, schemas: Schemas) -> tuple[int, float | None, bool]:
    """Fewest units, largest share of one business (None where it is not judged), whether 0 and 1 tell too much."""
    instrument, limits = schemas.instrument(indicator.instrument), schemas.programme.disclosure
    judged = instrument.unit_type == "business" and not indicator.value.is_predicate
    tells = indicator.is_share and not _is_safe(indicator, schemas)
    return limits.threshold(instrument.unit_type), limits.dominance if judged else None, tells


def _is_safe(indicator: Indicator, schemas: Schemas) -> bool:
    """Whether every field behind the value, items of scores included, is declared safe to tell."""
    instrument = schemas.instrument(indicator.instrument)
    scores = schemas.scores(instrument)
    behind = {name for name in indicator.value.names if name in instrument.by_name}
    items = {
        (scores[name][0].scale, item)
        for name in indicator.value.names
        if name in scores
        for item in scores[name][1].items
    }
    behind |= {field.name for field in instrument.fields if (field.scale, field.scale_item) in items}
    return all(instrument.by_name[name].disclosure == "safe" for name in behind)
