"""What the measures ask of an engine: to run SQL, to hand back rows, to take a table in.

DuckDB's connection is one as it stands; `spark_engine` makes one of Apache Spark. The statements are `select`,
`create [or replace] [temp] table | view ... as select`, `create table name (columns)`, `insert into ... select` and
`delete from ... where`, in the words that DuckDB reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

ARROW = {"varchar": pa.string(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}


class Result(Protocol):
    """Rows of a statement, to be read to the end."""

    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Engine(Protocol):
    """Where the long tables are built and reduced."""

    def execute(self, query: str, /) -> Result: ...

    def register(self, view_name: str, python_object: Any, /) -> object: ...

    def unregister(self, view_name: str, /) -> object: ...


def run(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    """All rows of a statement; DuckDB wants results read to the end."""
    return list(engine.execute(statement).fetchall())


def fill(engine: Engine, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Create `table`, given as `name(column type, ...)` in the types of `ARROW`, with these rows."""
    name, _, declared = table.removesuffix(")").partition("(")
    columns = [column.split() for column in declared.split(",")]
    schema = pa.schema([(column, ARROW[kind]) for column, kind in columns])
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(told, kind) for told, kind in zip(values, schema.types, strict=True)]
    put(engine, name, pa.table(arrays, schema=schema))


def put(engine: Engine, name: str, table: pa.Table) -> None:
    """Create a table of the engine from an Arrow table."""
    engine.register("handed_in", table)
    columns = ", ".join(f'"{column}"' for column in table.column_names)
    run(engine, f"create table {name} as select {columns} from handed_in")
    engine.unregister("handed_in")
