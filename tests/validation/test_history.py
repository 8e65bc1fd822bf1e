"""Unusual values ask a question, with the past shown, on both paths; too short or idle a past asks nothing."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.validation.past import before, put, same_outcome
from tests.validation.test_rules import SCHEMAS, WORKSHOPS, codes, french

from impact_pipeline.conforming import conform
from impact_pipeline.declarations import History
from impact_pipeline.findings import Level
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.validation import check_table
from impact_pipeline.validation.history import is_unusual, modified_z_score
from impact_pipeline.validation.past import Past

QUARTERS = [f"{year}-Q{part}" for year in (2024, 2025) for part in (1, 2, 3, 4)]
USUAL = [85, 92, 110, 101, 140, 97, 120, 99]
PLACE = {"place": "L1", "quarter": "T1 2026", "women": "700", "men": "540", "people": "1240"}
NOW = {"period": "2026-Q1", "organisation": "lavoir"}


def past(values=USUAL, organisation="lavoir", quarters=None, field="people"):
    return [
        before(f"s{n}", organisation, quarter, n, place="L1", quarter=quarter, **{field: value})
        for n, (quarter, value) in enumerate(zip(quarters or QUARTERS, values, strict=False))
    ]


def asked(tmp_path, rows, earlier, **changes):
    return same_outcome(tmp_path, WORKSHOPS, SCHEMAS, rows, earlier, **(NOW | changes))


def test_an_unusual_value_asks_with_the_last_values(tmp_path):
    outcome = asked(tmp_path, [PLACE], past())
    assert codes(outcome) == [("unusual-value", "to-check", "E2")]
    assert outcome.accepted == 1
    words = french(outcome, WORKSHOPS, "unusual-value")
    assert words["read"] == "T1 2026 : 1 240 ; vos 8 derniers trimestres vont de 85 à 140."
    assert words["expected"].startswith("Une valeur proche des précédentes (85 (T1 2024), 92 (T2 2024), ")
    assert words["todo"].startswith("Est-ce bien 1 240 ?")


def test_at_most_twelve_past_values_are_shown_the_last_ones(tmp_path):
    quarters = [f"{year}-Q{part}" for year in range(2021, 2026) for part in (1, 2, 3, 4)]
    outcome = asked(tmp_path, [PLACE], past(list(range(80, 100)), quarters=quarters))
    read = french(outcome, WORKSHOPS, "unusual-value")["read"]
    assert "vos 12 derniers trimestres vont de 88 à 99" in read


@pytest.mark.parametrize(
    "earlier",
    [
        past(USUAL[:7]),  # fewer than eight points
        past([0, 0, 0, 101, 140, 97, 120, 99]),  # mostly idle
        past(organisation="tilleuls"),  # another organisation's
        past(quarters=[f"{year}-Q{part}" for year in (2026, 2027) for part in (1, 2, 3, 4)]),  # later, or the same
    ],
    ids=["short", "idle", "other organisation", "later"],
)
def test_what_does_not_count_as_a_past_asks_nothing(tmp_path, earlier):
    assert [code for code, _, _ in codes(asked(tmp_path, [PLACE], earlier)) if code.startswith("unusual")] == []


def test_a_usual_value_asks_nothing(tmp_path):
    assert codes(asked(tmp_path, [PLACE | {"women": "60", "men": "50", "people": "110"}], past())) == []


def test_a_change_is_asked_about_from_one_point_where_declared(tmp_path):
    earlier = past([400.0], quarters=["2025-Q4"], field="spent")
    row = {"place": "L1", "quarter": "T1 2026", "spent": "900", "subsidy": "800", "funder": "État"}
    outcome = asked(tmp_path, [row], earlier)
    assert codes(outcome) == [("unusual-change", "to-check", "C2")]
    assert french(outcome, WORKSHOPS, "unusual-change")["read"] == (
        "T1 2026 : 900, contre 400 (T4 2025) ; la valeur précédente est 400."
    )
    assert codes(asked(tmp_path, [row | {"spent": "450"}], earlier)) == []


def test_earlier_periods_of_the_same_file_count_and_hold_against_older_files(tmp_path):
    rows = [PLACE | {"quarter": f"T{n} {y}", "women": "", "men": "", "people": str(v)} for (y, n), v in zip(
        [(y, n) for y in (2024, 2025) for n in (1, 2, 3, 4)], USUAL, strict=True)]  # fmt: skip
    outcome = asked(tmp_path, [*rows, PLACE], past([5000] * 8))
    told = [code for code, _, place in codes(outcome) if place == "E10"]
    assert told == ["unusual-value"]
    assert "vont de 85 à 140" in french(outcome, WORKSHOPS, "unusual-value")["read"]


HISTORY = st.lists(st.integers(-50, 50).map(float), min_size=8, max_size=30)


@given(HISTORY, st.integers(-60, 60).map(float))
def test_min_max_is_the_range_of_the_past(values, value):
    unusual = is_unusual(value, values, History(method="min-max"))
    idle = sum(each == 0 for each in values) > len(values) / 4
    assert unusual == (not idle and (value < min(values) or value > max(values)))


@given(HISTORY, st.integers(-60, 60).map(float), st.integers(1, 9))
def test_the_modified_z_score_has_no_unit(values, value, scale):
    score = modified_z_score(value, values)
    other = modified_z_score(value * scale + 7, [each * scale + 7 for each in values])
    assert (score is None) == (other is None)
    assert score is None or score == pytest.approx(other)


def test_the_modified_z_score_of_the_handbook():
    """NIST/SEMATECH e-Handbook 1.3.5.17: M = 0.6745 (x - median) / MAD."""
    values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    assert modified_z_score(8.3, values) == pytest.approx(0.6745 * (8.3 - 2.45) / 0.15)


@pytest.mark.parametrize(
    ("value", "before_it", "relative", "absolute", "asked"),
    [(150, 100, 0.4, None, True), (150, 100, 0.5, None, False), (3, 1, 0.5, 10, False), (130, 100, 0.5, 10, False),
     (170, 100, 0.5, 10, True), (50, 0, 0.5, None, False), (50, 0, 0.5, 10, True), (80, 100, None, 10, True)],
)  # fmt: skip
def test_a_change_passes_every_declared_threshold(value, before_it, relative, absolute, asked):
    history = History(method="change", relative=relative, absolute=absolute, least=1)
    assert is_unusual(value, [100, 100, 100, before_it], history) == asked


SERVICES = SCHEMAS.instrument("services")


def cross(*columns):
    """A cross table of one service: (quarter, visits, women, men) a column."""
    texts = [["Indicateur", *(f"Accueil T{q[-1]} {q[:4]}" for q, *_ in columns)]]
    texts += [
        [label, *(column[place] for column in columns)]
        for place, label in enumerate(("Passages", "Femmes", "Hommes"), 1)
    ]
    rows = tuple(Row(number, tuple(cells), "t" * len(cells)) for number, cells in enumerate(texts, 1))
    return Book("xlsx", (Sheet("T", rows),))


def test_a_cross_table_is_compared_with_its_past_at_the_cell():
    earlier = [before("s0", "lavoir", q, n, row=1, service="Accueil", quarter=q, visits=v)
               for n, (q, v) in enumerate(zip(QUARTERS, USUAL, strict=True))]  # fmt: skip
    table = conform(cross(("2026-Q1", "120", "", ""), ("2026-Q2", "1240", "700", "530")), SERVICES, SCHEMAS, fill={})
    with duckdb.connect() as connection:
        put(connection, SERVICES, earlier)
        outcome = check_table(table, SERVICES, SCHEMAS, connection, Past("lavoir", "2026", True))
    told = [(finding.code, finding.place.address) for finding in outcome.findings if finding.level is Level.TO_CHECK]
    assert sorted(told) == [("sum-mismatch", "T!C2"), ("unusual-value", "T!C2")]
    assert "vos 9 derniers trimestres vont de 85 à 140" in french(outcome, SERVICES, "unusual-value")["read"]
