"""What a file made from our template bears, and what only one initiative can be, need not be said."""

from __future__ import annotations

import shutil

import openpyxl
import pytest
from tests.programme import FILES, new_home
from typer.testing import CliRunner, Result

from impact_pipeline.cli import app

ROW = ["CAFE-01", "2026-05", "cafe-demo-du-lavoir", "07019", 24, 860]
OF = ["--organisation", "reseau-demo-des-cafes"]


@pytest.fixture
def impact(tmp_path):
    home = new_home(tmp_path / "programme")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["--home", str(home.root), *map(str, arguments)])

    return run


def template(impact, path, *options):
    impact("template", "cafe-monthly", *options, "--output", path)
    workbook = openpyxl.load_workbook(path)
    for column, value in enumerate(ROW, 1):
        workbook["Données"].cell(4, column, value)
    workbook.save(path)
    return path


def test_a_filled_template_is_handed_in_without_a_word(impact, tmp_path):
    path = template(impact, tmp_path / "mai.xlsx", "--organisation", "cafe-demo-du-lavoir", "--period", "2026-05")
    done = impact("submit", path)
    assert (done.exit_code, "bien reçu. Numéro mille-cafes-2026-05-" in done.output) == (0, True), done.output


def test_what_nothing_tells_is_asked_and_nothing_is_landed(impact, tmp_path):
    path = template(impact, tmp_path / "mai.xlsx")
    done = impact("submit", path, FILES / "cafes mai.csv", *OF)
    assert done.exit_code == 1
    assert "--period" in done.output
    assert "--instrument" not in done.output
    assert "Nothing has been received yet" in impact("submissions").output


def test_an_empty_template_is_not_ready(impact, tmp_path):
    impact("template", "cafe-monthly", "--output", tmp_path / "vide.xlsx")
    done = impact("check", tmp_path / "vide.xlsx", "--codes")
    assert (done.exit_code, "no-rows" in done.output) == (1, True)
    assert "Aucune ligne ne peut servir" in done.output


def test_a_receipt_says_what_there_is_to_look_at(impact):
    done = impact("submit", FILES / "avril 2026.xls", "-i", "cafe-monthly", *OF, "--period", "2026-04")
    assert "À vérifier" in done.output
    assert "--organisation reseau-demo-des-cafes --annotate" in done.output


def test_a_check_knows_the_past_where_one_initiative_alone_fits(impact, tmp_path):
    """`already-received` is told of rows that an earlier file of the same sender holds."""
    path = tmp_path / "encore.xls"
    shutil.copy(FILES / "avril 2026.xls", path)
    impact("submit", path, "-i", "cafe-monthly", *OF, "--period", "2026-04")
    said = impact(
        "check", path, "--codes", "-i", "cafe-monthly", "--initiative", "mille-cafes", *OF, "--period", "2026-06"
    ).output
    assert "already-received" in said
    assert impact("check", path, "--codes", "-i", "cafe-monthly", *OF, "--period", "2026-06").output == said
