"""The curated tables, each declared in a file of `declared/`, in the order of their names.

Parquet, CSV, DuckDB, the Data Package and the codebook derive from here. A file holds the table's name and title, its
key, by which rows are sorted, and its columns with their meaning in both languages; `codes` closes the list of a
column's values, `words` names the families of sentences, in the catalogues, that say its codes. What comes out are
frozen declarations; nothing is read or written but those files of the package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from impact_pipeline.declarations import Text

ARROW: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.string(),  # ISO 8601 in UTC, to the second: read the same way by every tool
}


@dataclass(frozen=True, slots=True)
class Column:
    """One variable of a curated table; `codes` closes the list of its values, `words` are families of sentences that
    say them: the first that knows a code says it."""

    name: str
    type: str
    description: Text
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CuratedTable:
    """A table of a release: its columns in order, and those that make its key, by which rows are sorted."""

    name: str
    title: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, ARROW[column.type]) for column in self.columns])


def _table(told: Mapping[str, Any]) -> CuratedTable:
    columns = tuple(
        Column(c["name"], c["type"], Text(fr=c["fr"], en=c["en"]), tuple(c.get("codes", ())), tuple(c.get("words", ())))
        for c in told["columns"]
    )
    return CuratedTable(told["table"], Text(fr=told["fr"], en=told["en"]), tuple(told["key"]), columns)


def _declared() -> Iterator[CuratedTable]:
    """One file a table, in the order of their names."""
    for path in sorted((files("impact_pipeline.release") / "declared").iterdir(), key=lambda item: item.name):
        yield _table(YAML(typ="safe").load(path.read_text("utf-8")))


TABLES: tuple[CuratedTable, ...] = tuple(_declared())
BY_NAME: Mapping[str, CuratedTable] = {table.name: table for table in TABLES}
