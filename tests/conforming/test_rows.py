"""Rows under the header: each one is a record, or is told for what it is; totals serve as a check."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import HEADER, MONTHLY, ROW, SCHEMAS, addresses, codes, monthly

from impact_pipeline.validation.messages import tell


def test_totals_notes_and_the_example_are_told_and_no_record():
    example = ["EXEMPLE : CAFE-07", "2026-01", "07019", "20", "100"]
    table = monthly(
        HEADER, example, ROW, ["CAFE-02", *ROW[1:]], [], ["TOTAL", "", "", "48", "1700"], [],
        ["NB : fermé le 1er mai, repris le 2"],
    )  # fmt: skip

    assert table.rows.tolist() == [3, 4]
    assert codes(table) == {"example-row": 1, "total-row": 1, "note-row": 1, "total-mismatch": 1}
    wrong = next(finding for finding in table.findings if finding.code == "total-mismatch")
    assert (wrong.place.address, wrong.details["declared"], wrong.details["sum"]) == ("E6", "1700", "1720")


def test_subtotals_are_of_the_rows_above_them_and_a_mean_is_no_sum():
    table = monthly(
        HEADER, ROW, ["Sous-total", "", "", "24", "860"], ["CAFE-02", *ROW[1:]], ["Sous-total", "", "", "24", "860"],
        ["Total général", "", "", "48", "1 720"], ["Moyenne", "", "", "24", "860"],
    )  # fmt: skip

    assert len(table.data) == 2
    assert codes(table) == {"total-row": 4}


def test_a_lone_sentence_is_a_note_unless_the_form_asks_for_a_text_there():
    header = [*HEADER, "Commentaire"]
    assert codes(monthly(header, [*ROW, ""], ["Chiffres arrêtés au 3 juin"])) == {"note-row": 1}
    assert len(monthly(header, [*ROW, ""], ["", "", "", "", "", "Fermé une semaine en mai"]).data) == 2


def test_a_record_whose_name_begins_like_a_total_is_a_record():
    assert len(monthly(HEADER, ["Total Café", *ROW[1:]]).data) == 1


@settings(max_examples=80)
@given(
    rows=st.lists(st.lists(st.sampled_from(["", "CAFE-01", "TOTAL", "12", "2026-05", "NB : à revoir plus tard", "x"]),
                           min_size=5, max_size=6), max_size=12),
)  # fmt: skip
def test_every_row_is_a_record_or_is_told(rows):
    table = monthly(HEADER, *rows)

    apart = {
        finding.place.row
        for finding in table.findings
        if finding.code in ("total-row", "note-row", "example-row", "repeated-header")
    }
    blank = {number for number, row in enumerate(rows, 2) if not any(row)}
    assert sorted([*table.rows, *apart, *blank]) == list(range(2, len(rows) + 2))


def test_pages_pasted_one_after_another_repeat_their_titles():
    table = monthly(HEADER, ROW, ["CAFÉ", "mois", "Commune *", "Jours d’ouverture", "passages"], ["CAFE-02", *ROW[1:]])

    assert table.rows.tolist() == [2, 4]
    assert codes(table) == {"repeated-header": 1}
    assert addresses(table, "repeated-header") == ["3"]


def test_another_table_below_the_first_is_told_with_its_length_and_not_read_as_answers():
    other = ["Commune", "Passages", "Code du café", "Mois", "Jours d'ouverture"]
    table = monthly(HEADER, ROW, [], other, ["07019", "860", "CAFE-02", "2026-05", "24"], [], ["x"])

    assert table.rows.tolist() == [2]
    (told,) = (finding for finding in table.findings if finding.code == "table-below")
    assert (told.place.address, told.cells) == ("4", 3)


def test_blank_rows_inside_are_told_and_those_around_ignored():
    table = monthly(HEADER, [], ROW, [], [""], ["CAFE-02", *ROW[1:]], [], ["CAFE-03", *ROW[1:]], [], ["", " "])

    (told,) = (finding for finding in table.findings if finding.code == "blank-rows")
    assert (told.place.address, told.cells) == ("4", 3)
    assert codes(table) == {"blank-rows": 1}


def test_a_row_of_units_under_the_titles_is_no_record():
    table = monthly([*HEADER, "CA HT"], ["", "", "(INSEE)", "(jours)", "[nombre]", "(€)"], [*ROW, "12"])
    assert (table.rows.tolist(), codes(table)) == ([3], {"note-row": 1})


def test_totals_are_known_by_a_word_in_any_column():
    table = monthly(
        HEADER, ROW, ["", "", "Sous-total Ardèche", "24", "860"], ["CAFE-02", *ROW[1:]],
        ["", "S/TOTAL", "", "24", "860"], ["", "", "Total général", "48", "1 720"],
        ["", "Moyenne mensuelle", "", "24", "860"],
    )  # fmt: skip
    assert (table.rows.tolist(), codes(table)) == ([2, 4], {"total-row": 4})


def test_the_total_of_something_is_of_all_rows_or_of_those_above_it():
    rows = [ROW, ["CAFE-02", *ROW[1:]], ["Total Ardèche", "", "", "48", "1720"], ["CAFE-03", *ROW[1:]]]
    assert "total-mismatch" not in codes(monthly(HEADER, *rows, ["Total Drôme", "", "", "24", "860"]))
    assert "total-mismatch" not in codes(monthly(HEADER, *rows, ["Total réseau", "", "", "72", "2580"]))
    wrong = monthly(HEADER, *rows, ["Total Drôme", "", "", "24", "861"])
    (told,) = (finding for finding in wrong.findings if finding.code == "total-mismatch")
    assert tell(told, MONTHLY, SCHEMAS, "fr").read == (
        "La ligne 6 («\u00a0Total Drôme\u00a0») n’a pas été importée\u00a0; "
        "son total (861) ne correspond pas aux lignes (860)."
    )


@pytest.mark.parametrize(
    "footer",
    [
        ["Source : réseau des cafés, 2026"],
        ["Fait à Privas,", "le 3 juin 2026"],
        ["", "Signature :", "Mme Démo"],
        ["Page 1/3"],
        ["Mis à jour le 03/06/2026"],
    ],
)
def test_footers_and_signatures_are_notes(footer):
    table = monthly(HEADER, ROW, [], footer)
    assert (table.rows.tolist(), codes(table)) == ([2], {"note-row": 1})
