"""Power, minimum detectable effects and sizes equal R's (tests/reference/power.R: power.t.test, pwr, noncentral t)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.impact.reference import figures

from impact_pipeline.methods.impact import power as p
from impact_pipeline.methods.impact.power import Design, minimum_detectable_effect, power, size_needed

RELATIVE = 1e-10
TOLD = figures("power")
DESIGNS = {
    "clusters": Design(12, 12, cluster_size=25, icc=0.08),
    "clusters_unequal": Design(9, 14, cluster_size=25, icc=0.08, size_cv=0.6),
    "clusters_covariates": Design(12, 12, cluster_size=25, icc=0.08, size_cv=0.6, r2=0.3, r2_cluster=0.5, parameters=1),
    "did": Design(80, 80, analysis="did", correlation=0.6),
    "ancova": Design(80, 80, analysis="ancova", correlation=0.6, parameters=1),
    "rounds_difference": Design(60, 90, correlation=0.35, pre=3, post=2),
    "rounds_did": Design(60, 90, analysis="did", correlation=0.35, pre=3, post=2),
    "rounds_ancova": Design(60, 90, analysis="ancova", correlation=0.35, pre=3, post=2),
}


def test_power_of_two_means() -> None:
    found = {
        "power": power(Design(20, 20), 0.3),
        "power_sd": power(Design(64, 64), 4, sd=11, alpha=0.1),
        "power_one_side": power(Design(33, 33), 0.45, sides=1),
        "power_unequal": power(Design(31, 57), 0.55),
    }
    for case, value in found.items():
        np.testing.assert_allclose(value, TOLD[case]["power"], rtol=RELATIVE, err_msg=case)


def test_size_and_effect_of_two_means() -> None:
    assert size_needed(Design(1, 1), 0.5).treated == pytest.approx(TOLD["size"]["n"], rel=RELATIVE)
    found = size_needed(Design(1, 1), 2, sd=7, power=0.9, alpha=0.01)
    assert found.control == pytest.approx(TOLD["size_90"]["n"], rel=RELATIVE)
    assert minimum_detectable_effect(Design(45, 45)) == pytest.approx(TOLD["effect"]["delta"], rel=RELATIVE)
    one = minimum_detectable_effect(Design(45, 45), sides=1)
    assert one == pytest.approx(TOLD["effect_one_side"]["delta"], rel=RELATIVE)


@pytest.mark.parametrize("case", DESIGNS)
def test_designs(case: str) -> None:
    told, design = TOLD[case], DESIGNS[case]
    np.testing.assert_allclose(design.standard_error(), told["se"], rtol=RELATIVE)
    np.testing.assert_allclose(power(design, 0.3), told["power"], rtol=RELATIVE)
    np.testing.assert_allclose(minimum_detectable_effect(design), told["effect"], rtol=RELATIVE)


def test_what_a_study_could_have_found() -> None:
    design = DESIGNS["clusters"]
    told = p.detectable_effect(design.standard_error(), design.df)
    assert told == pytest.approx(minimum_detectable_effect(design), rel=1e-12)
    assert p.detectable_effect(1.0, None) == pytest.approx(1.959963984540054 + 0.8416212335729143, abs=1e-5)
    assert p.detectable_effect(1.0, None) == pytest.approx(p.detectable_effect(1.0, 1e7), rel=1e-6)


@given(
    arms=st.tuples(st.integers(3, 400), st.integers(3, 400)), icc=st.floats(0, 0.5), power_=st.floats(0.3, 0.97),
    effect=st.floats(0.05, 2),
)  # fmt: skip
def test_effect_power_and_size_undo_each_other(arms: tuple[int, int], icc: float, power_: float, effect: float) -> None:
    design = Design(*arms, cluster_size=20, icc=icc)
    least = minimum_detectable_effect(design, power=power_)
    assert power(design, least) == pytest.approx(power_, abs=1e-11)
    needed = size_needed(design, effect, power=power_)
    if needed.treated + needed.control > 3:  # the least that leaves a degree of freedom may be enough
        assert power(needed, effect) == pytest.approx(power_, abs=1e-9)
    whole = p.whole(needed)
    assert power(whole, effect) >= power_ - 1e-9


@pytest.mark.parametrize(
    "wrong",
    [
        {"icc": 1.0, "cluster_size": 5}, {"icc": 0.1}, {"r2": -0.1}, {"correlation": 1.0}, {"treated": 0}, {"pre": 0},
    ],
)  # fmt: skip
def test_designs_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(Design(10, 10), **wrong)


def test_no_degrees_of_freedom_and_no_effect() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        power(Design(1, 1), 0.3)
    with pytest.raises(ValueError, match="zero"):
        size_needed(Design(1, 1), 0.0)
