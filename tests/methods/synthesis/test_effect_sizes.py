"""Effect sizes agree with R (metafor 3.8.1, effectsize 0.8.3, survival 3.5-3); `tests/reference/effect_sizes.R` wrote
the figures, each with its call."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from impact_pipeline.methods.synthesis import conversions
from impact_pipeline.methods.synthesis.effect_sizes import (
    EffectSize,
    Group,
    cliff_delta,
    difference_of_changes,
    glass_delta,
    hedges_g,
    noncentral_t_interval,
    small_sample_factor,
    standardised_change,
    standardised_effect,
)
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis
from impact_pipeline.methods.synthesis.two_by_two import (
    TwoByTwo,
    exact_odds_ratio,
    log_odds_ratio,
    log_risk_ratio,
    risk_difference,
)

REFERENCE = Path(__file__).parents[2] / "reference"
FIGURES = pd.read_csv(REFERENCE / "effect_sizes_figures.csv").set_index(["case", "figure"])["value"]
RELATIVE = 1e-12  # closed forms: R prints 15 digits
EXACT = 1e-9  # limits of exact laws: two root searches, and R's own noncentral t
FISHER = 2e-3  # R's fisher.test stops its search at 1.2e-4 of a ratio between 0 and 1
SEARCHED = 1e-3  # effectsize searches noncentral limits by optim, to about 1e-4

GROUPS = {
    "small": (Group(23.1, 4.2, 8), Group(20.4, 5.1, 9)),
    "unequal": (Group(14.2, 3.9, 40), Group(13.1, 4.4, 12)),
    "negative": (Group(3.3, 1.2, 15), Group(4.6, 2.9, 60)),
    "large": (Group(50.31, 11.8, 900), Group(49.02, 12.3, 850)),
    "strong": (Group(12.0, 2.0, 25), Group(5.5, 2.2, 24)),
}
TABLES = {
    "bcg1": TwoByTwo(4, 123, 11, 139),
    "zero": TwoByTwo(0, 20, 4, 22),
    "common": TwoByTwo(56, 70, 48, 80),
    "small": TwoByTwo(3, 9, 1, 11),
}


def sample() -> tuple[np.ndarray, np.ndarray]:
    frame = pd.read_csv(REFERENCE / "effect_sizes_sample.csv")
    return tuple(frame.loc[frame["group"] == name, "value"].to_numpy() for name in ("treated", "control"))  # type: ignore[return-value]


def group(values: np.ndarray) -> Group:
    return Group(float(values.mean()), float(values.std(ddof=1)), len(values))


@pytest.mark.parametrize("case", GROUPS)
def test_hedges_g_and_glass_delta_match_metafor(case: str) -> None:
    treated, control = GROUPS[case]
    g, unbiased = hedges_g(treated, control), hedges_g(treated, control, variance="unbiased")
    glass = glass_delta(treated, control)
    assert_allclose(
        [g.value, g.variance, unbiased.variance, glass.value, glass.variance],
        [FIGURES[case, name] for name in ("g", "g_variance", "g_variance_unbiased", "glass", "glass_variance")],
        rtol=RELATIVE,
    )


@pytest.mark.parametrize("case", GROUPS)
def test_the_interval_of_g_is_that_of_the_noncentral_t(case: str) -> None:
    g = hedges_g(*GROUPS[case])
    assert_allclose([g.low, g.high], [FIGURES[case, "g_low"], FIGURES[case, "g_high"]], rtol=EXACT)


def test_hedges_g_of_a_sample_matches_effectsize() -> None:
    g = hedges_g(*map(group, sample()))
    assert_allclose(g.value, FIGURES["sample", "effectsize_g"], rtol=RELATIVE)
    found, told = (g.low, g.high), (FIGURES["sample", "effectsize_low"], FIGURES["sample", "effectsize_high"])
    assert_allclose(found, told, rtol=SEARCHED)


@pytest.mark.parametrize("case", GROUPS)
def test_an_effect_that_nothing_adjusts_has_the_interval_of_hedges_g(case: str) -> None:
    treated, control = GROUPS[case]
    df = treated.n + control.n - 2
    sd = math.sqrt(((treated.n - 1) * treated.sd**2 + (control.n - 1) * control.sd**2) / df)
    se = sd * math.sqrt(1 / treated.n + 1 / control.n)
    found, told = standardised_effect(treated.mean - control.mean, se, sd, df), hedges_g(treated, control)
    assert_allclose([found.value, found.low, found.high], [told.value, told.low, told.high], rtol=RELATIVE)


def test_the_variance_of_an_adjusted_effect_is_that_of_repeated_trials() -> None:
    """8,000 trials of 20 and 20 people with a covariate that explains half of the outcome: the mean of the variances
    told is the variance of the effects found."""
    rng, told, found = np.random.default_rng(20260202), [], []
    arm = np.repeat([0.0, 1.0], 20)
    for _ in range(8_000):
        covariate = rng.normal(size=40)
        y = 0.8 * arm + math.sqrt(0.5) * covariate + math.sqrt(0.5) * rng.normal(size=40)
        x = np.column_stack([np.ones(40), arm, covariate])
        inverse = np.linalg.inv(x.T @ x)
        b = inverse @ x.T @ y
        residual = y - x @ b
        se = math.sqrt(residual @ residual / 37 * inverse[1, 1])
        sd = math.sqrt((y[:20].var(ddof=1) + y[20:].var(ddof=1)) / 2)
        g = standardised_effect(b[1], se, sd, 38)
        told.append(g.variance)
        found.append(g.value)
    assert_allclose(np.mean(found), 0.8, atol=0.01)
    assert_allclose(np.mean(told), np.var(found, ddof=1), rtol=0.05)


@pytest.mark.parametrize("correlation", [0.3, 0.62])
def test_a_change_is_standardised_by_the_deviation_before_as_metafor_does(correlation: float) -> None:
    change = standardised_change(Group(51.7, 9.8, 46), 55.2, correlation)
    case = f"smcr{correlation:g}"
    assert_allclose([change.value, change.variance], [FIGURES[case, "g"], FIGURES[case, "variance"]], rtol=RELATIVE)


def test_changes_of_two_groups_subtract_and_their_variances_add() -> None:
    treated = standardised_change(Group(51.7, 9.8, 46), 55.2, 0.62)
    control = standardised_change(Group(50.1, 10.4, 44), 50.4, 0.55)
    both = difference_of_changes(treated, control)
    assert_allclose(both.value, FIGURES["smcr0.62", "g"] - FIGURES["smcr-control", "g"], rtol=RELATIVE)
    told = FIGURES["smcr0.62", "variance"] + FIGURES["smcr-control", "variance"]
    assert_allclose(both.variance, told, rtol=RELATIVE)


@pytest.mark.parametrize("case", TABLES)
@pytest.mark.parametrize(("measure", "function"), [("OR", log_odds_ratio), ("RR", log_risk_ratio)])
def test_ratios_match_metafor(case: str, measure: str, function) -> None:  # type: ignore[no-untyped-def]
    found: EffectSize = function(TABLES[case])
    told = [FIGURES[case, measure], FIGURES[case, f"{measure}_variance"]]
    assert_allclose([found.value, found.variance], told, rtol=RELATIVE)
    assert (found.cautions == ("zero-cell",)) == (case == "zero")


@pytest.mark.parametrize("case", TABLES)
def test_differences_of_risks_match_metafor_and_newcombe(case: str) -> None:
    found = risk_difference(TABLES[case])
    told = [FIGURES[case, f"RD_{name}"] for name in ("variance", "low", "high")]
    assert_allclose([found.variance, found.low, found.high], told, rtol=EXACT)
    if case != "zero":  # with a zero, metafor moves the difference itself by its halves
        assert_allclose(found.value, FIGURES[case, "RD"], rtol=RELATIVE)


def test_newcombes_published_interval() -> None:
    """Newcombe 1998, table II: 56/70 against 48/80, method 10."""
    found = risk_difference(TwoByTwo(56, 70, 48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize("case", [name for name in TABLES if name != "zero"])
def test_the_exact_odds_ratio_is_fishers(case: str) -> None:
    found = exact_odds_ratio(TABLES[case])
    told = [FIGURES[case, name] for name in ("exact", "exact_low", "exact_high")]
    assert_allclose([found.value, found.low, found.high], told, rtol=EXACT)
    searched = [FIGURES[case, name] for name in ("fisher", "fisher_low", "fisher_high")]
    assert_allclose([found.value, found.low, found.high], searched, rtol=FISHER)


def test_cliffs_delta_matches_effectsize_and_the_jackknife_of_concordance() -> None:
    treated, control = sample()
    found = cliff_delta(treated, control)
    assert_allclose(found.value, FIGURES["sample", "cliff"], rtol=RELATIVE)
    over = np.sign(treated[:, None] - control[None, :])
    parts = [over.mean(axis=1).var() / len(treated), over.mean(axis=0).var() / len(control)]
    assert_allclose(sum(parts), FIGURES["sample", "cliff_jackknife_variance"], rtol=RELATIVE)
    unbiased = [part * n / (n - 1) for part, n in zip(parts, (len(treated), len(control)), strict=True)]
    assert_allclose(found.variance, sum(unbiased), rtol=RELATIVE)
    assert -1 < found.low < found.value < found.high < 1


def test_cliffs_delta_counts_ties_for_neither() -> None:
    a, b = np.array([1, 2, 2, 3, 3, 3, 4, 5, 5, 5.0]), np.array([1, 1, 2, 2, 2, 3, 4, 4.0])
    assert_allclose(cliff_delta(a, b).value, FIGURES["ties", "cliff"], rtol=RELATIVE)


def test_conversions_match_r() -> None:
    odds = log_odds_ratio(TABLES["common"])
    z = conversions.fisher_z(0.37, 41)
    found = {
        "smd_of_log_odds": conversions.smd_of_log_odds(odds.value, odds.variance)[0],
        "smd_of_log_odds_variance": conversions.smd_of_log_odds(odds.value, odds.variance)[1],
        "correlation_of_smd": conversions.correlation_of_smd(0.42, 30, 45),
        "risk_ratio": conversions.risk_ratio_of_odds_ratio(2.3, 0.31),
        "fisher_z": z[0],
        "fisher_z_variance": z[1],
        "superiority": conversions.probability_of_superiority(0.42),
        "u3": conversions.share_above_comparison_mean(0.42),
        "overlap": conversions.overlap(0.42),
    }
    assert_allclose(list(found.values()), [FIGURES["conversion", name] for name in found], rtol=RELATIVE)
    back = conversions.log_odds_of_smd(*conversions.smd_of_log_odds(0.7, 0.04))
    assert_allclose(back, (0.7, 0.04), rtol=RELATIVE)
    d = conversions.smd_of_t(FIGURES["sample", "t"], 30, 25)
    assert_allclose(d, FIGURES["sample", "d_of_t"], rtol=RELATIVE)


def test_the_small_sample_factor_is_exact() -> None:
    """J(4) = Gamma(2)/(sqrt(2) Gamma(3/2)) = sqrt(2/pi); the approximation 1 - 3/(4m-1) gives 0.8."""
    assert_allclose(small_sample_factor(4), math.sqrt(2 / math.pi), rtol=RELATIVE)


def test_noncentral_limits_reach_far() -> None:
    low, high = noncentral_t_interval(80.0, 12, 0.95)
    assert 40 < low < 80 < high < 120


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("too-few-units", lambda: Group(1.0, 1.0, 1)),
        ("no-spread", lambda: Group(1.0, 0.0, 10)),
        ("no-spread", lambda: standardised_effect(1.0, 0.0, 2.0, 10)),
        ("no-correlation", lambda: standardised_change(Group(1.0, 1.0, 10), 2.0, 1.0)),
        ("impossible-counts", lambda: TwoByTwo(11, 10, 0, 10)),
        ("no-event", lambda: log_odds_ratio(TwoByTwo(0, 10, 0, 12))),
        ("no-event", lambda: log_risk_ratio(TwoByTwo(10, 10, 12, 12))),
        ("infinite-odds", lambda: exact_odds_ratio(TwoByTwo(0, 20, 4, 22))),
        ("no-spread", lambda: cliff_delta(np.array([3.0, 4.0]), np.array([1.0, 2.0]))),
        ("mixed-measures", lambda: difference_of_changes(hedges_g(*GROUPS["small"]), hedges_g(*GROUPS["small"]))),
    ],
)
def test_what_cannot_be_told_is_refused(code: str, made) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RefusedSynthesis) as refused:
        made()
    assert refused.value.code == code
