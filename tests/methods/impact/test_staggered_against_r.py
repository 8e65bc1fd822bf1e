"""Staggered treatments equal R's figures (tests/reference/staggered.R: base R from the papers, sandwich), and
diff-diff's where it needs no covariate."""

from __future__ import annotations

import numpy as np
import pytest
from diff_diff import CallawaySantAnna
from tests.methods.impact.reference import figures, units

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.staggered import callaway_santanna
from impact_pipeline.methods.impact.staggered_library import imputation, sun_abraham
from impact_pipeline.methods.impact.staggered_panel import StaggeredEffects

RELATIVE = 1e-9
SMALL = 1e-11  # absolute
D = units("staggered_units")
Y, TREATED, UNIT, PERIOD = (D[name].to_numpy() for name in ("y", "treated", "unit", "period"))
TREATED = TREATED == 1
X, W, CLUSTER = D[["x"]].to_numpy(), D["weight"].to_numpy(), D["cluster"].to_numpy()
TOLD = figures("staggered")
ASKED: dict[str, dict[str, object]] = {
    "never": {},
    "notyet": {"controls": "not-yet"},
    "clusters": {"clusters": CLUSTER},
    "weights": {"controls": "not-yet", "clusters": CLUSTER, "weights": W},
    "covariate": {"covariates": X},
    "covariate_weights": {"controls": "not-yet", "covariates": X, "clusters": CLUSTER, "weights": W},
}


def told(**asked: object) -> StaggeredEffects:
    return callaway_santanna(Y, TREATED, units=UNIT, periods=PERIOD, **asked)


def check(found: EffectEstimate, case: str) -> None:
    for figure, value in TOLD[case].items():
        said = found.details[figure] if figure in found.details else getattr(found, figure)
        np.testing.assert_allclose(said, value, rtol=RELATIVE, atol=SMALL, err_msg=f"{case} {figure}")


@pytest.mark.parametrize("name", ASKED)
def test_cells_and_averages_equal_r(name: str) -> None:
    found = told(**ASKED[name])
    assert len(found.cells) == 15
    for cell in found.cells:
        case = TOLD[f"{name}_cell_{cell.cohort}_{cell.period}"]
        np.testing.assert_allclose((cell.effect, cell.se), (case["effect"], case["se"]), rtol=RELATIVE, atol=SMALL)
    check(found.overall, f"{name}_overall")
    check(found.overall, f"{name}_pretrend")
    assert found.cohorts == (2020, 2021, 2023)
    for cohort, effect in zip(found.cohorts, found.by_cohort, strict=True):
        check(effect, f"{name}_cohort_{cohort}")
    assert found.event_times == tuple(range(-4, 4))
    for event, effect in zip(found.event_times, found.by_event, strict=True):
        check(effect, f"{name}_event_{event}")


def test_two_way_fixed_effects_equal_lm_and_are_a_warning() -> None:
    check(told().overall, "twfe")
    check(told(weights=W).overall, "twfe_weights")
    late = PERIOD - D["first"].to_numpy()
    strong = np.where(TREATED, Y + 8 * late, Y)
    found = callaway_santanna(strong, TREATED, units=UNIT, periods=PERIOD, controls="not-yet").overall
    assert "two-way-effects-mislead" in found.cautions


def test_cells_equal_those_of_the_library() -> None:
    theirs = CallawaySantAnna(control_group="not_yet_treated").fit(D, "y", "unit", "period", "first")
    ours = {(cell.cohort, cell.period): cell for cell in told(controls="not-yet").cells}
    assert len(theirs.group_time_effects) == len(ours)
    for key, cell in theirs.group_time_effects.items():
        mine = ours[int(key[0]), int(key[1])]
        np.testing.assert_allclose((mine.effect, mine.se), (cell["effect"], cell["se"]), rtol=RELATIVE, atol=SMALL)


@pytest.mark.parametrize("by", ["unit", "cluster"])
def test_sun_abraham_and_imputation_equal_r(by: str) -> None:
    asked = {"units": UNIT, "periods": PERIOD, "clusters": None if by == "unit" else CLUSTER}
    for name, found in (("sunab", sun_abraham(Y, TREATED, **asked)), ("bjs", imputation(Y, TREATED, **asked))):
        check(found.overall, f"{name}_{by}_all")
        assert found.event_times == ((-5, -4, -3, -2, 0, 1, 2, 3) if name == "sunab" else (0, 1, 2, 3))
        for event, effect in zip(found.event_times, found.by_event, strict=True):
            check(effect, f"{name}_{by}_{event}")


@pytest.mark.parametrize("estimator", [callaway_santanna, sun_abraham, imputation])
def test_no_figure_depends_on_the_order_of_rows(estimator: object) -> None:
    mixed = np.random.default_rng(8).permutation(len(Y))
    before = estimator(Y, TREATED, units=UNIT, periods=PERIOD, clusters=CLUSTER)
    after = estimator(Y[mixed], TREATED[mixed], units=UNIT[mixed], periods=PERIOD[mixed], clusters=CLUSTER[mixed])
    assert before == after


def test_incomplete_units_are_refused_or_dropped_and_told() -> None:
    kept = ~((UNIT == 3) & (PERIOD == 2020))
    asked = {"units": UNIT[kept], "periods": PERIOD[kept]}
    with pytest.raises(RefusedEffect, match="1 of 96") as refused:
        callaway_santanna(Y[kept], TREATED[kept], **asked)
    assert refused.value.code == "unbalanced-panel"
    found = callaway_santanna(Y[kept], TREATED[kept], incomplete="drop", **asked).overall
    whole = UNIT != 3
    other = callaway_santanna(Y[whole], TREATED[whole], units=UNIT[whole], periods=PERIOD[whole]).overall
    assert found.effect == other.effect
    assert found.details["units_dropped"] == 1
    assert "incomplete-units-dropped" in found.cautions


def refusal(**changed: np.ndarray) -> str:
    given = {"outcome": Y, "treated": TREATED, "units": UNIT, "periods": PERIOD} | changed
    with pytest.raises(RefusedEffect) as refused:
        callaway_santanna(given.pop("outcome"), given.pop("treated"), **given)
    return refused.value.code


def test_what_cannot_be_told_is_refused() -> None:
    assert refusal(treated=TREATED & (PERIOD != 2022)) == "treatment-ends"
    assert refusal(treated=TREATED | (PERIOD == 2023)) == "no-never-treated"
    assert refusal(treated=np.isin(UNIT, (1, 2))) == "no-cohort"
    assert refusal(units=np.maximum(UNIT, 2)) == "repeated-unit-period"
    assert refusal(clusters=PERIOD) == "unit-in-two-clusters"
    assert refusal(clusters=(D["first"].to_numpy() > 0).astype(int)) == "too-few-clusters"
    always = TREATED | (UNIT <= 8)
    for estimator in (sun_abraham, imputation):
        with pytest.raises(RefusedEffect) as refused:
            estimator(Y, always, units=UNIT, periods=PERIOD)
        assert refused.value.code == "always-treated"
    assert "cohort-left-out" in callaway_santanna(Y, always, units=UNIT, periods=PERIOD).overall.cautions
