"""From a typed table to records, rows set aside and findings: nothing lost, and each fault told once at its cell."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact_pipeline.conforming.table import Column, TypedTable
from impact_pipeline.declarations import Instrument, load_schemas
from impact_pipeline.errors import ImpactError, ReadingError
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.renderings.columns import frame_types
from impact_pipeline.validation import Checked, Rows, check_table, unreadable
from impact_pipeline.validation.messages import tell

SCHEMAS = load_schemas(Path(__file__).parents[1] / "schemas" / "visits")
INSTRUMENT = SCHEMAS.instrument("visits")
STRICT = INSTRUMENT.model_copy(update={"strictness": INSTRUMENT.strictness.model_copy(update={"empty_rows": "refuse"})})
FIELDS = list(INSTRUMENT.by_name)
GOOD = {
    "visitor": "AB001", "quarter": "2026-Q1", "commune": "07019", "sex": "f", "age": 40, "uses": "drink meet",
    "member": True, "visits": 3, "spent": 12.5, "visited_on": pd.Timestamp("2026-03-12"),
}  # fmt: skip
LABELLED = {"refused", "unknown", "not-asked"}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def unread(text: str, code: str) -> tuple[str, str]:
    """A cell that conforming could not type: its text, and why."""
    return text, code


def typed(
    *rows: Mapping[str, Any], extra: Mapping[int, str] | None = None, findings: tuple[Finding, ...] = ()
) -> TypedTable:
    """Rows as conforming gives them from a CSV with one header row: record 0 stands on row 2.

    A value is typed; a pair is a cell that could not be; a status of LABELLED is a labelled missing answer.
    """
    types = frame_types(INSTRUMENT)
    data: dict[str, list[object]] = {name: [] for name in types}
    text: dict[str, list[str]] = {name: [] for name in types}
    status: dict[str, list[str]] = {name: [] for name in types}
    reasons: dict[tuple[int, str], str] = {}
    for record, row in enumerate(rows):
        for name in types:
            value = row.get(name)
            if isinstance(value, tuple):
                reasons[record, name] = value[1]
            gone = value is None or isinstance(value, tuple) or value in LABELLED
            data[name].append(pd.NA if gone else value)
            status[name].append(
                "invalid" if isinstance(value, tuple) else "blank" if value is None else str(value) if gone else ""
            )
            text[name].append(value[0] if isinstance(value, tuple) else "" if value is None else str(value))
    return TypedTable(
        sheet=None,
        data=pd.DataFrame({name: pd.Series(data[name], dtype=dtype) for name, dtype in types.items()}),
        text=pd.DataFrame(text, dtype="str"),
        status=pd.DataFrame(status, dtype="str"),
        rows=pd.Series(range(2, len(rows) + 2)),
        columns=tuple(Column(name, place, INSTRUMENT.by_name[name].label.fr) for place, name in enumerate(types)),
        extra=pd.DataFrame(
            {
                "record": list(extra or {}),
                "header": ["Couleur"] * len(extra or {}),
                "text": list((extra or {}).values()),
            }
        ),
        findings=findings,
        rows_in=len(rows),
        reasons=reasons,
    )


def good(number: int, **changes: object) -> dict[str, object]:
    return GOOD | {"visitor": f"AB{number:03}"} | changes


def told(checked: Checked) -> list[tuple[str, str, str]]:
    """(code, level, address) of every finding, in order."""
    return [(finding.code, finding.level.value, finding.place.address) for finding in checked.findings]


def written(rows: Rows, folder: Path) -> list[dict[str, Any]]:
    path = folder / "rows.parquet"
    rows.write_parquet(path)
    return list(pq.read_table(path).to_pylist())


def test_good_rows_are_accepted_as_typed_and_know_their_row(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    checked = check_table(typed(good(1), good(2, sex=None)), INSTRUMENT, SCHEMAS, connection)
    assert (checked.rows_in, checked.accepted, checked.set_aside_rows, checked.exit_code) == (2, 2, 0, 0)
    first, second = written(checked.records, tmp_path)
    assert list(first) == ["row", *FIELDS]
    assert (first["row"], first["visited_on"], first["member"], first["spent"]) == (2, date(2026, 3, 12), True, 12.5)
    assert (second["row"], second["sex"]) == (3, None)
    assert len(checked.statuses) == len(checked.set_aside) == len(checked.findings) == 0


def test_a_bad_optional_cell_becomes_missing_and_its_row_is_kept(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = typed(good(1, age=300), good(2, spent=unread("dix", "not-a-number"), sex="refused"))
    checked = check_table(table, INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [("out-of-range", "to-check", "H2"), ("not-a-number", "to-check", "L3")]
    assert checked.findings[1].value == "dix"
    assert (checked.accepted, checked.exit_code) == (2, 2)
    assert [row["age"] for row in written(checked.records, tmp_path)] == [None, 40]
    assert written(checked.statuses, tmp_path) == [
        {"row": 2, "field": "age", "status": "invalid"},
        {"row": 3, "field": "sex", "status": "refused"},
        {"row": 3, "field": "spent", "status": "invalid"},
    ]


def test_a_bad_compulsory_cell_sets_its_row_aside_with_all_that_it_held(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = typed(
        good(1, visits=None), good(2), good(3, commune=unread("7O19", "invalid-commune")), extra={0: "bleu", 1: "vert"}
    )
    checked = check_table(table, INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [("required", "blocking", "K2"), ("invalid-commune", "blocking", "C4")]
    assert (checked.accepted, checked.set_aside_rows, checked.exit_code) == (1, 2, 1)
    kept_aside = written(checked.set_aside, tmp_path)
    assert {row["row"] for row in kept_aside} == {2, 4}
    assert {"row": 4, "field": "commune", "header": "Commune (code INSEE)", "text": "7O19"} in kept_aside
    assert {"row": 2, "field": None, "header": "Couleur", "text": "bleu"} in kept_aside
    assert all(row["text"] for row in kept_aside)
    assert written(checked.extra, tmp_path) == [{"row": 3, "header": "Couleur", "text": "vert"}]


def test_one_bad_cell_does_not_hide_the_others_of_its_column(connection: duckdb.DuckDBPyConnection) -> None:
    table = typed(good(1, age=unread("abc", "not-a-number")), good(2, age=200), good(3, age=-1))
    assert told(check_table(table, INSTRUMENT, SCHEMAS, connection)) == [
        ("not-a-number", "to-check", "H2"),
        ("out-of-range", "to-check", "H3"),
        ("out-of-range", "to-check", "H4"),
    ]


def test_a_refusal_answers_a_compulsory_question_but_not_the_key(connection: duckdb.DuckDBPyConnection) -> None:
    checked = check_table(typed(good(1, visits="refused"), good(2, visitor="unknown")), INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [("required", "blocking", "A3")]


def test_blank_rows_are_told_once_where_the_instrument_refuses_them(connection: duckdb.DuckDBPyConnection) -> None:
    checked = check_table(typed(good(1), {}, {}), STRICT, SCHEMAS, connection)
    assert told(checked) == [("blank-row", "blocking", "3"), ("blank-row", "blocking", "4")]
    assert (checked.rows_in, checked.accepted, checked.set_aside_rows) == (3, 1, 2)


def test_of_identical_rows_the_first_is_kept(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    checked = check_table(typed(good(1), good(2), good(1), good(1)), INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [("duplicate-row", "to-check", "4"), ("duplicate-row", "to-check", "5")]
    assert [row["row"] for row in written(checked.records, tmp_path)] == [2, 3]
    assert "la ligne 2" in tell(checked.findings[1], INSTRUMENT, SCHEMAS, "fr").read


def test_of_rows_with_one_key_and_different_answers_none_is_kept_and_the_difference_is_named(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    table = typed(good(1), good(2), good(1, age=41, sex=None), good(1))
    checked = check_table(table, INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [("duplicate-key", "blocking", f"A{row}") for row in (2, 4, 5)]
    assert checked.findings[0].details["fields"] == "sex age"
    french = tell(checked.findings[1], INSTRUMENT, SCHEMAS, "fr").read.replace("\u00a0", " ")
    assert french == "« AB001 » figure aussi aux lignes 2, 5, avec d’autres réponses (« Sexe », « Âge »)."
    assert (checked.accepted, checked.set_aside_rows) == (1, 3)


def test_unreadable_cells_that_differ_make_rows_differ(connection: duckdb.DuckDBPyConnection) -> None:
    table = typed(good(1, age=unread("dix", "not-a-number")), good(1, age=unread("onze", "not-a-number")))
    assert Counter(code for code, _, _ in told(check_table(table, INSTRUMENT, SCHEMAS, connection))) == {
        "not-a-number": 2,
        "duplicate-key": 2,
    }


def test_rules_tell_at_their_level_and_pass_where_an_answer_is_missing_or_bad(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    table = typed(
        good(1, visits=0),
        good(2, age=15),
        good(3, visits=0, spent=None),
        good(4, visits=0, spent=-5.0),
    )
    checked = check_table(table, INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [
        ("row-rule", "to-check", "K2"),
        ("row-rule", "blocking", "H3"),
        ("out-of-range", "to-check", "L5"),
    ]
    assert checked.findings[0].value == "Nombre de passages = 0 · Dépense = 12.5"
    assert tell(checked.findings[1], INSTRUMENT, SCHEMAS, "fr").read.startswith("Un adhérent a seize ans")
    assert checked.accepted == 3


def test_a_rule_that_no_engine_can_evaluate_is_told_as_a_fault_of_the_instrument(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    expression = type(INSTRUMENT.rules[0].expression)("year(commune) > 2000")
    broken = INSTRUMENT.model_copy(
        update={"rules": (INSTRUMENT.rules[0].model_copy(update={"expression": expression}),)}
    )
    with pytest.raises(ImpactError, match=r"visits\.v1: a rule cannot be evaluated"):
        check_table(typed(good(1)), broken, SCHEMAS, connection)


def test_what_concerns_the_whole_table_sets_all_rows_aside_and_stops_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    twice = Finding("duplicate-column", Level.BLOCKING, Place(None, 1), field="visits")
    checked = check_table(typed(good(1, age=300), {}, findings=(twice,)), INSTRUMENT, SCHEMAS, connection)
    assert (checked.findings, checked.accepted, checked.set_aside_rows) == ((twice,), 0, 2)


def test_cells_are_told_though_a_column_is_missing_but_neither_rules_nor_duplicates(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    missing = Finding("missing-column", Level.BLOCKING, Place(None, 1), field="visits")
    rows = [
        good(1, age=300, visits=None),
        good(1, visits=None),
        good(2, visits=None, quarter=unread("?", "not-a-period")),
    ]
    checked = check_table(typed(*rows, findings=(missing,)), INSTRUMENT, SCHEMAS, connection)
    assert [(finding.code, finding.place.address) for finding in checked.findings] == [
        ("missing-column", "1"), ("out-of-range", "H2"), ("not-a-period", "B4"),
    ]  # fmt: skip
    assert (checked.accepted, checked.set_aside_rows) == (0, 3)


def test_corrections_are_counted_by_cell_and_do_not_block(connection: duckdb.DuckDBPyConnection) -> None:
    commas = Finding("number-converted", Level.CORRECTED, Place(None, None, 11), "12,5", "spent", 2, {"as": "12.5"})
    checked = check_table(typed(good(1), good(2), findings=(commas,)), INSTRUMENT, SCHEMAS, connection)
    assert checked.counts == {("number-converted", Level.CORRECTED, "spent"): 2}
    assert checked.exit_code == 0


def test_records_of_a_matrix_that_share_a_row_are_known_by_their_position(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = replace(
        typed(good(1), good(2, age=300)), sheet="T1", rows=pd.Series([5, 5]), cells={(1, "age"): Place("T1", 9, 4)}
    )
    checked = check_table(table, INSTRUMENT, SCHEMAS, connection)
    assert told(checked) == [("out-of-range", "to-check", "T1!E9")]
    assert [row["row"] for row in written(checked.records, tmp_path)] == [1, 2]
    assert written(checked.statuses, tmp_path) == [{"row": 2, "field": "age", "status": "invalid"}]


def test_a_file_that_cannot_be_read_is_an_outcome_with_its_reason() -> None:
    checked = unreadable(ReadingError("protected-file"), INSTRUMENT)
    assert (checked.rows_in, checked.exit_code, told(checked)) == (0, 1, [("protected-file", "blocking", "")])


def test_the_same_rows_give_the_same_bytes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for name in ("first", "second"):
        check_table(typed(good(1), good(2)), INSTRUMENT, SCHEMAS, connection).records.write_parquet(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_one_long_cell_does_not_make_every_cell_as_large(connection: duckdb.DuckDBPyConnection) -> None:
    bad: dict[str, object] = {"visitor": "bad"}
    table = typed({**bad, "spent": ("x" * 32_000, "not-a-number")}, *[bad] * 400)
    tracemalloc.start()
    try:
        checked = check_table(table, INSTRUMENT, SCHEMAS, connection)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert checked.set_aside_rows == 401
    assert peak < 64 * 2**20


CELLS: dict[str, st.SearchStrategy[object]] = {
    "visitor": st.one_of(st.none(), st.sampled_from(["AB001", "AB002", "AB003", "bad"])),
    "commune": st.one_of(st.none(), st.just("07019"), st.just(("7O19", "invalid-commune"))),
    "age": st.one_of(st.none(), st.integers(-1, 111), st.just(("x", "not-a-number")), st.just("refused")),
    "visits": st.one_of(st.none(), st.integers(0, 2)),
    "spent": st.one_of(st.none(), st.just(0.0), st.just(7.5)),
    "member": st.one_of(st.none(), st.booleans()),
    "quarter": st.just("2026-Q1"),
}


@settings(max_examples=25)
@given(
    st.lists(st.one_of(st.fixed_dictionaries(CELLS), st.just({})), max_size=12), st.sampled_from([INSTRUMENT, STRICT])
)
def test_whatever_the_rows_none_is_lost_and_every_row_set_aside_has_its_reason(
    rows: list[dict[str, object]], instrument: Instrument
) -> None:
    with duckdb.connect() as connection:
        checked = check_table(typed(*rows), instrument, SCHEMAS, connection)
    assert checked.accepted + checked.set_aside_rows == len(rows)
    kept = set(checked.records.table["row"].to_pylist())  # type: ignore[attr-defined]
    explained = {f.place.row for f in checked.findings if f.level is Level.BLOCKING or f.code == "duplicate-row"}
    assert set(range(2, len(rows) + 2)) - kept == explained
    assert len({(f.code, f.place.address, f.details.get("rule")) for f in checked.findings}) == len(checked.findings)
