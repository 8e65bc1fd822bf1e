"""Costs and worth of effects agree with base R by other routes (`tests/reference/economics.R`), and cover the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.methods.economics import Quantity, cost_per_effect, net_benefit, wellbys

FIGURES = pd.read_csv(Path(__file__).parents[1] / "reference" / "economics_figures.csv")
ROOTS = 1e-9  # uniroot stops there
VALUE = 13_000


def figures(case: str) -> list[pd.Series]:
    return [row for _, row in FIGURES[FIGURES["case"] == case].iterrows()]


@pytest.mark.parametrize("row", figures("fieller"), ids=lambda row: str(row.name))
def test_cost_per_effect_has_the_interval_of_fieller(row: pd.Series) -> None:
    cost, effect = Quantity(row["cost"], row["cost_se"]), Quantity(row["effect"], row["effect_se"], row["df"])
    found = cost_per_effect(cost, effect, correlation=row["rho"])
    assert found.value == pytest.approx(row["value"], rel=1e-12)
    assert (found.low, found.high) == (pytest.approx(row["low"], rel=ROOTS), pytest.approx(row["high"], rel=ROOTS))


def test_no_interval_where_the_effect_may_be_zero_or_a_harm() -> None:
    cost = Quantity(100, 5)
    assert cost_per_effect(cost, Quantity(1, 0.6, 30)).reason == "effect-not-told-from-zero"
    assert cost_per_effect(cost, Quantity(-1, 0.1, 30)).reason == "no-benefit"
    assert cost_per_effect(cost, Quantity(0, 0.1, 30)).low is None


@pytest.mark.parametrize("row", figures("net"), ids=lambda row: str(row["rho"]))
def test_net_benefit_and_its_probability(row: pd.Series) -> None:
    cost, effect = Quantity(row["cost"], row["cost_se"]), Quantity(row["effect"], row["effect_se"], row["df"])
    found = net_benefit(effect, cost, VALUE, correlation=row["rho"])
    assert (found.net.value, found.low, found.high) == pytest.approx((row["value"], row["low"], row["high"]), rel=1e-9)
    sure = next(r for r in figures("acceptable") if r["rho"] == row["rho"])
    assert found.probability == pytest.approx(sure["value"], rel=1e-9)


def test_a_wellby_is_a_point_for_a_person_for_a_year() -> None:
    """HM Treasury's own example: 0.2 points for a year is 0.2 WELLBY, worth 2,600 at 13,000 each."""
    found = wellbys(Quantity(0.2, 0.05, 100), Quantity(1, 0))
    assert (found.value, found.se) == pytest.approx((0.2, 0.05))
    assert found.value * VALUE == pytest.approx(2_600)


def test_wellbys_have_the_moments_of_their_draws() -> None:
    draw = np.random.default_rng(5)
    effect, years = Quantity(0.5, 0.2), Quantity(3, 0.5)
    drawn = draw.normal(0.5, 0.2, 400_000) * draw.normal(3, 0.5, 400_000)
    found = wellbys(effect, years)
    assert (found.value, found.se) == (pytest.approx(drawn.mean(), rel=5e-3), pytest.approx(drawn.std(), rel=5e-3))
    discounted = wellbys(effect, Quantity(3, 0), discount=0.035)
    yearly = 0.5 * sum(1.035 ** -(np.arange(3_000) / 1_000 + 0.0005)) / 1_000
    assert discounted.value == pytest.approx(yearly, rel=1e-6)


def test_fieller_covers_what_it_claims() -> None:
    draw = np.random.default_rng(8)
    inside = 0
    for _ in range(2_000):
        e, c = draw.normal(2, 0.4), draw.normal(900, 120)
        found = cost_per_effect(Quantity(c, 120), Quantity(e, 0.4))
        inside += found.low is not None and found.high is not None and found.low <= 450 <= found.high
        inside += found.low is None  # the set is not an interval: it covers
    assert 0.93 <= inside / 2_000 <= 0.97
