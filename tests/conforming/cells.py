"""Cells of one column read as `conforming.columns` reads them, for the tests of each type."""

from __future__ import annotations

from tests.programme import ROOT

from impact_pipeline.conforming.columns import read_column
from impact_pipeline.conforming.typed import Cell
from impact_pipeline.declarations import FieldDeclaration, load_schemas

SCHEMAS = load_schemas(ROOT / "schemas")
INSTRUMENT = SCHEMAS.instrument("cafe-monthly")  # its labelled answer is -9: unknown


def read(kind: str, *texts: str, year: int | None = None, of: str = "t", **more: object) -> list[Cell]:
    """What the cells of one column mean; `of` is the kind of its cells, `more` is of the field."""
    field = FieldDeclaration(name="x", type=kind, label="x", disclosure="safe", **more)
    cells = [(text, of) for text in texts]
    meant = read_column(cells, field, INSTRUMENT, SCHEMAS, year)
    return [meant[cell] for cell in cells]


def values(kind: str, *texts: str, **more: object) -> list[object]:
    """Values, or the code of the finding where there is none."""
    return [cell.code if cell.status == "invalid" else cell.value for cell in read(kind, *texts, **more)]
