"""Workbooks as associations make them, with all that must survive: written by xlsxwriter, which stores results too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xlsxwriter.workbook import Workbook

from impact_pipeline.declarations import load_schemas
from impact_pipeline.giving_back import Received
from impact_pipeline.landing import SubmissionKey
from impact_pipeline.pipeline import check_file, engine, received
from impact_pipeline.words import Language

SCHEMAS = load_schemas(Path(__file__).parents[2] / "schemas")
MONTHLY = SCHEMAS.instrument("cafe-monthly")
KEY = SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", "2026-05")
HEADER = ["Café", "Mois", "Commune", "Jours ouverts", "Passages", "CA HT"]
GOOD = ["CAFE-01", "2026-05", "07019", 24, 1200, 5200.5]
ASKS = ["CAFE-09", "2026-05", "07019", 24, 5, 120_000]  # 24,000 euros a customer


def row(*, name: str = "CAFE-01", **changed: Any) -> list[Any]:
    """A good row, save for some cells: `visits=""`."""
    places = {"commune": 2, "days": 3, "visits": 4, "turnover": 5}
    cells = [name, *GOOD[1:]]
    for field, value in changed.items():
        cells[places[field]] = value
    return cells


def rich(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with a notice before the data, a title over the header, and all sorts of things to lose."""
    stream = io.BytesIO()
    workbook = Workbook(stream, {"in_memory": True})
    notice = workbook.add_worksheet("Mode d'emploi")
    notice.write(0, 0, "Remplir l'onglet suivant.")
    page = workbook.add_worksheet("L'année")
    bold, money = (
        workbook.add_format({"bold": True, "bg_color": "#DDEEFF"}),
        workbook.add_format({"num_format": "0.00"}),
    )
    page.merge_range(0, 0, 0, 5, "Suivi des cafés", bold)
    page.set_column(0, 5, 17)
    page.write_row(1, 0, HEADER, bold)
    for at, cells in enumerate(rows, 2):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                page.write_datetime(at, column, value, workbook.add_format({"num_format": "dd/mm/yyyy"}))
            elif isinstance(value, str) and value.startswith("="):
                page.write_formula(at, column, value, money, 48)
            elif value != "":
                page.write(at, column, value, money if column == 5 else None)
    page.write_comment(2, 0, "Notre remarque", {"author": "Awa"})
    page.data_validation(2, 3, 100, 3, {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": 31})
    page.conditional_format(2, 4, 100, 4, {"type": "data_bar", "data_bar_2010": True})
    page.repeat_rows(1)
    page.autofilter(1, 0, 1 + len(rows), 5)
    page.activate()
    other = workbook.add_worksheet("Notes")
    other.write_row(0, 0, ["Rien", "à", "voir"])
    other.repeat_rows(0)
    chart = workbook.add_chart({"type": "column"})
    chart.add_series({"values": "='L''année'!$E$3:$E$4"})
    other.insert_chart("B3", chart)
    workbook.define_name("taux", "=Notes!$A$1")
    workbook.close()
    return stream.getvalue()


def check(content: bytes, folder: Path, name: str = "suivi.xlsx", *, language: Language = "fr") -> Received:
    """A file, checked: what is given back is made from it."""
    path = folder / name
    path.write_bytes(content)
    with engine() as connection:
        checked, _ = check_file(path, MONTHLY, SCHEMAS, connection, KEY)
    return received(path, checked, MONTHLY, SCHEMAS, language)


def told(outcome: Received) -> list[tuple[str, str]]:
    """(address, code) of what is left to do."""
    findings = [f for f in outcome.checked.findings if f.level != "corrected"]
    return [(finding.place.address, finding.code) for finding in findings]
