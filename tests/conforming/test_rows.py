"""Rows under the header: each one is a record, or is told for what it is; totals serve as a check."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import HEADER, ROW, codes, monthly


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


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.lists(st.sampled_from(["", "CAFE-01", "TOTAL", "12", "2026-05", "NB : à revoir plus tard", "x"]),
                           min_size=5, max_size=6), max_size=12),
)  # fmt: skip
def test_every_row_is_a_record_or_is_told(rows):
    table = monthly(HEADER, *rows)

    apart = {
        finding.place.row for finding in table.findings if finding.code in ("total-row", "note-row", "example-row")
    }
    blank = {number for number, row in enumerate(rows, 2) if not any(row)}
    assert sorted([*table.rows, *apart, *blank]) == list(range(2, len(rows) + 2))
