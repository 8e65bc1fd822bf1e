"""Rubin's rules are those of R's mice (3.15.0), and chained equations recover what mice recovers from the same holes;
`tests/reference/imputation.R` wrote the figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.methods.imputation import impute, pool, shifted

REFERENCE = Path(__file__).parents[1] / "reference"
RELATIVE_TOLERANCE = 1e-9
FIGURES = pd.read_csv(REFERENCE / "imputation_figures.csv").set_index("case")
SAMPLE = pd.read_csv(REFERENCE / "imputation_sample.csv")


def numbers(told: str) -> np.ndarray:
    return np.array([float(n) for n in told.split()])


@pytest.mark.parametrize("case", list(FIGURES.index))
def test_pooled_as_mice_pools(case: str) -> None:
    figure = FIGURES.loc[case]
    found = pool(numbers(figure["q"]), numbers(figure["u"]), df_complete=float(figure["df_complete"]))
    for name in ("value", "se", "df", "within", "between", "fmi"):
        assert getattr(found, name) == pytest.approx(figure[name], rel=RELATIVE_TOLERANCE), figure["call"]
    assert found.low < found.value < found.high


def test_what_cannot_be_pooled_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        pool(np.array([1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="above zero"):
        pool(np.array([1.0, 2.0]), np.array([1.0, 0.0]))


def regression(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of y on x and z with their variances."""
    y, x = table[:, 0], np.column_stack([np.ones(len(table)), table[:, 1:]])
    inverse = np.linalg.inv(x.T @ x)
    b = inverse @ x.T @ y
    return b, np.diag(inverse) * float((y - x @ b) @ (y - x @ b)) / (len(y) - 3)


def test_chained_equations_recover_what_mice_recovers() -> None:
    """Both draw at random: pooled coefficients agree to a tenth of a standard error, standard errors to 6 %."""
    told = [regression(t) for t in impute(SAMPLE[["y", "x", "z"]].to_numpy(), draws=100, seed=3, sweeps=10)]
    mice = pd.read_csv(REFERENCE / "imputation_pooled.csv")
    for place, figure in mice.iterrows():
        found = pool(np.array([b[place] for b, _ in told]), np.array([v[place] for _, v in told]), df_complete=397)
        assert found.value == pytest.approx(figure["value"], abs=0.1 * figure["se"]), figure["call"]
        assert found.se == pytest.approx(figure["se"], rel=0.06), figure["call"]


def test_the_seed_makes_the_draws_and_what_was_answered_stays() -> None:
    table = SAMPLE[["y", "x", "z"]].to_numpy()
    first, again, other = (impute(table, draws=2, seed=s, sweeps=3) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[1])
    answered = ~np.isnan(table)
    np.testing.assert_array_equal(first[0][answered], table[answered])
    assert np.isfinite(first).all()


def test_a_column_that_nothing_can_predict_is_refused() -> None:
    with pytest.raises(ValueError, match="too few observed"):
        impute(np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 1.0]]), draws=1, seed=1)


def test_a_declared_shift_moves_what_was_imputed_alone() -> None:
    moved = shifted(np.array([1.0, 2.0]), np.array([False, True]), -0.5)
    assert moved.tolist() == [1.0, 1.5]
