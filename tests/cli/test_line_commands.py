"""The commands of the line, as each of its three users types them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.programme import FILES, new_home
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.conforming.calendar import period_of

KEY = ["-i", "cafe-monthly", "--initiative", "mille-cafes", "--organisation", "reseau-demo-des-cafes"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_home(tmp_path_factory.mktemp("cli") / "home").root


@pytest.fixture
def impact(home):
    def call(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return call


def test_checking_tells_the_cell_what_was_read_and_what_to_do_in_french(impact):
    code, told = impact("check", FILES / "cafes juin 2026.ods", "-i", "cafe-monthly", "--period", "2026-06")

    assert code == 1
    for words in ("Bloquant", "A5", "4,991E+13", "Chiffres perdus", "format Texte", "10 lignes sur 12"):
        assert words in told, words
    for jargon in ("dtype", "regex", "NaN", "None", "pandas"):
        assert jargon not in told


def test_a_form_that_leaves_its_period_to_the_submission_says_how_to_give_it(impact):
    assert "--period" in impact("check", FILES / "cafes mai.csv", "-i", "cafe-monthly")[1]
    code, told = impact("check", FILES / "cafes mai.csv", "-i", "cafe-monthly", "--period", "2026-05")
    assert (code, "11 lignes sur 12" in told) == (1, True)


def test_checking_in_english_and_for_a_program(impact):
    _, told = impact("check", FILES / "cafes juin 2026.ods", "-i", "cafe-monthly", "--lang", "en")
    assert "Blocking" in told
    code, told = impact("check", FILES / "cafes juin 2026.ods", "-i", "cafe-monthly", "--json")
    outcome = json.loads(told)
    assert (code, outcome["exit_code"]) == (1, 1)
    assert outcome["rows_in"] == outcome["accepted"] + outcome["set_aside"] == 12


def test_a_remark_alone_exits_2_and_nothing_to_say_exits_0(impact):
    assert impact("check", FILES / "avril 2026.xls", "-i", "cafe-monthly")[0] == 2
    assert impact("check", FILES / "suivi cafes T1 2026.xlsx", "-i", "cafe-monthly")[0] == 0


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("fr", ("Aucune ligne utilisable : ce fichier ne compte pas", "Aucune ligne utilisable : votre envoi précédent "
                "reste en place.")),
        ("en", ("No usable row: this file does not count", "No usable row: your previous file stays in place.")),
    ],
)  # fmt: skip
def test_a_file_without_a_usable_row_never_replaces_a_good_one(tmp_path, language, sentences):
    home = new_home(tmp_path / "home").root

    def send(file):
        result = CliRunner().invoke(
            app, ["--home", str(home), "submit", str(file), *KEY, "--period", "2026-05", "--lang", language]
        )
        return result.exit_code, result.output.replace("\u00a0", " ")

    wrong, other = tmp_path / "un autre formulaire.csv", tmp_path / "encore un.csv"
    wrong.write_text("Couleur;Taille\nbleu;12\n", encoding="utf-8")
    other.write_text("Couleur;Taille\nvert;13\n", encoding="utf-8")
    code, told = send(wrong)
    assert (code, sentences[0] in told) == (1, True), told
    assert send(FILES / "cafes mai.csv")[0] == 0
    code, told = send(other)
    assert (code, sentences[1] in told) == (1, True), told
    listed = CliRunner().invoke(app, ["--home", str(home), "submissions"]).output.splitlines()
    assert sorted(line.split()[-1] for line in listed[1:]) == ["current", "set-aside", "set-aside"]


def test_the_whole_line_by_hand(impact, tmp_path):
    assert "Nothing has been received yet" in impact("submissions")[1]
    code, told = impact("submit", FILES / "cafes mai.csv", *KEY, "--period", "2026-05", "--lang", "en")
    assert (code, "Rows accepted: 11 of 12; set aside: 1." in told) == (0, True), told
    number = told.split("Number ")[1].split(".")[0]
    assert (
        "already received" in impact("submit", FILES / "cafes mai.csv", *KEY, "--period", "2026-05", "--lang", "en")[1]
    )
    impact("submit", FILES / "avril 2026.xls", *KEY, "--period", "2026-05")
    told = impact("submissions")[1]
    assert "superseded" in told
    assert "current" in told
    assert "received" in impact("submissions", number)[1]

    told = impact("run")[1]
    assert "12 rows in = 12 accepted + 0 set aside" in told
    assert "stands" in impact("run")[1]
    assert "latest" in impact("releases")[1]

    told = impact("query")[1]
    assert {"estimate", "lineage", "quality"} <= set(told.split())
    rows = json.loads(impact("query", "select count(*) as n from estimate", "--format", "json")[1])
    assert rows[0]["n"] > 5
    assert impact("query", "select 1 as one", "--format", "csv")[1].splitlines() == ['"one"', "1"]
    out = tmp_path / "estimate.parquet"
    impact("query", "select * from estimate", "--format", "parquet", "--output", out)
    assert pq.read_table(out).num_rows == rows[0]["n"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "x.csv", "-i", "cafe-montly"), "cafe-monthly"),
        (("submit", "x.csv", *KEY[:2], "--initiative", "mille-cafe", *KEY[4:], "--period", "2026"), "mille-cafes"),
        (("submit", "x.csv", *KEY[:-1], "reseau-demo", "--period", "2026"), "reseau-demo-des-cafes"),
        (("submit", "x.csv", "-i", "dat-followup", *KEY[2:], "--period", "2026"), "cafe-monthly"),
        (("query", "select 1", "--release", "2020.01.01"), "2020.01.01"),
        (("withdraw", "nothing", "--reason", "x"), "There is no submission"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_told_with_those_that_exist(home, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("a;b\n1;2\n")
    result = CliRunner().invoke(app, ["--home", str(home), *arguments])
    assert result.exit_code != 0
    assert words in str(result.exception) + result.output


def test_how_a_file_is_read_can_be_told_and_is_shown(impact, tmp_path):
    text = "Code du café|Mois|Commune|Jours d'ouverture|Passages|CA HT\nCAFE-01|2026-01|07019|24|860|1;5\n"
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode("mac-roman"))
    told = impact("check", path, "-i", "cafe-monthly", "--encoding", "mac-roman", "--separator", "|")[1]
    assert "caractères mac-roman" in told
    assert "séparateur « | »".replace(" »", "\u00a0»").replace("« ", "«\u00a0") in told

    book = FILES / "suivi cafes T1 2026.xlsx"
    assert "feuille" in impact("check", book, "-i", "cafe-monthly")[1]
    code, told = impact("check", book, "-i", "cafe-monthly", "--sheet", "Printemps")
    assert (code, "Aucune feuille ne s’appelle" in told) == (1, True), told


PERIODS = [("T1 2026", "2026-Q1"), ("mars 2026", "2026-03"), ("2025-26", "2025-2026"), ("2e semestre 2026", "2026-S2")]
TEST_KEY = {"-i": "cafe-monthly", "--initiative": "mille-cafes", "--organisation": "reseau-demo-des-cafes",
            "--period": "2026-05"}  # fmt: skip


@pytest.mark.parametrize("command", ["check", "submit"])
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--period", "janvier", ("« janvier » n’est pas une période", "2026-Q1", "2025-2026")),
        ("--period", "2026-13", ("« 2026-13 » n’est pas une période",)),
        ("--organisation", "reseau-demo-des-cafe", ("Aucune organisation", "dire « reseau-demo-des-cafes »")),
        ("--initiative", "mille-café", ("Aucune initiative", "« mille-cafes »")),
        ("-i", "cafe-mensuel", ("Aucun formulaire", "Noms connus : ")),
    ],
)  # fmt: skip
def test_what_is_unknown_is_told_in_the_language_of_the_programme(impact, command, option, value, words):
    before = impact("submissions")[1]
    given = [part for pair in (TEST_KEY | {option: value}).items() for part in pair]
    code, told = impact(command, FILES / "cafes mai.csv", *given)
    assert code == 1
    for word in words:
        assert word in told.replace("\u00a0", " "), told
    assert "There is no" not in told
    assert impact("submissions")[1] == before


@pytest.mark.parametrize(("written", "period"), PERIODS)
def test_a_period_is_read_as_people_write_it(written, period):
    assert period_of(written) == period
    assert period_of(period) == period


@pytest.mark.parametrize("text", ["janvier", "T1", "2026-Q5", "2026-13", "2026-05-12", "12", "", "mai", "2024-2026"])
def test_what_names_no_period_is_none(text):
    assert period_of(text) is None
