"""ODK Central: its CSV, its zip, its OData; the same records as a plain table of the same answers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading.exports.answers import FIELDS, NEEDS, SAID, Answers, book_of, codes, csv_of, expected, table_of
from tests.reading.exports.answers import records as records_in
from tests.reading.exports.test_kobo import ANSWERS

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import read_book
from impact_pipeline.reading.exports import archive
from impact_pipeline.reading.survey import Tool

GROUPS = {"sex": "person-", "age": "person-", "needs": "person-situation-"}


def central(said: Sequence[Answers], *, split: bool = True) -> list[list[str]]:
    """The rows of Central's CSV, with options in columns of their own where it is asked to split them."""
    header = ["SubmissionDate", "start"]
    for name in FIELDS:
        header.append(GROUPS.get(name, "") + name)
        if name == "needs" and split:
            header += [f"person-situation-needs/{code}" for code in NEEDS]
    header += ["meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected"]
    rows = [[*header, "Status", "ReviewState", "DeviceID", "Edits", "FormVersion"]]
    for place, answers in enumerate(said, 1):
        row = ["2026-03-02T09:20:31.402Z", "2026-03-02T10:00:00.000+01:00"]
        for name in FIELDS:
            row.append(answers.told(name))
            if name == "needs" and split:
                row += ["" if answers.needs is None else str(int(code in answers.needs)) for code in NEEDS]
        rows.append([*row, f"uuid:{place}", f"uuid:{place}", "5", "Équipe", "0", "0", "", "", "dev", "0", "2026-1"])
    return rows


def zipped(**tables: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as stream_of:
        for name, rows in tables.items():
            stream_of.writestr(f"{name}.csv", csv_of(rows, ",", "\n"))
        stream_of.writestr("media/photo.jpg", b"\xff\xd8\xff")
    return stream.getvalue()


def odata(said: Sequence[Answers]) -> bytes:
    """OData as Central gives it: groups nested, numbers as numbers, unanswered as null."""
    rows = []
    for place, answers in enumerate(said, 1):
        told = {name: answers.told(name) or None for name in FIELDS}
        told |= {"age": answers.age, "satisfaction_1": answers.satisfaction_1}
        situation = {"needs": told.pop("needs")}
        person = {"sex": told.pop("sex"), "age": told.pop("age"), "situation": situation}
        system = {
            "submissionDate": "2026-03-02T09:20:31.402Z", "submitterId": "5", "submitterName": "Équipe",
            "attachmentsPresent": 0, "attachmentsExpected": 0, "status": None, "reviewState": None, "deviceId": "dev",
            "edits": 0, "formVersion": "2026-1",
        }  # fmt: skip
        meta = {"instanceID": f"uuid:{place}", "instanceName": None}
        rows.append({"__id": f"uuid:{place}", "__system": system, **told, "person": person, "meta": meta})
    told_of = {"@odata.context": "https://central.example/v1/forms/f.svc/$metadata#Submissions", "value": rows}
    return json.dumps(told_of, ensure_ascii=False).encode()


@pytest.mark.parametrize("split", [False, True])
def test_the_csv_gives_the_records_of_a_plain_table(split: bool) -> None:
    said = SAID if split else [answers for answers in SAID if answers.needs != ()]
    content = csv_of(central(said, split=split), ",", "\n")
    assert records_in(content) == expected(said)
    assert book_of(content).tool is Tool.ODK


def test_the_zip_gives_the_same_and_says_what_else_it_holds() -> None:
    content = zipped(household=central(SAID))
    assert records_in(content, "household.zip") == expected(SAID)
    book = book_of(content, "household.zip")
    assert book.read_as["others"] == "1"
    assert book.tool is Tool.ODK


def test_odata_gives_the_same() -> None:
    said = [answers for answers in SAID if answers.needs != ()]
    table = table_of(odata(said), "submissions.json")
    assert records_in(odata(said), "submissions.json") == expected(said)
    assert codes(table) == {"survey-metadata"}
    assert table.place(0, "household").row == 2
    kept = table.extra[table.extra["header"] == "KEY"]
    assert list(kept["text"]) == ["uuid:1", "uuid:2", "uuid:3"][: len(said)]


def test_other_json_is_read_as_any_text() -> None:
    for content in (b'{"a": 1}', b"[1, 2]", b'{"value": [1]}', b'{"value": [{"__id": 3}]}', b"{", b"[[[["):
        assert book_of(content).tool is None


def test_json_without_an_end_is_no_crash() -> None:
    assert book_of(b"[" * 100_000).tool is None
    deep: Any = {"x": 1}
    for _ in range(60):
        deep = {"g": deep}
    with pytest.raises(ReadingError, match="too-large"):
        read_book(json.dumps({"value": [{"__id": "uuid:1", **deep}]}).encode(), "deep.json")


def test_as_many_columns_as_rows_is_too_large() -> None:
    rows = [{"__id": str(n), f"c{n}": 1} for n in range(4000)]
    with pytest.raises(ReadingError, match="too-large"):
        read_book(json.dumps({"value": rows}).encode(), "wide.json")


def test_a_zip_that_unpacks_to_more_than_it_may_gets_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED", 1000)
    content = zipped(household=central(SAID))
    with pytest.raises(ReadingError, match="too-large"):
        read_book(content, "bomb.zip")
    # a zip may lie about the size of what it holds
    told = zipfile.ZipFile(io.BytesIO(content)).infolist()[0].file_size.to_bytes(4, "little")
    with pytest.raises(ReadingError, match=r"too-large|format-error"):
        read_book(content.replace(told, (10).to_bytes(4, "little")), "bomb.zip")


@settings(max_examples=25)
@given(st.lists(ANSWERS, min_size=1, max_size=5))
def test_any_answers_read_back(said: list[Answers]) -> None:
    assert records_in(csv_of(central(said), ",", "\n")) == expected(said)
    assert records_in(zipped(f=central(said)), "f.zip") == expected(said)
    without = [answers for answers in said if answers.needs != ()]
    if without:
        assert records_in(odata(without), "f.json") == expected(without)
