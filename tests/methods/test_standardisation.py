"""Standardised rates agree with epitools 0.5.10.1 and R's poisson.test; `tests/reference/small_area.R` wrote the
figures, and the call stands beside each in `standardisation_figures.csv`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from tests.methods.test_against_r_survey import REFERENCE

from impact_pipeline.methods.standardisation import direct_rate, standardised_ratio
from impact_pipeline.methods.survey_design import RefusedFigure

RELATIVE_TOLERANCE = 1e-9
FIGURES = pd.read_csv(REFERENCE / "standardisation_figures.csv").set_index(["case", "figure"])["value"]
EVENTS = {"many": [2, 9, 15, 41, 70], "few": [0, 0, 1, 0, 2], "none": [0] * 5}
PEOPLE = np.array([1200.0, 2300, 3100, 2800, 1500])
STANDARD = np.array([18000.0, 23000, 27000, 20000, 9000])
RATES = np.array([0.001, 0.002, 0.004, 0.012, 0.04])


@pytest.mark.parametrize("case", list(EVENTS))
def test_rates_and_ratios_are_those_of_r(case: str) -> None:
    events = np.array(EVENTS[case])
    rate, ratio = direct_rate(events, PEOPLE, STANDARD), standardised_ratio(events, PEOPLE, RATES)
    told = {name: getattr(rate, name) for name in ("crude", "value", "low", "high", "se")}
    told |= {"smr": ratio.value, "smr_low": ratio.low, "smr_high": ratio.high}
    assert set(told) == set(FIGURES[case].index)
    for name, figure in told.items():
        assert figure == pytest.approx(FIGURES[case, name], rel=RELATIVE_TOLERANCE, abs=1e-15), name


def test_the_same_rates_in_an_older_territory_are_the_same_once_standardised() -> None:
    older = np.array([400.0, 900, 2100, 3800, 4100])
    young, old = (np.round(n * 1000 * RATES).astype(np.int64) for n in (PEOPLE, older))
    here, there = direct_rate(young, PEOPLE * 1000, STANDARD), direct_rate(old, older * 1000, STANDARD)
    assert there.crude > 1.5 * here.crude
    assert there.value == pytest.approx(here.value, rel=1e-3)
    assert standardised_ratio(old, older * 1000, RATES).value == pytest.approx(1, rel=1e-3)


def test_the_order_of_groups_changes_no_bit() -> None:
    order = np.array([3, 0, 4, 2, 1])
    events = np.array(EVENTS["many"])
    assert direct_rate(events, PEOPLE, STANDARD) == direct_rate(events[order], PEOPLE[order], STANDARD[order])
    there = standardised_ratio(events[order], PEOPLE[order], RATES[order])
    assert standardised_ratio(events, PEOPLE, RATES) == there


def test_what_counts_do_not_tell_is_refused() -> None:
    events = np.array(EVENTS["many"])
    refusals: dict[str, Callable[[], object]] = {
        "nobody": lambda: direct_rate(events, np.where(PEOPLE > 3000, 0, PEOPLE), STANDARD),
        "negative-count": lambda: direct_rate(-events, PEOPLE, STANDARD),
        "nothing-expected": lambda: standardised_ratio(events, PEOPLE, 0 * RATES),
    }
    for code, ask in refusals.items():
        with pytest.raises(RefusedFigure) as refused:
            ask()
        assert refused.value.code == code
