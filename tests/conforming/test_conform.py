"""The whole way from a file to a typed table: what is filled, what our own template gives back."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
from tests.conforming.books import FILL, HEADER, MATRIX, MONTHLY, ROW, SCHEMAS, codes, monthly

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import Instrument
from impact_pipeline.reading import read_book
from impact_pipeline.renderings.template import template
from impact_pipeline.renderings.template.cells import Cells

TABLES = [instrument for instrument in SCHEMAS.instruments if instrument.layout == "table"]
PERIOD = "2026"


def opened(instrument: Instrument, language: str = "fr") -> openpyxl.Workbook:
    content = template(instrument, SCHEMAS, organisation="x", period=PERIOD, language=language)
    return openpyxl.load_workbook(io.BytesIO(content))


def returned(workbook: openpyxl.Workbook, instrument: Instrument) -> TypedTable:
    stream = io.BytesIO()
    workbook.save(stream)
    book = read_book(stream.getvalue(), "x.xlsx")
    return conform(book, instrument, SCHEMAS, fill={"period": PERIOD, "organisation": "x"})


@pytest.mark.parametrize("instrument", SCHEMAS.instruments, ids=str)
def test_our_empty_template_comes_back_without_a_record_nor_anything_to_mend(instrument):
    table = returned(opened(instrument), instrument)

    assert len(table.data) == 0
    assert set(codes(table)) <= {"example-row", "filled-from-submission", "note-row"}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("instrument", TABLES, ids=str)
def test_our_template_filled_as_it_asks_comes_back_whole(instrument, language):
    cells = Cells(instrument, SCHEMAS, language)
    typed = [cells.example(field, organisation="x", period=PERIOD) for field in instrument.fields]
    workbook = opened(instrument, language)
    for column, value in enumerate(typed, 1):
        workbook.worksheets[0].cell(4, column, value)
    table = returned(workbook, instrument)

    assert table.rows.tolist() == [4]
    assert set(table.status.loc[0]) == {""}
    assert {finding.level.value for finding in table.findings} == {"corrected"}
    for field, value in zip(instrument.fields, typed, strict=True):
        if field.type in ("integer", "decimal"):
            assert table.data.loc[0, field.name] == value
        elif isinstance(value, date):
            assert table.data.loc[0, field.name].date().isoformat() == value.isoformat()[:10]
        elif field.type == "category":
            labels = {item.code: item.label[language] for item in SCHEMAS.codelist(field.codes).codes}
            assert labels[table.data.loc[0, field.name]] == value


def test_our_cross_table_filled_comes_back_whole():
    workbook = opened(MATRIX)
    sheet = workbook.worksheets[0]
    names = [str(sheet.cell(row, 1).value) for row in range(5, sheet.max_row + 1)]
    width = sheet.max_column
    for place in range(len(names)):
        for column in range(4, width + 1):
            sheet.cell(5 + place, column, place * 100 + column)
    table = returned(workbook, MATRIX)

    structures = list(SCHEMAS.codelist("ptce-structure").by_code)
    quarters = [f"{PERIOD}-Q{number}" for number in range(1, 5)]
    assert table.data[["structure", "quarter"]].values.tolist() == [[s, q] for s in structures for q in quarters]
    for place, name in enumerate(names):
        assert table.data[name].tolist() == [place * 100 + column for column in range(4, width + 1)]
    assert set(codes(table)) == {"example-row"}


def test_what_the_file_lacks_is_filled_from_the_submission_and_told():
    header, row = [*HEADER[:1], *HEADER[2:]], [ROW[0], *ROW[2:]]
    table = monthly(header, row, fill=FILL)

    assert table.data.loc[0, "month"] == "2026-05"
    assert table.data.loc[0, "operator"] == "cafe-demo-du-lavoir"
    assert codes(table) == {"filled-from-submission": 2}
    assert codes(monthly(header, row)) == {"missing-column": 1}
    assert codes(monthly(header, row, fill={"period": "2026"})) == {"missing-column": 1}, "a year is no month"


def test_each_way_of_converting_is_told_once_a_column_with_its_true_count():
    rows = [[f"CAFE-{n:05}", "2026-05", "07019", str(n % 31), "1 200"] for n in range(2_000)]
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([HEADER, *rows])

    table = conform(read_book(stream.getvalue().encode(), "x.csv"), MONTHLY, SCHEMAS, fill={})

    assert table.data["visits"].eq(1200).all()
    told = [(f.code, f.field, f.cells, f.place.address, f.value) for f in table.findings]
    assert told == [("number-converted", "visits", 2_000, "E2", "1 200")]
