"""A form filled in a spreadsheet, handed in, given back with its errors marked, corrected from what it says, handed in
again: accepted, and the history shows both.

Each step is what a volunteer does, by the commands. Corrections follow the list « À corriger » alone: where its link
leads, what it gives as an example. Needs `soffice` for what LibreOffice writes; skips without it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.programme import new_home
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.home import Home
from impact_pipeline.landing import RawStore

INSTRUMENT = "cafe-monthly"
KEY = ["-i", INSTRUMENT, "--initiative", "mille-cafes", "--organisation", "reseau-demo-des-cafes"]
PERIOD = ["--period", "2026-05"]
LEVEL, PLACE, EXAMPLE, JUSTIFICATION = 1, 3, 7, 8  # columns of the list
FIRST = 4  # row of the template under its example
ANSWERS = {  # by field, for three cafés; what is wrong is what people write
    "cafe": ["CAFE-01", "CAFE-02", "CAFE-03"],
    "month": ["2026-05", "mai 2026", "05/2026"],
    "commune": ["07019", "7019", "07200"],
    "opening_days": [24, "beaucoup", 22],
    "visits": [1200, 860, None],
    "turnover": ["5 200,50 €", 4100, 3900.5],
}
Impact = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


@pytest.fixture
def impact(home: Home) -> Impact:
    def call(*arguments: object, code: int | None = None) -> str:
        result = CliRunner().invoke(app, ["--home", str(home.root), *map(str, arguments)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code is None or result.exit_code == code, result.output
        return result.output

    return call


def by_libreoffice(path: Path, suffix: str, folder: Path) -> Path:
    """The file opened and saved by LibreOffice as another format, or as its own."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        pytest.skip("needs LibreOffice: `soffice` is not installed")
    folder.mkdir(exist_ok=True)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        [soffice, profile, "--headless", "--convert-to", suffix, "--outdir", str(folder), str(path)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    written = folder / f"{path.stem}.{suffix}"
    assert written.is_file(), f"LibreOffice wrote no {written.name}"
    return written


def filled(impact: Impact, folder: Path) -> Path:
    """Our template, filled by hand."""
    path = folder / "mai.xlsx"
    impact("template", INSTRUMENT, "--organisation", "reseau-demo-des-cafes", *PERIOD, "--output", path, code=0)
    workbook = openpyxl.load_workbook(path)
    stamp = {name: cell for name, cell, _ in workbook["_impact"].iter_rows(min_row=3, max_col=3, values_only=True)}
    page = workbook.worksheets[0]
    for field, values in ANSWERS.items():
        column = page[str(stamp[field])].column
        for row, value in enumerate(values, FIRST):
            page.cell(row, column, value)
    workbook.save(path)
    return path


def lines(sheet: Any) -> Iterator[Any]:
    """The lines of the list."""
    started = False
    for cells in sheet.iter_rows():
        if started and cells[LEVEL].value:
            yield cells
        started = started or cells[0].value == "N°"


def corrected(path: Path) -> tuple[Path, int]:
    """What a volunteer does with the annotated workbook; returns how many cells were corrected."""
    workbook = openpyxl.load_workbook(path)
    done = 0
    for cells in lines(workbook["À corriger"]):
        if cells[LEVEL].value == "Bloquant":
            sheet, _, cell = cells[PLACE].hyperlink.location.rpartition("!")
            target = workbook[sheet.strip("'").replace("''", "'")][cell]
            target.value = re.sub(r"\s", "", str(cells[EXAMPLE].value))
            done += 1
        else:
            cells[JUSTIFICATION].value = "C'est bien cela, vérifié avec le café."
    workbook.save(path)
    return path, done


def number_of(told: str) -> str:
    return re.findall(r"Numéro ([\w-]+)", told)[0]


WRITERS: dict[str, Callable[[Path, Path], Path]] = {
    "Excel": lambda path, folder: path,
    "LibreOffice, xlsx": lambda path, folder: by_libreoffice(path, "xlsx", folder / "lo"),
    "LibreOffice, ods": lambda path, folder: by_libreoffice(path, "ods", folder / "lo"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_filled_submitted_annotated_corrected_submitted_again_and_accepted(impact, home, tmp_path, writer):
    sent = WRITERS[writer](filled(impact, tmp_path), tmp_path)
    told = impact("submit", sent, *KEY, *PERIOD, code=0)
    first = number_of(told)
    assert "mises de côté : 2" in told.replace("\u00a0", " "), told

    annotated = tmp_path / "annote.xlsx"
    asked = ["--annotate", annotated, "--report", tmp_path / "page.html"]
    told = impact("check", sent, "-i", INSTRUMENT, *PERIOD, *asked, code=1)
    assert str(annotated) in told
    assert "À corriger avant l’envoi." in (tmp_path / "page.html").read_text(encoding="utf-8")
    back, done = corrected(annotated)
    assert done == 2
    if writer != "Excel":
        back = by_libreoffice(back, "xlsx", tmp_path / "again")
    impact("check", back, "-i", INSTRUMENT, *PERIOD, code=0)
    told = impact("submit", back, *KEY, *PERIOD, code=0)
    second = number_of(told)
    assert "il remplace l’envoi" in told
    assert "Toutes les lignes sont acceptées (3)" in told

    raw = RawStore(home.raw)
    assert [(item.submission, item.status) for item in raw.submissions()] == [
        (first, "superseded"), (second, "current"),
    ]  # fmt: skip
    events = {name: [event["event"] for event in raw.events(name)] for name in (first, second)}
    assert events == {first: ["received", "accepted", "superseded"], second: ["received", "accepted"]}
    assert "superseded" in impact("submissions", first)
    story = impact("submissions", second)
    assert "accepted 3" in story
    assert "set_aside 0" in story or "set_aside" not in story


def test_the_corrected_copy_is_handed_in_as_it_is(impact, tmp_path):
    sent = filled(impact, tmp_path)
    impact("check", sent, "-i", INSTRUMENT, *PERIOD, "--annotate", tmp_path / "annote.xlsx", code=1)
    copy = tmp_path / "annote-corrige.xlsx"
    assert copy.is_file()
    told = impact("check", copy, "-i", INSTRUMENT, *PERIOD, code=1)
    assert "lus à la française" not in told
    assert "mises de côté : 2" in impact("submit", copy, *KEY, *PERIOD, code=0).replace("\u00a0", " ")


def test_the_annotated_workbook_handed_in_as_it_is_is_the_same_submission(impact, tmp_path):
    """Nothing was corrected, nothing was said: it is the table that was received, merely saved again."""
    sent = filled(impact, tmp_path)
    impact("submit", sent, *KEY, *PERIOD, code=0)
    annotated = tmp_path / "annote.xlsx"
    impact("check", sent, "-i", INSTRUMENT, *PERIOD, "--annotate", annotated, code=1)
    assert "déjà reçu" in impact("submit", annotated, *KEY, *PERIOD, code=0)


def test_a_text_table_too_large_to_be_copied_gets_the_list_and_the_page(impact, tmp_path, monkeypatch):
    for module in ("checking", "giving_back"):
        monkeypatch.setattr(sys.modules[f"impact_pipeline.pipeline.{module}"], "ENGINE_FROM", 1)
    sent = tmp_path / "mai.csv"
    row = "CAFE-{};2026-05;7019;24;{};860\n"
    rows = "".join(row.format(n, "beaucoup" if n % 3 else 12) for n in range(300))
    sent.write_text(f"Café;Mois;Commune;Jours ouverts;Passages;CA HT\n{rows}", encoding="utf-8")
    asked = ["--annotate", tmp_path / "a.xlsx", "--report", tmp_path / "a.html"]
    impact("check", sent, "-i", INSTRUMENT, *PERIOD, *asked, code=1)

    workbook = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert workbook.sheetnames == ["À corriger"]
    assert "200 points bloquants" in workbook.active["A3"].value
    assert "Ce qui bloque" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert not (tmp_path / "a-corrige.xlsx").exists()
