"""Cross tables: one record a structure and a quarter, however their headings are laid out; no column passed over."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conforming.books import MATRIX, SCHEMAS, addresses, codes, sheet

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.reading import read_book
from impact_pipeline.reading.sheet import Book

LABELS = ["Emplois ETP", "Personnes en parcours", "Achats groupés"]
FIELDS = ["jobs_fte", "pathway_people", "shared_purchasing"]
OVER = ["", "Recyclerie", "", "Restauration", ""]
QUARTERS = ["Indicateur", "T1", "T2", "T1", "T2"]


def figures(width: int) -> list[list[str]]:
    """Rows of indicators whose columns hold 1, 2, 3... times 1, 10 and 100."""
    return [[label, *(str(column * 10**power) for column in range(1, width))] for power, label in enumerate(LABELS)]


def cross(*rows: list[str], merged=(), year="2025", instrument=MATRIX) -> TypedTable:
    return conform(Book("xlsx", (sheet(*rows, merged=merged),)), instrument, SCHEMAS, fill={"period": year})


def records(table: TypedTable) -> list[list[object]]:
    return table.data[["structure", "quarter", "jobs_fte"]].astype(object).values.tolist()


TOPS = {
    "perimeter over periods, merged": ([OVER, QUARTERS], [(1, 1, 1, 2), (1, 3, 1, 4)]),
    "perimeter over periods, not merged": ([OVER, QUARTERS], ()),
    "under titles": ([["Pôle 2024"], [], ["", "Chiffres du pôle"], OVER, QUARTERS], ()),
    "both in one heading": (
        [["Indicateur", "Recyclerie T1", "T2 Recyclerie", "RESTAURATION - T1", "Restauration T2"]],
        (),
    ),
    "with their year": ([OVER, ["", "T1 2025", "2025-T2", "1er trimestre 2025", "2e trimestre 2025"]], ()),
    "a year above, repeated": ([["", "2025", "2025", "2025", "2025"], OVER, QUARTERS], ()),
    "a year above, written once": ([["", "2025", "", "", ""], OVER, QUARTERS], ()),
    "a year above, merged": ([["", "2025", "", "", ""], OVER, QUARTERS], [(1, 1, 1, 4)]),
    "a year between": ([OVER, ["", "2025", "", "", ""], QUARTERS], ()),
    "periods over perimeters": ([["", "T1", "T2", "T1", "T2"], ["", *["Recyclerie"] * 2, *["Restauration"] * 2]], ()),
}


@pytest.mark.parametrize("way", TOPS)
def test_one_record_a_structure_and_a_quarter(way):
    top, merged = TOPS[way]
    table = cross(*top, *figures(5), merged=merged, year="2025" if "year" not in way else "2019")

    assert records(table) == [
        ["recyclerie", "2025-Q1", 1], ["recyclerie", "2025-Q2", 2],
        ["restauration", "2025-Q1", 3], ["restauration", "2025-Q2", 4],
    ]  # fmt: skip
    assert table.data["shared_purchasing"].tolist() == [100, 200, 300, 400]
    assert table.place(3, "shared_purchasing").address == f"E{len(top) + 3}"
    assert set(codes(table)) <= {"code-converted"}  # RESTAURATION


def test_years_side_by_side_over_the_same_quarters():
    top = [["", "2024", "", "2025", ""], ["", *["Recyclerie"] * 4], QUARTERS]
    quarters = ["2024-Q1", "2024-Q2", "2025-Q1", "2025-Q2"]
    for merged in ((), [(1, 1, 1, 2), (1, 3, 1, 4)]):
        assert cross(*top, *figures(5), merged=merged).data["quarter"].tolist() == quarters


def test_a_cross_table_in_csv():
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([OVER, QUARTERS, *figures(5)])
    book = read_book(stream.getvalue().encode("cp1252"), "tableau.csv")

    table = conform(book, MATRIX, SCHEMAS, fill={"period": "2025"})

    assert records(table) == records(cross(OVER, QUARTERS, *figures(5)))


def test_perimeters_that_no_list_declares():
    fields = [MATRIX.fields[0].model_copy(update={"type": "text", "codes": None}), *MATRIX.fields[1:]]
    free = MATRIX.model_copy(update={"fields": tuple(fields)})
    free.__dict__.pop("by_name", None)
    tops = ([["", "Le Fournil", "", "La Halle", ""], QUARTERS],
            [["", "Le Fournil T1", "Le Fournil T2", "La Halle T1", "La Halle T2"]])  # fmt: skip
    for top in tops:
        table = cross(*top, *figures(5), instrument=free)
        assert table.data["structure"].tolist() == ["Le Fournil"] * 2 + ["La Halle"] * 2
        assert not codes(table)
    # the only perimeter of a sheet whose name could be another one
    rows = [["", "Le Fournil T1", "Le Fournil T2"], *figures(3)]
    book = Book("xlsx", (sheet(*rows, name="Suivi"),))
    table = conform(book, free, SCHEMAS, fill={"period": "2025"})
    assert table.data["structure"].tolist() == ["Le Fournil"] * 2


TOTALS = {
    "a total a structure, and of all": (
        [
            ["", "Recyclerie", "", "", "Restauration", "", "", "Ensemble"],
            ["", "T1", "T2", "Total", "T1", "T2", "Total"],
        ],
        ["1", "2", "3", "4", "5", "9", "12"],
    ),
    "named totals": (
        [["", "Recyclerie T1", "Restauration T1", "Total T1", "Recyclerie T2", "Total Recyclerie", "Total général"]],
        ["1", "2", "3", "4", "5", "7"],
    ),
    "one total at the end": ([[*OVER, ""], [*QUARTERS, "Total"]], ["1", "2", "3", "4", "10"]),
    "quarters of all structures": (
        [["", "Recyclerie", "", "Restauration", "", "Total", ""], [*QUARTERS, "T1", "T2"]],
        ["1", "2", "3", "4", "4", "6"],
    ),
    "a total a year": (
        [["", "2024", "", "2025", ""], ["", "Recyclerie T1", "Total 2024", "Recyclerie T1", "Total 2025"]],
        ["1", "1", "3", "3"],
    ),
    "a mean": ([["", "Recyclerie T1", "Recyclerie T2", "Moyenne"]], ["1", "3", "2"]),
}


@pytest.mark.parametrize("way", TOTALS)
def test_totals_are_told_left_out_and_checked(way):
    top, numbers = TOTALS[way]
    width = len(numbers) + 1
    people = ["Personnes en parcours", *["0"] * len(numbers)]
    rows = [*([*row, *[""] * (width - len(row))] for row in top), [LABELS[0], *numbers], people]
    table = cross(*rows)

    assert codes(table)["total-mismatch"] == 0
    assert len(table.data) + codes(table)["total-column"] == len(numbers)

    if way != "a mean":
        rows[len(top)][-1] = "99"
        assert addresses(cross(*rows), "total-mismatch") == [f"{'ABCDEFGH'[width - 1]}{len(top) + 1}"]


def test_a_misspelt_structure_is_a_record_to_mend_at_its_heading():
    table = cross(["", "Recylerie", "", "Restauration", ""], QUARTERS, *figures(5))

    assert table.status["structure"].tolist() == ["invalid", "invalid", "", ""]
    assert table.reasons[0, "structure"] == "not-in-list"
    assert [table.place(record, "structure").address for record in (0, 1)] == ["B1", "B1"]
    assert table.text["structure"].tolist()[:2] == ["Recylerie"] * 2
    assert cross(["", "Recylerie T1", "Restauration T1"], *figures(3)).status["structure"].tolist() == ["invalid", ""]


def test_a_misspelt_quarter_is_a_record_to_mend_and_a_missing_structure_too():
    table = cross(["", "Recyclerie", ""], ["", "T1", "T5"], *figures(3))
    assert (table.reasons[1, "quarter"], table.place(1, "quarter").address) == ("not-a-period", "C2")

    table = cross(["", "T1", "T2"], *figures(3))
    assert table.status["structure"].tolist() == ["blank", "blank"]
    assert table.place(1, "structure").address == "C1"


def test_an_unknown_indicator_is_kept_apart():
    table = cross(TOPS["both in one heading"][0][0], *figures(5), ["Vélos", "9", "", "", ""])

    assert addresses(table, "unknown-indicator") == ["5"]
    assert table.extra.to_dict("records") == [{"record": 0, "header": "Vélos", "text": "9"}]


COLUMNS = ["Recyclerie T1", "Restauration T2", "Recylerie T3", "T4", "T5", "", "Recyclerie", "Total", "Total T1",
           "Moyenne", "Commentaire", "Objectif 2025", "2025"]  # fmt: skip


@settings(max_examples=80)
@given(headings=st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=7), two=st.booleans(), unit=st.booleans())
def test_every_column_of_figures_is_a_record_or_is_told(headings, two, unit):
    named = ["Indicateur", "Unité"] if unit else ["Indicateur"]
    top = [[*named, *headings]]
    if two:
        top.insert(0, [*[""] * len(named), "Recyclerie", *[""] * (len(headings) - 1)])
    rows = [[label, *["ETP"] * (len(named) - 1), *["7"] * len(headings)] for label in LABELS[:2]]
    table = cross(*top, *rows)
    if codes(table)["header-not-found"]:
        return

    taken = {place.column for (_, name), place in table.cells.items() if name == "jobs_fte"}
    told = {f.place.column for f in table.findings if f.code in ("total-column", "heading-not-read")}
    assert sorted([*taken, *told]) == list(range(len(named), len(named) + len(headings)))
