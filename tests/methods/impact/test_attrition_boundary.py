"""The boundary of low attrition is the one that its model gives: no figure of the table is a slip of the pen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, least_squares
from scipy.stats import norm

from impact_pipeline.methods.impact.attrition_boundary import CAUTIOUS, OPTIMISTIC

BIAS = 0.05  # standard deviations that are tolerated


def selected(staying: float) -> float:
    """The mean of a standard normal among those above the point that so large a share stays above."""
    return float(norm.pdf(norm.ppf(1 - staying)) / staying)


def allowed(overall: float, treated: float, control: float) -> float:
    """The difference in attrition, in percents, at which outcomes that go with staying by `treated` and `control` in
    the two arms are biased by BIAS (Deke & Chiang 2017)."""

    def bias(difference: float) -> float:
        lost = overall + difference / 2, overall - difference / 2
        return treated * selected(1 - lost[0]) - control * selected(1 - lost[1]) - BIAS

    return 100 * brentq(bias, 0, 2 * min(overall, 1 - overall) - 1e-9)


@pytest.mark.parametrize(("table", "near"), [(CAUTIOUS, (0.42, 0.37)), (OPTIMISTIC, (0.25, 0.2))])
def test_the_model_gives_each_figure_again(table, near):
    percents = range(6, 57)  # below, more is allowed than is lost
    told = np.array([table[percent] for percent in percents])

    def off(parameters):
        return np.array([allowed(percent / 100, *parameters) for percent in percents]) - told

    assert np.abs(off(least_squares(off, near).x)).max() < 0.12
