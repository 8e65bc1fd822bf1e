"""What a header lacks; columns whose header says nothing, but whose content obviously answers a field, are suggested.

The columns that no header explains, the fields that no column answers and the first rows come in; field -> column goes
out, where one column alone fits one field alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from impact_pipeline.conforming.columns import read_column
from impact_pipeline.conforming.header import Header, missing_columns
from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.findings import Finding, Place
from impact_pipeline.reading.sheet import Row

ROWS = 50  # of the table's first rows, enough to tell a list of answers from a list of names
TOLD = 3  # distinct cells that a column has at least, for its content to be a proof
FEW = 2  # answers of a list
DISTINCTIVE = frozenset(  # types that few other contents could pass for
    ["category", "categories", "period", "date", "commune", "postcode", "siret", "siren", "rna", "phone", "email"]
)


def lacking(
    header: Header, answered: Sequence[str], rows: Sequence[Row], instrument: Instrument, schemas: Schemas
) -> Iterable[Finding]:
    """The compulsory fields that neither a column nor the submission answers; `rows`: the first ones below the header,
    in which an answer may stand. What points at a column takes the place of its being unknown: see `told_once`."""
    at = Place(header.sheet.name, header.sheet.rows[header.last].number)
    missing = [item for item in instrument.fields if item.name not in answered]
    fitting = fitting_columns(header.unknown, missing, rows, instrument, schemas) if missing else {}
    return missing_columns(instrument, answered, {}, header.unknown, at, fitting)


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, save those of an unknown column that a missing one is already told to be."""
    told = list(findings)
    meant = {finding.place for finding in told if finding.code == "missing-column" and finding.place.column is not None}
    return [finding for finding in told if finding.code != "unknown-column" or finding.place not in meant]


def fitting_columns(
    unknown: Sequence[tuple[int, str]],
    missing: Collection[FieldDeclaration],
    rows: Sequence[Row],
    instrument: Instrument,
    schemas: Schemas,
) -> dict[str, int]:
    """Field -> the only column that fits it, among columns of which each fits one field only."""
    fits: dict[str, list[int]] = {}
    for column, _ in unknown:
        cells = {
            (row.texts[column].strip(), row.kinds[column])
            for row in rows[:ROWS]
            if column < len(row.texts) and row.texts[column].strip()
        }
        fields = [item.name for item in missing if _fits(cells, item, instrument, schemas)]
        if len(fields) == 1:
            fits.setdefault(fields[0], []).append(column)
    return {name: columns[0] for name, columns in fits.items() if len(columns) == 1}


def _fits(cells: set[tuple[str, str]], item: FieldDeclaration, instrument: Instrument, schemas: Schemas) -> bool:
    if item.type not in DISTINCTIVE or len(cells) < (FEW if item.codes else TOLD):
        return False
    return all(cell.status == "" for cell in read_column(cells, item, instrument, schemas, None).values())
