"""`impact check FILE --values OUT.csv` writes one row a figure of a cross table, with the cell where it stands."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pyarrow as pa
from tests.conforming.drawings import a_sheet_a_service, long_table
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.validation.rows import ArrowRows

PROGRAMME = Path(__file__).parents[1] / "schemas" / "services"


def test_the_long_table_is_written_with_the_cell_of_each_value(tmp_path):
    shutil.copytree(PROGRAMME, tmp_path / "schemas")
    drawing = a_sheet_a_service()
    (tmp_path / "retour.ods").write_bytes(drawing.saved("ods"))
    out = tmp_path / "valeurs.csv"
    arguments = ["check", str(tmp_path / "retour.ods"), "-i", "services", "--period", "2025", "--values", str(out)]
    result = CliRunner().invoke(app, ["--home", str(tmp_path), *arguments])

    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {(r["indicator"], r["perimeter"], r["period"]): float(r["value"]) for r in rows} == long_table()
    first = next(
        r for r in rows if r["indicator"] == "hours" and r["period"] == "2025-Q3" and r["perimeter"] == "ecole"
    )
    assert (first["reference"], first["unit"], f"{first['sheet']}!{first['cell']}") == (
        "I-03", "hours", drawing.places["hours", "ecole", "2025-Q3"],
    )  # fmt: skip
    assert "Récap association" in result.output


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(tmp_path):
    texts = ["=1+1", "@x", "+33 1", "-3,5", "plain", None]
    ArrowRows(pa.table({"n": list(range(6)), "text": texts})).write_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["text"] for row in csv.DictReader(stream)] == ["'=1+1", "'@x", "+33 1", "-3,5", "plain", ""]
