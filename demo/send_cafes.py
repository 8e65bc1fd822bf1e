"""The monthly forms of the cafés as their network sends them: a quarter in one workbook, then month by month."""

from __future__ import annotations

from collections.abc import Iterator

from demo import cafes, files, tables
from demo.sending import Sending, Slips, Table
from impact_pipeline.declarations import Instrument, Schemas

INITIATIVE, NAME, NETWORK = "mille-cafes", "cafe-monthly", "reseau-demo-des-cafes"
COMPLETE = ("2026-01", "2026-02", "2026-03")  # months in which no row is set aside: totals are exact
MONTHS_IN_FRENCH = {"2026-01": "janvier 2026", "2026-02": "février 2026", "2026-03": "mars 2026"}


def files_of(schemas: Schemas) -> Iterator[Sending]:
    """A workbook for January to March, then April, May and June."""
    instrument = schemas.instrument(NAME)
    yield _first_quarter(instrument, schemas)
    yield _april(instrument, schemas)
    yield _may(instrument, schemas)
    yield _june(instrument, schemas)


def _first_quarter(instrument: Instrument, schemas: Schemas) -> Sending:
    records = [record | {"month": MONTHS_IN_FRENCH[month]} for month in COMPLETE for record in cafes.forms(month)]
    headers = {"turnover": "CA HT", "jobs_fte": "ETP", "visits": "Passages", "postal_point": "Point poste"}
    table = tables.rows(instrument, schemas, records, headers=headers, yes_no=("oui", "non"))
    total: list[files.Cell] = ["TOTAL", *[None] * (len(table[0]) - 1)]
    for header in ("Passages", "CA HT"):
        place = table[0].index(header)
        total[place] = round(sum(float(str(row[place])) for row in table[1:]), 2)
    framed: Table = [["Réseau des cafés - suivi mensuel"], ["1er trimestre 2026"], [], *table, total]
    return _sending(
        "suivi cafes T1 2026.xlsx", "2026-Q1", files.xlsx(framed, sheet="T1"), table, Slips(table),
        "Classeur Excel : trois mois, titres au-dessus, ligne TOTAL, mois en toutes lettres.",
    )  # fmt: skip


def _april(instrument: Instrument, schemas: Schemas) -> Sending:
    table = tables.rows(instrument, schemas, cafes.forms("2026-04"))
    slips = Slips(table)
    label = {name: field.label.fr for name, field in instrument.by_name.items()}
    as_numbers: dict[files.Cell, files.Cell] = {code: int(code) for code in cafes.COMMUNES.values()}
    slips.whole_column("zero-restored", label["commune"], as_numbers)
    slips.counts["zero-restored"] = sum(code.startswith("0") for code in cafes.COMMUNES.values())
    slips.cell("not-a-boolean", 3, label["postal_point"], "oui ?")
    slips.cell("missing-converted", 6, label["volunteers"], "nc")
    slips.cell("row-rule", 9, label["turnover"], 480_000.0 / 4)
    return _sending(
        "avril 2026.xls", "2026-04", files.xls(table), table, slips,
        "Ancien format Excel : communes en nombres, « oui ? », « nc », un chiffre d'affaires à vérifier.",
    )  # fmt: skip


def _may(instrument: Instrument, schemas: Schemas) -> Sending:
    left_out = ("month", "operator", "comment")
    columns = [name for name in instrument.by_name if name not in left_out]
    table = tables.rows(instrument, schemas, cafes.forms("2026-05"), columns=columns)
    slips = Slips(table)
    slips.cell("row-rule", 7, instrument.by_name["opening_days"].label.fr, 0, blocks=True)
    content = b"sep=;\r\n" + files.text(table)
    return _sending(
        "cafes mai.csv", "2026-05", content, table, slips,
        "CSV qui commence par « sep=; », sans colonne mois : il vient de l'envoi. Des passages un mois sans ouverture.",
    )  # fmt: skip


def _june(instrument: Instrument, schemas: Schemas) -> Sending:
    table = tables.rows(instrument, schemas, cafes.forms("2026-06"), yes_no=("O", "N"))
    slips = Slips(table)
    label = {name: field.label.fr for name, field in instrument.by_name.items()}
    slips.cell("lost-digits", 4, label["cafe"], "4,991E+13", blocks=True)
    slips.cell("required", 8, label["visits"], None, blocks=True)
    slips.cell("number-converted", 2, label["turnover"], "9\u202f215,40 €")
    note: Table = [[], ["Source : tableau rempli par le réseau, juillet 2026."]]
    return _sending(
        "cafes juin 2026.ods", "2026-06", files.ods([*table, *note], sheet="Juin"), table, slips,
        "Classeur LibreOffice : un code devenu 4,991E+13, un nombre de passages oublié, une note sous le tableau.",
    )  # fmt: skip


def _sending(file: str, period: str, content: bytes, table: Table, slips: Slips, about: str) -> Sending:
    return Sending(
        file, INITIATIVE, NAME, NETWORK, period, content, about,
        rows=len(table) - 1, set_aside=slips.set_aside, slips=slips.counts,
    )  # fmt: skip
