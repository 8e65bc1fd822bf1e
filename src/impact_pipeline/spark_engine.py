"""Apache Spark as the engine of the measures, over Parquet that its workers can read.

The numbered SQL runs as it is written; statements rendered from declarations are put in Spark's words by sqlglot (types
and quotes, nothing else). A table is a folder of Parquet below `scratch`, which every worker must see; a view stays a
view. Needs the extra `spark` and Java 17; imported where it is asked for alone, for it takes seconds.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from impact_pipeline.sql import numbered

CONF: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
CREATE_AS = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:temp\s+)?(table|view)\s+(\w+)\s+as\s+(.*)", re.IGNORECASE | re.DOTALL
)
CREATE = re.compile(r"create\s+(?:or\s+replace\s+)?(?:temp\s+)?table\s+(\w+)\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
INSERT = re.compile(r"insert\s+into\s+(\w+)\s+(select\b.*)", re.IGNORECASE | re.DOTALL)
DELETE = re.compile(r"delete\s+from\s+(\w+)\s+where\s+(.*)", re.IGNORECASE | re.DOTALL)
SLASHES = ":/+"  # Spark writes one slash after the scheme in one place, three in another
FILES = re.compile(r"read_parquet\(\[(.*?)\], filename = '_path'(?:, file_row_number = true)?\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a statement, as plain tuples."""

    rows: Sequence[tuple[Any, ...]] = ()

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self.rows)


@dataclass
class SparkEngine:
    """An `Engine` (see `methods.engine`) over a Spark session; `scratch` is a folder of its own, empty at first."""

    session: SparkSession
    scratch: Path
    parts: dict[str, list[str]] = field(default_factory=dict)  # folders of each table that was created

    def execute(self, query: str) -> Rows:
        """Run one statement of those that `methods.engine` lists. Raises Spark's errors as they are."""
        if told := CREATE_AS.fullmatch(query.strip()):
            kind, name, select = told.groups()
            if kind.lower() == "view":
                self._select(select).createOrReplaceTempView(name)
            else:
                self._keep(name, self._select(select))
            return Rows()
        if told := CREATE.fullmatch(query.strip()):
            name, columns = told.groups()
            typed = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in _columns(columns))
            self._keep(name, self._select(f"select {typed} where false"))
            return Rows()
        if told := INSERT.fullmatch(query.strip()):
            self._append(*told.groups())
            return Rows()
        if told := DELETE.fullmatch(query.strip()):
            name, condition = told.groups()
            self._keep(name, self._select(f"select * from {name} where not coalesce({condition}, false)"))
            return Rows()
        return Rows([tuple(row) for row in self._select(query).collect()])

    def register(self, view_name: str, table: pa.Table) -> None:
        """Take an Arrow table in, under a name."""
        path = self.scratch / f"{view_name}-{uuid.uuid4().hex}.parquet"
        pq.write_table(table, path)
        self.session.read.parquet(str(path)).createOrReplaceTempView(view_name)

    def unregister(self, view_name: str) -> None:
        """Forget a table that was taken in."""
        self.session.catalog.dropTempView(view_name)

    def arrow(self, table: str) -> pa.Table:
        """The rows of a table or a view, brought here."""
        return self.session.table(table).toArrow()

    def _select(self, query: str) -> DataFrame:
        if query.strip() not in numbered():
            query = sqlglot.transpile(FILES.sub(self._files, query), read="duckdb", write="spark")[0]
        return self.session.sql(query)

    def _files(self, told: re.Match[str]) -> str:
        """Parquet files as a view with the path that each row came from, as it was given, and its place there."""
        paths = [path.replace("''", "'") for path in re.findall(r"'((?:[^']|'')*)'", told.group(1))]
        named = self.session.createDataFrame([(self._uri(path), path) for path in paths], "uri string, _path string")
        read = self.session.read.parquet(*map(_literal_path, paths)).select(
            "*",
            f.regexp_replace("_metadata.file_path", SLASHES, ":/").alias("uri"),
            f.col("_metadata.row_index").alias("file_row_number"),
        )
        view = f"files_{uuid.uuid4().hex}"
        read.join(f.broadcast(named), "uri").drop("uri").createOrReplaceTempView(view)
        return view

    def _uri(self, path: str) -> str:
        """A path as Spark tells it of a row that it read there."""
        context: Any = self.session.sparkContext
        told = context._jvm.org.apache.hadoop.fs.Path(path)
        system = told.getFileSystem(context._jsc.hadoopConfiguration())
        return re.sub(SLASHES, ":/", str(system.makeQualified(told).toUri().toString()))

    def _keep(self, name: str, rows: DataFrame) -> None:
        self.parts[name] = []
        self._write(name, rows)

    def _append(self, name: str, query: str) -> None:
        held = self.session.table(name).schema
        self._write(name, self._select(query).toDF(*held.names).to(held))

    def _write(self, name: str, rows: DataFrame) -> None:
        """More rows of a table; told its columns, Spark need not open the files to know them."""
        path = str(self.scratch / f"{name}-{uuid.uuid4().hex}")
        rows.write.parquet(path)
        self.parts[name].append(path)
        self.session.read.schema(rows.schema).parquet(*self.parts[name]).createOrReplaceTempView(name)


@contextmanager
def spark(master: str, scratch: Path, *, partitions: int = 8) -> Iterator[SparkEngine]:
    """A session on `master` (`local[2]`, `spark://host:7077`), stopped afterwards; what it wrote in `scratch` stays."""
    builder = SparkSession.builder.master(master).appName("impact-pipeline")
    for key, value in {**CONF, "spark.sql.shuffle.partitions": str(partitions)}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield SparkEngine(session, scratch)
    finally:
        session.stop()


def _columns(declared: str) -> list[tuple[str, str]]:
    """Names and types of `name type, name type`."""
    return [(name, kind) for name, kind in (column.split(None, 1) for column in declared.split(","))]


def _literal_path(path: str) -> str:
    """A path whose braces and stars mean themselves: Spark reads patterns."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", path)
