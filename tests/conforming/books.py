"""Small sheets of the monthly form and of the cross table, for the tests of conforming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.programme import ROOT

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.reading.sheet import Book, Row, Sheet

SCHEMAS = load_schemas(ROOT / "schemas")
MONTHLY, MATRIX = SCHEMAS.instrument("cafe-monthly"), SCHEMAS.instrument("ptce-quarterly")
FILL = {"period": "2026-05", "organisation": "cafe-demo-du-lavoir"}
HEADER = ["Code du café", "Mois", "Commune", "Jours d'ouverture", "Passages"]
ROW = ["CAFE-01", "2026-05", "07019", "24", "860"]
Merged = Sequence[tuple[int, int, int, int]]


def sheet(*rows: Sequence[str], name: str | None = None, merged: Merged = ()) -> Sheet:
    told = (Row(number, tuple(row), "t" * len(row)) for number, row in enumerate(rows, 1))
    return Sheet(name, tuple(told), tuple(merged))


def monthly(*rows: Sequence[str], fill: dict[str, str] | None = None, merged: Merged = ()) -> TypedTable:
    """The monthly form of cafés, from the rows of its only sheet."""
    return conform(Book("csv", (sheet(*rows, merged=merged),)), MONTHLY, SCHEMAS, fill=fill or {})


def codes(table: TypedTable) -> Counter[str]:
    return Counter(finding.code for finding in table.findings)


def addresses(table: TypedTable, code: str) -> list[str]:
    return [finding.place.address for finding in table.findings if finding.code == code]
