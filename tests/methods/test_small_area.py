"""Small-area estimates agree with metafor 3.8.1 and formulas in base R; `tests/reference/small_area.R` wrote the
figures, and the call stands beside each in `small_area_figures.csv`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from tests.methods.test_against_r_survey import REFERENCE

from impact_pipeline.methods.small_area import SmallAreas, fay_herriot, smooth_variances
from impact_pipeline.methods.survey_design import RefusedFigure

RELATIVE_TOLERANCE = 1e-9
ITERATED_TOLERANCE = 1e-8  # metafor stops its scoring steps at 1e-14 of the variance
FIGURES = pd.read_csv(REFERENCE / "small_area_figures.csv").set_index(["case", "figure", "area"])["value"].sort_index()
FRAME = pd.read_csv(REFERENCE / "small_area_sample.csv")
X = np.stack([np.ones(len(FRAME)), FRAME["x"].to_numpy(float)], axis=1)
DIRECT, PSI = FRAME["y"].to_numpy(float), FRAME["psi"].to_numpy(float)
N = FRAME["n"].to_numpy(np.int64)


def found(case: str) -> SmallAreas:
    model = 20 + 1.5 * X[:, 1]
    direct = model + 0.2 * (DIRECT - model) if case == "none-between" else DIRECT
    psi = np.where(np.isnan(PSI), np.nan, smooth_variances(PSI, N)) if case == "smoothed" else PSI
    return fay_herriot(direct, psi, X)


@pytest.mark.parametrize("case", ["own", "smoothed", "none-between"])
def test_estimates_and_errors_are_those_of_r(case: str) -> None:
    told = found(case)
    assert told.variance == pytest.approx(FIGURES[case, "variance", 0], rel=ITERATED_TOLERANCE, abs=1e-12)
    for place in (0, 1):
        assert told.coefficients[place] == pytest.approx(FIGURES[case, f"b{place}", 0], rel=ITERATED_TOLERANCE)
    for name in ("estimate", "mse"):
        expected = FIGURES[case, name].reindex(FRAME["area"]).to_numpy()
        np.testing.assert_allclose(getattr(told, name), expected, rtol=ITERATED_TOLERANCE)


def test_without_variance_between_areas_the_model_stands_for_all() -> None:
    told = found("none-between")
    assert told.variance == 0
    assert (told.gamma == 0).all()
    np.testing.assert_allclose(told.estimate, X @ told.coefficients)


def test_variances_are_smoothed_over_the_numbers_of_records() -> None:
    expected = FIGURES["smoothed", "psi"].reindex(FRAME["area"]).to_numpy()
    np.testing.assert_allclose(smooth_variances(PSI, N), expected, rtol=RELATIVE_TOLERANCE)


def test_a_large_error_is_flagged() -> None:
    told = found("own")
    expected = ["reliable" if cv <= 0.2 else "with-caution" if cv <= 0.25 else "unreliable" for cv in told.cv]
    assert list(told.quality) == expected
    np.testing.assert_allclose(told.cv, np.sqrt(told.mse) / np.abs(told.estimate))
    shrunk = fay_herriot(DIRECT - 25, PSI, X)  # closer to zero, with the same errors
    assert {"reliable", "unreliable"} <= {*shrunk.quality}


def test_borrowing_strength_is_nearer_to_the_truth_and_its_error_is_what_it_says() -> None:
    """400 draws of the model: the mean squared error told is the one met, and below that of direct estimates."""
    draw, m = np.random.default_rng(11), 40
    psi, x = draw.uniform(4, 25, m), np.stack([np.ones(m), draw.uniform(0, 10, m)], axis=1)
    met, direct_met, told = np.zeros(m), np.zeros(m), np.zeros(m)
    for _ in range(400):
        truth = x @ np.array([20, 1.5]) + draw.normal(0, 3, m)
        direct = truth + draw.normal(0, np.sqrt(psi))
        areas = fay_herriot(direct, psi, x)
        met, told = met + (areas.estimate - truth) ** 2, told + areas.mse
        direct_met = direct_met + (direct - truth) ** 2
    assert met.sum() < 0.75 * direct_met.sum()
    assert told.sum() / met.sum() == pytest.approx(1, abs=0.05)


def test_the_order_of_areas_changes_no_bit() -> None:
    order = np.random.default_rng(2).permutation(len(FRAME))
    here, there = fay_herriot(DIRECT, PSI, X), fay_herriot(DIRECT[order], PSI[order], X[order])
    assert here.variance == there.variance
    assert here.estimate[order].tobytes() == there.estimate.tobytes()
    assert here.mse[order].tobytes() == there.mse.tobytes()
    assert smooth_variances(PSI, N)[order].tobytes() == smooth_variances(PSI[order], N[order]).tobytes()


def test_what_areas_do_not_tell_is_refused() -> None:
    refusals: dict[str, Callable[[], object]] = {
        "missing-values": lambda: fay_herriot(np.where(np.arange(len(N)) == 0, np.nan, DIRECT), PSI, X),
        "no-variance": lambda: fay_herriot(DIRECT, np.where(np.arange(len(N)) == 0, 0, PSI), X),
        "collinear": lambda: fay_herriot(DIRECT, PSI, np.column_stack([X, 2 * X[:, 1]])),
        "too-few-areas": lambda: fay_herriot(DIRECT[:4], PSI[:4], X[:4]),
        "no-spread": lambda: smooth_variances(PSI, np.full(len(N), 20)),
    }
    for code, ask in refusals.items():
        with pytest.raises(RefusedFigure) as refused:
            ask()
        assert refused.value.code == code
