"""A mapping is written by checking a file once, confirmed by a person, and used by itself from then on."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from tests.programme import new_home
from typer.testing import CliRunner

from impact_pipeline.cli import app, mapping
from impact_pipeline.declarations import load_schemas

ORGANISATION = "reseau-demo-des-cafes"
KEY = ["-i", "cafe-monthly", "--organisation", ORGANISATION, "--period", "2026-05"]
HEADER = ["Code du café", "Mois", "Commune", "Jours d'ouverture", "Nb passges", "Météo", "CA HT"]
ROWS = [
    ["CAFE-01", "2026-05", "07019", 24, 860, "pluie", "1.234"],
    ["CAFE-02", "2026-05", "07019", 20, 120, "beau", "2.500"],
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home").root


@pytest.fixture
def file(tmp_path: Path) -> Path:
    workbook = openpyxl.Workbook()
    for row in [HEADER, *ROWS]:
        workbook.active.append(row)
    workbook.save(tmp_path / "mai.xlsx")
    return tmp_path / "mai.xlsx"


@pytest.fixture
def impact(home):
    def call(*arguments: object, typed: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)], input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return call


def saved(home: Path) -> Path:
    return home / "schemas" / "mappings" / f"{ORGANISATION}.cafe-monthly.yaml"


def test_what_is_accepted_with_yes_is_used_by_itself_from_then_on(impact, home, file):
    code, told = impact("check", file, *KEY)
    assert code == 1
    assert "Nb passges" in told

    code, told = impact("check", file, *KEY, "--save-mapping", "--yes")
    assert "Correspondance enregistrée" in told
    schemas = load_schemas(home / "schemas")
    assert schemas.mappings[f"{ORGANISATION}.cafe-monthly"].columns == {"Nb passges": "visits"}
    assert code == 2, "the missing column is found; the rest is to check"

    code, told = impact("check", file, *KEY)
    assert code == 2
    assert "d’après la correspondance enregistrée" in told
    assert impact("schemas", "check")[0] == 0


def test_what_nobody_answers_waits_behind_a_hash_and_is_confirmed_by_taking_it_away(impact, home, file):
    impact("check", file, *KEY, "--save-mapping")
    text = saved(home).read_text(encoding="utf-8")
    for line in ('  # "Nb passges": visits', '  # "Météo": ignored', "  # turnover: comma / point"):
        assert line in text.splitlines()
    assert load_schemas(home / "schemas").mappings[f"{ORGANISATION}.cafe-monthly"].columns == {}

    confirmed = (
        text.replace('# "Nb', '"Nb')
        .replace('# "Météo', '"Météo')
        .replace("# turnover: comma / point", "turnover: comma")
    )
    saved(home).write_text(confirmed, encoding="utf-8")
    assert impact("check", file, *KEY)[0] == 0
    impact("check", file, *KEY, "--save-mapping")
    assert "turnover: comma" in saved(home).read_text(encoding="utf-8"), "what was confirmed stays"


def test_a_person_at_the_keyboard_is_asked(impact, home, file, monkeypatch):
    monkeypatch.setattr(mapping, "is_somebody_there", lambda: True)
    code, told = impact("check", file, *KEY, "--save-mapping", typed="y\ny\n2\n")

    assert "semble être «\u00a0Passages dans le mois\u00a0»" in told
    kept = load_schemas(home / "schemas").mappings[f"{ORGANISATION}.cafe-monthly"]
    assert kept.columns == {"Nb passges": "visits", "Météo": "ignored"}
    assert kept.decisions == {"turnover": "point"}
    assert code == 0


def test_another_mapping_may_be_named_and_written(impact, home, file, tmp_path):
    own = tmp_path / "own.yaml"
    impact("check", file, *KEY, "--save-mapping", "--yes", "--mapping", own)
    assert own.is_file()
    assert not saved(home).exists()
    assert impact("check", file, *KEY, "--mapping", own)[0] == 2
    assert impact("check", file, *KEY)[0] == 1


def test_a_file_that_is_submitted_is_read_with_it_and_checked_again_when_it_changes(impact, home, file):
    key = [*KEY, "--initiative", "mille-cafes"]
    _, told = impact("submit", file, *key)
    assert "Colonne obligatoire manquante" in told
    impact("check", file, *KEY, "--save-mapping", "--yes")
    _, told = impact("submit", file, *key)
    assert "Colonne obligatoire manquante" not in told


def test_a_large_text_is_read_with_it_too(impact, home, tmp_path, monkeypatch):
    monkeypatch.setattr("impact_pipeline.pipeline.checking.ENGINE_FROM", 1)
    path = tmp_path / "mai.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([HEADER, *ROWS])
    impact("check", path, *KEY, "--save-mapping", "--yes")
    assert impact("check", path, *KEY)[0] == 2


def test_it_asks_whose_file_it_is(impact, file):
    code, told = impact("check", file, "-i", "cafe-monthly", "--save-mapping")
    assert (code, "--organisation" in told) == (2, True)


def test_a_column_without_a_title_waits_under_its_letter(impact, home, tmp_path):
    path = tmp_path / "sans titre.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([["Code du café", "Mois", "Jours d'ouverture", "Passages", ""],
                                                     ["CAFE-01", "2026-05", 24, 860, "07019"],
                                                     ["CAFE-02", "2026-05", 24, 860, "07204"],
                                                     ["CAFE-03", "2026-05", 24, 860, "23096"]])  # fmt: skip
    impact("check", path, *KEY, "--save-mapping")
    waiting = saved(home).read_text(encoding="utf-8")
    assert '# "colonne E": commune' in waiting
    saved(home).write_text(waiting.replace('# "colonne E"', '"colonne E"'), encoding="utf-8")
    assert impact("check", path, *KEY)[0] == 0
