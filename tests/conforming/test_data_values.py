"""Data value sets of DHIS2, JSON and CSV: the records of a plain table of the same values, each cell at its row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading.exports.answers import SCHEMAS, csv_of, records_of

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.reading import read_book
from impact_pipeline.reading.survey import Tool

MONTHLY = SCHEMAS.instrument("place-monthly")
DEFAULT = "HllvX50cXC0"
ELEMENTS = {
    "visits": ("fbfJHSPpUQD", DEFAULT),
    "women": ("cYeuwXTCPkU", "pq2XI5kz2BY"),
    "men": ("cYeuwXTCPkU", "PT59n8BQbqM"),
    "spent": ("spent", "default"),
}
SHORT = [
    "dataelement",
    "period",
    "orgunit",
    "catoptcombo",
    "attroptcombo",
    "value",
    "strby",
    "lstupd",
    "cmt",
    "followup",
]
LONG = ["dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value", "storedby",
        "lastupdated", "comment", "followup"]  # fmt: skip
Said = Sequence[tuple[str, int, dict[str, str]]]
SAID: Said = [
    ("DiszpKrYNg8", 202603, {"visits": "120", "women": "60", "men": "0", "spent": "12.5"}),
    ("DiszpKrYNg8", 202604, {"visits": "90", "spent": "0"}),
    ("g8upMTyEZGZ", 202603, {"women": "3"}),
]


def values(said: Said) -> list[list[str]]:
    rows = []
    for unit, month, told in said:
        for name, text in told.items():
            element, category = ELEMENTS[name]
            stored = ["admin", "2026-04-01T08:00:00.000+0000", "", "false"]
            rows.append([element, str(month), unit, category, DEFAULT, text, *stored])
    return rows


def as_json(said: Said) -> bytes:
    keys = ["dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value", "storedBy"]
    rows = [dict(zip(keys, row, strict=False)) | {"comment": "ok", "followUp": True} for row in values(said)]
    return json.dumps({"dataSet": "pBOMPrpg1QX", "completeDate": "2026-04-02", "dataValues": rows}).encode()


def plain_table(said: Said) -> bytes:
    names = ["place", "month", *ELEMENTS]
    rows = [[u, f"{m // 100}-{m % 100:02}", *(told.get(n, "") for n in ELEMENTS)] for u, m, told in said]
    return csv_of([names, *rows])


def table(content: bytes, fill: dict[str, str] | None = None) -> TypedTable:
    return conform(read_book(content, "values"), MONTHLY, SCHEMAS, fill=fill or {})


def codes(found: TypedTable) -> set[str]:
    return {finding.code for finding in found.findings}


@pytest.mark.parametrize("header", [SHORT, LONG, [f"column {n}" for n in range(10)]], ids=["short", "long", "other"])
def test_csv_is_read_by_position_whatever_its_headers(header: list[str]) -> None:
    said = [(u, m, {n: t for n, t in told.items() if n != "spent"}) for u, m, told in SAID]
    content = csv_of([header, *values(said)], ",")
    assert read_book(content, "values.csv").tool is Tool.DHIS2
    assert records_of(table(content)) == records_of(table(plain_table(said)))


@pytest.mark.parametrize("content", [as_json(SAID), csv_of([SHORT, *values(SAID)], ",")], ids=["json", "csv"])
def test_the_records_are_those_of_a_plain_table(content: bytes) -> None:
    found = table(content)
    assert records_of(found) == records_of(table(plain_table(SAID)))
    assert codes(found) == {"survey-metadata", "period-converted"}


def test_each_cell_stands_at_the_row_of_its_value() -> None:
    found = table(csv_of([SHORT, *values(SAID)], ","))
    places = [found.place(record, name).address for record, name in [(0, "visits"), (0, "men"), (1, "spent")]]
    assert places == ["F2", "F4", "F7"]
    assert found.place(1, "place").address == "C6"


def test_what_the_set_says_once_holds_for_all_values() -> None:
    told = {"period": "202603", "orgUnit": "DiszpKrYNg8", "dataValues": [{"dataElement": "visits", "value": "7"}]}
    found = records_of(table(json.dumps(told).encode()))[0]
    assert (found["place"], found["month"], found["visits"]) == ("DiszpKrYNg8", "2026-03", "7")


def test_an_element_that_no_field_asks_for_is_kept_and_told() -> None:
    rows = [*values(SAID), ["xxxxxxxxxxx", "202603", "DiszpKrYNg8", DEFAULT, DEFAULT, "5"]]
    rows.append(["cYeuwXTCPkU", "202603", "DiszpKrYNg8", "abcdefghijk", DEFAULT, "6"])
    found = table(csv_of([SHORT, *rows], ","))
    told = [(f.value, f.place.address) for f in found.findings if f.code == "unknown-indicator"]
    assert told == [("xxxxxxxxxxx", "A9"), ("cYeuwXTCPkU.abcdefghijk", "A10")]
    assert list(found.extra[found.extra["header"] == "xxxxxxxxxxx"]["text"]) == ["5"]


def test_two_values_for_one_cell_are_asked_about_and_deleted_ones_left() -> None:
    rows = [*values(SAID), ["fbfJHSPpUQD", "202603", "DiszpKrYNg8", DEFAULT, DEFAULT, "121", "", "", "", "", ""]]
    rows.append(["fbfJHSPpUQD", "202603", "g8upMTyEZGZ", DEFAULT, DEFAULT, "9", "", "", "", "", "true"])
    found = table(csv_of([[*SHORT, "deleted"], *rows], ","))
    told = next(finding for finding in found.findings if finding.code == "data-value-twice")
    assert (told.place.address, told.value, told.details["rows"]) == ("F9", "121", "2")
    assert records_of(found)[0]["visits"] == "120"
    assert records_of(found)[2]["visits"] == "blank"
    assert "data-value-deleted" in codes(found)


def test_a_plain_table_of_as_many_columns_is_none() -> None:
    plain = [["place", "month", "visits", "women", "men", "spent"], ["A", "2026-03", "1", "2", "3", "4"]]
    assert read_book(csv_of(plain), "x.csv").tool is None


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.from_regex(r"[A-Za-z][A-Za-z0-9]{10}", fullmatch=True), st.integers(202601, 202612)),
        st.dictionaries(st.sampled_from(sorted(ELEMENTS)), st.integers(0, 9999).map(str), min_size=1),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
)
def test_any_values_read_back(told: dict[tuple[str, int], dict[str, Any]], in_json: bool) -> None:
    said = [(unit, month, values) for (unit, month), values in told.items()]
    content = as_json(said) if in_json else csv_of([LONG, *values(said)], ",")
    assert records_of(table(content)) == records_of(table(plain_table(said)))
