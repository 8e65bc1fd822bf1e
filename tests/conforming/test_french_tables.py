"""Whole tables in random French conventions are read as the values that were written, whatever the file."""

from __future__ import annotations

import io

import duckdb
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conforming.french_tables import INSTRUMENT, SCHEMAS, Written, saved, tables
from tests.programme import ROOT

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import Level
from impact_pipeline.reading import read_book
from impact_pipeline.renderings.template import template
from impact_pipeline.renderings.template.cells import Cells
from impact_pipeline.validation import check_table

UPLOADS = load_schemas(ROOT / "tests" / "schemas" / "uploads")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")
SEPARATORS = (";", ",", "\t", "|")


def encoding_of(table: Written, wanted: str) -> str:
    """The encoding that somebody could have saved the table in."""
    try:
        "".join(map(str, (cell for row in table.rows for cell in row))).encode(wanted)
    except UnicodeEncodeError:
        return "utf-8"
    return wanted


def read(table: Written, kind: str, encoding: str, separator: str) -> TypedTable:
    content = saved(table, kind, encoding_of(table, encoding), separator)
    return conform(read_book(content, f"x.{kind}"), INSTRUMENT, SCHEMAS, fill={})


def value_of(found: object) -> object:
    if isinstance(found, pd.Timestamp):
        return found.date()
    return None if pd.isna(found) else found  # type: ignore[call-overload]


@settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a failure names its cell: no need to shrink whole tables
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    table=tables(),
    kind=st.sampled_from(["csv", "csv", "xlsx", "xls", "ods"]),
    encoding=st.sampled_from(ENCODINGS),
    separator=st.sampled_from(SEPARATORS),
)
def test_a_table_in_any_french_conventions_is_read_as_the_values_that_were_written(table, kind, encoding, separator):
    kind = kind if kind != "csv" or table.is_text else "xlsx"
    typed = read(table, kind, encoding, separator)

    assert len(typed.data) == len(table.values)
    for record, values in enumerate(table.values):
        for name, expected in values.items():
            found = value_of(typed.data.at[record, name]), str(typed.status.at[record, name])
            assert found == expected, (name, typed.text.at[record, name], typed.reasons.get((record, name)))
    with duckdb.connect() as connection:
        checked = check_table(typed, INSTRUMENT, SCHEMAS, connection)
    assert [finding for finding in checked.findings if finding.level is Level.BLOCKING] == []
    assert (checked.accepted, checked.set_aside_rows) == (len(table.values), 0)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_examples_of_our_template_are_read_as_they_stand(language):
    cells = Cells(INSTRUMENT, SCHEMAS, language)
    typed = [cells.example(field) for field in INSTRUMENT.fields]
    workbook = openpyxl.load_workbook(io.BytesIO(template(INSTRUMENT, SCHEMAS, language=language)))
    for column, value in enumerate(typed, 1):
        workbook.worksheets[0].cell(4, column, value)
    stream = io.BytesIO()
    workbook.save(stream)
    table = conform(read_book(stream.getvalue(), "x.xlsx"), INSTRUMENT, SCHEMAS, fill={})

    assert {name: table.status.at[0, name] for name in table.status.columns} == dict.fromkeys(table.status.columns, "")
    assert {finding.level for finding in table.findings} == {Level.CORRECTED}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xls", "ods"])
@pytest.mark.parametrize("after", ["", " €", "\u00a0€"])
def test_purchases_with_decimal_commas_have_nothing_to_mend(kind, after):
    instrument = UPLOADS.instrument("purchases")
    family = UPLOADS.codelist("food-family").codes[0].label.fr
    header = ["siret", "description", "fournisseur", "date", "prix_ht", "famille_produits"]
    prices = {"90,11": 90.11, "1 234,5": 1234.5, "0,05": 0.05, "12": 12.0, "1\u202f234\u202f567,89": 1234567.89}
    rows = [
        ["21010034300016", f"achat {number}", "Ferme", "12/05/2021", price + after, family]
        for number, price in enumerate(prices)
    ]
    content = saved(Written([header, *rows], []), kind, "utf-8", ";")
    typed = conform(read_book(content, f"x.{kind}"), instrument, UPLOADS, fill={})
    with duckdb.connect() as connection:
        checked = check_table(typed, instrument, UPLOADS, connection)

    assert typed.data["prix_ht"].tolist() == list(prices.values())
    assert {finding.level for finding in checked.findings} == {Level.CORRECTED}
    assert (checked.accepted, checked.set_aside_rows) == (len(prices), 0)
