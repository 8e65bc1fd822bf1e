"""Duplicates are written for a person to decide, and the decisions are replayed; nothing is lost on the way."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import timedelta

import pytest
from openpyxl import Workbook
from tests.programme import NOW, ROOT
from typer.testing import CliRunner

from impact_pipeline import pipeline
from impact_pipeline.cli import app
from impact_pipeline.decisions import HEADER, Decisions
from impact_pipeline.errors import DecisionError
from impact_pipeline.findings import Level
from impact_pipeline.home import Home
from impact_pipeline.landing import RawStore, SubmissionKey

COLUMNS = "Numéro d'adhérent;Année;Nom;Année de naissance;Commune;Situation;Heures par semaine;Employeur;_uuid\n"
ZOE = "A1;2026;Zoé Martin;1980;07186;En recherche;;;"
ZOE_AT_WORK = "A1;2026;Zoé Martin;1980;07186;En emploi;20;La mairie;"
NEAR_ZOE = "A9;2026;MARTIN Zoe;1980;07186;En recherche;;;"
ALI = "B1;2026;Ali Ben;1990;07019;En recherche;;;u7"


@pytest.fixture
def home(tmp_path):
    shutil.copytree(ROOT / "tests" / "schemas" / "rules", tmp_path / "schemas")
    return Home(tmp_path)


def send(home, organisation, *rows, period="2026", at=0):
    path = home.root / f"{organisation} {period} {at}.csv"
    path.write_text(COLUMNS + "\n".join(rows) + "\n", encoding="utf-8")
    key = SubmissionKey("village", "members", organisation, period)
    return pipeline.submit(home, path, key, now=NOW + timedelta(minutes=at))


def find(home):
    return pipeline.find_duplicates(home, "village", "members", now=NOW + timedelta(hours=1))


def table_of(home):
    return home.raw / "decisions" / "village.members.csv"


def lines(home):
    return list(csv.DictReader(io.StringIO(table_of(home).read_text("utf-8-sig")), delimiter=";"))


def decide(home, **by_row):
    """Write decisions as a person does, in the cells of the table: row9="drop", or row9=("new id", "A77")."""
    rows = lines(home)
    for row in rows:
        told = by_row.get(f"row{row['sheet row']}")
        if told is not None:
            row["decision"], row["new_id"] = told if isinstance(told, tuple) else (told, "")
            row["initials"], row["note"] = "ZM", "vu avec l'accueil"
    save(home, rows)


def save(home, rows, encoding="utf-8-sig", delimiter=";"):
    with table_of(home).open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, HEADER, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def replayed(home):
    checks = pipeline.check_submissions(home, [s.submission for s in RawStore(home.raw).current()], now=NOW)
    for check in checks:
        assert check.rows_in == check.accepted + check.set_aside
    return {check.submission.split("-")[0] + str(place): check for place, check in enumerate(checks)}, checks


def test_the_table_opens_in_a_spreadsheet_and_names_what_differs(home):
    receipt = send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI)
    report = find(home)
    assert (report.groups, report.new, report.waiting) == (1, 1, 1)
    assert table_of(home).read_bytes().startswith(b"\xef\xbb\xbfgroup;submission;sheet row;key;differing columns;")
    assert [(row["submission"], row["sheet row"], row["key"], row["differing columns"]) for row in lines(home)] == [
        (receipt.landing.submission, line, "A1 · 2026", "Situation, Heures par semaine, Employeur") for line in "23"
    ]


def test_keep_and_drop_are_replayed_and_counted(home):
    assert send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI).checked.set_aside == 2
    find(home)
    decide(home, row2="drop", row3="garder")
    assert pipeline.unchecked(home) != []
    _, (check,) = replayed(home)
    assert (check.accepted, check.set_aside, check.told(Level.BLOCKING)) == (2, 1, 0)
    assert [finding.code for finding in check.findings if finding.code.startswith("decided")] == ["decided-drop"]
    assert pipeline.unchecked(home) == []


def test_a_new_id_makes_two_people(home):
    send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI)
    find(home)
    decide(home, row2="keep", row3=("nouvel identifiant", "A77"))
    _, (check,) = replayed(home)
    assert (check.accepted, check.set_aside) == (3, 0)


def test_the_same_person_in_two_organisations_files(home):
    send(home, "lavoir", ZOE, ALI, at=1)
    other = send(home, "tilleuls", ZOE_AT_WORK, at=2)
    assert {code for code, _, _ in other.checked.counts} >= {"duplicate-elsewhere"}
    assert find(home).groups == 1
    rows = lines(home)
    assert {row["submission"] for row in rows} == {s.submission for s in RawStore(home.raw).current()}
    for row, choice in zip(rows, ("drop", "keep"), strict=True):
        row["decision"] = choice
    save(home, rows)
    _, checks = replayed(home)
    assert sorted((check.accepted, check.set_aside) for check in checks) == [(1, 0), (1, 1)]
    assert not any(code == "duplicate-elsewhere" for check in checks for code, _, _ in check.counts)


def test_near_duplicates_who_are_two_people_are_settled(home):
    send(home, "lavoir", ZOE, NEAR_ZOE)
    find(home)
    decide(home, row2="keep", row3="keep")
    _, (check,) = replayed(home)
    assert (check.accepted, "near-duplicate" in {code for code, _, _ in check.counts}) == (2, False)


def test_near_duplicates_across_files_are_settled_too(home):
    send(home, "lavoir", ZOE, at=1)
    send(home, "tilleuls", NEAR_ZOE, at=2)
    find(home)
    save(home, [row | {"decision": "keep"} for row in lines(home)])
    _, checks = replayed(home)
    assert not any(code == "near-duplicate" for check in checks for code, _, _ in check.counts)


def test_running_again_keeps_decisions_and_adds_new_groups(home):
    send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI, at=1)
    find(home)
    decide(home, row2="drop", row3="keep")
    send(home, "tilleuls", ALI.replace("En recherche;;", "En emploi;12;"), at=2)
    report = find(home)
    assert (report.groups, report.new, report.waiting) == (2, 1, 1)
    assert [(row["decision"], row["note"]) for row in lines(home)] == [
        ("drop", "vu avec l'accueil"), ("keep", "vu avec l'accueil"), ("", ""), ("", ""),
    ]  # fmt: skip
    assert find(home) == pipeline.Report(report.table, 2, 0, 1)


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-8", ","), ("utf-16", "\t")])
def test_the_table_is_read_as_a_spreadsheet_saved_it(home, encoding, delimiter):
    send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI)
    find(home)
    rows = [row | {"decision": choice} for row, choice in zip(lines(home), ("écarter", "keep"), strict=True)]
    save(home, rows, encoding, delimiter)
    _, (check,) = replayed(home)
    assert check.set_aside == 1


@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        ({"row2": "drop"}, "half decided: nothing is written for row 3"),
        ({"row2": "keep", "row3": "keep"}, "2 rows of the same key"),
        ({"row2": "peut-être", "row3": "keep"}, "'peut-être' is no decision"),
        ({"row2": "new id", "row3": "keep"}, "`new_id` is empty"),
        ({"row2": ("keep", "A5"), "row3": "drop"}, "`new_id` is filled in"),
        ({"row2": ("new id", "A5"), "row3": ("new id", "A5")}, "take the same new id 'A5'"),
    ],
)
def test_decisions_that_contradict_each_other_are_named(home, decisions, words):
    send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI)
    find(home)
    decide(home, **decisions)
    with pytest.raises(DecisionError, match=words):
        pipeline.check_submissions(home, [RawStore(home.raw).current()[0].submission], now=NOW)


def test_rows_deleted_from_the_report_are_named_and_put_back(home):
    receipt = send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI)
    find(home)
    save(home, [row | {"decision": "keep"} for row in lines(home)[:1]])
    with pytest.raises(DecisionError, match=f"the line of row 3 of {receipt.landing.submission} was deleted"):
        pipeline.unchecked(home)
    with pytest.raises(DecisionError, match="half decided"):
        find(home)
    assert [(row["sheet row"], row["decision"]) for row in lines(home)] == [("2", "keep"), ("3", "")]


def test_a_corrected_file_makes_its_decisions_idle_and_keeps_them(home):
    send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI, at=1)
    find(home)
    decide(home, row2="drop", row3="keep")
    send(home, "lavoir", ZOE_AT_WORK, ALI, at=2)
    _, (check,) = replayed(home)
    assert (check.accepted, check.set_aside) == (2, 0)
    assert len(lines(home)) == 2


def test_a_workbook_has_its_decisions_too(home):
    book = Workbook()
    for text in (COLUMNS.strip(), ZOE, ZOE_AT_WORK, ALI):
        book.active.append([int(cell) if cell.isdigit() and len(cell) < 5 else cell for cell in text.split(";")])
    path = home.root / "adherents.xlsx"
    book.save(path)
    pipeline.submit(home, path, SubmissionKey("village", "members", "lavoir", "2026"), now=NOW)
    find(home)
    decide(home, row2="drop", row3="keep")
    _, (check,) = replayed(home)
    assert (check.accepted, check.set_aside) == (2, 1)


def test_no_cell_of_the_table_is_a_formula(home):
    send(home, "lavoir", ZOE.replace("A1", "=1+1"), ZOE_AT_WORK.replace("A1", "=1+1"))
    find(home)
    assert [row["key"][0] for row in lines(home)] == ["'", "'"]
    assert all(
        member.key.startswith("=1+1")
        for g in Decisions(home.raw, "village", "members").groups()
        for member in g.members
    )


def test_the_command_says_what_to_do(home):
    send(home, "lavoir", ZOE, ZOE_AT_WORK, ALI)
    told = CliRunner().invoke(app, ["--home", str(home.root), "duplicates", "village", "members"])
    assert told.exit_code == 0
    assert "Groups of rows that may be one: 1 (1 new, 1 waiting for a decision)." in told.stdout
    assert "village.members.csv" in told.stdout
