"""Answers that the tool itself doubts: kept and told, or set aside where the instrument says so; nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.reading.exports.answers import HOUSEHOLD, SCHEMAS, csv_of
from tests.reading.exports.test_limesurvey import SAID, lime

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import Instrument
from impact_pipeline.declarations.collection import Collection
from impact_pipeline.findings import Level
from impact_pipeline.reading import read_book
from impact_pipeline.validation import Checked, check_table

STRICT = HOUSEHOLD.model_copy(update={"collection": Collection(set_aside=("rejected", "incomplete"))})
DATED = HOUSEHOLD.model_copy(update={"collection": Collection(start=date(2026, 2, 1))})


def kobo(*answers: tuple[str, str, str, str]) -> bytes:
    """(household, validation status, day, version) as Kobo writes them."""
    rows = [["household", "age", "_uuid", "_submission_time", "_validation_status", "__version__", "_index"]]
    for place, (house, status, day, version) in enumerate(answers, 1):
        rows.append([house, "30", f"u-{place}", f"{day}T09:20:31", status, version, str(place)])
    return csv_of(rows)


def table(content: bytes, instrument: Instrument = HOUSEHOLD) -> TypedTable:
    return conform(read_book(content, "export.csv"), instrument, SCHEMAS, fill={})


def checked(content: bytes, instrument: Instrument) -> Checked:
    with duckdb.connect() as connection:
        return check_table(table(content, instrument), instrument, SCHEMAS, connection)


def told(found: TypedTable, code: str) -> list[tuple[Any, ...]]:
    return [(f.level, f.cells, f.details.get("rows")) for f in found.findings if f.code == code]


REVIEWED = kobo(
    ("HH-01", "Approved", "2026-03-02", "v1"),
    ("HH-02", "Not Approved", "2026-03-02", "v1"),
    ("HH-02", "On Hold", "2026-03-02", "v2"),
    ("HH-04", "validation_status_not_approved", "2026-01-02", "v2"),
)


def test_rejected_answers_are_kept_and_told_with_their_count() -> None:
    found = table(REVIEWED)
    assert len(found.data) == 4
    assert told(found, "submission-rejected") == [(Level.TO_CHECK, 2, "3, 5")]
    assert told(found, "submission-to-review") == [(Level.TO_CHECK, 1, "4")]


def test_rejected_answers_are_set_aside_where_the_instrument_says_so(tmp_path: Any) -> None:
    outcome = checked(REVIEWED, STRICT)
    assert (outcome.rows_in, outcome.accepted, outcome.set_aside_rows) == (4, 2, 2)
    assert {finding.code for finding in outcome.findings} >= {"submission-set-aside", "submission-to-review"}
    # one that was rejected makes no duplicate of the one that replaced it
    assert "duplicate-key" not in {finding.code for finding in outcome.findings}
    outcome.set_aside.write_parquet(tmp_path / "aside.parquet")
    cells = pq.read_table(tmp_path / "aside.parquet").to_pylist()
    assert [(c["row"], c["field"], c["header"], c["text"]) for c in cells if c["row"] == 3][:3] == [
        (3, "household", "household", "HH-02"),
        (3, "age", "age", "30"),
        (3, None, "_uuid", "u-2"),
    ]


def odk(states: Sequence[str]) -> bytes:
    rows = [["SubmissionDate", "household", "age", "KEY", "ReviewState", "FormVersion"]]
    rows += [["2026-03-02T09:20:31Z", f"HH-{n}", "30", f"uuid:{n}", state, "1"] for n, state in enumerate(states)]
    return csv_of(rows, ",")


def test_review_states_of_odk() -> None:
    found = table(odk(["", "approved", "rejected", "hasIssues", "edited"]))
    assert told(found, "submission-rejected") == [(Level.TO_CHECK, 1, "4")]
    assert told(found, "submission-to-review") == [(Level.TO_CHECK, 1, "5")]


def test_a_response_of_limesurvey_left_before_its_end() -> None:
    rows = lime(SAID)
    rows[2][rows[0].index("submitdate")] = ""
    found = table(csv_of(rows))
    assert told(found, "submission-incomplete") == [(Level.TO_CHECK, 1, "3")]
    assert len(found.data) == 4
    outcome = checked(csv_of(rows), STRICT)
    assert (outcome.rows_in, outcome.accepted, outcome.set_aside_rows) == (4, 3, 1)


@pytest.mark.parametrize("word", ["test", "TEST 2", "Essai", "essai de formulaire", "azerty"])
def test_trials_are_asked_about(word: str) -> None:
    assert told(table(kobo((word, "", "2026-03-02", ""))), "test-answers") == [(Level.TO_CHECK, 1, "2")]


@pytest.mark.parametrize("word", ["TESTUD", "HH-01", "essaime", "Le test de la fontaine"])
def test_other_words_are_none(word: str) -> None:
    assert told(table(kobo((word, "", "2026-03-02", ""))), "test-answers") == []


def test_answers_from_before_the_collection_are_asked_about() -> None:
    assert told(table(REVIEWED, DATED), "before-collection") == [(Level.TO_CHECK, 1, "5")]


def test_versions_of_the_form_are_counted() -> None:
    found = next(finding for finding in table(REVIEWED).findings if finding.code == "form-versions")
    assert (found.value, found.details["count"]) == ("v1 (2), v2 (2)", "2")


def test_a_submission_without_an_answer_is_told() -> None:
    rows = [["household", "age", "_uuid", "_index"], ["HH-01", "30", "u-1", "1"], ["", "", "u-2", "2"]]
    found = table(csv_of(rows))
    assert told(found, "submission-empty") == [(Level.CORRECTED, 1, "3")]
