"""The quarterly table of the cluster: a workbook of its own making, then our template filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from demo import files, pole
from demo.sending import Sending, Table
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.renderings.template import template
from impact_pipeline.renderings.template.matrix import FIRST, VALUES

INITIATIVE, NAME, ORGANISATION = "ptce-sud-archer", "ptce-quarterly", "pole-demo-archer"
MISSING = ("services-domicile", "2025-Q3")  # leaves two services: fewer than three businesses


def files_of(schemas: Schemas) -> Iterator[Sending]:
    """2024 with totals by structure and for the whole; 2025 with a structure that did not tell a quarter."""
    instrument = schemas.instrument(NAME)
    records = pole.table(2024)
    yield _sending(
        "Pole Sud Archer 2024.xlsx", "2024", _own_workbook(instrument, schemas, records), len(records),
        "Tableau croisé : structures et trimestres sur deux lignes d'en-tête, totaux par structure et d'ensemble.",
    )  # fmt: skip
    records = [record for record in pole.table(2025) if (record["structure"], record["quarter"]) != MISSING]
    blank = template(instrument, schemas, organisation=ORGANISATION, period="2025")
    yield _sending(
        "Pole 2025 modele rempli.xlsx", "2025",
        files.filled(blank, _values(instrument, records, 2025), first_row=FIRST + 1, first_column=VALUES + 1),
        len(records), "Notre modèle de tableau croisé, rempli ; une structure n'a pas répondu au troisième trimestre.",
    )  # fmt: skip


def _rows(instrument: Instrument) -> list[str]:
    return [name for name in instrument.by_name if name not in instrument.key]


def _values(instrument: Instrument, records: Sequence[pole.Record], year: int) -> Table:
    """One row an indicator; the columns are structures by quarters, blank where nothing was told."""
    told = {(record["structure"], record["quarter"]): record for record in records}
    columns = [(structure, quarter) for structure in pole.STRUCTURES for quarter in pole.quarters(year)]
    return [[_cell(told[column][name]) if column in told else None for column in columns] for name in _rows(instrument)]


def _own_workbook(instrument: Instrument, schemas: Schemas, records: Sequence[pole.Record]) -> bytes:
    """The cluster's own layout: no codes, a total after each structure's quarters, and one for the whole."""
    labels = {item.code: item.label.fr for item in schemas.codelist("ptce-structure").codes}
    over: list[files.Cell] = [None, None]
    under: list[files.Cell] = ["Indicateur", "Unité"]
    merges = []
    for structure in pole.STRUCTURES:
        merges.append((2, len(over), 2, len(over) + 4))
        over += [labels[structure], None, None, None, None]
        under += ["T1", "T2", "T3", "T4", "Total"]
    over.append("Ensemble du pôle")
    under.append("Total 2024")
    table: Table = [["Pôle Sud Archer - tableau de bord 2024"], [], over, under]
    for name, values in zip(_rows(instrument), _values(instrument, records, 2024), strict=True):
        field = instrument.by_name[name]
        unit = schemas.codelist("unit").by_code[field.unit or ""].label.fr
        line: list[files.Cell] = [field.label.fr, unit]
        whole = 0.0
        for first in range(0, len(values), 4):
            quarters = [float(str(value)) for value in values[first : first + 4]]
            whole += sum(quarters)
            line += [*values[first : first + 4], round(sum(quarters), 1)]
        table.append([*line, round(whole, 1)])
    table += [[], ["Source : comptabilités des structures ; chiffres relus en février 2025."]]
    return files.xlsx(table, sheet="2024", merges=merges)


def _cell(value: object) -> files.Cell:
    return value if isinstance(value, int | float) else str(value)


def _sending(file: str, period: str, content: bytes, rows: int, about: str) -> Sending:
    return Sending(file, INITIATIVE, NAME, ORGANISATION, period, content, about, rows=rows)
