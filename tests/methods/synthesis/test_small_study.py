"""Tests of funnel asymmetry agree with metafor 3.8.1 and R's lm; see `tests/reference/synthesis.R`."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.synthesis.from_r import drawn, effects, figure

from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.methods.synthesis.small_study import egger, pet_peese, trim_and_fill

RELATIVE = 1e-8
CASES = ["biased", "moderated", "mixed", "bcg"]


@pytest.mark.parametrize("case", CASES)
def test_eggers_regression(case: str) -> None:
    found = egger(*drawn(case))
    told = [found.t, found.df, found.p, found.limit, found.limit_low, found.limit_high]
    assert_allclose(told, figure(case, "egger"), rtol=RELATIVE)
    assert_allclose(found.slope, figure(case, "pet")[4], rtol=RELATIVE)


@pytest.mark.parametrize("case", CASES)
def test_pet_and_peese(case: str) -> None:
    """R's rows: estimate, error, t, two-sided p; of the intercept first. All means here but bcg's are above zero."""
    found = pet_peese(*drawn(case))
    t, p = figure(case, "pet")[2:4]
    sign = -1 if case == "bcg" else 1
    one_sided = p / 2 if sign * t > 0 else 1 - p / 2
    assert_allclose(found.pet_p, one_sided, rtol=RELATIVE)
    assert found.chosen == ("peese" if one_sided < 0.10 else "pet")
    told = figure(case, found.chosen)
    assert_allclose([found.effect, found.se, found.p], [told[0], told[1], told[3]], rtol=RELATIVE)


def test_both_branches_of_pet_peese_are_met() -> None:
    assert {pet_peese(*drawn(case)).chosen for case in CASES} == {"pet", "peese"}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_trim_and_fill(case: str, side: str) -> None:
    found = trim_and_fill(*drawn(case), side=side)  # type: ignore[arg-type]
    missing, _, effect, se, low, high, tau2 = figure(case, f"trimfill_{side}")
    assert found.missing == missing
    told = [found.pooled.effect, found.pooled.se, found.pooled.low, found.pooled.high, found.pooled.tau2]
    assert_allclose(told, [effect, se, low, high, tau2], rtol=RELATIVE, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_the_side_where_studies_lack(case: str) -> None:
    found = trim_and_fill(*drawn(case))
    missing, effect, left = figure(case, "trimfill")
    assert (found.missing, found.side == "left") == (missing, bool(left))
    assert_allclose(found.pooled.effect, effect, rtol=RELATIVE)


def test_a_precision_free_of_the_effect_may_be_given() -> None:
    frame = effects("biased")
    y, v = drawn("biased")
    assert egger(y, v, precision=np.sqrt(4 / frame["n"].to_numpy())).slope != egger(y, v).slope


@pytest.mark.parametrize("test", [egger, pet_peese, trim_and_fill])
def test_nine_studies_are_too_few(test) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RefusedSynthesis) as refused:
        test(*drawn("alike"))
    assert refused.value.code == "too-few-studies"
