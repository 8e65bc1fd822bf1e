"""Adjusted p values equal R's (tests/reference/power.R: p.adjust, two-stage procedure, every sign vector refitted)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.multiplicity import adjust, romano_wolf

RELATIVE = 1e-12
TOLD = figures("multiplicity")
D = units("multiplicity_units")
OUTCOMES, ARM = D[["y1", "y2", "y3", "y4"]].to_numpy(), D["arm"].to_numpy() == 1


def values(case: str) -> np.ndarray:
    return np.array(list(TOLD[case].values()))


@pytest.mark.parametrize("method", ["benjamini-hochberg", "holm"])
def test_adjusted_p_is_that_of_p_adjust(method: str) -> None:
    assert np.isnan(values("p")[4])  # one is missing: it stays so, and is not counted
    np.testing.assert_allclose(adjust(values("p"), method), values(method), rtol=RELATIVE)


@pytest.mark.parametrize("family", ["", "_small"])
def test_sharpened_q_is_the_least_that_rejects(family: str) -> None:
    """The reference goes by thousandths: it gives the first of them that is not below ours."""
    found = adjust(values(f"p{family}"), "sharpened")
    np.testing.assert_allclose(np.ceil(found * 1000 - 1e-9) / 1000, values(f"sharpened{family}"), rtol=RELATIVE)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=1, max_size=30))
def test_adjusting_keeps_order_and_never_lowers(p: list[float]) -> None:
    told = np.array(p)
    for method in ("benjamini-hochberg", "holm", "sharpened"):
        found = adjust(told, method)
        assert (np.isnan(found) == np.isnan(told)).all()
        tested = ~np.isnan(told)
        assert (found[tested] <= 1).all()
        if method != "sharpened":  # where many are found, a sharpened q may be below its p (Anderson 2008)
            assert (found[tested] >= told[tested]).all()
        order = np.argsort(told[tested], kind="stable")
        assert (np.diff(found[tested][order]) >= -1e-12).all()
    assert (adjust(told, "holm")[tested] >= adjust(told, "benjamini-hochberg")[tested] - 1e-12).all()


def test_p_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust(np.array([0.1, 1.2]), "holm")


def test_romano_wolf_is_the_enumeration() -> None:
    found = romano_wolf(OUTCOMES, ARM, covariates=D[["x"]].to_numpy(), clusters=D["cluster"].to_numpy(), seed=1)
    assert found.exact
    assert found.draws == 256
    np.testing.assert_allclose(found.t, values("romano_wolf_t"), rtol=1e-9)
    np.testing.assert_allclose(found.p, values("romano_wolf_p"), rtol=RELATIVE)
    np.testing.assert_allclose(found.p_adjusted, values("romano_wolf_p_adjusted"), rtol=RELATIVE)


def test_an_outcome_may_have_covariates_of_its_own() -> None:
    asked = {"y1": ["x", "y2"], "y3": ["x"], "y4": ["x", "y3"]}
    found = romano_wolf(
        D[[*asked]].to_numpy(), ARM, own=[D[names].to_numpy() for names in asked.values()],
        clusters=D["cluster"].to_numpy(), seed=1,
    )  # fmt: skip
    np.testing.assert_allclose(found.t, values("romano_wolf_own_t"), rtol=1e-9)
    np.testing.assert_allclose(found.p, values("romano_wolf_own_p"), rtol=RELATIVE)
    np.testing.assert_allclose(found.p_adjusted, values("romano_wolf_own_p_adjusted"), rtol=RELATIVE)


def test_outcomes_that_move_together_cost_less_than_holm() -> None:
    """Four times the same outcome is one hypothesis: stepping down by the maximum knows it, Holm does not."""
    same = np.repeat(OUTCOMES[:, [3]], 4, axis=1)
    found = romano_wolf(same, ARM, clusters=D["cluster"].to_numpy(), seed=1)
    np.testing.assert_allclose(found.p_adjusted, found.p, rtol=RELATIVE)
    assert (adjust(found.p, "holm") > found.p_adjusted).all()


def test_units_are_drawn_from_the_seed_and_a_missing_outcome_is_not_tested() -> None:
    with_none = np.column_stack([OUTCOMES, np.full(len(D), np.nan)])
    found = romano_wolf(with_none, ARM, seed=7, draws=1999)
    again = romano_wolf(with_none, ARM, seed=7, draws=1999)
    assert not found.exact
    np.testing.assert_array_equal(found.p_adjusted, again.p_adjusted)
    assert np.isnan(found.p_adjusted).tolist() == [False] * 4 + [True]
    assert (found.p_adjusted[:4] >= found.p[:4]).all()
    with pytest.raises(RefusedEffect) as refused:
        romano_wolf(with_none[:, 4:], ARM, seed=7)
    assert refused.value.code == "no-outcome"
