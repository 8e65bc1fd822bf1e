"""Records turned into the rows that a person would have typed: headers, labels, yes and no, in French.

Headers and answers come from the declarations, so that the demo follows them; an organisation's own words for a
header are given by `headers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from demo.files import Cell
from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas

Record = Mapping[str, object]


def rows(
    instrument: Instrument,
    schemas: Schemas,
    records: Sequence[Record],
    *,
    columns: Sequence[str] | None = None,
    headers: Mapping[str, str] | None = None,
    yes_no: tuple[Cell, Cell] = ("Oui", "Non"),
    codes: bool = False,
) -> list[list[Cell]]:
    """The header, then one row a record: all fields in their order, or `columns`."""
    fields = [instrument.by_name[name] for name in columns or instrument.by_name]
    told = headers or {}
    table: list[list[Cell]] = [[told.get(field.name, field.label.fr) for field in fields]]
    for record in records:
        row = [cell(field, schemas, record.get(field.name), yes_no, codes=codes) for field in fields]
        table.append(row)
    return table


def cell(
    field: FieldDeclaration,
    schemas: Schemas,
    value: object,
    yes_no: tuple[Cell, Cell] = ("Oui", "Non"),
    *,
    codes: bool = False,
) -> Cell:
    """A value as a person types it: labels rather than codes unless `codes`, several answers with semicolons."""
    if isinstance(value, bool):
        return yes_no[0] if value else yes_no[1]
    if value is None or field.codes is None or codes:
        return value  # type: ignore[return-value]
    labels = {item.code: item.label.fr for item in schemas.codelist(field.codes).codes}
    if field.type == "categories":
        return " ; ".join(labels[code] for code in str(value).split())
    return labels[str(value)]


def column(table: Sequence[Sequence[Cell]], header: str, *, row: int = 0) -> int:
    """Where a column stands, by its header."""
    return list(table[row]).index(header)
