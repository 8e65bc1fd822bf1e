"""However many cells are wrong, all are counted: the first ones are listed, and how many there are is said."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.programme import ROOT
from typer.testing import CliRunner

from impact_pipeline.cli import app

HEADER = ["Code du café", "Mois", "Commune", "Jours d'ouverture", "Passages", "CA HT"]
WRONG = 12_431


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("counts") / "cafes.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(HEADER)
        writer.writerows([f"CAFE-{n}", "2026-05", "07019", 24, "beaucoup", "1 200,50"] for n in range(WRONG))
        writer.writerow(["CAFE-X", "2026-05", "07019", 24, 860, 12])
    return path


@pytest.mark.parametrize("engine_from", [1, 2**40], ids=["engine", "frames"])
def test_200_first_ones_of_12431(file, engine_from, monkeypatch):
    monkeypatch.setattr("impact_pipeline.pipeline.checking.ENGINE_FROM", engine_from)
    arguments = ["--home", str(ROOT), "check", str(file), "-i", "cafe-monthly"]

    told = CliRunner().invoke(app, arguments).output
    assert "200 premières sur 12\u202f431" in told
    assert told.count("beaucoup") == 200

    outcome = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    counts = {(count["code"], count["field"]): count["cells"] for count in outcome["counts"]}
    assert counts["not-a-number", "visits"] == WRONG
    assert counts["number-converted", "turnover"] == WRONG
    assert (outcome["rows_in"], outcome["accepted"], outcome["set_aside"]) == (WRONG + 1, 1, WRONG)
