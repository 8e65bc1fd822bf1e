"""The header is found wherever it stands, however it is written; what does not fit it is told where it stands."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import HEADER, MONTHLY, ROW, SCHEMAS, addresses, codes, monthly, sheet

from impact_pipeline.conforming import conform
from impact_pipeline.reading.sheet import Book

READ = ["CAFE-01", "2026-05", "07019", 24, 860]
FIELDS = ["cafe", "month", "commune", "opening_days", "visits"]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_case_accents_spaces_and_order_of_columns_change_nothing(seed):
    dice = random.Random(seed)
    order = dice.sample(range(len(HEADER)), len(HEADER))

    def dress(header: str) -> str:
        plain = header.replace("é", dice.choice(["é", "e", "É", "e\u0301"])).replace("'", dice.choice(["'", "’", " "]))
        if dice.random() < 0.2:
            return header.encode("utf-8").decode("cp1252")  # as some tools save it: `Code du cafÃ©`
        return dice.choice([str.upper, str.lower, str.title, str])(plain) + dice.choice(["", " ", " *", " :"])

    table = monthly([dress(HEADER[place]) for place in order], [ROW[place] for place in order])

    assert table.data.loc[0, FIELDS].tolist() == READ
    assert table.place(0, "visits").column == order.index(4)


@settings(max_examples=40, deadline=None)
@given(above=st.lists(st.sampled_from([[], ["Réseau des cafés"], ["", "mai 2026"], ["Passages"]]), max_size=8))
def test_whatever_titles_stand_above(above):
    table = monthly(*above, HEADER, ROW)

    assert table.data.loc[0, FIELDS].tolist() == READ
    assert table.rows.tolist() == [len(above) + 2]


def test_a_header_over_two_merged_rows():
    table = monthly(
        ["Réseau des cafés"], [], ["Code du café", "Mois", "Commune", "Activité", ""],
        ["", "", "", "Jours d'ouverture", "Passages"], ROW,
        merged=[(3, 0, 4, 0), (3, 1, 4, 1), (3, 2, 4, 2), (3, 3, 3, 4)],
    )  # fmt: skip

    assert table.rows.tolist() == [5]
    assert table.data.loc[0, FIELDS].tolist() == READ
    assert not codes(table)


def test_a_missing_column_points_at_the_one_that_looks_alike():
    table = monthly([*HEADER[:4], "Pasages"], ROW)

    told = next(finding for finding in table.findings if finding.code == "missing-column")
    assert (told.place.address, told.details["nearest"]) == ("E1", "Pasages")


def test_unknown_columns_are_kept_and_doubled_ones_told():
    table = monthly([*HEADER, "Météo", "PASSAGES"], [*ROW, "pluie", "861"])

    assert codes(table) == {"unknown-column": 1, "duplicate-column": 1}
    assert table.extra.to_dict("records") == [{"record": 0, "header": "Météo", "text": "pluie"}]
    assert codes(monthly([*HEADER, "PASSAGES"], [*ROW, ""])) == {}, "an empty twin says nothing"


def test_no_header_sets_nothing_apart_but_counts_every_row():
    table = monthly(["CAFE-01", "2026-05"], [], ["CAFE-02", "2026-05"])
    assert (codes(table), len(table.data)) == ({"header-not-found": 1}, 2)


def test_the_sheet_that_fits_best_is_read_and_other_filled_ones_are_told():
    def read(*sheets):
        return conform(Book("xlsx", sheets), MONTHLY, SCHEMAS, fill={})

    welcome = sheet(["Bonjour", "voici nos chiffres"], name="Bonjour")
    may, june = sheet(HEADER, ROW, name="Mai"), sheet(HEADER[:4], ROW[:4], name="Juin")

    assert read(welcome, may).sheet == "Mai"
    assert not codes(read(welcome, may, sheet(HEADER, name="Juillet")))
    assert addresses(read(welcome, june, may), "sheet-not-read") == ["Juin"]
    assert read(welcome, june, may).place(0, "cafe").address == "Mai!A2"
