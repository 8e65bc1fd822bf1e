"""The header is found wherever it stands, however it is written; what does not fit it is told where it stands."""

from __future__ import annotations

import csv
import random

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import HEADER, MONTHLY, ROW, SCHEMAS, addresses, codes, monthly, sheet

from impact_pipeline.conforming import conform
from impact_pipeline.reading import read_book
from impact_pipeline.reading.sheet import Book
from impact_pipeline.validation.messages import tell

READ = ["CAFE-01", "2026-05", "07019", 24, 860]
FIELDS = ["cafe", "month", "commune", "opening_days", "visits"]


@settings(max_examples=60)
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


@settings(max_examples=40)
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


@pytest.mark.parametrize(("written", "column"), [("Pasages", 4), ("ouverture jours d'", 3)])
def test_a_missing_column_points_at_the_one_that_looks_alike(written, column):
    table = monthly([*HEADER[:column], written, *HEADER[column + 1 :]], ROW)

    told = next(finding for finding in table.findings if finding.code == "missing-column")
    assert (told.place.address, told.details["nearest"]) == (f"{'ABCDE'[column]}1", written)
    assert codes(table) == {"missing-column": 1}, "one slip, one finding"


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


def test_numbering_units_and_hints_around_a_title_change_nothing_and_are_told():
    dressed = [
        "1. Code du café\u00a0*",
        "Q2 - Mois\u00a0:",
        "COMMUNE (obligatoire)",
        "Nb jours d’ouverture",
        "Passages [nombre]",
    ]
    table = monthly(dressed, ROW)

    assert table.data.loc[0, FIELDS].tolist() == READ
    assert addresses(table, "column-read-as") == ["A1", "B1", "C1", "E1"]


def test_a_unit_that_changes_the_number_is_asked_about_never_taken():
    table = monthly([*HEADER, "CA HT (k€)"], [*ROW, "5"])

    (told,) = (finding for finding in table.findings if finding.code == "unknown-column")
    assert (told.place.address, told.details["suggested"]) == ("F1", "turnover")
    assert table.data["turnover"].isna().all()


def test_two_titles_that_mean_the_same_field_but_loosely_are_none_of_them_taken():
    table = monthly([*HEADER, "Bénévoles (femmes)", "Bénévoles (hommes)"], [*ROW, "1", "2"])

    assert codes(table)["unknown-column"] == 2
    assert table.data["volunteers"].isna().all()


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("Nb bénéf. actifs", None), ("Nb bénév.", "volunteers"), ("Benevoles actif", "volunteers"),
        ("Nb de servces", "services_count"), ("xyz", None), ("12", None),
    ],
)  # fmt: skip
def test_a_near_name_is_suggested_for_a_field_that_no_column_answers(written, field):
    table = monthly([*HEADER, written], [*ROW, "3"])

    told = next(finding for finding in table.findings if finding.code == "unknown-column")
    assert told.details.get("suggested") == field
    message = tell(told, MONTHLY, SCHEMAS, "fr").todo
    assert ("Vouliez-vous dire" in message) == (field is not None)


def test_a_header_of_near_names_only_is_a_header_to_confirm():
    table = monthly(["Code café", "Moiss", "Comune", "Jrs ouverture", "Psages"], ROW)

    assert addresses(table, "missing-column") == ["A1", "B1", "C1", "D1", "E1"]
    assert len(table.data) == 1


def test_a_column_without_a_title_is_suggested_by_what_it_holds():
    rows = [["CAFE-01", "2026-05", f"0701{n}", "24", "860"] for n in range(5)]
    table = monthly([*HEADER[:2], "", *HEADER[3:]], *rows)

    (told,) = (finding for finding in table.findings if finding.code == "missing-column")
    assert (told.field, told.place.address) == ("commune", "C1")
    assert "colonne C" in tell(told, MONTHLY, SCHEMAS, "fr").todo
    assert table.data["commune"].isna().all(), "suggested, never taken"


def test_three_rows_of_headings_without_any_merging_as_in_a_csv():
    table = monthly(
        ["Identification", "", "", "Activité", ""], ["du café", "", "", "en mai", ""],
        ["Code du café", "Mois", "Commune", "Jours d'ouverture", "Passages"], ROW,
    )  # fmt: skip

    assert table.data.loc[0, FIELDS].tolist() == READ
    assert table.rows.tolist() == [4]


def test_a_heading_over_several_columns_tells_them_apart(tmp_path):
    """`Femmes / Nombre` and `Hommes / Nombre`, merged in a workbook, blank to the right of the first in a CSV."""
    named = {"volunteers": ("Femmes / Nombre",), "events": ("Hommes / Nombre",)}
    fields = tuple(item.model_copy(update={"synonyms": named.get(item.name, ())}) for item in MONTHLY.fields)
    instrument = MONTHLY.model_copy(update={"fields": fields})
    labels = [instrument.by_name[name].label.fr for name in FIELDS]
    rows = [["Enquête 2026"], [*labels, "Femmes", "", "Hommes", ""], [*[""] * 5, "Nombre", "Part", "Nombre", "Part"],
            [*ROW, "1", "10", "2", "20"]]  # fmt: skip
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.active.merge_cells("F2:G2")
    workbook.active.merge_cells("H2:I2")
    workbook.save(tmp_path / "merged.xlsx")
    with (tmp_path / "flat.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)

    for name in ("merged.xlsx", "flat.csv"):
        table = conform(read_book((tmp_path / name).read_bytes(), name), instrument, SCHEMAS, fill={})
        assert table.data.loc[0, [*FIELDS, "volunteers", "events"]].tolist() == [*READ, 1, 2], name
        assert set(table.extra["header"]) == {"Femmes / Part", "Hommes / Part"}, name


def test_a_table_that_begins_in_column_c():
    table = monthly([], ["", "", *HEADER], ["", "", *ROW])
    assert table.place(0, "cafe").address == "C3"
    assert not codes(table)


def test_a_second_table_beside_the_first_is_told_and_kept_aside():
    table = monthly([*HEADER, "", "", *HEADER], [*ROW, "", "", "CAFE-02", *ROW[1:]])

    assert codes(table) == {"table-beside": 1}
    assert addresses(table, "table-beside") == ["H1"]
    assert (len(table.data), table.data.loc[0, "cafe"]) == (1, "CAFE-01")
    assert "CAFE-02" in set(table.extra["text"])


def test_both_columns_of_one_title_are_named():
    table = monthly([*HEADER, "Passages"], [*ROW, "861"])
    (told,) = (finding for finding in table.findings if finding.code == "duplicate-column")
    assert "E, F" in tell(told, MONTHLY, SCHEMAS, "fr").read
