"""Each declared design is answered by its estimator, called on the study's arrays: the same figures as a direct call.

The estimators have their own tests against R; what is held here is that the right one is given the right arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import field
from tests.methods.studies.made_study import Made, made, outcome

from impact_pipeline.methods.impact import cluster_trials, comparison_groups
from impact_pipeline.methods.impact.before_after import before_after
from impact_pipeline.methods.impact.differences import repeated_cross_sections
from impact_pipeline.methods.impact.discontinuity import regression_discontinuity
from impact_pipeline.methods.impact.doubly_robust import doubly_robust
from impact_pipeline.methods.impact.effect import EffectEstimate
from impact_pipeline.methods.impact.event_studies import event_study
from impact_pipeline.methods.impact.honest_bounds import Trends, breakdown
from impact_pipeline.methods.impact.inference import SEED
from impact_pipeline.methods.impact.instruments import two_stage_least_squares
from impact_pipeline.methods.impact.interrupted import interrupted_series
from impact_pipeline.methods.impact.sensitivity import robustness
from impact_pipeline.methods.impact.staggered import callaway_santanna

EXACT = 1e-9  # figures are published to the digits of the programme: fifteen here
WAVES = ["w0", "w1", "w2", "w3"]
FIELDS = [
    field("y"), field("arm", "boolean"), field("x"), field("score"), field("offer", "boolean"), field("place", "text"),
    field("start", "text"),
]  # fmt: skip
BASE = {"treatment": "arm = true", "waves": {"baseline": "w0", "follow_up": "w1"}, "outcomes": [outcome()]}


def panel(n: int = 160, seed: int = 11, waves: Sequence[str] = WAVES) -> pd.DataFrame:
    """n units over the waves; the arm follows from x and chance, by place for half of them; a true effect of 1."""
    draws = np.random.default_rng(seed)
    x, place = draws.normal(size=n).round(3), np.arange(n) // 8
    offer = draws.random(n) < 0.5
    score = draws.uniform(-1, 1, n).round(4)
    arm = (place % 2 == 1) ^ (draws.random(n) < 0.15) ^ (x > 1.5)
    start = np.where(place % 3 == 0, "w1", np.where(place % 3 == 1, "w2", ""))
    rows = []
    for t, wave in enumerate(waves):
        y = x + 0.3 * t + 1.0 * arm * (t >= 1) + draws.normal(scale=0.6, size=n)
        rows.append(pd.DataFrame({
            "unit": [f"u{i:03}" for i in range(n)], "wave": wave, "y": y.round(4), "arm": arm, "x": x, "score": score,
            "offer": offer, "place": [f"p{p:02}" for p in place], "start": [s or None for s in start],
        }))  # fmt: skip
    return pd.concat(rows).sort_values(["unit", "wave"]).reset_index(drop=True)


FRAME = panel()
FIRST = FRAME[FRAME["wave"] == "w0"].reset_index(drop=True)
AFTER = FRAME[FRAME["wave"] == "w1"].reset_index(drop=True)
Y, Y0, D = AFTER["y"].to_numpy(), FIRST["y"].to_numpy(), FIRST["arm"].to_numpy()
X, PLACES = FIRST[["x"]].to_numpy(), np.unique(FIRST["place"], return_inverse=True)[1]
LONG_PLACES = np.unique(FRAME["place"], return_inverse=True)[1]
UNITS, PERIODS = np.unique(FRAME["unit"], return_inverse=True)[1], np.unique(FRAME["wave"], return_inverse=True)[1]


def study(tmp_path: Path, **more: Any) -> Made:
    return made(tmp_path, FRAME, BASE | more, FIELDS)


def same(row: pd.Series, found: EffectEstimate) -> None:
    for name in ("effect", "se", "df", "low", "high", "p"):
        expected = getattr(found, name)
        assert (pd.isna(row[name]) and expected is None) or row[name] == pytest.approx(expected, rel=EXACT)
    assert row["se_rule"] == found.se_rule


def test_a_trial_of_few_clusters_is_answered_by_their_means_and_others_stand_beside(tmp_path: Path) -> None:
    frame = FRAME.assign(arm=FRAME["place"].str[1:].astype(int) % 2 == 1)
    told = made(tmp_path, frame, BASE | {
        "design": "cluster-randomised", "assignment": {"mechanism": "random", "level": "cluster"}, "cluster": "place",
    }, FIELDS)  # fmt: skip
    d = frame[frame["wave"] == "w0"]["arm"].to_numpy()
    assert told.effect("y")["estimator"] == "cluster_means"
    same(told.effect("y"), cluster_trials.cluster_means(Y, d, clusters=PLACES, covariates=Y0[:, None]))
    same(told.effect("y", "mixed_model"), cluster_trials.mixed(Y, d, clusters=PLACES, covariates=Y0[:, None]))
    assert told.effect("y")["evidence_ceiling"] == 5


def test_groups_made_alike_by_weights_are_balanced_in_covariates_and_the_outcome_before(tmp_path: Path) -> None:
    told = study(
        tmp_path, design="weighting", assignment={"mechanism": "self"}, covariates=["x"],
        estimators=["entropy_balancing", "inverse_probability", "doubly_robust"],
    )  # fmt: skip
    columns = np.column_stack([Y0, X])
    same(told.effect("y"), comparison_groups.entropy_balancing(Y, D, covariates=columns))
    same(told.effect("y", "inverse_probability"), comparison_groups.inverse_probability(Y, D, covariates=columns))
    same(told.effect("y", "doubly_robust"), doubly_robust(Y, D, covariates=columns))
    rows = told.table("balance").set_index(["variable", "adjusted"])
    assert abs(rows.loc[("x", True), "smd"]) < 1e-9 < abs(rows.loc[("x", False), "smd"])
    assert told.effect("y")["evidence_ceiling"] == 3
    hidden = robustness(Y, D, covariates=columns)
    strongest = max(min(item.r2_treatment, item.r2_outcome) for item in hidden.benchmarks)
    looked = told.table("evidence").set_index("rule").loc["hidden-confounder"]
    assert looked["figure"] == pytest.approx(hidden.rv, rel=EXACT)
    assert looked["threshold"] == pytest.approx(strongest, rel=EXACT)
    assert looked["fired"] == (hidden.rv < strongest)


def test_new_units_at_each_wave_are_repeated_cross_sections(tmp_path: Path) -> None:
    told = study(
        tmp_path, design="difference-in-differences", assignment={"mechanism": "administrative"}, follows="new-units",
        cluster="place",
    )  # fmt: skip
    both = FRAME[FRAME["wave"].isin(["w0", "w1"])]
    direct = repeated_cross_sections(
        both["y"].to_numpy(), both["arm"].to_numpy(), after=(both["wave"] == "w1").to_numpy(),
        clusters=np.unique(both["place"], return_inverse=True)[1],
    )  # fmt: skip
    assert told.effect("y")["estimator"] == "repeated_cross_sections"
    same(told.effect("y"), direct)


def test_waves_before_make_an_event_study_whose_leads_are_graded(tmp_path: Path) -> None:
    told = study(
        tmp_path, design="difference-in-differences", assignment={"mechanism": "administrative"}, cluster="place",
        waves={"pre": ["w0", "w1"], "baseline": "w2", "follow_up": "w3"},
    )  # fmt: skip
    direct = event_study(
        FRAME["y"].to_numpy(), FRAME["arm"].to_numpy(), periods=PERIODS, first_treated=3, units=UNITS,
        clusters=LONG_PLACES,
    )  # fmt: skip
    same(told.effect("y", "event_study"), direct.average)
    looked = told.table("evidence").set_index("rule")
    assert looked.loc["pre-trend", "figure"] == pytest.approx(direct.average.details["pretrend_p"], rel=EXACT)
    assert looked.loc["few-pre-waves", "figure"] == 3
    assert looked.loc["trend-break", "figure"] == pytest.approx(breakdown(Trends.of(direct), seed=SEED), rel=EXACT)
    assert told.effect("y")["is_main"]
    assert told.effect("y")["estimator"] == "difference_in_differences"


def test_staggered_starts_are_compared_with_those_who_never_start(tmp_path: Path) -> None:
    told = study(
        tmp_path, design="staggered", treatment="start is not null",
        assignment={"mechanism": "administrative", "first_treated": "start"},
        waves={"baseline": "w0", "follow_up": ["w1", "w2", "w3"]}, outcomes=[outcome(wave="w3")],
        estimators=["callaway_santanna"],
    )  # fmt: skip
    started = FRAME["start"].map({"w1": 1, "w2": 2}).fillna(99).to_numpy()
    direct = callaway_santanna(FRAME["y"].to_numpy(), started <= PERIODS, units=UNITS, periods=PERIODS)
    same(told.effect("y"), direct.overall)
    assert told.table("evidence").set_index("rule").loc["naive-staggered", "fired"] == False  # noqa: E712


def test_a_threshold_is_a_discontinuity_of_level_four(tmp_path: Path) -> None:
    frame = panel(600, seed=5)
    frame["arm"] = frame["score"] >= 0.1
    told = made(tmp_path, frame, BASE | {
        "design": "regression-discontinuity", "outcomes": [outcome(has_baseline=False)],
        "assignment": {"mechanism": "threshold", "running": "score", "cutoff": 0.1},
    }, FIELDS)  # fmt: skip
    late = frame[frame["wave"] == "w1"]
    direct = regression_discontinuity(
        late["y"].to_numpy(), late["arm"].to_numpy(), score=late["score"].to_numpy(), threshold=0.1
    )
    same(told.effect("y"), direct)
    assert told.effect("y")["evidence_ceiling"] == 4


def test_an_instrument_moves_the_treatment(tmp_path: Path) -> None:
    frame = FRAME.assign(arm=FRAME["offer"] & (FRAME["x"] > -0.5))
    told = made(tmp_path, frame, BASE | {
        "design": "instrumental-variable", "assignment": {"mechanism": "instrument", "instrument": "offer"},
    }, FIELDS)  # fmt: skip
    d = frame[frame["wave"] == "w0"]["arm"].to_numpy()
    direct = two_stage_least_squares(
        Y, d, instruments=FIRST[["offer"]].to_numpy().astype(float), covariates=Y0[:, None]
    )
    same(told.effect("y"), direct)
    assert told.effect("y")["estimand"] == "late"


def test_before_and_after_without_comparison_is_level_one_beside_what_was_to_be_expected(tmp_path: Path) -> None:
    chosen = {"population_mean": 1.0, "correlation": 0.6}
    told = study(
        tmp_path, design="before-after", treatment=None, assignment={"mechanism": "self"},
        outcomes=[outcome(selection=chosen)],
    )  # fmt: skip
    same(told.effect("y"), before_after(Y, baseline=Y0, **chosen))
    answer = told.effect("y")
    assert (answer["evidence_ceiling"], answer["evidence_level"], answer["certainty"]) == (1, 1, "very-low")
    expected = (1 - 0.6) * (1.0 - Y0.mean())
    assert told.fired("y")["selected-low"][0] == pytest.approx(expected, rel=EXACT)
    assert told.table("balance").empty


@pytest.mark.parametrize("compared", [False, True])
def test_a_series_of_waves_is_told_by_the_units_behind_each(tmp_path: Path, compared: bool) -> None:
    waves = [f"w{t}" for t in range(8)]
    frame = panel(60, seed=3, waves=waves)
    told = made(tmp_path, frame, BASE | {
        "design": "interrupted-series", "assignment": {"mechanism": "administrative"},
        "treatment": "arm = true" if compared else None,
        "waves": {"pre": waves[:3], "baseline": "w3", "follow_up": waves[4:]}, "outcomes": [outcome(wave="w7")],
    }, FIELDS)  # fmt: skip
    ours = frame[frame["arm"]] if compared else frame
    means = ours.groupby("wave")["y"].mean().to_numpy()
    others = frame[~frame["arm"]].groupby("wave")["y"].mean().to_numpy() if compared else None
    direct = interrupted_series(means, np.arange(8) >= 4, periods=np.arange(8), comparison=others)
    same(told.effect("y"), direct)
    fewest = [int(frame[frame["wave"] == "w0"]["arm"].sum()), 60]
    assert told.effect("y")["n_treated"] == fewest[0 if compared else 1]
    assert told.effect("y")["n_control"] == (60 - fewest[0] if compared else 0)
    assert told.effect("y")["evidence_ceiling"] == (3 if compared else 1)
