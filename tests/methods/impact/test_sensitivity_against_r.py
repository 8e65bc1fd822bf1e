"""Sensitivity figures equal R's (tests/reference/sensitivity.R: searches and known worlds, not the formulas) and the
papers' own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import stdtrit
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.parallel_trends import relative_magnitudes
from impact_pipeline.methods.impact.sensitivity import (
    e_value,
    oster_delta,
    robustness,
    robustness_value,
    rosenbaum_bounds,
)

RELATIVE = 1e-9
SEARCHED = 1e-7  # uniroot's
NAMES = ("x1", "x2", "x3")
D = units("sensitivity_units")
Y, ARM, W = D["y"].to_numpy(), D["treated"].to_numpy() == 1, D["weight"].to_numpy()
X = D[list(NAMES)].to_numpy(float)
PAIRS = units("sensitivity_pairs")["difference"].to_numpy()
TOLD = figures("sensitivity")


def test_robustness_values_are_those_found_by_search() -> None:
    found = robustness(Y, ARM, covariates=X, names=NAMES)
    for figure, value in TOLD["robustness"].items():
        tolerance = SEARCHED if figure.startswith("rv") else RELATIVE
        np.testing.assert_allclose(getattr(found, figure), value, rtol=tolerance, err_msg=figure)


@pytest.mark.parametrize("times", [1, 2])
def test_benchmarks_equal_r(times: int) -> None:
    found = robustness(Y, ARM, covariates=X, names=NAMES, times=times)
    for row in found.benchmarks:
        if f"benchmark_{row.covariate}_{times}" not in TOLD:
            assert row.adjusted_effect is None
            continue
        for figure, value in TOLD[f"benchmark_{row.covariate}_{times}"].items():
            np.testing.assert_allclose(getattr(row, figure), value, rtol=RELATIVE, err_msg=f"{row.covariate} {figure}")
    strong = robustness(X[:, 0] + 0.01 * Y, ARM, covariates=X, names=NAMES)
    assert strong.weaker_than == ("x1",)
    assert strong.benchmarks[0].adjusted_effect is None


def test_robustness_of_the_published_study() -> None:
    """Darfur, Cinelli & Hazlett 2020, table 1: t 4.18 on 783 degrees of freedom, 13.9 % and 7.6 %."""
    rv, rv_alpha = robustness_value(4.18, 1.0, 783)
    assert (round(100 * rv, 1), round(100 * rv_alpha, 1)) == (13.9, 7.6)
    assert robustness_value(0.01, 0.023, 783)[1] == 0


def test_robustness_of_an_overwhelming_effect_joins_the_usual_one() -> None:
    df = 40.0
    critical = float(stdtrit(df - 1, 0.975)) / np.sqrt(df - 1)
    turning = np.sqrt(df) / critical
    below, above = (robustness_value(turning * k, 1.0, df)[1] for k in (1 - 1e-12, 1 + 1e-12))
    np.testing.assert_allclose(below, above, rtol=1e-9)


def test_delta_equals_r() -> None:
    found = {
        "oster": oster_delta(Y, ARM, covariates=X),
        "oster_max": oster_delta(Y, ARM, covariates=X, r2_max=0.9),
        "oster_weights": oster_delta(Y, ARM, covariates=X, weights=W),
    }
    for case, delta in found.items():
        np.testing.assert_allclose(delta, TOLD[case]["delta"], rtol=RELATIVE, err_msg=case)


@pytest.mark.parametrize("case", ["world_half", "world_two"])
def test_delta_is_that_of_a_world_whose_effect_is_nothing(case: str) -> None:
    world = units(f"sensitivity_{case}")
    found = oster_delta(world["y"].to_numpy(), world["x"].to_numpy(), covariates=world[["w1"]].to_numpy(), r2_max=1.0)
    np.testing.assert_allclose(found, TOLD[case]["delta"], rtol=RELATIVE)


def test_rosenbaum_bounds_equal_r() -> None:
    found = rosenbaum_bounds(PAIRS)
    np.testing.assert_allclose(found.p, [TOLD["rosenbaum"][f"p{i}"] for i in range(1, 6)], rtol=RELATIVE)
    np.testing.assert_allclose(found.p[0], TOLD["rosenbaum_wilcox"]["p1"], rtol=RELATIVE)
    np.testing.assert_allclose(found.breaking_gamma, TOLD["rosenbaum"]["breaking_gamma"], rtol=SEARCHED)
    assert rosenbaum_bounds(-PAIRS).p == found.p
    assert rosenbaum_bounds(np.array([1.0, -1.2, 0.5])).breaking_gamma == 1


def test_e_values_are_those_of_the_bounding_factor() -> None:
    found = {
        ("rr", "rr_limit"): e_value(1.7, 1.2, 2.4),
        ("inverse", "inverse_limit"): e_value(0.6, 0.4, 0.9),
        ("smd", "smd_limit"): e_value(0.4, 0.1, 0.7, "standardised-difference"),
        ("or", "or_limit"): e_value(2.2, 1.3, 3.7, "odds-ratio-common"),
    }
    for (estimate, limit), value in found.items():
        np.testing.assert_allclose(value.estimate, TOLD["evalue"][estimate], rtol=RELATIVE)
        np.testing.assert_allclose(value.limit, TOLD["evalue"][limit], rtol=RELATIVE)
    published = e_value(3.9, 1.8, 8.7)  # VanderWeele & Ding 2017
    assert (round(published.estimate, 2), round(published.limit, 1)) == (7.26, 3.0)
    assert e_value(1.3, 0.8, 2.0).limit == 1
    assert e_value(2.2, 1.3, 3.7, "odds-ratio-rare") == e_value(2.2, 1.3, 3.7)


def test_trends_break_where_they_may_part_as_much_as_the_effect() -> None:
    found = relative_magnitudes({-3: 0.2, -2: -0.1, 0: 0.9, 1: 1.5})
    np.testing.assert_allclose((found.effect, found.largest_before, found.per_unit), (1.2, 0.3, 0.45), rtol=1e-12)
    np.testing.assert_allclose(found.breaking, 1.2 / 0.45, rtol=1e-12)
    np.testing.assert_allclose(found.bounds(1), (0.75, 1.65), rtol=1e-12)
    low, _ = found.bounds(found.breaking)
    np.testing.assert_allclose(low, 0, atol=1e-12)
    assert relative_magnitudes({-2: 0.0, 0: 1.0}).breaking == float("inf")


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "ratio": ("bad-ratio", lambda: e_value(2, 0, 3)),
    "outside": ("bad-ratio", lambda: e_value(2, 2.1, 3)),
    "robustness": ("no-covariates", lambda: robustness(Y, ARM, covariates=np.zeros((len(Y), 0)))),
    "delta": ("no-covariates", lambda: oster_delta(Y, ARM, covariates=np.zeros((len(Y), 0)))),
    "pairs": ("no-pairs", lambda: rosenbaum_bounds(np.zeros(4))),
    "missing pair": ("missing-values", lambda: rosenbaum_bounds(np.array([1.0, np.nan]))),
    "one before": ("no-pretrend", lambda: relative_magnitudes({0: 1.0})),
    "none after": ("no-period-after", lambda: relative_magnitudes({-2: 1.0})),
    "gap": ("uneven-series", lambda: relative_magnitudes({-2: 1.0, 1: 2.0})),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused(case: str) -> None:
    code, asked = REFUSED[case]
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code
