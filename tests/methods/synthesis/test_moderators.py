"""Meta-regression agrees with metafor 3.8.1, Holm's adjustment with its definition; `tests/reference/synthesis.R`."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.synthesis.from_r import effects, figure

from impact_pipeline.methods.synthesis.moderators import Regression, expected_at, holm, meta_regression
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

RELATIVE = 1e-8
RUNS = [("moderated", 1, ["x1"], [5.0]), ("moderated", 2, ["x1", "x2"], [5.0, 1.0]), ("bcg", 1, ["x1"], [5.0])]


def fitted(case: str, names: list[str]) -> Regression:
    frame = effects(case)
    return meta_regression(frame["y"].to_numpy(), frame["v"].to_numpy(), frame[names].to_numpy(float), names)


@pytest.mark.parametrize(("case", "run", "names", "values"), RUNS)
def test_coefficients_tests_and_what_is_left(case: str, run: int, names: list[str], values: list[float]) -> None:
    found = fitted(case, names)
    for part, name in (("coefficients", "b"), ("se", "se"), ("p", "p"), ("low", "low"), ("high", "high")):
        assert_allclose(getattr(found, part), figure(case, f"regression{run}_{name}"), rtol=RELATIVE)
    qm, qm_p, df, tau2, q, q_p, i2, r2 = figure(case, f"regression{run}")
    told = [found.f, found.f_p, found.df, found.tau2, found.q, found.q_p, found.i2]
    assert_allclose(told, [qm, qm_p, df, tau2, q, q_p, i2], rtol=RELATIVE)
    assert_allclose(found.r2, r2, rtol=1e-6)
    assert_allclose(found.r2, 100 * figure(case, f"regression{run}_r2")[0], rtol=RELATIVE)


@pytest.mark.parametrize(("case", "run", "names", "values"), RUNS)
def test_the_effect_expected_at_given_values(case: str, run: int, names: list[str], values: list[float]) -> None:
    found = expected_at(fitted(case, names), np.array(values))
    told = [found.effect, found.se, found.low, found.high, found.prediction_low, found.prediction_high]
    assert_allclose(told, figure(case, f"regression{run}_predicted"), rtol=RELATIVE)


def test_more_than_a_moderator_for_ten_studies_is_refused() -> None:
    frame = effects("bcg")
    both = np.column_stack([frame["x1"], frame["n"]])
    with pytest.raises(RefusedSynthesis) as refused:
        meta_regression(frame["y"].to_numpy(), frame["v"].to_numpy(), both, ["latitude", "people"])
    assert refused.value.code == "too-many-moderators"


@pytest.mark.parametrize(("code", "value"), [("collinear-moderators", 1.0), ("missing-moderator", np.nan)])
def test_a_moderator_that_says_nothing_is_refused(code: str, value: float) -> None:
    frame = effects("moderated")
    with pytest.raises(RefusedSynthesis) as refused:
        meta_regression(frame["y"].to_numpy(), frame["v"].to_numpy(), np.full((len(frame), 1), value), ["same"])
    assert refused.value.code == code


def test_holm_steps_down() -> None:
    """By hand: 3 x .01, then 2 x .03, then 1 x .04 raised to .06."""
    assert_allclose(holm(np.array([0.04, 0.01, 0.03])), [0.06, 0.03, 0.06])
