"""From a book to a typed table: the header wherever it is, rows that are no record told, nothing dropped."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.programme import ROOT

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.reading import read_book
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.renderings.template import template

SCHEMAS = load_schemas(ROOT / "schemas")
MONTHLY, MATRIX = SCHEMAS.instrument("cafe-monthly"), SCHEMAS.instrument("ptce-quarterly")
FILL = {"period": "2026-05", "organisation": "cafe-demo-du-lavoir"}
HEADER = ["Code du café", "Mois", "Commune", "Jours d'ouverture", "Passages"]
ROW = ["CAFE-01", "2026-05", "07019", "24", "860"]


def book(*rows: list[str], merged=()) -> Book:
    told = (Row(number, tuple(row), "t" * len(row)) for number, row in enumerate(rows, 1))
    return Book("csv", (Sheet(None, tuple(told), tuple(merged)),))


def monthly(*rows: list[str], fill=None, merged=()) -> TypedTable:
    return conform(book(*rows, merged=merged), MONTHLY, SCHEMAS, fill=fill or {})


def codes(table: TypedTable) -> Counter[str]:
    return Counter(finding.code for finding in table.findings)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_case_accents_spaces_and_order_of_columns_change_nothing(seed):
    dice = random.Random(seed)
    order = dice.sample(range(len(HEADER)), len(HEADER))

    def dress(header: str) -> str:
        plain = header.replace("é", dice.choice(["é", "e", "É", "e\u0301"])).replace("'", dice.choice(["'", "’", " "]))
        return dice.choice([str.upper, str.lower, str.title, str])(plain) + dice.choice(["", " ", " *", " :"])

    table = monthly([dress(HEADER[place]) for place in order], [ROW[place] for place in order])

    assert table.data.loc[0, ["cafe", "month", "commune", "opening_days", "visits"]].tolist() == [
        "CAFE-01", "2026-05", "07019", 24, 860,
    ]  # fmt: skip
    assert table.place(0, "visits").column == order.index(4)


def test_title_rows_above_and_a_header_over_two_merged_rows():
    table = monthly(
        ["Réseau des cafés"], [], ["Code du café", "Mois", "Commune", "Activité", ""],
        ["", "", "", "Jours d'ouverture", "Passages"], ROW,
        merged=[(3, 0, 4, 0), (3, 1, 4, 1), (3, 2, 4, 2), (3, 3, 3, 4)],
    )  # fmt: skip

    assert table.rows.tolist() == [5]
    assert table.data.loc[0, "visits"] == 860
    assert not codes(table)


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


def test_a_record_whose_name_begins_like_a_total_is_a_record():
    assert len(monthly(HEADER, ["Total Café", *ROW[1:]]).data) == 1


def test_what_the_file_lacks_is_filled_from_the_submission_and_told():
    without = [*HEADER[:1], *HEADER[2:]]
    table = monthly(without, [ROW[0], *ROW[2:]], fill=FILL)

    assert table.data.loc[0, "month"] == "2026-05"
    assert table.data.loc[0, "operator"] == "cafe-demo-du-lavoir"
    assert codes(table) == {"filled-from-submission": 2}
    assert codes(monthly(without, [ROW[0], *ROW[2:]])) == {"missing-column": 1}
    of_a_year = monthly(without, [ROW[0], *ROW[2:]], fill={"period": "2026"})
    assert codes(of_a_year) == {"missing-column": 1}, "a year cannot stand for a month"


def test_a_missing_column_points_at_the_one_that_looks_alike():
    table = monthly([*HEADER[:4], "Pasages"], ROW)

    told = next(finding for finding in table.findings if finding.code == "missing-column")
    assert (told.place.address, told.details["nearest"]) == ("E1", "Pasages")


def test_unknown_columns_are_kept_and_doubled_ones_told():
    table = monthly([*HEADER, "Météo", "PASSAGES"], [*ROW, "pluie", "861"])

    assert codes(table) == {"unknown-column": 1, "duplicate-column": 1}
    assert table.extra.to_dict("records") == [{"record": 0, "header": "Météo", "text": "pluie"}]


def test_no_header_sets_nothing_apart_but_counts_every_row():
    table = monthly(["CAFE-01", "2026-05"], [], ["CAFE-02", "2026-05"])
    assert (codes(table), len(table.data)) == ({"header-not-found": 1}, 2)


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


@pytest.mark.parametrize("name", ["cafe-monthly", "cafe-residents", "dat-followup", "ptce-quarterly"])
def test_our_empty_template_is_read_without_a_record_nor_anything_to_mend(name):
    instrument = SCHEMAS.instrument(name)
    content = template(instrument, SCHEMAS, organisation="x", period="2026")
    table = conform(read_book(content, "x.xlsx"), instrument, SCHEMAS, fill={"period": "2026", "organisation": "x"})

    assert len(table.data) == 0
    assert set(codes(table)) <= {"example-row", "filled-from-submission", "note-row"}


INDICATORS = {"Emplois ETP": ["10,5", "11"], "Personnes en parcours": ["4", "5"], "Achats groupés": ["100", "200"]}
PLACES = ["Recyclerie", "Restauration"]


def matrix(top: list[list[str]], *, totals: bool = False, merged=()) -> TypedTable:
    """Both structures in T1 and T2 of 2025: the second doubles the figures of the first."""
    rows = list(top)
    for label, (first, second) in INDICATORS.items():
        doubled = [str(2 * float(text.replace(",", "."))).replace(".", ",") for text in (first, second)]
        line = [label, first, second, *doubled]
        numbers = [float(text.replace(",", ".")) for text in line[1:]]
        if totals:
            line = [label, first, second, str(sum(numbers[:2])), *doubled, str(sum(numbers[2:])), str(sum(numbers))]
        rows.append(line)
    return conform(book(*rows, merged=merged), MATRIX, SCHEMAS, fill={"period": "2025"})


OVER = ["", "Recyclerie", "", "Restauration", ""]
QUARTERS = ["Indicateur", "T1", "T2", "T1", "T2"]
TOPS = {
    "perimeter over periods, merged": ([OVER, QUARTERS], [(1, 1, 1, 2), (1, 3, 1, 4)]),
    "perimeter over periods, not merged": ([OVER, QUARTERS], ()),
    "both in one heading": (
        [["Indicateur", "Recyclerie T1", "T2 Recyclerie", "RESTAURATION - T1", "Restauration T2"]],
        (),
    ),
    "with their year": ([OVER, ["", "T1 2025", "2025-T2", "1er trimestre 2025", "2e trimestre 2025"]], ()),
    "a year above": ([["", "2025", "2025", "2025", "2025"], OVER, QUARTERS], ()),
}


@pytest.mark.parametrize("way", TOPS)
def test_cross_tables_come_out_as_one_record_a_structure_and_a_quarter(way):
    top, merged = TOPS[way]
    table = matrix(top, merged=merged)

    assert table.data[["structure", "quarter", "jobs_fte"]].values.tolist() == [
        ["recyclerie", "2025-Q1", 10.5], ["recyclerie", "2025-Q2", 11.0],
        ["restauration", "2025-Q1", 21.0], ["restauration", "2025-Q2", 22.0],
    ]  # fmt: skip
    assert table.place(3, "shared_purchasing").column == 4


def test_totals_of_a_cross_table_are_left_out_and_checked():
    top = [
        ["", "Recyclerie", "", "", "Restauration", "", "", "Ensemble"],
        ["", "T1", "T2", "Total", "T1", "T2", "Total", ""],
    ]
    table = matrix(top, totals=True, merged=[(1, 1, 1, 3), (1, 4, 1, 6)])

    assert len(table.data) == 4
    assert not codes(table)["total-mismatch"]


def test_an_unknown_indicator_of_a_cross_table_is_kept_apart():
    top, _ = TOPS["both in one heading"]
    rows = [
        *top,
        ["Emplois ETP", "1", "2", "3", "4"],
        ["Personnes en parcours", "1", "1", "1", "1"],
        ["Vélos", "9", "", "", ""],
    ]
    table = conform(book(*rows), MATRIX, SCHEMAS, fill={"period": "2025"})

    assert codes(table)["unknown-indicator"] == 1
    assert table.extra.to_dict("records") == [{"record": 0, "header": "Vélos", "text": "9"}]


def test_a_workbook_is_read_from_the_sheet_that_fits_best():
    workbook = openpyxl.Workbook()
    workbook.active.append(["Bonjour", "voici nos chiffres"])
    sheet = workbook.create_sheet("Mai")
    for row in (HEADER, ROW):
        sheet.append(row)
    stream = io.BytesIO()
    workbook.save(stream)

    table = conform(read_book(stream.getvalue(), "x.xlsx"), MONTHLY, SCHEMAS, fill={})

    assert (table.sheet, table.place(0, "cafe").address) == ("Mai", "Mai!A2")


def test_two_hundred_thousand_cells_are_typed_once_each():
    rows = [[f"CAFE-{n:05}", "2026-05", "07019", str(n % 31), "1 200"] for n in range(40_000)]
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([HEADER, *rows])

    table = conform(read_book(stream.getvalue().encode(), "x.csv"), MONTHLY, SCHEMAS, fill={})

    assert table.data["visits"].eq(1200).all()
    assert next(f.cells for f in table.findings if f.field == "visits") == 40_000
