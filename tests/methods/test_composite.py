"""A composite index is that of base R and psych, step by step; `tests/reference/composite.R` wrote the figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact_pipeline.methods.composite import (
    Choices,
    RefusedIndex,
    build,
    kurtosis,
    ranked,
    scores,
    skewness,
    treat,
)

REFERENCE = Path(__file__).parents[1] / "reference"
RELATIVE_TOLERANCE = 1e-9
SAMPLE = pd.read_csv(REFERENCE / "composite_sample.csv").set_index("unit")
SHAPE = pd.read_csv(REFERENCE / "composite_shape.csv").set_index("indicator")
FIGURES = pd.read_csv(REFERENCE / "composite_figures.csv").set_index("unit")
TURNED = SAMPLE * [1, -1, 1, 1, 1]  # of `b`, less is better
TAIL = np.exp(np.linspace(0, 12, 200))
COLUMNS = {name: TURNED[name].to_numpy(dtype=float) for name in TURNED} | {"tail": TAIL, "left-tail": -TAIL}
DOMAINS = [0, 0, 1, 1, 1]
CASES = {
    "minmax_arithmetic_geometric": Choices(),
    "minmax_weighted": Choices(weights=(2, 1)),
    "zscore_arithmetic": Choices(normalise="z-score", across="arithmetic"),
    "rank_geometric": Choices(normalise="rank", within="geometric"),
    "without_d": Choices(without=3),
}


def treated() -> np.ndarray:
    return np.column_stack([treat(TURNED[name].to_numpy()).values for name in TURNED])


@pytest.mark.parametrize("name", list(SHAPE.index))
def test_outliers_are_told_and_treated_as_the_rule_says(name: str) -> None:
    raw, figure = COLUMNS[name], SHAPE.loc[name]
    assert skewness(raw) == pytest.approx(figure["skewness"], rel=RELATIVE_TOLERANCE), figure["call"]
    assert kurtosis(raw) == pytest.approx(figure["kurtosis"], rel=RELATIVE_TOLERANCE), figure["call"]
    found = treat(raw)
    assert (found.how, found.pulled) == (figure["how"], figure["pulled"])
    assert found.values.sum() == pytest.approx(figure["total"], rel=RELATIVE_TOLERANCE)


@pytest.mark.parametrize("case", list(CASES))
def test_scores_are_those_of_base_r(case: str) -> None:
    np.testing.assert_allclose(scores(treated(), DOMAINS, CASES[case]), FIGURES[case], rtol=RELATIVE_TOLERANCE)


def test_ranks_are_those_of_base_r() -> None:
    assert list(ranked(scores(treated(), DOMAINS, Choices()))) == list(FIGURES["rank_of_index"])


ALTERNATIVES = {
    "normalise": ("z-score", "rank"), "across": ("arithmetic",), "weights": ((2.0, 1.0),), "without": (0, 1, 2, 3, 4),
}  # fmt: skip


def test_ranks_move_with_the_choices_and_with_the_sample() -> None:
    still = build(TURNED.to_numpy(), np.zeros(TURNED.shape), DOMAINS, Choices(), {}, draws=5, seed=1)
    np.testing.assert_allclose(still.rank_low, still.ranks)
    np.testing.assert_allclose(still.low, still.high)
    chosen = build(TURNED.to_numpy(), np.zeros(TURNED.shape), DOMAINS, Choices(), ALTERNATIVES, draws=1, seed=1)
    assert (chosen.rank_low <= chosen.ranks).all()
    assert (chosen.ranks <= chosen.rank_high).all()
    assert (chosen.rank_high - chosen.rank_low).max() > 2
    assert chosen.influence["without"] == max(chosen.influence.values())
    assert chosen.influence["sample"] == 0
    noisy = build(TURNED.to_numpy(), np.full(TURNED.shape, 2.0), DOMAINS, Choices(), {}, draws=200, seed=1)
    assert noisy.influence["sample"] == pytest.approx(1)
    assert (noisy.high - noisy.low).min() > 0


def test_the_combinations_are_all_tried() -> None:
    """Four normalise x across without a geometric mean of z-scores, two weights, six ways to leave a column out."""
    found = build(TURNED.to_numpy(), np.zeros(TURNED.shape), DOMAINS, Choices(), ALTERNATIVES, draws=1, seed=1)
    assert found.runs == (3 * 2 - 1) * 2 * 6 * 2


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(RefusedIndex, match="above zero"):
        scores(treated(), DOMAINS, Choices(normalise="z-score"))
    with pytest.raises(RefusedIndex, match="alike"):
        scores(np.column_stack([np.ones(5), np.arange(5.0)]), [0, 1], Choices())
    with pytest.raises(RefusedIndex, match="at least 4"):
        build(np.ones((3, 2)), np.ones((3, 2)), [0, 1], Choices(), {}, draws=1, seed=1)


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(len(TURNED))), st.floats(0.1, 10), st.floats(-50, 50))
def test_neither_the_order_of_units_nor_the_unit_of_measure_matters(
    order: list[int], factor: float, shift: float
) -> None:
    told = treated()
    own = scores(told, DOMAINS, Choices())
    np.testing.assert_allclose(scores(told[order], DOMAINS, Choices()), own[order], rtol=1e-12)
    np.testing.assert_allclose(scores(told * factor + shift, DOMAINS, Choices()), own, rtol=1e-6)
