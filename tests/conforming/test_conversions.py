"""The log of conversions has one row for each cell that was read as something else than it says, and no other."""

from __future__ import annotations

from tests.conforming.books import FILL, HEADER, MATRIX, SCHEMAS, monthly, sheet

from impact_pipeline.conforming import conform
from impact_pipeline.reading.sheet import Book

PERIOD = {"period": FILL["period"]}


def logged(table):
    kept = ["row", "column", "field", "code", "text", "as_read"]
    return [tuple(row) for row in table.conversions[kept].astype(object).itertuples(index=False)]


def test_each_converted_cell_is_there_by_field_then_row():
    table = monthly(
        [*HEADER, "CA HT"],
        ["CAFE-01", "mai 2026", "7019", "24", "1 200", "90,11"],
        ["CAFE-02", "2026-05", "07019", "-9", "860", "90.11"],
        ["CAFE-03", "05/2026", "07019", "24", "1 200", "peut-être"],
    )

    assert logged(table) == [
        (2, 1, "month", "period-converted", "mai 2026", "2026-05"),
        (4, 1, "month", "period-converted", "05/2026", "2026-05"),
        (2, 2, "commune", "zero-restored", "7019", "07019"),
        (3, 3, "opening_days", "labelled-missing", "-9", "unknown"),
        (2, 4, "visits", "number-converted", "1 200", "1200"),
        (4, 4, "visits", "number-converted", "1 200", "1200"),
        (2, 5, "turnover", "number-converted", "90,11", "90.11"),
    ]


def test_cells_filled_from_the_submission_stand_in_the_log_at_their_place_or_without_a_column():
    among = monthly(
        HEADER, ["CAFE-01", "", "07019", "24", "860"], ["CAFE-02", "mai 2026", "07019", "1", "2"], fill=PERIOD
    )
    assert logged(among) == [
        (2, 1, "month", "filled-from-submission", "", "2026-05"),
        (3, 1, "month", "period-converted", "mai 2026", "2026-05"),
    ]
    lacking = monthly([HEADER[0], *HEADER[2:]], ["CAFE-01", "07019", "24", "860"], fill=PERIOD)
    assert lacking.conversions["column"].isna().all()
    assert lacking.conversions["as_read"].tolist() == ["2026-05"]


def test_a_table_without_a_conversion_has_an_empty_log_of_the_same_shape():
    table = monthly(HEADER, ["CAFE-01", "2026-05", "07019", "24", "860"])
    assert len(table.conversions) == 0
    assert list(table.conversions) == ["sheet", "row", "column", "field", "code", "text", "as_read"]


def test_a_cross_table_logs_each_value_at_its_own_cell():
    number = next(item for item in MATRIX.fields if item.type in ("integer", "decimal"))
    other = [item for item in MATRIX.fields if item.type in ("integer", "decimal")][1]
    rows = sheet(
        ["Indicateur", "PTCE-01 T1 2026", "PTCE-01 T2 2026"], [number.label.fr, "1 200", "12"],
        [other.label.fr, "1", "2 000"], name="Feuille",
    )  # fmt: skip
    table = conform(Book("xlsx", (rows,)), MATRIX, SCHEMAS, fill={})

    values = table.conversions[table.conversions["field"].isin([number.name, other.name])]
    assert values[["sheet", "row", "column", "text", "as_read"]].astype(object).to_numpy().tolist() == [
        ["Feuille", 2, 1, "1 200", "1200"], ["Feuille", 3, 2, "2 000", "2000"],
    ]  # fmt: skip
