"""Duplicates across files, forms sent twice and people much alike are asked about; decisions are replayed."""

from __future__ import annotations

import time

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.validation.past import before, same_outcome
from tests.validation.test_rules import MEMBERS, SCHEMAS, codes, french

from impact_pipeline.errors import DecisionError
from impact_pipeline.validation.near import much_alike
from impact_pipeline.validation.past import NO_PAST, Decision
from impact_pipeline.validation.repeated import Own, is_form_id

ZOE = {
    "member": "A1", "year": "2026", "full_name": "Zoé Martin", "born": "1980", "commune": "07186",
    "situation": "En recherche", "hours": "",
}  # fmt: skip
STORED = {"member": "A1", "year": "2026", "full_name": "Zoé Martin", "born": 1980, "commune": "07186"}


def checked(tmp_path, rows, earlier=(), decisions=()):
    return same_outcome(
        tmp_path, MEMBERS, SCHEMAS, rows, earlier, period="2026", organisation="lavoir", decisions=decisions
    )


def links(tmp_path):
    return pq.read_table(tmp_path / "pandas-duplicates.parquet").to_pylist()


def test_the_same_person_at_the_same_wave_in_another_organisations_file(tmp_path):
    earlier = [before("s1", "tilleuls", "2025", 1, row=7, situation="employed", hours=3, **STORED)]
    outcome = checked(tmp_path, [ZOE], earlier)
    assert codes(outcome) == [("duplicate-elsewhere", "to-check", "A2")]
    assert (outcome.accepted, outcome.set_aside_rows) == (1, 0)
    assert french(outcome, MEMBERS, "duplicate-elsewhere")["read"] == (
        "« A1 » figure déjà dans le fichier de tilleuls (2025), ligne 7, avec d’autres réponses "
        "(« Situation », « Heures par semaine »)."
    )
    assert [(link["kind"], link["row"], link["other"], link["other_row"]) for link in links(tmp_path)] == [
        ("elsewhere", 2, "s1", 7)
    ]


def test_what_the_same_organisation_sends_again_unchanged_is_for_information_alone(tmp_path):
    rows = [ZOE, ZOE | {"member": "A2", "full_name": "Ali Ben"}]
    stored = [STORED, STORED | {"member": "A2", "full_name": "Ali Ben"}]
    earlier = [
        before("s1", "lavoir", "2025", 1, row=n, situation="seeking", **fields) for n, fields in enumerate(stored, 2)
    ]
    outcome = checked(tmp_path, rows, earlier)
    assert codes(outcome) == [("already-received", "corrected", "2")]
    assert outcome.findings[0].cells == 2
    assert links(tmp_path) == []


def test_another_wave_of_the_same_person_is_no_duplicate(tmp_path):
    earlier = [before("s1", "tilleuls", "2025", 1, situation="seeking", **(STORED | {"year": "2025"}))]
    assert codes(checked(tmp_path, [ZOE], earlier)) == []


@pytest.mark.parametrize(
    ("header", "told"),
    [("_uuid", True), ("KEY", True), ("meta/instanceID", True), ("meta-instanceID", True), ("__id", True),
     ("clé", False), ("_id", False), ("Identifiant", False)],
)  # fmt: skip
def test_what_tells_a_sending(header, told):
    assert is_form_id(header) is told


def test_a_form_sent_twice_is_told_within_the_file_and_across_files(tmp_path):
    rows = [
        ZOE | {"_uuid": "u1"}, ZOE | {"member": "B", "full_name": "Ali Ben", "_uuid": "u1"},
        ZOE | {"member": "C", "full_name": "Bo", "_uuid": "u9"},
    ]  # fmt: skip
    stored = STORED | {"member": "D", "full_name": "Autre"}
    earlier = [before("s1", "tilleuls", "2025", 1, row=4, form="u9", situation="seeking", **stored)]
    outcome = checked(tmp_path, rows, earlier)
    told = [(code, place) for code, _, place in codes(outcome) if code == "form-twice"]
    assert told == [("form-twice", "3"), ("form-twice", "4")]
    assert [(link["row"], link["other"], link["other_row"]) for link in links(tmp_path)] == [(3, "", 2), (4, "s1", 4)]


def test_people_much_alike_are_asked_about_with_the_first_of_them(tmp_path):
    rows = [
        ZOE, ZOE | {"member": "A2", "full_name": "MARTIN Zoe"}, ZOE | {"member": "A3", "full_name": "Zoé Martins"},
        ZOE | {"member": "A4", "full_name": "Paul Durand"}, ZOE | {"member": "A5", "born": "1981"},
    ]  # fmt: skip
    outcome = checked(tmp_path, rows)
    assert [(code, place) for code, _, place in codes(outcome)] == [("near-duplicate", "C3"), ("near-duplicate", "C4")]
    assert french(outcome, MEMBERS, "near-duplicate")["read"] == (
        "La ligne 3 ressemble à la ligne 2 (« Nom », « Année de naissance », « Commune ») : MARTIN Zoe."
    )
    assert outcome.accepted == 5


def test_people_much_alike_across_files(tmp_path):
    stored = STORED | {"member": "Z9", "full_name": "Zoë Martin", "year": "2025"}
    outcome = checked(tmp_path, [ZOE], [before("s1", "tilleuls", "2025", 1, row=5, situation="seeking", **stored)])
    assert codes(outcome) == [("near-duplicate", "to-check", "C2")]
    assert "ligne 5 du fichier de tilleuls (2025)" in french(outcome, MEMBERS, "near-duplicate")["read"]


TWINS = [ZOE, ZOE | {"situation": "En emploi", "hours": "20"}, ZOE | {"member": "B", "full_name": "Ali Ben"}]


def test_one_kept_one_dropped(tmp_path):
    undecided = checked(tmp_path, TWINS)
    assert (undecided.accepted, undecided.set_aside_rows) == (1, 2)
    assert [(link["row"], link["other_row"], link["differing"]) for link in links(tmp_path)] == [
        (3, 2, "situation hours")
    ]
    decided = checked(tmp_path, TWINS, decisions=[Decision("g", 2, "drop", "", "ZM", "vu"), Decision("g", 3, "keep")])
    assert codes(decided) == [("decided-drop", "corrected", "2")]
    assert (decided.accepted, decided.set_aside_rows, decided.exit_code) == (2, 1, 0)
    assert french(decided, MEMBERS, "decided-drop")["read"] == (
        "La ligne 2 est mise de côté : décision de ZM, groupe g (« vu »)."
    )


def test_a_new_identifier_makes_two_people_of_one(tmp_path):
    decisions = [Decision("g", 2, "keep"), Decision("g", 3, "new-id", "A77", "ZM")]
    outcome = checked(tmp_path, TWINS, decisions=decisions)
    assert codes(outcome) == [("decided-new-id", "corrected", "A3")]
    assert outcome.accepted == 3
    stored = pq.read_table(tmp_path / "pandas-records.parquet").to_pylist()
    assert [record["member"] for record in stored] == ["A1", "A77", "B"]


def test_two_people_who_are_not_one_are_asked_about_no_more(tmp_path):
    rows = [ZOE, ZOE | {"member": "A2", "full_name": "MARTIN Zoe"}]
    decisions = [Decision("g", 2, "keep"), Decision("g", 3, "keep")]
    assert codes(checked(tmp_path, rows, decisions=decisions)) == []


def test_a_decision_about_a_row_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DecisionError, match="99"):
        checked(tmp_path, TWINS, decisions=[Decision("g", 99, "drop")])


ROWS = st.lists(
    st.fixed_dictionaries({
        "member": st.sampled_from(["A1", "A2", "A3", ""]), "year": st.just("2026"),
        "full_name": st.sampled_from(["Zoé Martin", "Martin Zoe", "Ali Ben", ""]),
        "born": st.sampled_from(["1980", "1981", "x"]), "commune": st.just("07186"),
        "situation": st.sampled_from(["En emploi", "En recherche", ""]), "hours": st.sampled_from(["20", "", "vingt"]),
        "_uuid": st.sampled_from(["u1", "u2", ""]),
    }),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=15)
@given(rows=ROWS, choice=st.sampled_from(["keep", "drop", "new-id", ""]), row=st.integers(2, 9), known=st.booleans())
def test_both_paths_tell_the_same_whatever_comes(tmp_path_factory, rows, choice, row, known):
    rows = [*rows, ZOE | {"member": "LAST", "hours": "", "_uuid": ""}]
    earlier = [before("s1", "tilleuls", "2025", 1, row=7, form="u2", situation="employed", **STORED)] if known else []
    decisions = [Decision("g", row, choice, "NEW")] if choice and row < len(rows) + 2 else []
    outcome = checked(tmp_path_factory.mktemp("rows"), rows, earlier, decisions)
    assert outcome.rows_in == outcome.accepted + outcome.set_aside_rows == len(rows)


def test_a_block_of_thousands_of_people_costs_no_square(tmp_path):
    count = 8_000
    names = [f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{n * 7919 % 100003:06} nom{n:05}" for n in range(count)]
    names[count - 1] = names[17] + "x"
    table = pa.table({
        "_record": pa.array(range(count), pa.int64()), "member": [f"M{n}" for n in range(count)],
        "year": ["2026"] * count, "full_name": names, "born": pa.array([1980] * count, pa.int64()),
        "commune": ["07186"] * count,
    })  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("people", table)
        started = time.perf_counter()
        told = list(much_alike(Own(connection, "people", MEMBERS, lambda record: record + 2), NO_PAST))
        took = time.perf_counter() - started
    assert (17 + 2, count - 1 + 2) in {(link.other_row, link.row) for _, link in told if link is not None}
    assert took < 30
