"""A file is looked at as a whole: without an answer it is no file, and rows of another period than its own are told."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programme import ROOT

from impact_pipeline.conforming.calendar import period_of, share_months
from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import Level
from impact_pipeline.landing import SubmissionKey
from impact_pipeline.pipeline import checking
from impact_pipeline.renderings.template import template
from impact_pipeline.validation.messages import tell

SCHEMAS = load_schemas(ROOT / "schemas")
RULES = load_schemas(ROOT / "tests" / "schemas" / "rules")
WORKSHOPS = RULES.instrument("workshops")
HEADER = "Lieu;Trimestre;Femmes;Hommes;Participants\n"


@pytest.fixture(params=["frames", "engine"])
def check(request, monkeypatch, tmp_path):
    """Checks a CSV of workshops on one of the two paths."""
    if request.param == "engine":
        monkeypatch.setattr(checking, "ENGINE_FROM", 0)

    def checked(text, period):
        path = tmp_path / "envoi.csv"
        path.write_text(text, encoding="utf-8")
        key = SubmissionKey("village", "workshops", "lavoir", period)
        with duckdb.connect() as connection:
            found, _ = checking.check_file(path, WORKSHOPS, RULES, connection, key)
            assert found.path == ("engine" if request.param == "engine" else "pandas")
            return found

    return checked


def about(checked, code):
    return [
        (f.level, f.place.row, f.value, f.cells, f.details.get("sent_for")) for f in checked.findings if f.code == code
    ]


def test_a_form_without_an_answer_blocks(check):
    checked = check(HEADER, "2026-Q1")
    assert checked.exit_code == 1
    (told,) = [finding for finding in checked.findings if finding.level is Level.BLOCKING]
    assert told.code == "no-rows"
    assert checked.counts[told.code, Level.BLOCKING, None] == 1


@pytest.mark.parametrize("name", sorted(SCHEMAS.versions))
def test_an_empty_template_holds_no_answer_be_it_a_table_or_a_cross_table(name, tmp_path):
    instrument = SCHEMAS.instrument(name)
    path = tmp_path / "modele.xlsx"
    path.write_bytes(template(instrument, SCHEMAS))
    with duckdb.connect() as connection:
        checked, _ = checking.check_file(path, instrument, SCHEMAS, connection, SubmissionKey("", name, "", ""))
    assert checked.exit_code == 1
    (finding,) = [finding for finding in checked.findings if finding.level is Level.BLOCKING]
    assert finding.code == "no-rows"
    assert tell(finding, instrument, SCHEMAS, "fr").read


def test_rows_of_another_period_are_told_by_period_with_their_number(check):
    rows = "".join(f"L{n};{quarter};;;9\n" for n, quarter in enumerate(["2026-Q1", "T4 2025", "2026-Q2", "2025-Q4"]))
    checked = check(HEADER + rows, "2026-Q1")
    assert about(checked, "other-period") == [
        (Level.TO_CHECK, 3, "2025-Q4", 2, "2026-Q1"), (Level.TO_CHECK, 4, "2026-Q2", 1, "2026-Q1"),
    ]  # fmt: skip
    assert checked.accepted == 4
    assert checked.counts["other-period", Level.TO_CHECK, "quarter"] == 3
    told = next(f for f in checked.findings if f.code == "other-period")
    assert tell(told, WORKSHOPS, RULES, "fr").read.replace("\u00a0", " ") == (
        "2 lignes pour la période 2025-Q4, alors que votre envoi est pour 2026-Q1."
    )


@pytest.mark.parametrize("period", ["2026", "2026-S1", "2026-Q2", ""])
def test_a_period_that_the_submission_contains_is_its_own(check, period):
    assert about(check(HEADER + "L1;2026-Q2;;;9\n", period), "other-period") == []


MONTHS = st.integers(1, 12).map(lambda month: f"2026-{month:02}")


@given(MONTHS, st.sampled_from(["2026", "2026-S1", "2026-S2", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]))
def test_months_belong_to_their_quarter_their_semester_and_their_year(month, longer):
    number = int(month[5:])
    belongs = {"": True, "S": (number + 5) // 6, "Q": (number + 2) // 3}[longer[5:6]]
    assert share_months(month, longer) is share_months(longer, month)
    assert share_months(month, longer) == (belongs is True or belongs == int(longer[6:]))
    assert period_of(longer) == longer


@pytest.mark.parametrize(
    ("month", "shared"), [("2025-08", False), ("2025-09", True), ("2026-08", True), ("2026-09", False)]
)
def test_a_school_year_goes_from_september_to_august(month, shared):
    assert share_months("2025-2026", month) is shared
