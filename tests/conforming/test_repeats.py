"""Repeated groups as tables with keys, from KoboToolbox workbooks, ODK's zip and its OData."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import openpyxl
import pytest
from tests.reading.exports.answers import HOUSEHOLD, SCHEMAS, csv_of

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import Collection, Instrument
from impact_pipeline.reading import read_book
from impact_pipeline.validation import check_table

MEMBER, ACTIVITY = SCHEMAS.instrument("household-member"), SCHEMAS.instrument("household-activity")
HOUSES = {"HH-01": [("f", 34), ("h", 2)], "HH-02": [], "HH-03": [("h", 71)]}
ACTIVITIES = {("HH-01", 1): [("Chorale", 2), ("Jardin", 4)], ("HH-03", 1): [("Marche", 1)]}
Tables = Mapping[str, Sequence[Sequence[object]]]


def kobo() -> dict[str, list[list[object]]]:
    """The sheets of Kobo's workbook: the form, its members, their activities."""
    parent: list[list[object]] = [["household", "age", "_id", "_uuid", "_submission_time", "_index"]]
    members: list[list[object]] = [
        ["members/sex", "members/age", "_index", "_parent_table_name", "_parent_index", "_submission__uuid"]
    ]
    activities: list[list[object]] = [["activity", "hours", "_index", "_parent_table_name", "_parent_index"]]
    for place, (house, people) in enumerate(HOUSES.items(), 1):
        parent.append([house, 40 + place, 100 + place, f"u-{place}", "2026-03-02T09:20:31", place])
        for number, (sex, age) in enumerate(people, 1):
            members.append([sex, age, len(members), "Foyers", place, f"u-{place}"])
            for activity, hours in ACTIVITIES.get((house, number), []):
                activities.append([activity, hours, len(activities), "members", len(members) - 1])
    return {"Foyers": parent, "members": members, "activities": activities}


def workbook(tables: Tables) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def central() -> dict[str, list[list[str]]]:
    """The tables of Central's zip."""
    parent = [["SubmissionDate", "household", "age", "SET-OF-members", "KEY", "ReviewState", "FormVersion"]]
    members = [["sex", "age", "SET-OF-activities", "PARENT_KEY", "KEY"]]
    activities = [["activity", "hours", "PARENT_KEY", "KEY"]]
    for place, (house, people) in enumerate(HOUSES.items(), 1):
        key = f"uuid:{place}"
        parent.append(["2026-03-02T09:20:31Z", house, str(40 + place), f"{key}/members", key, "", "1"])
        for number, (sex, age) in enumerate(people, 1):
            own = f"{key}/members[{number}]"
            members.append([sex, str(age), f"{own}/activities", key, own])
            for rank, (activity, hours) in enumerate(ACTIVITIES.get((house, number), []), 1):
                activities.append([activity, str(hours), own, f"{own}/activities[{rank}]"])
    return {"foyers": parent, "foyers-members": members, "foyers-activities": activities}


def zipped(tables: Tables) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, rows in tables.items():
            archive.writestr(f"{name}.csv", csv_of([[str(cell) for cell in row] for row in rows], ","))
    return stream.getvalue()


def odata() -> bytes:
    rows: list[dict[str, Any]] = []
    for place, (house, people) in enumerate(HOUSES.items(), 1):
        members: list[dict[str, Any]] = []
        for number, (sex, age) in enumerate(people, 1):
            own = [{"__id": f"a{place}{number}{n}", "activity": activity, "hours": hours}
                   for n, (activity, hours) in enumerate(ACTIVITIES.get((house, number), []))]  # fmt: skip
            members.append({"__id": f"m{place}{number}", "sex": sex, "age": age, "activities": own})
        system = {"submissionDate": "2026-03-02T09:20:31Z", "reviewState": None, "formVersion": "1"}
        link = {"members@odata.navigationLink": f"Submissions('{place}')/members"}
        rows.append(
            {
                "__id": f"uuid:{place}",
                "__system": system,
                "household": house,
                "age": 40 + place,
                "members": members,
                **link,
            }
        )
    return json.dumps({"value": rows}).encode()


FILES = {
    "kobo.xlsx": lambda: workbook(kobo()),
    "central.zip": lambda: zipped(central()),
    "submissions.json": odata,
}
EVERY_FILE = pytest.mark.parametrize("name", list(FILES))


def table(content: bytes, instrument: Instrument, name: str = "export") -> TypedTable:
    return conform(read_book(content, name), instrument, SCHEMAS, fill={})


def rows(found: TypedTable, *names: str) -> list[tuple[str, ...]]:
    return [tuple(str(cell) for cell in row) for row in found.data[list(names)].itertuples(index=False)]


def codes(found: TypedTable) -> dict[str, int]:
    told: dict[str, int] = {}
    for finding in found.findings:
        told[finding.code] = told.get(finding.code, 0) + 1
    return told


@EVERY_FILE
def test_each_member_carries_the_key_of_its_household_and_an_index(name: str) -> None:
    found = table(FILES[name](), MEMBER, name)
    assert rows(found, "household", "member", "sex", "age") == [
        ("HH-01", "HH-01/1", "f", "34"),
        ("HH-01", "HH-01/2", "h", "2"),
        ("HH-03", "HH-03/1", "h", "71"),
    ]
    assert set(codes(found)) == {"survey-metadata", "repeat-sheet"}


@EVERY_FILE
def test_a_group_within_a_group_carries_the_key_of_the_group(name: str) -> None:
    found = table(FILES[name](), ACTIVITY, name)
    assert rows(found, "member", "rank", "activity", "hours") == [
        ("HH-01/1", "1", "Chorale", "2"),
        ("HH-01/1", "2", "Jardin", "4"),
        ("HH-03/1", "1", "Marche", "1"),
    ]


@EVERY_FILE
def test_the_parent_is_read_without_noise_about_its_repeats(name: str) -> None:
    found = table(FILES[name](), HOUSEHOLD, name)
    assert rows(found, "household", "age") == [("HH-01", "41"), ("HH-02", "42"), ("HH-03", "43")]
    assert codes(found) == {"survey-metadata": 1, "repeat-sheet": 2}
    told = [finding.details["as"].fr for finding in found.findings if finding.code == "repeat-sheet"]
    assert sorted(told) == ["Activités des membres", "Membres du foyer"]


def test_a_joined_cell_stands_where_the_parent_has_it() -> None:
    found = table(workbook(kobo()), MEMBER)
    assert found.place(2, "household").address == "Foyers!A4"
    assert found.place(2, "age").address == "members!B4"


def test_a_converted_cell_of_a_member_is_logged_at_its_own_place() -> None:
    tables = central()
    tables["foyers-members"][2][1] = "2,0"
    found = table(zipped(tables), MEMBER, "central.zip")
    told = found.conversions[found.conversions["field"] == "age"]
    assert told[["sheet", "row", "text", "as_read"]].values.tolist() == [["foyers-members", 3, "2,0", "2"]]


def test_a_row_without_its_parent_is_told_and_set_aside_never_lost() -> None:
    tables = kobo()
    tables["members"][2][4:] = [99, "u-99"]
    book = workbook(tables)
    found = table(book, MEMBER)
    told = next(finding for finding in found.findings if finding.code == "orphan-row")
    assert (told.place.address, told.cells, told.details["rows"]) == ("members!3", 1, "3")
    with duckdb.connect() as connection:
        checked = check_table(found, MEMBER, SCHEMAS, connection)
    assert (checked.rows_in, checked.accepted, checked.set_aside_rows) == (3, 2, 1)


def test_a_repeat_on_its_own_is_read_and_its_parents_told_missing() -> None:
    alone = csv_of([[str(cell) for cell in row] for row in kobo()["members"]])
    found = table(alone, MEMBER)
    assert codes(found)["orphan-row"] == 1
    assert codes(found)["missing-column"] == 2
    assert len(found.data) == 3


def test_the_members_of_a_rejected_household_are_set_aside_with_it() -> None:
    tables = central()
    tables["foyers"][1][-2] = "rejected"
    strict = MEMBER.model_copy(update={"collection": Collection(set_aside=("rejected",))})
    found = table(zipped(tables), strict)
    assert rows(found, "member") == [("HH-03/1",)]
    assert found.rows_in == 3
    told = next(finding for finding in found.findings if finding.code == "submission-set-aside")
    assert (told.cells, told.details["rows"]) == (2, "2, 3")


def test_members_in_a_plain_table_are_read_as_any_other() -> None:
    plain = csv_of([["household", "member", "sex", "age"], ["HH-01", "A", "f", "34"]])
    assert rows(table(plain, MEMBER), "household", "member", "age") == [("HH-01", "A", "34")]
