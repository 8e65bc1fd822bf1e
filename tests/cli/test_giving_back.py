"""What is written is told under the name by which it opens."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from impact_pipeline.cli import app

HOME = str(Path(__file__).parents[2])
FORM = "Code du café;Mois;Commune;Jours d'ouverture;Passages;CA HT\nCAFE-01;2026-01;07019;24;860;9 450,50\n"


def test_a_page_asked_for_as_a_pdf_is_written_under_a_name_that_opens(tmp_path):
    file = tmp_path / "cafes.csv"
    file.write_text(FORM, encoding="utf-8")
    told = CliRunner().invoke(
        app,
        ["--home", HOME, "check", str(file), "-i", "cafe-monthly", "--lang", "fr", "--report", str(tmp_path / "p.pdf"),
         "--annotate", str(tmp_path / "a.ods")],
    )  # fmt: skip

    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".csv")[-1] == "p.html"
    assert (tmp_path / "p.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "« p.pdf » ne s’ouvrirait pas" in told.output.replace("\u00a0", " ")
    assert "« a.ods » ne s’ouvrirait pas" in told.output.replace("\u00a0", " ")
    assert "[" not in told.output.partition("Corrigé pour vous")[2].partition("Votre classeur")[0]


def test_a_template_comes_with_what_to_do_next(tmp_path):
    told = CliRunner().invoke(
        app, ["--home", HOME, "template", "cafe-monthly", "--period", "2026-01", "--output", str(tmp_path / "t.xlsx")]
    )
    assert "--instrument cafe-monthly --period 2026-01" in told.stderr
    assert told.stdout == f"{tmp_path / 't.xlsx'}\n"
