"""Outcomes that are tested together have p values adjusted as their study declares (tests/reference/power.R)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.methods.impact.reference import figures, units
from tests.methods.made_programme import field
from tests.methods.studies.made_study import Made, made, outcome

from impact_pipeline.methods.impact.inference import SEED
from impact_pipeline.methods.impact.multiplicity import adjust, romano_wolf

EXACT = 1e-9
TOLD, TABLE = figures("multiplicity"), units("multiplicity_units")
NAMES = ["y1", "y2", "y3", "y4"]
FRAME = TABLE.assign(
    unit=[f"u{n:03}" for n in range(len(TABLE))],
    wave="w1",
    arm=TABLE["arm"] == 1,
    place="p" + TABLE["cluster"].astype(str),
)
FIELDS = [*(field(name) for name in [*NAMES, "x"]), field("arm", "boolean"), field("place", "text")]
TRIAL: dict[str, Any] = {
    "design": "cluster-randomised", "treatment": "arm = true", "cluster": "place", "covariates": ["x"],
    "assignment": {"mechanism": "random", "level": "cluster"}, "estimators": ["ancova"],
}  # fmt: skip
AFTER = TRIAL | {
    "waves": {"follow_up": "w1"}, "outcomes": [outcome(name, has_baseline=False) for name in NAMES],
}  # fmt: skip


def answers(told: Made) -> pd.DataFrame:
    rows = told.table("effect")
    return rows[rows["is_main"]].set_index(["outcome", "wave"])


def test_romano_wolf_is_r_s_enumeration(tmp_path: Path) -> None:
    """An outcome that three people did not tell is tested without them, and with the others."""
    found = answers(made(tmp_path, FRAME, AFTER | {"multiplicity": "romano-wolf"}, FIELDS)).droplevel("wave")
    np.testing.assert_allclose(
        found.loc[NAMES, "p_adjusted"].astype(float), list(TOLD["romano_wolf_p_adjusted"].values()), rtol=EXACT
    )


def test_baselines_are_of_their_outcome_alone(tmp_path: Path) -> None:
    asked = [
        outcome("y1", baseline="y2"), outcome("y3", has_baseline=False), outcome("y4", baseline="y3"),
    ]  # fmt: skip
    study = TRIAL | {"waves": {"follow_up": "w1"}, "outcomes": asked, "multiplicity": "romano-wolf"}
    found = answers(made(tmp_path, FRAME, study, FIELDS)).droplevel("wave")
    np.testing.assert_allclose(
        found.loc[["y1", "y3", "y4"], "p_adjusted"].astype(float),
        list(TOLD["romano_wolf_own_p_adjusted"].values()), rtol=EXACT,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["holm", "benjamini-hochberg", "sharpened"])
def test_other_adjustments_are_declared_too(tmp_path: Path, method: Any) -> None:
    found = answers(made(tmp_path, FRAME, AFTER | {"multiplicity": method}, FIELDS))
    expected = adjust(found["p"].to_numpy(float), method)
    np.testing.assert_allclose(found["p_adjusted"].astype(float), expected, rtol=EXACT)
    usual = answers(made(tmp_path / "usual", FRAME, AFTER, FIELDS))
    assert list(usual["p_adjusted"]) == pytest.approx(list(adjust(usual["p"].to_numpy(float), "benjamini-hochberg")))


def test_primary_outcomes_are_a_family_of_their_own(tmp_path: Path) -> None:
    asked = [outcome(name, has_baseline=False, role="primary" if name == "y2" else "secondary") for name in NAMES]
    found = answers(made(tmp_path, FRAME, AFTER | {"outcomes": asked, "multiplicity": "romano-wolf"}, FIELDS))
    assert found.loc[("y2", "w1"), "p_adjusted"] == pytest.approx(list(TOLD["romano_wolf_p"].values())[1], rel=EXACT)


def two_follow_ups(n: int = 40) -> pd.DataFrame:
    """People of twelve places at a baseline and two follow-up waves; at each some are not seen, other people each time,
    and a place is seen at the last wave alone."""
    draws = np.random.default_rng(5)
    unit, trait = np.arange(n), draws.normal(size=n)
    frames = [
        pd.DataFrame({
            "unit": [f"u{i:02}" for i in unit], "wave": wave, "x": trait.round(3), "arm": unit % 12 % 2 == 0,
            "place": [f"p{i % 12:02}" for i in unit], **{
                name: trait + size * (unit % 2 == 0) * (t > 0) + draws.normal(scale=0.5, size=n)
                for name, size in zip(NAMES, (0.6, 0.2, 0.0, 0.4), strict=True)
            },
        })[draws.random(n) > 0.1 * t]
        for t, wave in enumerate(["w0", "w1", "w2"])
    ]  # fmt: skip
    late = frames[2].head(1).assign(unit="late", place="a00")
    return pd.concat([*frames, late], ignore_index=True)


@pytest.mark.parametrize("design", ["randomised", "difference-in-differences"])
def test_the_same_people_at_two_waves_are_drawn_together(tmp_path: Path, design: str) -> None:
    frame = two_follow_ups()
    mechanism = "random" if design == "randomised" else "administrative"
    told = made(tmp_path, frame, {
        "design": design, "treatment": "arm = true", "assignment": {"mechanism": mechanism}, "cluster": "place",
        "waves": {"baseline": "w0", "follow_up": ["w1", "w2"]}, "outcomes": [outcome(name) for name in NAMES[:2]],
        "multiplicity": "romano-wolf",
    }, FIELDS)  # fmt: skip
    wide = frame[frame["unit"] != "late"].pivot(index="unit", columns="wave", values=NAMES[:2])
    first = frame[frame["wave"] == "w0"].set_index("unit").loc[wide.index]
    places = [(name, wave) for name in NAMES[:2] for wave in ("w1", "w2")]
    befores = [wide[name, "w0"].to_numpy()[:, None] for name, _ in places]
    outcomes = wide[places].to_numpy()
    changes = design == "difference-in-differences"
    direct = romano_wolf(
        outcomes - np.hstack(befores) if changes else outcomes, first["arm"].to_numpy(bool),
        own=None if changes else befores, clusters=np.unique(first["place"], return_inverse=True)[1], seed=SEED,
    )  # fmt: skip
    found = answers(told).loc[places, "p_adjusted"].astype(float)
    np.testing.assert_allclose(found, direct.p_adjusted, rtol=EXACT)
    assert direct.exact
