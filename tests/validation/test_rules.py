"""Relevance, the eight operators, sums and shares: found on both paths, and told with both sides' values."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.programme import ROOT
from tests.validation.test_engine_same_as_frames import assert_same

from impact_pipeline.declarations import Instrument, Rule, load_schemas
from impact_pipeline.findings import Level
from impact_pipeline.renderings.rule_sql import predicate
from impact_pipeline.validation import Checked
from impact_pipeline.validation.messages import tell

SCHEMAS = load_schemas(ROOT / "tests" / "schemas" / "rules")
WORKSHOPS, MEMBERS = SCHEMAS.instrument("workshops"), SCHEMAS.instrument("members")


def written(folder: Path, instrument: Instrument, rows: list[dict[str, str]]) -> Path:
    """A CSV of an instrument whose headers are its labels."""
    names = [name for name in instrument.by_name if any(name in row for row in rows)]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(instrument.by_name[name].label.fr for name in names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    path = folder / "form.csv"
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    return path


def checked(folder: Path, instrument: Instrument, *rows: dict[str, str]) -> Checked:
    """The outcome, the same on both paths."""
    fill = {"period": "2026" if instrument.instrument == "members" else "2026-Q3", "organisation": "lavoir"}
    return assert_same(written(folder, instrument, list(rows)), instrument, SCHEMAS, fill, folder)


def rows(folder: Path, part: str) -> list[dict[str, object]]:
    """A part of the outcome that was checked last."""
    return list(pq.read_table(folder / f"engine-{part}.parquet").to_pylist())


def codes(outcome: Checked) -> list[tuple[str, str, str]]:
    return [
        (finding.code, finding.level.value, finding.place.address)
        for finding in outcome.findings
        if not finding.code.endswith(("from-submission", "-converted"))
    ]


def french(outcome: Checked, instrument: Instrument, code: str) -> dict[str, str]:
    finding = next(finding for finding in outcome.findings if finding.code == code)
    message = tell(finding, instrument, SCHEMAS, "fr")
    return {
        part: str(getattr(message, part)).replace("\u00a0", " ").replace("\u202f", " ")
        for part in ("read", "expected", "todo")
    }


WORKER = {"member": "A1", "situation": "En emploi", "hours": "35", "employer": "La mairie"}
SEEKER = {"member": "A2", "situation": "En recherche", "hours": "", "employer": ""}


def test_what_is_not_asked_may_stay_empty_and_says_so(tmp_path):
    outcome = checked(tmp_path, MEMBERS, WORKER, SEEKER)
    assert codes(outcome) == []
    statuses = rows(tmp_path, "statuses")
    assert [(s["row"], s["field"], s["status"]) for s in statuses] == [
        (3, "hours", "not-asked"), (3, "employer", "not-asked"),
    ]  # fmt: skip


def test_an_answer_to_what_is_not_asked_is_told_and_kept(tmp_path):
    outcome = checked(tmp_path, MEMBERS, SEEKER | {"hours": "12"})
    assert codes(outcome) == [("answered-not-asked", "to-check", "C2")]
    assert rows(tmp_path, "records")[0]["hours"] == 12
    assert "« Situation »" in french(outcome, MEMBERS, "answered-not-asked")["expected"]


def test_required_holds_only_where_relevant(tmp_path):
    outcome = checked(tmp_path, MEMBERS, WORKER | {"hours": ""}, SEEKER)
    assert codes(outcome) == [("required", "blocking", "C2")]
    assert (outcome.accepted, outcome.set_aside_rows) == (1, 1)


def test_nobody_knows_whether_it_was_asked_so_it_is_told_and_not_refused(tmp_path):
    declared = MEMBERS.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for field in declared["fields"]:
        field["required"] = field.get("required", False) and field["name"] != "situation"
    lax = Instrument.model_validate(declared)
    outcome = checked(tmp_path, lax, WORKER | {"situation": "", "hours": "", "employer": ""}, WORKER | {"member": "B"})
    assert codes(outcome) == [("required", "to-check", "C2")]
    assert outcome.accepted == 2
    assert "compte comme vide" in french(outcome, lax, "required")["todo"]


def test_an_unreadable_answer_to_what_is_not_asked_does_not_lose_the_row(tmp_path):
    outcome = checked(tmp_path, MEMBERS, SEEKER | {"hours": "beaucoup"}, WORKER | {"member": "B", "hours": "beaucoup"})
    assert codes(outcome) == [("not-a-number", "to-check", "C2"), ("not-a-number", "blocking", "C3")]
    assert outcome.accepted == 1


PLACE = {"place": "L1", "women": "42", "men": "30", "people": "72"}


def test_a_sum_shows_both_sides_the_period_and_what_to_do(tmp_path):
    outcome = checked(tmp_path, WORKSHOPS, PLACE, PLACE | {"place": "L2", "people": "70"})
    assert codes(outcome) == [("sum-mismatch", "to-check", "D3")]
    words = french(outcome, WORKSHOPS, "sum-mismatch")
    assert words["read"] == (
        "T3 2026 : « Femmes » (42) + « Hommes » (30) = 72, mais total déclaré : « Participants » (70)."
    )
    assert words["todo"].endswith("Recomptez la feuille d'émargement.")


@pytest.mark.parametrize(
    ("local", "other", "broken"), [("60", "40", 0), ("60,3", "40", 0), ("60", "30", 1), ("60", "", 1), ("", "", 0)]
)
def test_shares_make_the_whole_within_the_tolerance_missing_ones_counting_for_nothing(tmp_path, local, other, broken):
    outcome = checked(tmp_path, WORKSHOPS, PLACE | {"local": local, "other": other})
    assert [code for code, _, _ in codes(outcome)].count("shares-mismatch") == broken


def test_a_compulsory_pair_asks_for_the_other_half(tmp_path):
    rows = [PLACE | {"place": f"L{n}", "subsidy": g, "funder": f} for n, (g, f) in enumerate(
        [("100", "État"), ("", ""), ("100", ""), ("", "État")])]  # fmt: skip
    outcome = checked(tmp_path, WORKSHOPS, *rows)
    assert [(code, place) for code, _, place in codes(outcome)] == [
        ("rule-pair-incomplete", "E4"), ("rule-pair-incomplete", "E5"),
    ]  # fmt: skip
    assert french(outcome, WORKSHOPS, "rule-pair-incomplete")["read"] == (
        "T3 2026 : « Subvention » (100), mais « Financeur » (—)."
    )


def test_a_hard_rule_sets_the_row_aside_and_counts_missing_values_as_zero_where_never_skipped(tmp_path):
    money = [("100", "150"), ("100", "151"), ("", "1"), ("", "")]
    rows = [
        PLACE | {"place": f"L{n}", "subsidy": given, "funder": "État" if given else "", "spent": spent}
        for n, (given, spent) in enumerate(money)
    ]
    outcome = checked(tmp_path, WORKSHOPS, *rows)
    assert [(code, level) for code, level, _ in codes(outcome)] == [("rule-compared", "blocking")] * 2
    assert (outcome.accepted, outcome.set_aside_rows) == (2, 2)
    assert french(outcome, WORKSHOPS, "rule-compared")["read"] == (
        "T3 2026 : « Dépense » (151), mais 1.5 × « Subvention » (100) = 150."
    )
    assert outcome.counts["rule-compared", Level.BLOCKING, "spent"] == 2


def dhis2(operator: str, missing: str, left: list[int | None], right: list[int | None]) -> bool | None:
    """DHIS2's own meaning, worked out by hand: None where the rule is left out."""

    def side(values: list[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        if missing == "skip-if-any" and len(known) < len(values):
            return None
        if missing == "skip-if-all" and not known:
            return None
        return sum(known)

    one, other = side(left), side(right)
    if operator == "compulsory-pair":
        return (one is None) == (other is None)
    if operator == "exclusive-pair":
        return one is None or other is None
    if one is None or other is None:
        return None
    return {
        "equal-to": one == other, "not-equal-to": one != other, "greater-than": one > other,
        "greater-than-or-equal-to": one >= other, "less-than": one < other, "less-than-or-equal-to": one <= other,
    }[operator]  # fmt: skip


OPERATORS = ["equal-to", "not-equal-to", "greater-than", "greater-than-or-equal-to", "less-than",
             "less-than-or-equal-to", "compulsory-pair", "exclusive-pair"]  # fmt: skip
VALUES = st.one_of(st.none(), st.integers(0, 3))


@settings(max_examples=200)
@given(
    operator=st.sampled_from(OPERATORS), missing=st.sampled_from(["skip-if-any", "skip-if-all", "never-skip"]),
    women=VALUES, men=VALUES, people=VALUES,
)  # fmt: skip
def test_the_eight_operators_with_each_strategy(operator, missing, women, men, people):
    if operator.endswith("pair") and missing == "never-skip":
        return
    rule = Rule(code="R", left="women + men", operator=operator, right="people", missing=missing, level="to-check")
    shown = ", ".join(
        f"cast({'null' if value is None else value} as bigint) as {name}"
        for name, value in {"women": women, "men": men, "people": people}.items()
    )
    with duckdb.connect() as connection:
        found = connection.sql(f"select {predicate(rule, WORKSHOPS)} from (select {shown})").fetchall()[0][0]
    assert found == dhis2(operator, missing, [women, men], [people])


def test_decimals_that_add_up_but_for_their_last_digit_are_equal():
    rule = Rule(code="R", left="local + other", operator="equal-to", right="subsidy", level="to-check")
    with duckdb.connect() as connection:
        row = "select cast(0.1 as double) as local, cast(0.2 as double) as other, cast(0.3 as double) as subsidy"
        assert connection.sql(f"select {predicate(rule, WORKSHOPS)} from ({row})").fetchall() == [(True,)]
