"""Two holders of a table that is to be written: one in memory (Arrow), one inside the engine.

Both write Parquet with the same compression, in order, and with the same bytes for the same rows whatever the number
of threads. They know nothing of what the rows mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as pq
from pyarrow import csv

from impact_pipeline.renderings.engine_sql import quoted

ROW_GROUP = 122_880  # rows; DuckDB's own, so that readers of either kind of file share the work evenly


@dataclass(frozen=True)
class ArrowRows:
    """Rows of a small file, in memory."""

    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def first(self, count: int) -> pa.Table:
        """The first rows."""
        return self.table.slice(0, count)

    def counted(self, column: str) -> dict[str, tuple[int, int]]:
        """Each text of a column, with the first `row` that bears it and how many do."""
        grouped = self.table.group_by(column).aggregate([("row", "min"), ("row", "count")]).to_pylist()
        return {g[column]: (g["row_min"], g["row_count"]) for g in grouped if g[column] is not None}

    def write_parquet(self, path: Path) -> None:
        """Write all rows in order; the file stands under its final name only when the caller renames it there."""
        pq.write_table(self.table, path, compression="zstd", row_group_size=ROW_GROUP)

    def write_csv(self, path: Path) -> None:
        """Write all rows in order; a text that a spreadsheet would run as a formula gets an apostrophe."""
        columns = [_harmless(column) for column in self.table.itercolumns()]
        csv.write_csv(pa.table(columns, names=self.table.column_names), path)


@dataclass(frozen=True)
class EngineRows:
    """Rows that stay in the engine: a query that orders them, and how many they are.

    Whoever holds this keeps the connection open until the rows are written.
    """

    connection: duckdb.DuckDBPyConnection
    query: str
    count: int

    def __len__(self) -> int:
        return self.count

    def first(self, count: int) -> pa.Table:
        """The first rows, read while the connection is open."""
        return self.connection.sql(f"from ({self.query}) limit {count}").to_arrow_table()

    def counted(self, column: str) -> dict[str, tuple[int, int]]:
        """Each text of a column, as above."""
        name = quoted(column)
        found = self.connection.execute(
            f"select {name}, min(row), count(*) from ({self.query}) where {name} is not null group by {name}"
        ).fetchall()
        return {text: (row, count) for text, row, count in found}

    def write_parquet(self, path: Path) -> None:
        """Write all rows in the query's order; not renamed into place, as above."""
        target = str(path).replace("'", "''")
        options = f"format parquet, compression zstd, row_group_size {ROW_GROUP}"
        self.connection.execute(f"copy ({self.query}) to '{target}' ({options})").fetchall()

    def write_csv(self, path: Path) -> None:
        """Write all rows in the query's order, as above."""
        ArrowRows(self.connection.sql(self.query).to_arrow_table()).write_csv(path)


def _harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    is_formula = compute.match_substring_regex(column, r"^[=+\-@\t\r]")
    is_number = compute.match_substring_regex(column, r"^[+\-]?[0-9][0-9 .,\x{a0}\x{202f}%€]*$")
    risky = compute.fill_null(compute.and_not(is_formula, is_number), False)
    return compute.if_else(risky, compute.binary_join_element_wise("'", column, ""), column)
