"""Invariance between arms against lavaan, and the screen of items against ordinal::clm."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.methods.measures.figures import ANSWERS, ITEMS, answers, figure, figures

from impact_pipeline.methods.measures.invariance import Invariance, compare_groups
from impact_pipeline.methods.measures.item_bias import ItemBias, ItemCounts, screen_items
from impact_pipeline.methods.measures.moments import moments_of
from impact_pipeline.methods.measures.ordinal import ordinal_logit
from impact_pipeline.methods.measures.refused import RefusedMeasure

OPTIMISED = 1e-7  # lavaan's optimiser stops when the discrepancy moves by less than about 1e-10
FITTED = 1e-9
OF_RMS = 1e-6  # rms::lrm stops earlier than ordinal::clm


@pytest.fixture(scope="module")
def arms() -> Invariance:
    return compare_groups([moments_of(answers("control")), moments_of(answers("treated"))])


@pytest.mark.parametrize("step", ["configural", "metric", "scalar"])
def test_each_step_fits_as_in_lavaan(arms: Invariance, step: str) -> None:
    found = getattr(arms, step)
    assert found.df == figure(step, "df")
    told = [found.chi2, found.cfi, found.rmsea]
    assert_allclose(told, [figure(step, name) for name in ("chisq", "cfi", "rmsea")], rtol=OPTIMISED)


def test_bias_put_into_two_items_breaks_invariance_where_it_should(arms: Invariance) -> None:
    """Item 6 has another loading in the treated arm: metric invariance goes, and scalar with it."""
    assert arms.holds == "configural"
    fall, rise = arms.changes["metric"]
    assert fall == pytest.approx(figure("configural", "cfi") - figure("metric", "cfi"), abs=OPTIMISED)
    assert rise == pytest.approx(figure("metric", "rmsea") - figure("configural", "rmsea"), abs=OPTIMISED)


def test_two_halves_of_one_arm_are_invariant_up_to_level() -> None:
    rows = answers("control")
    assert compare_groups([moments_of(rows[::2]), moments_of(rows[1::2])]).holds == "scalar"


def test_a_shift_of_the_factor_alone_keeps_scalar_invariance() -> None:
    """A treated arm that is better off on the trait itself, and only there, may be compared."""
    generator = np.random.default_rng(7)
    loadings = np.array([1.0, 0.8, 0.6, 0.9])
    groups = []
    for level, spread in ((0.0, 1.0), (0.8, 1.3)):
        factor = generator.normal(level, spread, (3000, 1))
        groups.append(moments_of(5 + factor * loadings + generator.normal(0, 0.7, (3000, 4))))
    assert compare_groups(groups).holds == "scalar"


def counts_of(item: str) -> ItemCounts:
    told = ANSWERS.assign(level=ANSWERS[ITEMS].sum(axis=1), group=(ANSWERS["arm"] == "treated").astype(int))
    table = told.groupby([item, "level", "group"]).size().reset_index(name="count")
    as_numbers = [table[name].to_numpy(dtype=np.float64) for name in (item, "level", "count")]
    return ItemCounts(as_numbers[0], as_numbers[1], table["group"].to_numpy(), as_numbers[2])


@pytest.fixture(scope="module")
def screened() -> dict[str, ItemBias]:
    return screen_items({item: counts_of(item) for item in ITEMS})


@pytest.mark.parametrize("name", ["uniform", "non_uniform", "both", "p", "r2_change", "r2_uniform", "p_adjusted"])
def test_items_are_screened_as_clm_does(screened: dict[str, ItemBias], name: str) -> None:
    found = np.array([getattr(screened[item], name) for item in ITEMS])
    assert_allclose(found, figures("dif", name), rtol=FITTED, atol=1e-11)


def test_the_two_items_that_were_given_a_bias_are_flagged_and_no_other(screened: dict[str, ItemBias]) -> None:
    assert [item for item in ITEMS if screened[item].flagged] == ["q3", "q6"]
    assert [screened[item].size for item in ITEMS] == ["negligible", "negligible", "large", "negligible", "negligible",
                                                       "large"]  # fmt: skip


@pytest.mark.parametrize("item", ITEMS)
def test_coefficients_are_those_of_clm_and_r2_is_nagelkerkes(item: str) -> None:
    counts = counts_of(item)
    fit = ordinal_logit(counts.answer, np.column_stack([counts.level, counts.group]), counts.count)
    assert fit.coefficients[1] == pytest.approx(figure("dif", "coefficient", item), rel=1e-8)
    alone = ordinal_logit(counts.answer, counts.level[:, None], counts.count)
    totals = [counts.count[counts.answer == a].sum() for a in np.unique(counts.answer)]
    nothing = sum(t * np.log(t / 400) for t in totals)
    r2 = (1 - np.exp(2 * (nothing - alone.value) / 400)) / (1 - np.exp(2 * nothing / 400))
    assert r2 == pytest.approx(figure("dif", "r2_rms", item), rel=OF_RMS)


def test_counted_patterns_and_single_answers_give_the_same(screened: dict[str, ItemBias]) -> None:
    group = (ANSWERS["arm"] == "treated").to_numpy().astype(np.int64)
    level = ANSWERS[ITEMS].sum(axis=1).to_numpy(dtype=np.float64)
    single = {i: ItemCounts(ANSWERS[i].to_numpy(dtype=np.float64), level, group, np.ones(400)) for i in ITEMS}
    found = screen_items(single)
    assert_allclose([i.both for i in found.values()], [i.both for i in screened.values()], rtol=FITTED)


@pytest.mark.parametrize(
    ("answer", "level", "group", "code"),
    [
        ([1, 2, 1, 2], [1, 2, 2, 1], [0, 0, 0, 0], "one-group"),
        ([1, 1, 1, 1], [1, 2, 2, 1], [0, 1, 0, 1], "one-answer"),
        ([1, 2, 1, 2], [2, 2, 2, 2], [0, 1, 1, 0], "no-variance"),
        ([1, 1, 2, 2], [1, 2, 3, 4], [0, 1, 0, 1], "separation"),
    ],
)
def test_a_screen_is_refused(answer: list[float], level: list[float], group: list[int], code: str) -> None:
    counts = ItemCounts(np.array(answer, float), np.array(level, float), np.array(group), np.full(4, 10.0))
    with pytest.raises(RefusedMeasure) as told:
        screen_items({"item": counts})
    assert told.value.code == code
