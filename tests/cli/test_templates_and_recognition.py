"""Making a template in each format, and checking what comes back without saying which form it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.programme import FILES, ROOT
from typer.testing import CliRunner, Result

from impact_pipeline.cli import app


def impact(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["--home", str(ROOT), *map(str, arguments)])


@pytest.mark.parametrize(
    ("options", "name", "start"),
    [
        ([], "cafe-monthly.v1.xlsx", b"PK"),
        (["--format", "ods"], "cafe-monthly.v1.ods", b"PK"),
        (["--format", "csv"], "cafe-monthly.v1.csv", b"\xef\xbb\xbf"),
        (["--output", "sous/dossier.ODS"], "sous/dossier.ODS", b"PK"),
        (["--output", "a.csv"], "a.csv", b"\xef\xbb\xbf"),
    ],
)
def test_the_format_is_asked_or_that_of_the_name(options, name, start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = impact("template", "cafe-monthly", *options)
    assert done.stdout.strip() == name
    assert Path(name).read_bytes().startswith(start)


def test_a_format_that_nobody_knows_is_refused(tmp_path):
    done = impact("template", "cafe-monthly", "--output", tmp_path / "a.docx")
    assert done.exit_code == 2
    assert "expected .xlsx, .ods or .csv" in done.output


def test_a_file_made_from_our_template_needs_no_instrument():
    done = impact("check", FILES / "Enquete habitants modele rempli.xlsx")
    assert "Formulaire reconnu d’après le modèle" in done.output
    assert "(cafe-residents)" in done.output


def test_a_file_is_recognised_by_its_headers_and_said_so():
    done = impact("check", FILES / "cafes mai.csv", "--period", "2026-05")
    assert "d’après les titres des colonnes" in done.output
    assert "(cafe-monthly)" in done.output


def test_a_file_that_tells_nothing_gets_the_list_of_forms(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a;b;c\n1;2;3\n", encoding="utf-8")
    done = impact("check", path)
    assert done.exit_code == 1
    for words in ("Dites-le avec --instrument", "cafe-monthly — ", "ptce-quarterly — "):
        assert words in done.stderr
