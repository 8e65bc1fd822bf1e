"""Templates of another version, of another form, or filled for somebody else: read where they can be, and told."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook
from tests.programme import ROOT

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.conforming.versions import with_former_headers
from impact_pipeline.declarations import Schemas, load_schemas
from impact_pipeline.findings import Finding
from impact_pipeline.reading import read_book
from impact_pipeline.renderings.template import template
from impact_pipeline.validation import check_table

LIST = """codelist: situation
title: Situation
codes:
  - {code: working, label: {fr: En emploi, en: Working}, synonyms: [job, Travail]}
  - {code: other, label: {fr: Autre, en: Other}}
"""
FORMER_LIST = """codelist: situation-v1
title: Situation
codes:
  - {code: job, label: {fr: Travail, en: Job}}
  - {code: other, label: {fr: Autre, en: Other}}
"""
V1 = """instrument: form
version: 1
kind: survey
title: {fr: Le formulaire, en: The form}
key: [person]
fields:
  - {name: person, type: identifier, required: true, disclosure: identifier, label: {fr: Personne, en: Person}}
  - {name: people, type: integer, disclosure: safe, label: {fr: Effectif, en: Headcount}}
  - {name: state, type: category, codes: situation-v1, disclosure: safe, label: {fr: Votre état, en: Your state}}
  - {name: colour, type: text, disclosure: safe, label: {fr: Couleur préférée, en: Favourite colour}}
"""
V2 = """instrument: form
version: 2
kind: survey
title: {fr: Le formulaire, en: The form}
key: [person]
corresponds: {people: household, state: situation}
fields:
  - {name: person, type: identifier, required: true, disclosure: identifier, label: {fr: Code de la personne, en: Code}}
  - {name: household, type: integer, disclosure: safe, label: {fr: Taille du ménage, en: Size of the household}}
  - {name: situation, type: category, codes: situation, disclosure: safe, label: {fr: Situation, en: Situation}}
  - {name: staff, type: integer, required: true, disclosure: safe, label: {fr: Effectif, en: Staff}}
"""


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    folder = tmp_path_factory.mktemp("versions")
    for name, texts in {
        "codelists": {"situation": LIST, "situation-v1": FORMER_LIST},
        "instruments": {"form.v1": V1, "form.v2": V2},
    }.items():
        (folder / name).mkdir()
        for file, text in texts.items():
            (folder / name / f"{file}.yaml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "schemas" / "visits" / "programme.yaml", folder)
    return load_schemas(folder)


def filled(schemas: Schemas, instrument: str, *rows: Sequence[object], **given: str) -> bytes:
    """A template with rows of answers, as a spreadsheet saves it."""
    workbook = load_workbook(BytesIO(template(schemas.instrument(instrument), schemas, **given)))
    for number, row in enumerate(rows, 4):
        for column, value in enumerate(row, 1):
            workbook.worksheets[0].cell(number, column, value)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def read(schemas: Schemas, content: bytes, instrument: str = "form", name: str = "f.xlsx", **fill: str) -> TypedTable:
    return conform(read_book(content, name), schemas.instrument(instrument), schemas, fill=fill)


def told(table: TypedTable) -> dict[str, Finding]:
    return {finding.code: finding for finding in table.findings}


def test_an_old_template_is_read_as_the_new_version_and_said_so(schemas: Schemas) -> None:
    table = read(schemas, filled(schemas, "form.v1", ["P1", 4, "Travail", "bleu"], ["P2", 2, "Autre", ""]))
    assert table.data.drop(columns="staff").values.tolist() == [["P1", 4, "working"], ["P2", 2, "other"]]
    assert set(table.status["staff"]) == {"not-asked"}  # and not the headcount that version 1 asked under that title
    assert table.extra.values.tolist() == [[0, "Couleur préférée", "bleu"]]
    codes = told(table)
    assert set(codes) == {"older-template", "field-gone", "code-converted", "example-row"}
    assert codes["older-template"].details == {"version": "1", "current": "2"}
    assert codes["field-gone"].details["question"].fr == "Couleur préférée"


def test_what_an_old_template_did_not_ask_sets_no_row_aside(schemas: Schemas) -> None:
    table = read(schemas, filled(schemas, "form.v1", ["P1", 4, "Travail", "bleu"]))
    with duckdb.connect() as connection:
        checked = check_table(table, schemas.instrument("form"), schemas, connection)
    assert (checked.rows_in, checked.accepted, checked.exit_code) == (1, 1, 0)


def test_today_s_template_says_nothing_of_versions(schemas: Schemas) -> None:
    assert set(told(read(schemas, filled(schemas, "form", ["P1", 4, "Autre", 2])))) == {"example-row"}


def test_headers_of_a_former_version_are_known_without_a_stamp_where_they_mean_one_thing(schemas: Schemas) -> None:
    content = "Personne;Votre état;Effectif\nP1;Autre;3\n".encode()
    table = read(schemas, content, name="f.csv")
    assert table.data[["person", "situation", "staff"]].values.tolist() == [["P1", "other", 3]]  # today's meaning wins
    assert with_former_headers(schemas.instrument("form", 1), schemas) is schemas.instrument("form", 1)


def test_a_version_to_come_is_read_and_told(schemas: Schemas) -> None:
    workbook = load_workbook(BytesIO(filled(schemas, "form", ["P1", 4, "Autre", 2])))
    workbook["_impact"]["B1"] = 7
    workbook.worksheets[0]["E2"], workbook.worksheets[0]["E4"] = "Nouvelle question", "oui"
    stream = BytesIO()
    workbook.save(stream)
    table = read(schemas, stream.getvalue())
    assert told(table)["newer-template"].details == {"version": "7", "current": "2"}
    assert len(table.data) == 1
    assert table.extra.values.tolist() == [[0, "Nouvelle question", "oui"]]


def test_a_template_of_another_form_is_told_for_what_it_is() -> None:
    shipped = load_schemas(ROOT / "schemas")
    table = read(shipped, filled(shipped, "cafe-monthly", ["CAFE-01", "2026-01"]), "dat-followup")
    finding = told(table)["other-template"]
    assert finding.level == "blocking"
    assert finding.details["form"].fr == shipped.instrument("cafe-monthly").title.fr


def test_pasting_the_right_table_over_the_wrong_template_is_accepted_with_a_remark(schemas: Schemas) -> None:
    shipped = load_schemas(ROOT / "schemas")
    workbook = load_workbook(BytesIO(template(shipped.instrument("cafe-monthly"), shipped)))
    sheet = workbook.worksheets[0]
    sheet.delete_rows(1, 10)
    for row in (["Code de la personne", "Taille du ménage", "Situation", "Effectif"], ["P1", 4, "Autre", 2]):
        sheet.append(row)
    stream = BytesIO()
    workbook.save(stream)
    table = read(schemas, stream.getvalue())
    assert told(table)["other-template"].level == "to-check"
    assert table.data.values.tolist() == [["P1", 4, "other", 2]]


def test_the_stamp_fills_what_the_submission_does_not_say_and_is_compared_with_what_it_says() -> None:
    shipped = load_schemas(ROOT / "schemas")
    given = {"organisation": "cafe-demo-du-lavoir", "period": "2026-01"}
    content = filled(shipped, "cafe-monthly", ["CAFE-01", "", "", "07019", 20, 300], **given)
    table = read(shipped, content, "cafe-monthly")
    assert table.data[["month", "operator"]].values.tolist() == [["2026-01", "cafe-demo-du-lavoir"]]
    assert "other-submission" not in told(table)
    other = read(shipped, content, "cafe-monthly", period="2026-02")
    assert other.data["month"].tolist() == ["2026-02"]
    assert told(other)["other-submission"].details == {"stamped": "2026-01", "given": "2026-02"}
    yearly = filled(shipped, "cafe-monthly", ["CAFE-01", "", "", "07019", 20, 300], period="2026")
    assert "other-submission" not in told(read(shipped, yearly, "cafe-monthly", period="2026-02"))


def test_several_versions_in_one_file_are_counted(schemas: Schemas) -> None:
    rows = "P1;1;vB\nP2;1;vA\nP3;1;vB\nP4;1;\n"
    table = read(schemas, f"Code de la personne;Effectif;__version__\n{rows}".encode(), name="f.csv")
    finding = told(table)["form-versions"]
    assert (finding.value, finding.details) == ("vB (2), vA (1)", {"count": "2"})
    one = read(schemas, b"Code de la personne;Effectif;__version__\nP1;1;vB\n", name="f.csv")
    assert "form-versions" not in told(one)


def test_the_shipped_instruments_are_left_alone() -> None:
    shipped = load_schemas(Path(ROOT / "schemas"))
    for instrument in shipped.instruments:
        assert with_former_headers(instrument, shipped) is instrument
