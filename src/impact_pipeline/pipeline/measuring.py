"""On which engine the measures run: DuckDB in this process, or Apache Spark over the same Parquet.

The build's own connection comes in; every table that the build keeps is in it afterwards, whatever the engine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import StoreError
from impact_pipeline.methods import Source, compute
from impact_pipeline.methods.engine import put
from impact_pipeline.methods.studies import Plan, compute_studies


def measure(
    connection: duckdb.DuckDBPyConnection, schemas: Schemas, sources: Sequence[Source], kept: Sequence[str],
    *, plans: Mapping[str, Plan], spark_master: str | None, scratch: Path,
) -> None:  # fmt: skip
    """Compute on `connection` itself, or on the Spark that `spark_master` names and then bring the `kept` tables.

    `scratch` is a folder that Spark's workers see as this process does; what is written there is removed.
    Raises StoreError where Spark is asked for and not installed.
    """
    if spark_master is None:
        compute(connection, schemas, sources)
        compute_studies(connection, schemas, plans)
        return
    try:
        from impact_pipeline.spark_engine import spark
    except ModuleNotFoundError as error:
        raise StoreError("Spark is not installed here: pip install 'impact-pipeline[spark]' (and Java 17).") from error
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="spark-", dir=scratch) as folder,
        spark(spark_master, Path(folder)) as engine,
    ):
        compute(engine, schemas, sources)
        compute_studies(engine, schemas, plans)
        for table in kept:
            put(connection, table, engine.arrow(table))
