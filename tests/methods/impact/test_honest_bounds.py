"""Bounds where trends may not be parallel equal those of honestdid, a port of R's HonestDiD (tests/reference/
honest_did.py)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.methods.impact import test_differences_against_r as studies
from tests.methods.impact.reference import figures, matrix

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.honest_bounds import Trends, _tests, breakdown, robust_interval

ABSOLUTE = 1e-8  # the reference narrows its bounds to that
OF_DRAWS = 0.05  # three errors of a 0.5 % quantile over 20,000 draws
CASES = {"two_before_three_after": (2, 3), "three_before_two_after": (3, 2), "two_before_one_after": (2, 1)}
TOLD = figures("honest_did")


def trends(case: str) -> Trends:
    before, after = CASES[case]
    effects = np.array([TOLD[case][f"effect_{i + 1}"] for i in range(before + after)])
    return Trends(effects, matrix(TOLD[case], "covariance"), before, np.full(after, 1 / after))


@pytest.mark.parametrize("m", ["0", "0.5", "1", "2"])
@pytest.mark.parametrize("case", CASES)
def test_conditional_bounds(case: str, m: str) -> None:
    found = robust_interval(trends(case), float(m), hybrid=False, seed=1)
    np.testing.assert_allclose(found, [TOLD[case][f"low_{m}"], TOLD[case][f"high_{m}"]], rtol=0, atol=ABSOLUTE)


def test_critical_values_of_the_first_stage() -> None:
    case = "two_before_three_after"
    found = [test.first for test in _tests(trends(case), 1.0, 0.05, True, seed=2)]
    told = [TOLD[case][f"first_{greatest}_{way}"] for greatest in (0, 1) for way in ("up", "down")]
    np.testing.assert_allclose(found, told, rtol=0, atol=OF_DRAWS)


@pytest.mark.parametrize("case", CASES)
def test_the_first_stage_changes_little_and_is_the_same_each_time(case: str) -> None:
    found = robust_interval(trends(case), 1.0, seed=5)
    assert found == robust_interval(trends(case), 1.0, seed=5)
    alone = robust_interval(trends(case), 1.0, hybrid=False, seed=5)
    np.testing.assert_allclose(found, alone, atol=0.5 * trends(case).se)


@pytest.mark.parametrize("case", CASES)
def test_breakdown_is_where_the_interval_meets_zero(case: str) -> None:
    """The reference has zero outside at one magnitude and inside at the next."""
    found = breakdown(trends(case), hybrid=False, seed=1)
    outside = max(m for m in (0.0, 0.5, 1.0, 2.0) if TOLD[case][f"low_{m:g}"] > 0)
    inside = min(m for m in (0.0, 0.5, 1.0, 2.0) if TOLD[case][f"low_{m:g}"] < 0)
    assert outside < found < inside
    low, _ = robust_interval(trends(case), found, hybrid=False, seed=1)
    assert low == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_unit_of_the_outcome_does_not_count(unit: float) -> None:
    told = trends("two_before_three_after")
    moved = replace(told, effects=told.effects * unit, covariance=told.covariance * unit**2)
    found = np.array(robust_interval(moved, 0.5, seed=1)) / unit
    np.testing.assert_allclose(found, robust_interval(told, 0.5, seed=1), atol=1e-7)
    assert breakdown(moved, seed=1) == pytest.approx(breakdown(told, seed=1), abs=1e-5)


def test_nothing_found_breaks_down_at_once() -> None:
    told = trends("two_before_three_after")
    nothing = replace(told, effects=np.concatenate([told.effects[:2], 0.05 * told.effects[2:]]))
    assert breakdown(nothing, seed=1) == 0.0


def test_an_event_study_gives_its_mean_effect() -> None:
    study = studies.EVENTS["event_balanced"]()
    told = Trends.of(study)
    assert told.effect == pytest.approx(study.average.effect)
    assert told.se == pytest.approx(study.average.se)
    assert 0.3 < breakdown(told, seed=1) < 1.5


@pytest.mark.parametrize(
    ("code", "years"), [("no-pretrend", (2021, 2022, 2023)), ("uneven-series", (2019, 2021, 2022))]
)
def test_refusals(code: str, years: tuple[int, ...]) -> None:
    study = studies.followed(studies.D[studies.D["period"].isin(years)])
    with pytest.raises(RefusedEffect) as refused:
        Trends.of(study)
    assert refused.value.code == code


def test_too_many_periods_are_refused() -> None:
    many = Trends(np.zeros(14), np.eye(14), 2, np.full(12, 1 / 12))
    with pytest.raises(RefusedEffect) as refused:
        robust_interval(many, 1.0, seed=1)
    assert refused.value.code == "too-many-periods"


def test_fewer_clusters_than_effects_are_refused() -> None:
    told = trends("two_before_three_after")
    flat = replace(told, covariance=np.full((5, 5), 0.2) + np.diag([0.1, 0.1, 0, 0, 0.1]))
    for asked in (lambda: robust_interval(flat, 1.0, seed=1), lambda: breakdown(flat, seed=1)):
        with pytest.raises(RefusedEffect) as refused:
            asked()
        assert refused.value.code == "no-degrees-of-freedom"
