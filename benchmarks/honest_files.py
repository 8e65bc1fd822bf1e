"""Honest files of every kind, to be damaged: what the field sends, before anything happened to it.

Our own templates, the files of the demo, files made with each library, exports of survey tools, cross tables, what we
gave back, and uploads of a public service where they are at hand. The last of these apart, all are made anew.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
UPLOADS = ROOT.parent / "shared" / "data" / "uploads"


@dataclass(frozen=True, slots=True)
class Honest:
    """A file as it was before it is damaged, and what it answers."""

    name: str
    content: bytes
    instrument: str
    programme: Path


@cache
def schemas_of(folder: Path) -> Any:
    """The declarations of a programme, loaded once."""
    from impact_pipeline.declarations import load_schemas

    return load_schemas(folder)


@cache
def corpus() -> tuple[Honest, ...]:
    """Honest files of every kind."""
    return (*_templates(), *_demo(), *_made(), *_exports(), *_matrices(), *_sent_back(), *_uploads())


def _templates() -> Iterator[Honest]:
    from impact_pipeline.renderings.template import template

    schemas = schemas_of(ROOT / "schemas")
    for instrument in ("cafe-monthly", "cafe-residents", "dat-followup", "ptce-quarterly"):
        content = template(schemas.instrument(instrument), schemas, organisation="x", period="2026-Q1")
        yield Honest(f"template {instrument}.xlsx", content, instrument, ROOT / "schemas")


def _demo() -> Iterator[Honest]:
    from ruamel.yaml import YAML

    folder = ROOT / "data" / "raw" / "demo"
    for sent in YAML(typ="safe").load((folder / "submissions.yaml").read_text(encoding="utf-8"))["submissions"]:
        content = (folder / sent["file"]).read_bytes()
        if len(content) < 200_000 and "(copie)" not in sent["file"]:
            yield Honest(sent["file"], content, sent["instrument"], ROOT / "schemas")


def _uploads() -> Iterator[Honest]:
    known = {
        "purchases": "purchases",
        "merged": "purchases",
        "multiline": "food-basket",
        "table-with-ints": "typed-cells",
    }
    for path in sorted(UPLOADS.glob("*.*")) if UPLOADS.is_dir() else ():
        instrument = next((name for start, name in known.items() if path.name.startswith(start)), "hotels")
        if path.suffix in (".csv", ".xlsx", ".ods"):
            yield Honest(path.name, path.read_bytes(), instrument, ROOT / "tests" / "schemas" / "uploads")


def _exports() -> Iterator[Honest]:
    """Exports of survey and statistics tools, as the tests write them."""
    from tests.conforming.test_data_values import SAID as VALUES
    from tests.conforming.test_data_values import as_json
    from tests.conforming.test_repeats import FILES
    from tests.reading.exports.answers import SAID, csv_of
    from tests.reading.exports.test_google_forms import google
    from tests.reading.exports.test_kobo import kobo
    from tests.reading.exports.test_limesurvey import lime
    from tests.reading.exports.test_statistical import TOLD, written

    programme = ROOT / "tests" / "schemas" / "households"
    for name, make in FILES.items():  # a workbook, a zip and OData, with groups that repeat
        yield Honest(f"export {name}", make(), "household-member", programme)
    for name, content in (
        ("kobo.csv", csv_of(kobo(SAID, groups=True, tags=True))),
        ("limesurvey.csv", csv_of(lime(SAID, headings="codetext", labels=True))),
        ("google.csv", csv_of(google(SAID, "fr"), ",")),
    ):
        yield Honest(f"export {name}", content, "household", programme)
    yield Honest("export dhis2.json", as_json(VALUES), "place-monthly", programme)
    with tempfile.TemporaryDirectory(prefix="impact-fuzz-") as folder:
        for way in ("sav", "zsav", "dta"):
            yield Honest(f"export survey.{way}", written(TOLD, way, Path(folder)), "household", programme)


def _matrices() -> Iterator[Honest]:
    """Cross tables in every layout that the tests draw."""
    from tests.conforming.drawings import DRAWINGS

    for name, (draw, kind) in DRAWINGS.items():
        yield Honest(f"{name}.{kind}", draw().saved(kind), "services", ROOT / "tests" / "schemas" / "services")


def _sent_back() -> Iterator[Honest]:
    """What we gave back, sent again: an annotated workbook and a corrected copy."""
    from tests.giving_back.books import ASKS, check, rich, row

    from impact_pipeline.giving_back import annotated, corrected

    with tempfile.TemporaryDirectory(prefix="impact-fuzz-") as folder:
        outcome = check(rich([row(commune="7019", visits=""), row(name="CAFE-02", days="=40+8"), ASKS]), Path(folder))
    copy = corrected(outcome)
    for name, content in (("annotated", annotated(outcome).content), ("corrected", copy.content if copy else b"")):
        yield Honest(f"{name} sent back.xlsx", content, "cafe-monthly", ROOT / "schemas")


ROWS = [
    ["Code du café", "Mois", "Commune", "Jours d'ouverture", "Passages", "CA HT", "Commentaire"],
    *(
        [f"CAFE-{n:02}", "2026-01", f"0{7000 + n}", 20 + n % 9, 800 + n, 9_450.5 + n, f"été n° {n} ; à voir"]
        for n in range(1, 25)
    ),
    ["TOTAL", "", "", "", 19_500, "", ""],
]


def _made() -> Iterator[Honest]:
    """The same monthly form by each library and in each encoding."""
    text = "".join(";".join(str(cell).replace(".", ",").replace(";", ",") for cell in row) + "\r\n" for row in ROWS)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252", "mac-roman"):
        yield Honest(f"made {encoding}.csv", text.encode(encoding), "cafe-monthly", ROOT / "schemas")
    for name, write in (("xlsxwriter.xlsx", _by_xlsxwriter), ("openpyxl.xlsx", _by_openpyxl), ("xlwt.xls", _by_xlwt)):
        yield Honest(f"made {name}", write(), "cafe-monthly", ROOT / "schemas")
    yield Honest("made odfpy.ods", _by_odfpy(), "cafe-monthly", ROOT / "schemas")


def _by_xlsxwriter() -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet, percent = workbook.add_worksheet("Données"), workbook.add_format({"num_format": "0.0%"})
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    for row, values in enumerate(ROWS):
        sheet.write_row(row, 0, values)
        sheet.write(row, 8, 0.125, percent)
        sheet.write_datetime(row, 9, date(2026, 5, 1), day)
        sheet.write_formula(row, 10, f"=E{row + 1}*2", value=12 if row % 3 else "")
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.set_column(8, 8, None, None, {"hidden": True})
    sheet.merge_range("L1:M3", "fusion")
    sheet.autofilter(0, 0, len(ROWS), 6)
    workbook.add_worksheet("Brouillon").hide()
    workbook.close()
    return stream.getvalue()


def _by_openpyxl() -> bytes:
    import openpyxl

    stream = io.BytesIO()
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["Suivi mensuel"])
    for values in ROWS:
        sheet.append([*values, "=1/0", True])
    sheet.merge_cells("A1:G1")
    workbook.save(stream)
    return stream.getvalue()


def _by_xlwt() -> bytes:
    import xlwt

    stream = io.BytesIO()
    workbook = xlwt.Workbook()
    sheet, percent = workbook.add_sheet("Données"), xlwt.easyxf(num_format_str="0.0%")
    for row, values in enumerate(ROWS):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
        sheet.write(row, 8, 0.125, percent)
    sheet.row(4).hidden = True
    sheet.write_merge(0, 2, 10, 11, "fusion")
    workbook.save(stream)
    return stream.getvalue()


def _by_odfpy() -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableColumn, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name="Données")
    table.addElement(TableColumn(numbercolumnsrepeated=3))
    table.addElement(TableColumn(visibility="collapse", numbercolumnsrepeated=1000))
    for values in ROWS:
        line = TableRow()
        for value in values:
            is_number = isinstance(value, int | float)
            cell = TableCell(valuetype="float", value=str(value)) if is_number else TableCell(valuetype="string")
            cell.addElement(P(text=str(value)))
            line.addElement(cell)
        line.addElement(TableCell(valuetype="percentage", value="0.125"))
        line.addElement(TableCell(valuetype="date", datevalue="2026-05-01", numbercolumnsrepeated=3))
        table.addElement(line)
    blank = TableRow(numberrowsrepeated=1_000_000)
    blank.addElement(TableCell(numbercolumnsrepeated=1024))
    table.addElement(blank)
    document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()
