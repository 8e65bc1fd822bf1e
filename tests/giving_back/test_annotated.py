"""The sender's own workbook comes back with what is wrong marked, nothing else changed, and can be sent as it is."""

from __future__ import annotations

import io
import posixpath
import sys
import zipfile
from collections.abc import Mapping
from xml.etree.ElementTree import fromstring

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.giving_back.books import ASKS, HEADER, check, rich, row, told

from impact_pipeline.findings import Level
from impact_pipeline.giving_back import annotated
from impact_pipeline.giving_back.received import BLOCKING, TO_CHECK
from impact_pipeline.reading import read_book, table_hash

TWO_FAULTS = [row(visits=""), row(name="CAFE-02", days="=40+8"), ASKS]
JUSTIFICATION, LEVEL, PLACE, READ = 8, 1, 3, 4  # columns of the list


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def listed(sheet: Worksheet) -> list[list[object]]:
    """The lines under the titles."""
    rows = [[cell.value for cell in cells] for cells in sheet.iter_rows()]
    return rows[next(at for at, cells in enumerate(rows) if cells[0] == "N°") + 1 :]


def colour(cell: object) -> str:
    return str(cell.fill.fgColor.rgb)[-6:]  # type: ignore[attr-defined]


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def outcome(tmp_path):
    return check(rich(TWO_FAULTS), tmp_path)


def test_wrong_cells_are_coloured_by_level_and_say_in_words_what_to_do(outcome):
    page = opened(annotated(outcome).content)["L'année"]

    coloured = {
        cell.coordinate: colour(cell)
        for cells in page.iter_rows(min_row=3)
        for cell in cells
        if colour(cell) in (BLOCKING, TO_CHECK)
    }
    assert coloured == {"E3": BLOCKING, "D4": BLOCKING, "E5": TO_CHECK, "F5": TO_CHECK}
    note = page["E3"].comment.text
    for words in ("Bloquant", "Passages dans le mois", "est vide.", "Attendu", "À faire", "Exemple"):
        assert words in note, words
    assert "À vérifier" in page["F5"].comment.text
    assert page["E5"].comment is None, "a rule is noted at its first cell, the others are coloured"


def test_the_list_stands_first_grouped_by_cause_and_leads_to_each_cell(outcome):
    workbook = opened(annotated(outcome).content)
    sheet = workbook.active

    assert workbook.sheetnames == ["À corriger", "Mode d'emploi", "L'année", "Notes"]
    assert sheet.title == "À corriger"
    assert [(line[LEVEL], line[PLACE]) for line in listed(sheet)] == [
        ("Bloquant", "L'année!E3"),
        ("Bloquant", "L'année!D4"),
        ("À vérifier", "L'année!F5"),
    ]
    assert [cells[PLACE].hyperlink.location for cells in sheet.iter_rows(min_row=7)] == [
        "'L''année'!E3",
        "'L''année'!D4",
        "'L''année'!F5",
    ]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A7", "A6:O9")
    assert "2 points bloquants, 1 à vérifier" in str(sheet["A3"].value)
    assert all(sheet.column_dimensions[letter].hidden for letter in "J")
    assert sum(page.sheet_view.tabSelected or False for page in workbook) == 1


def test_each_cell_of_a_question_asked_once_is_coloured(tmp_path):
    page = opened(
        annotated(check(rich([row(turnover="1.234"), row(name="CAFE-02", turnover="5.678")]), tmp_path)).content
    )
    assert [colour(page["L'année"][cell]) for cell in ("F3", "F4")] == [TO_CHECK, TO_CHECK]


def test_nothing_of_theirs_is_lost(outcome):
    """Every part is there byte for byte, save those that had to tell of the new sheet, of the colours and the notes."""
    before, after = parts(outcome.content), parts(annotated(outcome).content)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/worksheets/sheet2.xml",
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
    }
    page = opened(annotated(outcome).content)["L'année"]
    assert page["A3"].comment.text == "Notre remarque"
    assert (page["D4"].value, page["D4"].number_format) == ("=40+8", "0.00")
    assert [str(merged) for merged in page.merged_cells.ranges] == ["A1:F1"]
    assert page.column_dimensions["A"].width == pytest.approx(17.7, abs=0.1)
    assert len(page.data_validations.dataValidation) == 1
    assert colour(page["A2"]) == "DDEEFF"
    assert b"<v>48</v>" in after["xl/worksheets/sheet2.xml"], "the stored result of a formula"
    assert b"x14:dataBar" in after["xl/worksheets/sheet2.xml"]
    names = {sheet.title: sheet.print_title_rows for sheet in opened(annotated(outcome).content)}
    assert (names["L'année"], names["Notes"]) == ("$2:$2", "$1:$1")


def test_every_relation_leads_to_a_part_and_every_part_is_xml(outcome):
    after = parts(annotated(outcome).content)
    types = after["[Content_Types].xml"].decode()
    for name, content in after.items():
        if name.endswith((".xml", ".rels", ".vml")):
            fromstring(content)
        if name.endswith(".rels"):
            folder = posixpath.dirname(posixpath.dirname(name))
            for relation in fromstring(content):
                target = relation.get("Target", "")
                path = target.lstrip("/") if target[0] == "/" else posixpath.normpath(posixpath.join(folder, target))
                assert path in after, (name, target)
    assert all(f'"/{name}"' in types for name in after if name.startswith("xl/worksheets/sheet"))


def test_it_can_be_sent_as_it_is(outcome, tmp_path):
    content = annotated(outcome).content
    again = check(content, tmp_path, "retour.xlsx")

    assert told(again) == told(outcome)
    assert again.checked.rows_in == outcome.checked.rows_in
    assert table_hash(read_book(content, "x")) == table_hash(read_book(outcome.content, "x"))


def test_a_question_that_is_justified_asks_no_more_and_the_answer_stays(outcome, tmp_path):
    workbook = opened(annotated(outcome).content)
    sheet = workbook["À corriger"]
    sheet.title = "pour Awa"  # it is known whatever it is called
    line = next(cells for cells in sheet.iter_rows() if cells[LEVEL].value == "À vérifier")
    line[JUSTIFICATION].value = "Vente du fonds ce mois-là"
    page = workbook["L'année"]
    page["E3"], page["D4"] = 1200, 24
    stream = io.BytesIO()
    workbook.save(stream)
    again = check(stream.getvalue(), tmp_path, "retour.xlsx")

    assert told(again) == []
    assert again.checked.exit_code == 0
    kept = [finding for finding in again.checked.findings if finding.details.get("justification")]
    assert [(f.code, f.level, f.details["justification"]) for f in kept] == [
        ("row-rule", Level.CORRECTED, "Vente du fonds ce mois-là")
    ]
    once_more = opened(annotated(again).content)
    assert "pour Awa" not in once_more.sheetnames
    assert [(line[LEVEL], line[JUSTIFICATION]) for line in listed(once_more["À corriger"])] == [
        ("Expliqué par vous", "Vente du fonds ce mois-là")
    ]


def test_a_justification_follows_its_row_when_one_above_is_deleted(outcome, tmp_path):
    workbook = opened(annotated(outcome).content)
    line = next(c for c in workbook["À corriger"].iter_rows() if c[LEVEL].value == "À vérifier")
    line[JUSTIFICATION].value = "Vente du fonds"
    page = workbook["L'année"]
    page["E3"], page["D4"] = 1200, 24
    page.delete_rows(3)
    stream = io.BytesIO()
    workbook.save(stream)
    again = check(stream.getvalue(), tmp_path, "retour.xlsx")
    assert [f.details["justification"] for f in again.checked.findings if f.code == "row-rule"] == ["Vente du fonds"]


def test_a_reason_given_since_is_a_new_file_though_the_table_is_the_same(outcome):
    workbook = opened(annotated(outcome).content)
    next(c for c in workbook["À corriger"].iter_rows() if c[LEVEL].value == "À vérifier")[JUSTIFICATION].value = "Oui."
    stream = io.BytesIO()
    workbook.save(stream)
    assert table_hash(read_book(stream.getvalue(), "x")) != table_hash(read_book(outcome.content, "x"))


def test_annotating_what_came_back_forgets_the_marks_of_the_time_before(outcome, tmp_path):
    workbook = opened(annotated(outcome).content)
    workbook["L'année"]["E3"] = 1200
    stream = io.BytesIO()
    workbook.save(stream)
    page = opened(annotated(check(stream.getvalue(), tmp_path, "retour.xlsx")).content)
    assert page.sheetnames == ["À corriger", "Mode d'emploi", "L'année", "Notes"]
    data = page["L'année"]
    assert (colour(data["E3"]), data["E3"].comment) == ("000000", None)
    assert data["A3"].comment.text == "Notre remarque"
    assert data["F5"].comment.text.count("À vérifier") == 1


def test_english(tmp_path):
    workbook = opened(annotated(check(rich(TWO_FAULTS), tmp_path, language="en")).content)
    assert workbook.sheetnames[0] == "To correct"
    assert "Blocking" in workbook["L'année"]["E3"].comment.text


def test_a_workbook_with_macros_keeps_them_and_its_suffix_and_has_the_list_last(outcome, tmp_path):
    changed: Mapping[str, bytes] = parts(outcome.content) | {"xl/vbaProject.bin": b"\xd0\xcf macros"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in changed.items():
            if name == "xl/_rels/workbook.xml.rels":
                kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
                told_of = f'<Relationship Id="rId99" Type="{kind}" Target="vbaProject.bin"/></Relationships>'
                archive.writestr(name, content.replace(b"</Relationships>", told_of.encode()))
            else:
                archive.writestr(name, content)
    given = annotated(check(stream.getvalue(), tmp_path, "macros.xlsm"))

    assert given.suffix == ".xlsm"
    assert parts(given.content)["xl/vbaProject.bin"] == b"\xd0\xcf macros"
    workbook = opened(given.content)
    assert workbook.sheetnames == ["Mode d'emploi", "L'année", "Notes", "À corriger"]
    assert workbook.active.title == "À corriger"


CSV = (
    "﻿" + "\r\n".join([";".join(HEADER), 'CAFE-01;2026-05;07019;24;;"5 200,50"', "=1+1;2026-05;7019;24;12;860,5"])
).encode()


def test_a_text_table_gets_a_workbook_with_the_same_cells_at_the_same_addresses(tmp_path):
    outcome = check(CSV, tmp_path, "mai.csv")
    content = annotated(outcome).content
    page = opened(content)["Données"]

    assert (page["E2"].value, colour(page["E2"])) == (None, BLOCKING)
    assert (page["C3"].value, page["F2"].value) == ("7019", "5 200,50")
    again = check(content, tmp_path, "mai.xlsx")
    assert [code for _, code in told(again)] == [code for _, code in told(outcome)]
    assert (again.checked.rows_in, again.checked.accepted) == (outcome.checked.rows_in, outcome.checked.accepted)


def test_a_text_that_begins_like_a_formula_stays_a_text(tmp_path):
    page = opened(annotated(check(CSV, tmp_path, "mai.csv")).content)["Données"]
    assert (page["A3"].data_type, page["A3"].value, page["A3"].quotePrefix) == ("s", "=1+1", True)


def test_a_column_that_is_missing_is_told_at_the_title_that_looks_alike_and_the_rest_in_the_list(tmp_path):
    header = ["Café", "Moiss", "Commune", "Jours ouverts", "Passage du mois", "CA HT"]
    content = "\n".join([";".join(header), "CAFE-01;2026-05;07019;24;12;860"]).encode()
    workbook = opened(annotated(check(content, tmp_path, "mai.csv")).content)
    assert colour(workbook["Données"]["E1"]) == BLOCKING
    assert any("Il manque la colonne" in str(line[READ]) for line in listed(workbook["À corriger"]))


@pytest.mark.parametrize("content", [b"%PDF-1.4 not a table", b""])
def test_a_file_that_cannot_be_read_gets_the_list_alone(tmp_path, content):
    workbook = opened(annotated(check(content, tmp_path, "mai.csv")).content)
    assert workbook.sheetnames == ["À corriger"]
    assert [line[LEVEL] for line in listed(workbook["À corriger"])] == ["Bloquant"]


def test_counts_are_true_where_the_list_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["impact_pipeline.giving_back.annotated"], "LISTED", 3)
    rows = [row(name=f"CAFE-{n:02}", visits="") for n in range(12)]
    sheet = opened(annotated(check(rich(rows), tmp_path)).content)["À corriger"]
    assert [line[PLACE] for line in listed(sheet)][-1] == "… 3 premières sur 12"
    assert "12 points bloquants" in str(sheet["A3"].value)
