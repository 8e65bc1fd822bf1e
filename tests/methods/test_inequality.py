"""Poverty and inequality agree with laeken 0.5.2, their errors with survey 4.1.1 on influence values worked out in R;
`tests/reference/inequality.R` wrote the figures, and the call stands beside each in `inequality_figures.csv`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.methods.test_against_r_survey import REFERENCE
from tests.methods.test_design_tests import codes

from impact_pipeline.methods.inequality import Inequality, gini, poverty_gap, poverty_rate, quintile_ratio
from impact_pipeline.methods.survey_design import RefusedFigure, SurveyDesign

RELATIVE_TOLERANCE = 1e-9
DERIVED_TOLERANCE = 1e-8  # of numeric derivatives in R
BOOTSTRAP_TOLERANCE = {"rate": 0.1, "gini": 0.1, "ratio": 0.2, "gap": 0.35}  # 2,000 replicates; see the test
FIGURES = pd.read_csv(REFERENCE / "inequality_figures.csv").set_index(["case", "figure"])["value"]
FRAME = pd.read_csv(REFERENCE / "inequality_sample.csv")
INCOME = FRAME["income"].to_numpy(float)
DESIGN = SurveyDesign(
    FRAME["weight"].to_numpy(float), codes(FRAME["stratum"]), codes(FRAME["stratum"] + FRAME["psu"].astype(str))
)
NORTH = (FRAME["region"] == "north").to_numpy()


def found(case: str, design: SurveyDesign = DESIGN) -> dict[str, Inequality]:
    domain = NORTH if case == "north" else None
    threshold = 9000.0 if case == "given" else None
    told = {
        "rate": poverty_rate(INCOME, design, domain=domain, threshold=threshold),
        "gap": poverty_gap(INCOME, design, domain=domain, threshold=threshold),
    }
    if case != "given":
        told |= {
            "ratio": quintile_ratio(INCOME, design, domain=domain),
            "gini": gini(INCOME, design, domain=domain),
        }
    return told


@pytest.mark.parametrize("case", ["all", "north", "given"])
def test_figures_and_errors_are_those_of_r(case: str) -> None:
    told = found(case)
    assert told["rate"].threshold == pytest.approx(FIGURES[case, "threshold"], rel=RELATIVE_TOLERANCE)
    for name, figure in told.items():
        assert figure.value == pytest.approx(FIGURES[case, name], rel=RELATIVE_TOLERANCE), name
        tolerance = DERIVED_TOLERANCE if name == "gini" else RELATIVE_TOLERANCE
        assert figure.se == pytest.approx(FIGURES[case, f"{name}_se"], rel=tolerance), name


@pytest.mark.parametrize("name", list(BOOTSTRAP_TOLERANCE))
def test_errors_are_near_those_of_a_bootstrap_of_the_whole_figure(name: str) -> None:
    """Both are approximations: the bootstrap of a median jumps, and a density is told from a few hundred incomes."""
    expected = FIGURES["all", f"{name}_bootstrap"]
    assert found("all")[name].se == pytest.approx(expected, rel=BOOTSTRAP_TOLERANCE[name])


def test_a_threshold_from_the_sample_is_not_free_of_error() -> None:
    """An estimated line moves with those that it divides: the errors of line and rate partly cancel here."""
    rate = found("all")["rate"]
    fixed = poverty_rate(INCOME, DESIGN, threshold=rate.threshold)
    assert fixed.value == rate.value
    assert abs(fixed.se / rate.se - 1) > 0.05


def test_neither_the_order_of_rows_nor_a_constant_on_all_weights_changes_a_figure() -> None:
    order = np.random.default_rng(5).permutation(len(INCOME))
    heavier = replace(DESIGN, weights=DESIGN.weights * 8)  # a power of two is exact
    functions: tuple[Callable[..., Inequality], ...] = (poverty_rate, poverty_gap, quintile_ratio, gini)
    for function in functions:
        here = function(INCOME, DESIGN, domain=NORTH)
        assert function(INCOME[order], DESIGN.rows(order), domain=NORTH[order]) == here
        scaled = function(INCOME, heavier, domain=NORTH)
        assert (scaled.value, scaled.se) == pytest.approx((here.value, here.se), rel=1e-12)


def test_incomes_all_alike_or_held_by_one() -> None:
    alike, one = np.full(len(INCOME), 7.0), np.where(np.arange(len(INCOME)) == 0, 1.0, 0.0)
    assert gini(alike, DESIGN).value == pytest.approx(0, abs=1e-12)
    assert gini(one, replace(DESIGN, weights=np.ones(len(one)))).value == pytest.approx(1 - 1 / len(one))


def test_what_incomes_do_not_tell_is_refused() -> None:
    unknown = np.where(np.arange(len(INCOME)) == 3, np.nan, INCOME)
    refusals: dict[str, Callable[[], Inequality]] = {
        "missing-values": lambda: gini(unknown, DESIGN),
        "nobody": lambda: poverty_rate(INCOME, DESIGN, domain=np.zeros(len(INCOME), bool)),
        "no-spread": lambda: poverty_rate(np.full(len(INCOME), 7.0), DESIGN),
        "no-income": lambda: gini(np.zeros(len(INCOME)), DESIGN),
        "nobody-poor": lambda: poverty_gap(INCOME, DESIGN, threshold=1.0),
        "no-degrees-of-freedom": lambda: gini(INCOME, replace(DESIGN, psus=DESIGN.strata)),
        "single-psu": lambda: gini(INCOME, replace(DESIGN, psus=np.where(DESIGN.strata == 0, 0, 1 + DESIGN.psus))),
    }
    for code, ask in refusals.items():
        with pytest.raises(RefusedFigure) as refused:
            ask()
        assert refused.value.code == code
