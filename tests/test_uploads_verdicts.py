"""Real upload fixtures of a French public service: each file gets the verdict that its name says, at the right cell.

The instruments stand in `tests/schemas/uploads`. Skips, naming the file, where `../shared/data/uploads` is absent.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.conforming import conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.reading import read_book

HERE = Path(__file__).parent
UPLOADS = HERE.parents[1] / "shared" / "data" / "uploads"


def upload(name: str) -> Path:
    path = UPLOADS / name
    if not path.is_file():
        pytest.skip(f"needs ../shared/data/uploads/{name}")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "schemas").symlink_to(HERE / "schemas" / "uploads")
    return tmp_path


def check(home: Path, name: str, instrument: str = "purchases") -> tuple[int, dict[str, Any]]:
    """Exit code and outcome of `impact check --json`."""
    told = CliRunner().invoke(app, ["--home", str(home), "check", str(upload(name)), "-i", instrument, "--json"])
    return told.exit_code, json.loads(told.output)


def blocking(outcome: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found["address"], found["code"]) for found in outcome["findings"] if found["level"] == "blocking"]


@pytest.mark.parametrize(
    "name",
    ["purchases_good.xlsx", "purchases_good_floating_number.csv", "purchases_good_separator_semicolon.csv"],
)
def test_good_files_are_clean(home, name):
    code, outcome = check(home, name)

    assert code == 0
    assert (outcome["rows_in"], outcome["accepted"]) == (1, 1)


OTHERS = {  # files whose names give no verdict: instrument, exit code, rows in, what there is to look at
    "table-with-ints-floats-dates.ods": ("typed-cells", 0, 3, []),
    "multiline-headers.xlsx": ("food-basket", 0, 1, []),
    "table-with-accents.csv": ("hotels", 2, 638, [("C13", "ambiguous-date")]),  # `01-02-13`: no day beyond 12
    "merged-cells.xlsx": ("purchases", 1, 1, [("Лист1!1", "header-not-found")]),  # one word over three rows
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_have_an_honest_verdict(home, name):
    instrument, expected, rows, to_look_at = OTHERS[name]
    code, outcome = check(home, name, instrument)

    assert (code, outcome["rows_in"]) == (expected, rows)
    assert outcome["accepted"] == (rows if code != 1 else 0)
    told = [(found["address"], found["code"]) for found in outcome["findings"] if found["level"] != "corrected"]
    assert told == to_look_at


BAD = {
    "purchases_bad.csv": [
        ("A2", "required"),
        ("A3", "invalid-siret"),
        ("A4", "invalid-siret"),
        ("B5", "required"),
        ("C6", "required"),
        ("F6", "required"),
        ("D7", "required"),
        ("D8", "impossible-date"),
        ("E10", "required"),
        ("E11", "not-a-number"),
        ("F12", "not-in-list"),
        ("K14", "row-rule"),
        ("K15", "row-rule"),
    ],
    "purchases_bad_one_error.csv": [("E3", "not-a-number")],
    "purchases_bad_empty_rows.csv": [("4", "blank-row"), ("5", "blank-row")],
    "purchases_bad_extra_columns.csv": [("O1", "unknown-column")],
    "purchases_bad_no_header.csv": [("1", "header-not-found")],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_block_at_the_right_cells(home, name):
    """What is wrong in a row of `purchases_bad.csv` is written in its description.

    Whether a canteen exists (row 3) or is the sender's (row 4) only an outside register knows: what the file itself
    shows is that both numbers have a wrong check digit. `2022/03/01` (row 9) is read, and told as a conversion; an
    optional answer that is not in the list (row 13) is told without losing the row.
    """
    code, outcome = check(home, name)

    assert code == 1
    assert blocking(outcome) == BAD[name]
    assert outcome["rows_in"] == outcome["accepted"] + outcome["set_aside"]


def test_an_optional_answer_that_is_not_in_the_list_is_told_and_the_row_kept(home):
    _, outcome = check(home, "purchases_bad.csv")
    told = [(found["address"], found["code"]) for found in outcome["findings"] if found["level"] == "to-check"]
    assert told == [("G13", "not-in-list")]


def test_misspelt_headers_are_told_with_the_column_that_looks_alike(home):
    code, outcome = check(home, "purchases_bad_wrong_header_typo.csv")

    assert code == 1
    missing = {found["field"]: found for found in outcome["findings"] if found["code"] == "missing-column"}
    assert set(missing) == {"siret", "description", "fournisseur", "famille_produits"}
    assert missing["siret"]["address"] == "A1"
    assert "s_iret" in missing["siret"]["todo"]
    assert missing["description"]["address"] == "B1"
    unknown = {found["address"] for found in outcome["findings"] if found["code"] == "unknown-column"}
    assert "C1" in unknown
    assert not unknown & {found["address"] for found in missing.values()}, "each slip is told once"


def conformed(name: str, instrument: str) -> Any:
    schemas = load_schemas(HERE / "schemas" / "uploads")
    book = read_book(upload(name).read_bytes(), name)
    return conform(book, schemas.instrument(instrument), schemas, fill={})


def test_a_french_table_in_latin_1_with_decimal_commas_and_short_dates():
    table = conformed("table-with-accents.csv", "hotels")

    assert len(table.data) == 638
    first = table.data.iloc[0]
    assert (first["classement"], first["annee"]) == ("3 stars", "2013")
    assert (first["occupancy_rate"], first["average_price"]) == (0.611553068, 81.20416129)
    assert str(first["date"].date()) == "2013-01-01"
    assert not (table.status == "invalid").any(axis=None)


def test_typed_cells_of_a_libreoffice_workbook():
    table = conformed("table-with-ints-floats-dates.ods", "typed-cells")

    assert table.data["int"].tolist() == [2013, 1997, 1969]
    assert table.data["float"].tolist() == [3.3, 5.6, 11.7]
    assert [str(day.date()) for day in table.data["datetime"]] == ["2009-08-16", "2009-09-20", "2012-08-23"]


def test_a_header_over_five_merged_rows():
    table = conformed("multiline-headers.xlsx", "food-basket")

    assert table.data.to_dict("records") == [
        {"region": "A", "caloric_share": "B", "since_quarter": "C", "since_baseline": "D"}
    ]
    assert table.place(0, "since_baseline").address == "Лист1!D6"


def test_one_merged_cell_is_no_table():
    table = conformed("merged-cells.xlsx", "purchases")

    assert [finding.code for finding in table.findings] == ["header-not-found"]
    assert len(table.data) == 1  # what the file holds is counted, and will be set aside
