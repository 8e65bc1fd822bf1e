"""Discontinuities, instruments and interrupted series equal R's figures (tests/reference/designs.R: local regressions
as linear functions, AER, sandwich, clubSandwich) and published ones."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact import instruments
from impact_pipeline.methods.impact.discontinuity import density_test, placebo_thresholds, regression_discontinuity
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.instruments import anderson_rubin, first_stage, two_stage_least_squares
from impact_pipeline.methods.impact.interrupted import interrupted_series

RELATIVE = 1e-9
CONDITIONED = 1e-8  # rdrobust solves local polynomials in the score's own unit
TOLD = figures("designs")
R, MOVES, S = units("designs_score"), units("designs_instrument"), units("designs_series")


def check(found: EffectEstimate, case: str, tolerance: float = RELATIVE) -> None:
    for figure, value in TOLD[case].items():
        said = found.details[figure] if figure in found.details else getattr(found, figure)
        np.testing.assert_allclose(said, value, rtol=tolerance, err_msg=f"{case} {figure}")


def column(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy()


def jump(rows: pd.DataFrame = R, **asked: object) -> EffectEstimate:
    return regression_discontinuity(
        column(rows, "y"), column(rows, "treated") == 1, score=column(rows, "score"), threshold=55.0, **asked
    )


JUMPS: dict[str, Callable[[], EffectEstimate]] = {
    "jump_same": lambda: jump(bandwidth=(25, 25)),
    "jump": lambda: jump(bandwidth=(20, 32)),
    "jump_weights": lambda: jump(bandwidth=(20, 32), weights=column(R, "weight")),
    "jump_clusters": lambda: jump(bandwidth=(25, 25), clusters=column(R, "cluster")),
    "jump_covariate": lambda: jump(bandwidth=(25, 25), covariates=R[["z"]].to_numpy()),
    "jump_donut": lambda: jump(bandwidth=(25, 25), donut=3.0),
    "jump_fuzzy": lambda: regression_discontinuity(
        column(R, "y"), column(R, "taken") == 1, score=column(R, "score"), threshold=55.0, bandwidth=(25, 25),
        fuzzy=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", JUMPS)
def test_jumps_equal_r(case: str) -> None:
    check(JUMPS[case](), case, CONDITIONED)


def test_the_senate_has_its_published_figures() -> None:
    """Incumbency advantage in the U.S. Senate (Calonico, Cattaneo & Titiunik 2015, The R Journal 7:1; figures of its
    rdrobust since 2017): 7.414, [4.094, 10.919], bandwidths 17.754 and 28.028."""
    path = files("rdrobust") / "data" / "rdrobust_RDsenate.csv"
    rows = pd.read_csv(str(path)).dropna(subset=["vote", "margin"])
    margin = column(rows, "margin")
    found = regression_discontinuity(column(rows, "vote"), margin >= 0, score=margin, threshold=0.0)
    figures_told = (found.details["conventional_effect"], found.low, found.high, found.details["bandwidth"])
    assert [round(float(f), 3) for f in figures_told] == [7.414, 4.094, 10.919, 17.754]
    assert round(found.details["bias_bandwidth"], 3) == 28.028
    assert "density-jump" not in found.cautions


def test_either_side_may_be_treated_and_rows_in_any_order() -> None:
    right = jump(bandwidth=(20, 32))
    turned = regression_discontinuity(
        column(R, "y"), column(R, "score") < 55, score=column(R, "score"), threshold=55.0, bandwidth=(20, 32)
    )
    np.testing.assert_allclose((turned.effect, turned.se), (-right.effect, right.se), rtol=CONDITIONED)
    assert (turned.n_treated, turned.n_control) == (right.n_control, right.n_treated)
    assert jump(R.sample(frac=1, random_state=4)) == jump()


def test_placebo_thresholds_and_density() -> None:
    found = placebo_thresholds(
        column(R, "y"), column(R, "treated") == 1, score=column(R, "score"), threshold=55.0, placebos=[30.0, 75.0]
    )
    left = R[R["score"] < 55]
    alone = regression_discontinuity(
        column(left, "y"), column(left, "score") >= 30, score=column(left, "score"), threshold=30.0
    )
    assert [placebo for placebo, _ in found] == [30.0, 75.0]
    assert found[0][1] == alone
    even = density_test(column(R, "score"), threshold=55.0)
    score = column(R, "score")
    lifted = (score > 45) & (score < 55) & (np.arange(len(score)) % 3 > 0)
    heaped = np.where(lifted, 110 - score, score)
    moved = density_test(heaped, threshold=55.0)
    assert even is not None
    assert moved is not None
    assert even.p > 0.05 > moved.p
    assert "density-jump" in jump(R.assign(score=heaped, treated=(heaped >= 55).astype(int))).cautions
    assert density_test(np.arange(4.0), threshold=9.0) is None


def test_the_density_has_the_figures_of_its_authors() -> None:
    """Those of the numerical baseline of rddensity's own tests (Cattaneo, Jansson & Ma), default options."""
    score = np.linspace(-1.5, 1.5, 200) + 0.05 * np.sin(np.arange(200))
    found = density_test(score, threshold=0.0)
    assert found is not None
    figures_told = (found.t, found.p, found.bandwidth_left, found.bandwidth_right)
    told = (0.0015633849762083487, 0.9987525997730358, 1.5096395383771382, 1.5096395383771382)
    np.testing.assert_allclose(figures_told, told, rtol=CONDITIONED)


def moved(names: list[str], **asked: object) -> EffectEstimate:
    return two_stage_least_squares(
        column(MOVES, "y"), column(MOVES, "treated") == 1, instruments=MOVES[names].to_numpy(float),
        covariates=MOVES[["x"]].to_numpy(), **asked,
    )  # fmt: skip


MOVED: dict[str, Callable[[], EffectEstimate]] = {
    "iv": lambda: moved(["z1"]),
    "iv_f": lambda: moved(["z1"]),
    "iv_ols": lambda: moved(["z1"]),
    "iv_two": lambda: moved(["z1", "z2"]),
    "iv_two_f": lambda: moved(["z1", "z2"]),
    "iv_hc1": lambda: moved(["z1", "z2"], rule="HC1"),
    "iv_clusters": lambda: moved(["z1", "z2"], clusters=column(MOVES, "cluster")),
    "iv_weights": lambda: moved(
        ["z1", "z2"], clusters=column(MOVES, "cluster"), weights=column(MOVES, "weight"), rule="CR1"
    ),
}


@pytest.mark.parametrize("case", MOVED)
def test_two_stage_least_squares_equals_r(case: str) -> None:
    check(MOVED[case](), case)


def test_two_stage_least_squares_equals_linearmodels() -> None:
    one = np.column_stack([np.ones(len(MOVES)), column(MOVES, "x")])
    theirs = IV2SLS(column(MOVES, "y"), one, column(MOVES, "treated"), MOVES[["z1", "z2"]].to_numpy(float)).fit(
        cov_type="robust", debiased=True
    )
    ours = moved(["z1", "z2"], rule="HC1")
    np.testing.assert_allclose((ours.effect, ours.se), (theirs.params["endog"], theirs.std_errors["endog"]), rtol=1e-9)


@pytest.mark.parametrize(
    ("case", "names", "clustered"),
    [("ar", ["z1"], False), ("ar_two", ["z1", "z2"], False), ("ar_clusters", ["z1"], True)],
)
def test_anderson_rubin_interval_is_where_r_finds_it(case: str, names: list[str], clustered: bool) -> None:
    found = moved(names, clusters=column(MOVES, "cluster") if clustered else None).details
    np.testing.assert_allclose((found["ar_low"], found["ar_high"]), list(TOLD[case].values()), rtol=1e-8, atol=1e-9)


def test_critical_value_is_the_published_one() -> None:
    """Montiel Olea & Pflueger 2013: 23.1 for one instrument and a tenth of the worst bias."""
    assert round(moved(["z1"]).details["effective_f_critical"], 1) == 23.1


def test_a_weak_instrument_has_anderson_and_rubins_interval_alone() -> None:
    found = moved(["weak"])
    assert "weak-instrument" in found.cautions
    assert (found.se, found.p, found.se_rule) == (None, None, "anderson-rubin")
    s, dose, z = instruments._sorted(
        column(MOVES, "y"), column(MOVES, "treated"), MOVES[["weak"]].to_numpy(), MOVES[["x"]].to_numpy(), None, None
    )
    assert first_stage(s, dose, z).weak
    region = anderson_rubin(s, dose, z, 0.95)
    if region.shape == "interval":
        assert (found.low, found.high) == (region.low, region.high)
    else:
        assert (found.low, found.high) == (None, None)
        assert "unbounded-interval" in found.cautions
    # Where the first stage is not significant at the same level, no effect of any size can be rejected far away.
    noise = np.random.default_rng(12).normal(size=(len(MOVES), 1))
    assert anderson_rubin(s, dose, noise, 0.95).shape in ("line", "two-rays")


def test_instruments_do_not_depend_on_the_order_of_rows() -> None:
    mixed = MOVES.sample(frac=1, random_state=3)
    found = two_stage_least_squares(
        column(mixed, "y"), column(mixed, "treated") == 1, instruments=mixed[["z1", "z2"]].to_numpy(float),
        covariates=mixed[["x"]].to_numpy(),
    )  # fmt: skip
    assert found == moved(["z1", "z2"])


def series(**asked: object) -> EffectEstimate:
    return interrupted_series(column(S, "y"), column(S, "treated") == 1, periods=column(S, "period"), **asked)


def test_interrupted_series_equal_r() -> None:
    check(series(), "series")
    check(series(covariates=column(S, "season"), lag=5), "series_season")
    compared = series(comparison=column(S, "other"), lag=2)
    check(compared, "series_comparison")
    assert series().cautions == ("no-comparison-series",)
    assert compared.cautions == ()
    mixed = S.sample(frac=1, random_state=1)
    assert series() == interrupted_series(
        column(mixed, "y"), column(mixed, "treated") == 1, periods=column(mixed, "period")
    )


def broken(**changed: np.ndarray) -> EffectEstimate:
    given = {"outcome": column(S, "y"), "treated": column(S, "treated") == 1, "periods": column(S, "period")} | changed
    return interrupted_series(given["outcome"], given["treated"], periods=given["periods"])


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "not sharp": ("not-sharp", lambda: jump(R.assign(treated=R["taken"]))),
    "few": ("empty-side", lambda: jump(R[R["score"] < 56])),
    "one cluster": ("too-few-clusters", lambda: jump(clusters=column(R, "treated"))),
    "score": ("missing-values", lambda: jump(R.assign(score=R["score"].where(R.index != 4, np.nan)))),
    "none": ("no-instrument", lambda: moved([])),
    "idle": (
        "irrelevant-instrument",
        lambda: two_stage_least_squares(
            column(MOVES, "y"), np.tile([True, False], 150), instruments=np.repeat(np.tile([0.0, 1.0], 75), 2)
        ),
    ),
    "one cluster moved": ("too-few-clusters", lambda: moved(["z1"], clusters=column(MOVES, "treated"))),
    "instrument is a covariate": ("collinear", lambda: moved(["x"])),
    "short": ("short-series", lambda: broken(treated=column(S, "period") > 38)),
    "gap": ("uneven-series", lambda: broken(periods=column(S, "period") + (column(S, "period") > 9))),
    "ends": ("treatment-ends", lambda: broken(treated=(column(S, "period") > 20) & (column(S, "period") < 30))),
    "missing": ("missing-values", lambda: broken(outcome=np.where(column(S, "period") == 3, np.nan, 1.0))),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused(case: str) -> None:
    code, asked = REFUSED[case]
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code
