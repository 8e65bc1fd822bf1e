"""One published release, to be read and queried, never changed.

SQL is run read-only over the release's own database, without access to files or the network, one `select` at a time.
It is a guard for a researcher's own machine: memory and time are not bounded, so strangers' queries need more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from impact_pipeline.errors import QueryError, UnknownName
from impact_pipeline.names import nearest
from impact_pipeline.release.tables import BY_NAME
from impact_pipeline.words import Language

GUARD = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "lock_configuration": "true",
}


@dataclass(frozen=True)
class Release:
    """A version of the curated tables, in its folder."""

    path: Path

    @property
    def version(self) -> str:
        return self.path.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What it was made of: inputs, declarations, code, counts, hashes."""
        return dict(json.loads((self.path / "manifest.json").read_text(encoding="utf-8")))

    def tables(self) -> list[str]:
        """Names of its tables."""
        return sorted(self.manifest["tables"])

    def table(self, name: str) -> pd.DataFrame:
        """One table, typed as declared. Raises UnknownName listing the tables that there are."""
        if name not in self.tables():
            raise UnknownName("table", name, self.tables(), nearest(name, self.tables()))
        frame: pd.DataFrame = pyarrow.parquet.read_table(self.path / "data" / f"{name}.parquet").to_pandas()
        return frame

    def query(self, sql: str) -> pa.Table:
        """The rows of one `select` over the release's tables. Raises QueryError, in one line, for anything else."""
        connection = duckdb.connect(self.path / "release.duckdb", read_only=True, config=dict(GUARD))
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryError("Only one `select` at a time can be run over a release.")
            return connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise QueryError(self._in_words(str(error))) from error
        finally:
            connection.close()

    def report(self, language: Language = "fr") -> Path:
        """The report's page in a language."""
        return self.path / "report" / ("index.html" if language == "fr" else f"index.{language}.html")

    def _in_words(self, message: str) -> str:
        first = message.splitlines()[0]
        if "does not exist" in first and "Table" in first:
            wanted = first.split("Table with name ")[-1].split(" ")[0]
            near = nearest(wanted, BY_NAME, at_least=50)
            hint = f" Did you mean {near}?" if near else ""
            return f"There is no table {wanted}.{hint} Tables: {', '.join(self.tables())}."
        return first
