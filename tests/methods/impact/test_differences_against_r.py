"""Differences in differences and event studies equal R's figures (tests/reference/differences.R: estimatr,
clubSandwich with an indicator a unit)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import fdtrc
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.differences import (
    collapsed_differences,
    difference_in_differences,
    repeated_cross_sections,
)
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.event_studies import EventStudy, event_study

RELATIVE = 1e-9
D = units("differences_units")
BEFORE, AFTER = D[D["period"] == 2021], D[D["period"] == 2023]
KEPT = D[D["kept"] == 1]
TWICE = KEPT[KEPT["period"].isin([2020, 2023])]


def panel(**asked: object) -> EffectEstimate:
    return difference_in_differences(
        AFTER["y"].to_numpy(), AFTER["treated"].to_numpy() == 1, baseline=BEFORE["y"].to_numpy(), **asked
    )


def repeated(rows: pd.DataFrame | None = None, **asked: object) -> EffectEstimate:
    rows = TWICE if rows is None else rows
    return repeated_cross_sections(
        rows["y"].to_numpy(), rows["treated"].to_numpy() == 1, after=rows["period"].to_numpy() == 2023, **asked
    )


def collapsed(rows: pd.DataFrame, units: str, start: int, clusters: str | None = None) -> EffectEstimate:
    return collapsed_differences(
        rows["y"].to_numpy(), rows["treated"].to_numpy() == 1, units=rows[units].to_numpy(),
        after=rows["period"].to_numpy() >= start, clusters=None if clusters is None else rows[clusters].to_numpy(),
    )  # fmt: skip


VILLAGES, X, WEIGHTS = AFTER["cluster"].to_numpy(), AFTER[["x"]].to_numpy(), BEFORE["weight"].to_numpy()
CASES: dict[str, Callable[[], EffectEstimate]] = {
    "panel": lambda: panel(clusters=VILLAGES),
    "panel_indicators": lambda: panel(clusters=VILLAGES),
    "panel_covariate": lambda: panel(clusters=VILLAGES, covariates=X),
    "panel_weights": lambda: panel(clusters=VILLAGES, covariates=X, weights=WEIGHTS),
    "panel_units": panel,
    "repeated": lambda: repeated(clusters=TWICE["cluster"].to_numpy()),
    "repeated_covariate": lambda: repeated(clusters=TWICE["cluster"].to_numpy(), covariates=TWICE[["z"]].to_numpy()),
    "repeated_weights": lambda: repeated(
        clusters=TWICE["cluster"].to_numpy(), covariates=TWICE[["z"]].to_numpy(), weights=TWICE["weight"].to_numpy()
    ),
    "repeated_cr1": lambda: repeated(clusters=TWICE["cluster"].to_numpy(), rule="CR1"),
    "repeated_units": repeated,
    "collapsed_clusters": lambda: collapsed(TWICE, "cluster", 2023),
    "collapsed_units": lambda: collapsed(D, "unit", 2022, "cluster"),
}


@pytest.mark.parametrize("case", CASES)
def test_effect_is_that_of_r(case: str) -> None:
    told, found = figures("differences")[case], CASES[case]()
    for figure, value in told.items():
        np.testing.assert_allclose(getattr(found, figure), value, rtol=RELATIVE, err_msg=figure)


def test_what_stands_beside() -> None:
    told = figures("differences")
    np.testing.assert_allclose(
        panel(covariates=X).details["ancova_effect"], told["panel_ancova"]["effect"], rtol=RELATIVE
    )
    beside = CASES["repeated"]().details
    for figure in ("effect", "se", "df", "p"):
        np.testing.assert_allclose(beside[f"collapsed_{figure}"], told["collapsed_clusters"][figure], rtol=RELATIVE)
    assert 0 < beside["wild_bootstrap_p"] < 1


def followed(rows: pd.DataFrame, *, by_unit: bool = True, **asked: object) -> EventStudy:
    return event_study(
        rows["y"].to_numpy(), rows["treated"].to_numpy() == 1, periods=rows["period"].to_numpy(), first_treated=2022,
        units=rows["unit"].to_numpy() if by_unit else None, clusters=rows["cluster"].to_numpy(), **asked,
    )  # fmt: skip


EVENTS: dict[str, Callable[[], EventStudy]] = {
    "event_balanced": lambda: followed(D),
    "event_unbalanced": lambda: followed(KEPT, covariates=KEPT[["z"]].to_numpy()),
    "event_weighted": lambda: followed(KEPT, covariates=KEPT[["z"]].to_numpy(), weights=KEPT["weight"].to_numpy()),
    "event_groups": lambda: followed(KEPT, by_unit=False, covariates=KEPT[["z"]].to_numpy()),
}


@pytest.mark.parametrize("case", EVENTS)
def test_event_study_is_that_of_r(case: str) -> None:
    told, found = figures("differences")[case], EVENTS[case]()
    assert found.reference == -1
    assert found.periods == (-3, -2, 0, 1, 2)
    for period, effect in zip(found.periods, found.effects, strict=True):
        for figure in ("effect", "se", "df", "p"):
            value = told[f"{figure}_e{2022 + period}"]
            np.testing.assert_allclose(getattr(effect, figure), value, rtol=RELATIVE, err_msg=f"{figure} at {period}")
    for figure in ("effect", "se", "df", "low", "high"):
        np.testing.assert_allclose(getattr(found.average, figure), told[figure], rtol=RELATIVE, err_msg=figure)
    errors = [effect.se for effect in found.effects]
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), errors, rtol=RELATIVE)
    np.testing.assert_allclose(np.sqrt(found.covariance[2:, 2:].mean()), told["se"], rtol=RELATIVE)
    for figure in ("f", "df1", "df2", "p"):
        name = f"pretrend_{figure}"
        np.testing.assert_allclose(found.average.details[name], told[name], rtol=RELATIVE, err_msg=name)


def test_a_long_panel_and_a_wide_one_give_the_same_effect() -> None:
    rows = D[D["period"].isin([2021, 2023])]
    wide, long = panel(clusters=VILLAGES), followed(rows)
    for figure in ("effect", "se", "df", "p", "n_treated", "n_control", "clusters_treated", "sd"):
        np.testing.assert_allclose(getattr(long.average, figure), getattr(wide, figure), rtol=RELATIVE, err_msg=figure)
    assert long.pretrend is None
    assert long.average.cautions == ("no-pretrend-test",)


def test_units_are_the_clusters_of_a_panel_without_others() -> None:
    found = event_study(
        D["y"].to_numpy(), D["treated"].to_numpy() == 1, periods=D["period"].to_numpy(), first_treated=2022,
        units=D["unit"].to_numpy(),
    )  # fmt: skip
    assert found.average.se_rule == "CR1"  # 82 units: many clusters
    assert found.pretrend is not None
    assert found.pretrend.df2 == D["unit"].nunique() - 1
    assert found.pretrend.p == pytest.approx(fdtrc(2, found.pretrend.df2, found.pretrend.f))


def test_one_treated_cluster_is_refused_or_answered_by_permutation_alone() -> None:
    """One village treated among fourteen: errors by cluster would make anything significant."""
    alone = AFTER["cluster"].to_numpy() == 4
    asked = {"baseline": BEFORE["y"].to_numpy(), "clusters": VILLAGES}
    with pytest.raises(RefusedEffect) as refused:
        difference_in_differences(AFTER["y"].to_numpy(), alone, **asked)
    assert refused.value.code == "too-few-clusters"
    found = difference_in_differences(AFTER["y"].to_numpy(), alone, few_treated="permutation", **asked)
    change = pd.Series(AFTER["y"].to_numpy() - BEFORE["y"].to_numpy())
    effects = {
        village: change[village == VILLAGES].mean() - change[village != VILLAGES].mean() for village in range(1, 15)
    }
    assert found.effect == pytest.approx(effects[4], rel=RELATIVE)
    assert found.p == np.mean([abs(effect) >= abs(effects[4]) - 1e-9 for effect in effects.values()])
    assert found.se is None
    assert found.cautions == ("one-treated-cluster",)


def late(rows: pd.DataFrame) -> pd.Series:
    return rows["period"] > 2022


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("empty-cell", lambda: repeated(TWICE[(TWICE["period"] == 2023) | (TWICE["treated"] == 1)])),
        ("unit-absent-in-a-period", lambda: collapsed(KEPT, "unit", 2024)),
        ("no-period-before", lambda: followed(D[D["period"] >= 2022])),
        ("no-period-after", lambda: followed(D[D["period"] < 2022])),
        ("empty-cell", lambda: followed(D[(D["period"] < 2024) | (D["treated"] == 1)])),
        (
            "unit-in-both-arms",
            lambda: followed(D.assign(treated=D["treated"].where((D["unit"] > 1) | (D["period"] > 2022), 1))),
        ),
        ("unit-in-two-clusters", lambda: followed(D.assign(cluster=D["cluster"].where(late(D), 1)))),
        ("missing-values", lambda: followed(D.assign(y=D["y"].where(D["period"] > 2019)))),
    ],
)
def test_refusals(code: str, asked: Callable[[], object]) -> None:
    with pytest.raises(RefusedEffect) as refused:
        asked()
    assert refused.value.code == code


@pytest.mark.parametrize("case", [*CASES, *EVENTS])
def test_row_order_does_not_count(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def answered() -> EffectEstimate:
        return CASES[case]() if case in CASES else EVENTS[case]().average

    found = answered()
    order = np.random.default_rng(6).permutation(len(AFTER))
    for name in ("VILLAGES", "X", "WEIGHTS"):
        monkeypatch.setitem(globals(), name, globals()[name][order])
    for name in ("AFTER", "BEFORE"):
        monkeypatch.setitem(globals(), name, globals()[name].iloc[order])
    for name in ("D", "KEPT", "TWICE"):
        monkeypatch.setitem(globals(), name, globals()[name].sample(frac=1, random_state=6))
    again = answered()
    for figure in ("effect", "se", "df", "low", "high", "p", "sd"):
        np.testing.assert_allclose(getattr(again, figure), getattr(found, figure), rtol=1e-12, err_msg=figure)
