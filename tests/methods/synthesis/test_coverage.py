"""Intervals of pooled effects hold the truth about as often as they say; the full simulation is
`benchmarks/coverage_pooled.py`."""

from __future__ import annotations

import pytest
from benchmarks.coverage_pooled import DECLARED_RATE, coverage, coverage_of_nested, false_findings

DRAWS = 300
LOW, HIGH = 0.93 - 0.025, 0.97 + 0.02  # what is asked, and twice the error of 300 draws


@pytest.mark.parametrize(("studies", "between"), [(5, 0.02), (20, 0.08)])
def test_random_effects_with_hartung_knapp(studies: int, between: float) -> None:
    found = coverage(studies, between, DRAWS, seed=20260501)
    assert LOW <= found["reml, hartung-knapp"] <= HIGH
    if studies >= 20:  # with few studies tau2 is hardly known, and prediction intervals are known to fall short
        assert found["prediction"] >= 0.91


def test_the_usual_interval_is_too_short_for_few_studies() -> None:
    """What the house rule is for."""
    found = coverage(5, 0.08, DRAWS, seed=20260502)
    assert found["dl, normal"] < found["reml, hartung-knapp"] - 0.01


def test_effects_of_one_study_are_not_so_many_studies() -> None:
    found = coverage_of_nested(10, 100, seed=20260503)
    assert found["as so many studies"] < 0.92
    assert 0.9 <= found["three-level, CR2"] <= 0.99


def test_a_search_among_idle_moderators_finds_one_as_rarely_as_declared() -> None:
    """300 searches among three: twice the error of the count is 2.5 %."""
    found = false_findings(3, 0.02, 300, seed=20260504)
    assert found["adjusted (Holm)"] <= DECLARED_RATE + 0.025
    assert found["not adjusted"] > 0.08
