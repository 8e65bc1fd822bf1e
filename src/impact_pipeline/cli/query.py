"""`impact query`: one read-only `select` over a release, as a table, CSV, JSON or Parquet."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from impact_pipeline.cli.context import home_of
from impact_pipeline.cli.submissions import aligned

if TYPE_CHECKING:
    import pyarrow as pa

WIDEST = 60  # characters of a cell shown in a table


class Format(StrEnum):
    """How the rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One `select`, such as `select * from estimate`.")] = "",
    release: Annotated[str | None, typer.Option(help="A version; the latest unless given.")] = None,
    written_as: Annotated[Format, typer.Option("--format", "-f", help="How to write the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; the screen unless given.")] = None,
) -> None:
    """Ask the latest release in SQL (DuckDB's); nothing can be changed. Without SQL, list the tables.

    For example: `impact query "select indicator, wave, value, low, high from estimate where dimension = 'all'"`.
    """
    from impact_pipeline.release import BY_NAME, ReleaseStore

    opened = ReleaseStore(home_of(context).curated).open(release)
    if not sql:
        for line in aligned([[name, BY_NAME[name].title.en] for name in opened.tables()]):
            typer.echo(line)
        return
    rows = opened.query(sql)
    if output is None:
        if written_as is Format.PARQUET and sys.stdout.isatty():
            raise typer.BadParameter("Parquet is not for a screen: add --output FILE", param_hint="--format")
        _write(rows, written_as, sys.stdout.buffer)
    else:
        with output.open("wb") as stream:
            _write(rows, written_as, stream)


def _write(rows: pa.Table, written_as: Format, stream: BinaryIO) -> None:
    if written_as is Format.CSV:
        import pyarrow.csv

        pyarrow.csv.write_csv(rows, stream)
    elif written_as is Format.PARQUET:
        import pyarrow.parquet

        pyarrow.parquet.write_table(rows, stream, compression="zstd")
    elif written_as is Format.JSON:
        told = json.dumps(rows.to_pylist(), ensure_ascii=False, indent=1, default=str)
        stream.write(told.encode() + b"\n")
    else:
        table = [list(rows.column_names), *([_shown(value) for value in row.values()] for row in rows.to_pylist())]
        stream.write(("\n".join(aligned(table)) + f"\n({rows.num_rows} rows)\n").encode())
    stream.flush()


def _shown(value: Any) -> str:
    text = "" if value is None else f"{value:.10g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
