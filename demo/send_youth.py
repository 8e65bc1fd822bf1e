"""The follow-up of young people as three organisations send it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from demo import files, tables, youth
from demo.sending import Sending, Slips, Table
from impact_pipeline.declarations import Instrument, Schemas

INITIATIVE, NAME = "dotation-action-territoriale", "dat-followup"
VAL_BLEU, HAUT_PLATEAU, TROIS_RIVIERES = youth.ORGANISATIONS


def files_of(schemas: Schemas) -> Iterator[Sending]:
    """Entry then follow-up in two files; an export of an online form; a workbook of a small organisation."""
    instrument = schemas.instrument(NAME)
    waves = youth.records(VAL_BLEU)
    headers = {"commune": "Commune de la mission", "hours": "Heures hebdo", "situation": "Situation"}
    table = tables.rows(instrument, schemas, waves["entry"], headers=headers)
    slips = Slips(table)
    slips.cell("not-in-list", 17, "Situation", "en recherche", blocks=True)
    slips.cell("out-of-range", 44, instrument.by_name["age"].label.fr, 52, blocks=True)
    yield _sending(
        "DAT val bleu entrees.csv", VAL_BLEU, "2024", files.text(table), table, slips,
        "CSV d'Excel en français ; une situation hors liste et un âge impossible.",
    )  # fmt: skip
    table = tables.rows(instrument, schemas, [*waves["month-6"], *waves["month-12"]], headers=headers)
    slips = Slips(table)
    slips.cell("row-rule", 4, "Heures hebdo", 12.0)
    slips.same_row_twice(30)
    framed: Table = [["Suivi à 6 et 12 mois"], [], *table]
    yield _sending(
        "DAT val bleu suivi.xlsx", VAL_BLEU, "2025", files.xlsx(framed, sheet="Suivi"), table, slips,
        "Classeur Excel avec un titre ; une ligne saisie deux fois, des heures pour un jeune sans emploi.",
    )  # fmt: skip
    yield _online_form(instrument, schemas)
    records = [record for wave in youth.records(TROIS_RIVIERES).values() for record in wave]
    table = tables.rows(instrument, schemas, records, headers={"wave": "Étape", "youth": "N° jeune"})
    yield _sending(
        "suivi jeunes trois rivieres.ods", TROIS_RIVIERES, "2025", files.ods(table), table, Slips(table),
        "Classeur LibreOffice d'une petite structure : neuf jeunes dans un département.",
    )  # fmt: skip


def _online_form(instrument: Instrument, schemas: Schemas) -> Sending:
    """As a form tool exports it: names for headers, codes for answers, ISO dates, decimal points, its own columns."""
    records = [record for wave in youth.records(HAUT_PLATEAU).values() for record in wave]
    headers = {name: name for name in instrument.by_name}
    table = tables.rows(instrument, schemas, records, headers=headers, codes=True)
    slips = Slips(table)
    slips.cell("out-of-range", 9, "ons4_2", 11)
    slips.counts["survey-metadata"] = 1  # told once, for its two columns
    own = [["_id", "_index"], *([str(48_000 + number), str(number)] for number in range(1, len(table)))]
    exported = [[*map(_iso, row), *more] for row, more in zip(table, own, strict=True)]
    return _sending(
        "Suivi DAT - all versions - 2025-10-31.csv", HAUT_PLATEAU, "2025",
        files.text(exported, encoding="utf-8", quoted=True), table, slips,
        "Export d'un outil de formulaires : codes, dates ISO, guillemets partout, deux colonnes en plus.",
    )  # fmt: skip


def _iso(cell: files.Cell) -> files.Cell:
    if isinstance(cell, date):
        return cell.isoformat()
    return f"{cell:g}" if isinstance(cell, float) else cell


def _sending(
    file: str, organisation: str, period: str, content: bytes, table: Sequence[object], slips: Slips, about: str
) -> Sending:
    return Sending(
        file, INITIATIVE, NAME, organisation, period, content, about,
        rows=len(table) - 1, set_aside=slips.set_aside, slips=slips.counts,
    )  # fmt: skip
