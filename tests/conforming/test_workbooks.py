"""Six workbooks of one association, laid out as differently as field actors lay them out, are one and the same long
table; each value is known by its cell, and a wrong total is told at its own."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from tests.conforming.drawings import CODES, DRAWINGS, LABELS, Drawing, long_table

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import Instrument, load_schemas
from impact_pipeline.findings import Level, Place
from impact_pipeline.reading import read_book
from impact_pipeline.validation import Checked, check_table

SCHEMAS = load_schemas(Path(__file__).parents[1] / "schemas" / "services")
SERVICES = SCHEMAS.instrument("services")


def checked(drawing: Drawing, kind: str, instrument: Instrument = SERVICES, period: str = "2025") -> Checked:
    book = read_book(drawing.saved(kind), f"retour.{kind}")
    table = conform(book, instrument, SCHEMAS, fill={"period": period})
    with duckdb.connect() as connection:
        return check_table(table, instrument, SCHEMAS, connection)


def rows(outcome: Checked) -> list[dict[str, object]]:
    values: pa.Table = outcome.values.table  # type: ignore[attr-defined]
    return values.to_pylist()


def told(outcome: Checked, *levels: Level) -> list[tuple[str, str]]:
    return [(f.code, f.place.address) for f in outcome.findings if f.level in (levels or tuple(Level))]


@pytest.mark.parametrize("way", DRAWINGS)
def test_every_layout_is_the_same_long_table_each_value_with_its_cell(way):
    draw, kind = DRAWINGS[way]
    drawing = draw()
    outcome = checked(drawing, kind)

    assert {(r["indicator"], r["perimeter"], r["period"]): r["value"] for r in rows(outcome)} == long_table()
    assert len(rows(outcome)) == len(long_table())
    assert {
        (r["indicator"], r["perimeter"], r["period"]): f"{r['sheet']}!{r['cell']}" for r in rows(outcome)
    } == drawing.places
    assert outcome.set_aside_rows == 0
    assert [code for code, _ in told(outcome, Level.BLOCKING, Level.TO_CHECK) if code != "heading-not-read"] == []


@pytest.mark.parametrize("way", DRAWINGS)
def test_every_wrong_total_is_told_at_its_cell(way):
    draw, kind = DRAWINGS[way]
    drawing = draw()
    assert len(drawing.totals) >= 9
    for sheet, row, column in drawing.totals:
        drawing.sheets[sheet][row, column] += 1.5  # type: ignore[operator]
    outcome = checked(drawing, kind)

    wrong = [address for code, address in told(outcome) if code == "total-mismatch"]
    assert sorted(wrong) == sorted(Place(s, row, column - 1).address for s, row, column in drawing.totals)
    assert {(r["indicator"], r["perimeter"], r["period"]): r["value"] for r in rows(outcome)} == long_table()


@pytest.mark.parametrize("way", DRAWINGS)
def test_a_blank_quarter_of_a_yearly_indicator_is_no_missing_answer(way):
    draw, kind = DRAWINGS[way]
    statuses = checked(draw(), kind).statuses.table.to_pylist()  # type: ignore[attr-defined]

    quarters = sum(row["field"] == "staff" for row in statuses)
    assert quarters == 12
    assert {row["status"] for row in statuses} == {"not-asked"}
    assert sum(row["field"] == "people" for row in statuses) == 3  # the records of the year


def test_a_lone_t_after_three_quarters_is_asked_about_and_after_four_is_a_total():
    for headings, code in (
        (["T1", "T2", "T3", "T"], "ambiguous-total"),
        (["T1", "T2", "T3", "T4", "T"], "total-column"),
    ):
        drawing = Drawing()
        drawing.put("ARTEMIS", 1, 2, 2025)
        drawing.put("ARTEMIS", 2, 1, "Indicateur", *headings)
        drawing.put("ARTEMIS", 3, 1, "Personnes accompagnées", *([5] * (len(headings) - 1)), 5 * (len(headings) - 1))
        drawing.put("ARTEMIS", 4, 1, "Heures de formation", *([2] * (len(headings) - 1)), 2 * (len(headings) - 1))
        drawing.put("ARTEMIS", 5, 1, "Effectif moyen")
        outcome = checked(drawing, "xlsx")

        column = Place("ARTEMIS", 2, len(headings)).address
        assert (code, column) in told(outcome)
        assert {row["period"] for row in rows(outcome)} == {f"2025-Q{n}" for n in range(1, len(headings))}
        assert ("total-mismatch" in [code for code, _ in told(outcome)]) is False


def test_a_former_code_used_after_its_last_day_is_asked_about():
    for year, level in (("2024", Level.CORRECTED), ("2025", Level.TO_CHECK)):
        drawing = Drawing()
        drawing.put("ARTEMIS", 1, 1, "Code", "Libellé", "T1", "T2")
        drawing.put("ARTEMIS", 2, 1, "A7", "Public reçu", 5, 6)
        drawing.put("ARTEMIS", 3, 1, "I-03", "Heures de formation", 5, 6)
        drawing.put("ARTEMIS", 4, 1, "I-05", "Effectif moyen")
        outcome = checked(drawing, "xlsx", period=year)

        assert [(f.level, f.place.address) for f in outcome.findings if f.code == "former-code"] == [
            (level, "ARTEMIS!A2")
        ]
        assert [r["value"] for r in rows(outcome) if r["indicator"] == "people"] == [5, 6]


def test_a_code_and_a_name_that_contradict_each_other_are_told():
    drawing = Drawing()
    drawing.put("ARTEMIS", 1, 1, "Code", "Libellé", "T1", "T2")
    for row, (name, code) in enumerate(CODES.items(), 2):
        drawing.put(
            "ARTEMIS", row, 1, "I-02" if name == "people" else "I-01" if name == "women" else code, LABELS[name]
        )
        if name != "staff":
            drawing.put("ARTEMIS", row, 3, 5, 6)
    outcome = checked(drawing, "xlsx")

    assert [address for code, address in told(outcome) if code == "two-indicators"] == ["ARTEMIS!B2", "ARTEMIS!B3"]


def test_a_misspelt_service_is_told_where_it_is_written():
    ways = {
        "sheet": (["Indicateur", "T1", "T2"], "Ecolle", []),
        "block": (["Indicateur", "T1", "T2"], "Feuil1", ["Ecolle"]),
        "heading": (["Indicateur", "Ecolle T1", "Ecolle T2"], "Feuil1", []),
    }
    places = {}
    for way, (headings, name, block) in ways.items():
        drawing = Drawing()
        for sheet, over in ((name, block), ("ARTEMIS" if way == "sheet" else name, ["ARTEMIS"] if block else [])):
            start = max((r for r, _ in drawing.sheets.get(sheet, {})), default=0) + 1
            if way == "heading" and start > 1:
                continue
            drawing.put(sheet, start, 1, *headings)
            drawing.put(sheet, start + 1, 1, *over)
            drawing.put(sheet, start + 2, 1, "Personnes accompagnées", 5, 6)
            drawing.put(sheet, start + 3, 1, "Heures de formation", 5, 6)
            drawing.put(sheet, start + 4, 1, "Effectif moyen")
        outcome = checked(drawing, "xlsx")
        places[way] = {address for code, address in told(outcome) if code == "not-in-list"}

    assert places == {"sheet": {"Ecolle"}, "block": {"Feuil1!A2"}, "heading": {"Feuil1!B1", "Feuil1!C1"}}


def test_figures_given_for_the_year_alone_are_told():
    drawing = Drawing()
    drawing.put("ARTEMIS", 1, 1, "Indicateur", "T1", "T2", "Année")
    drawing.put("ARTEMIS", 2, 1, "Personnes accompagnées", 5, 6, 11)
    drawing.put("ARTEMIS", 3, 1, "Heures de formation", "", "", 40)
    drawing.put("ARTEMIS", 4, 1, "Effectif moyen", "", 3, 3.5)
    outcome = checked(drawing, "xlsx")

    assert ("year-only", "ARTEMIS!D3") in told(outcome, Level.TO_CHECK)
    assert ("not-due", "ARTEMIS!C4") in told(outcome, Level.TO_CHECK)
    assert [(r["period"], r["value"]) for r in rows(outcome) if r["indicator"] == "staff"] == [
        ("2025-Q2", 3),
        ("2025", 3.5),
    ]


FREE = SCHEMAS.instrument("free-services")


def test_services_that_nobody_listed_are_known_by_their_sheets_under_a_title():
    drawing = Drawing()
    for sheet, figure in (("Le Fournil", 5), ("La Halle", 7), ("Synthèse", 12)):
        drawing.put(sheet, 1, 1, f"Association X – {sheet}")
        drawing.merge(sheet, 1, 1, 1, 5)
        drawing.put(sheet, 3, 1, "Indicateur", "T1", "T2", "Objectif T1", "Écart")
        drawing.put(sheet, 4, 1, "Personnes accompagnées", figure, figure, 99, 1)
        drawing.put(sheet, 5, 1, "dont femmes", figure, figure, 99, 1)
    outcome = checked(drawing, "xlsx", FREE)

    assert {(r["perimeter"], r["value"]) for r in rows(outcome)} == {("Le Fournil", 5), ("La Halle", 7)}
    assert {code for code, _ in told(outcome)} == {"heading-not-read", "recap-sheet"}
    wrong = [address for code, address in told(outcome) if code == "heading-not-read"]
    assert sorted(wrong) == ["La Halle!D3", "La Halle!E3", "Le Fournil!D3", "Le Fournil!E3"]


def test_services_that_nobody_listed_are_known_by_blocks_whose_indicators_begin_anew():
    drawing, sheet = Drawing(), "Feuil1"
    drawing.put(sheet, 1, 1, "Tableau de bord")
    drawing.put(sheet, 2, 2, "T1", "T2")
    for row, service, figure in ((3, "Le Fournil", 5), (8, "La Halle", 7)):
        drawing.put(sheet, row, 1, service)
        drawing.put(sheet, row + 1, 1, "Public")
        drawing.put(sheet, row + 2, 1, "Personnes accompagnées", figure, figure)
        drawing.put(sheet, row + 3, 1, "Moyens")
        drawing.put(sheet, row + 4, 1, "Heures de formation", figure, figure)
    outcome = checked(drawing, "xlsx", FREE)

    assert {(r["perimeter"], r["value"]) for r in rows(outcome)} == {("Le Fournil", 5), ("La Halle", 7)}
    assert len(rows(outcome)) == 8


def test_a_formula_without_a_value_and_an_error_are_told_at_their_cell():
    drawing = Drawing()
    drawing.put("ARTEMIS", 1, 1, "Indicateur", "T1", "T2", "T3")
    drawing.put("ARTEMIS", 2, 1, "Personnes accompagnées", 5, "=B2*2", 7)
    drawing.put("ARTEMIS", 3, 1, "Heures de formation", 5, 6, "#REF!")
    drawing.put("ARTEMIS", 4, 1, "Effectif moyen")
    outcome = checked(drawing, "xlsx")

    assert ("formula-not-calculated", "ARTEMIS!C2") in told(outcome, Level.BLOCKING)
    assert ("error-cell", "ARTEMIS!D3") in told(outcome, Level.TO_CHECK)
    assert (outcome.accepted, outcome.set_aside_rows) == (2, 1)


def test_the_same_figures_on_two_sheets_are_said_twice_and_never_added():
    drawing = Drawing()
    for sheet, figure in (("ARTEMIS", 5), ("ARTEMIS (2)", 6)):
        drawing.put(sheet, 1, 1, "Indicateur", "ARTEMIS T1")
        drawing.put(sheet, 2, 1, "Personnes accompagnées", figure)
        drawing.put(sheet, 3, 1, "Heures de formation", figure)
        drawing.put(sheet, 4, 1, "Effectif moyen")
    outcome = checked(drawing, "xlsx")

    assert [address for code, address in told(outcome) if code == "duplicate-key"] == ["ARTEMIS!B1", "ARTEMIS (2)!B1"]
    assert (outcome.accepted, outcome.set_aside_rows) == (0, 2)


def test_two_sheets_that_share_the_indicators_of_one_service_are_one_record():
    drawing = Drawing()
    for sheet, names in (("Public", ["people", "women"]), ("Moyens", ["hours", "satisfaction", "staff"])):
        drawing.put(sheet, 1, 1, "Indicateur", "ARTEMIS T1", "École T1")
        for row, name in enumerate(names, 2):
            drawing.put(sheet, row, 1, LABELS[name])
            if name != "staff":
                drawing.put(sheet, row, 2, row, row + 1)
    outcome = checked(drawing, "xlsx")

    assert (outcome.accepted, outcome.set_aside_rows) == (2, 0)
    assert len(rows(outcome)) == 8
    assert {r["sheet"] for r in rows(outcome)} == {"Public", "Moyens"}


def test_an_indicator_written_twice_makes_no_service_of_a_title():
    drawing = Drawing()
    drawing.put("ARTEMIS", 1, 1, "Suivi trimestriel – ARTEMIS")
    drawing.put("ARTEMIS", 3, 1, "Code", "Libellé", "T1", "T2")
    drawing.put("ARTEMIS", 4, 1, "I-01", "Personnes accompagnées", 5, 6)
    drawing.put("ARTEMIS", 5, 1, "I-03", "Heures de formation", 5, 6)
    drawing.put("ARTEMIS", 6, 1, "OLD-12", "Heures (ancien)")
    drawing.put("ARTEMIS", 7, 1, "I-05", "Effectif moyen")
    outcome = checked(drawing, "xlsx")

    assert {r["perimeter"] for r in rows(outcome)} == {"artemis"}
    assert told(outcome, Level.BLOCKING) == []
