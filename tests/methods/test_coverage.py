"""Intervals cover the truth about as often as they say: a short seeded simulation, samples of a known population."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.methods.made_programme import computed, declare, estimates, field, store

SAMPLES = 400
STANDARD_ERRORS = 3.5  # how far the coverage of that many samples may be from 95 %: about 3.8 points
PLACES, PEOPLE = 60, 40  # a stratum of the population: places, and people in each


def population(draw: np.random.Generator) -> pd.DataFrame:
    """Two strata of places of different levels: people of a place are alike."""
    frames = []
    for stratum, level in (("plain", 40.0), ("hill", 60.0)):
        place = np.repeat(np.arange(PLACES), PEOPLE)
        amount = level + draw.normal(0, 6, PLACES)[place] + draw.normal(0, 10, PLACES * PEOPLE)
        frames.append(pd.DataFrame({"stratum": stratum, "place": [f"{stratum}{p}" for p in place], "amount": amount}))
    return pd.concat(frames, ignore_index=True)


def sample(everybody: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Twelve places of the plain and eight of the hill, ten people in each; the weight undoes the unequal chances."""
    kept = []
    for stratum, places in (("plain", 12), ("hill", 8)):
        frame = everybody[everybody["stratum"] == stratum]
        for place in draw.choice(frame["place"].unique(), places, replace=False):
            people = frame[frame["place"] == place].sample(10, random_state=int(draw.integers(2**31)))
            kept.append(people.assign(weight=PLACES / places * PEOPLE / 10))
    return pd.concat(kept, ignore_index=True)


def test_intervals_of_a_mean_and_a_share_cover_the_truth_in_a_clustered_design(tmp_path: Path) -> None:
    draw = np.random.default_rng(20260101)
    everybody = population(draw)
    truth = {"mean": everybody["amount"].mean(), "share": (everybody["amount"] > 60).mean()}
    texts = [field(name, "text", required=True) for name in ("unit", "stratum", "place")]
    instrument: dict[str, Any] = {
        "instrument": "form", "version": 1, "kind": "survey", "title": "Form", "key": ["unit"],
        "design": {"weight": "weight", "stratum": "stratum", "psu": "place", "fpc": "places"},
        "fields": [*texts, field("weight", required=True), field("places", required=True), field("amount")],
    }  # fmt: skip
    indicators = [{"indicator": "mean", "value": "amount"}, {"indicator": "share", "value": "amount > 60"}]
    schemas = declare(tmp_path / "schemas", instrument, indicators)
    drawn = [sample(everybody, draw) for _ in range(SAMPLES)]
    frames = [
        ({"submission": f"s{n:04d}", "period": f"{n:04d}"},
         frame.assign(unit=[f"u{i}" for i in range(len(frame))], places=float(PLACES)))
        for n, frame in enumerate(drawn)
    ]  # fmt: skip
    found = estimates(computed(schemas, store(tmp_path, schemas, frames)))
    margin = STANDARD_ERRORS * (0.95 * 0.05 / SAMPLES) ** 0.5
    for indicator, value in truth.items():
        ours = found.loc[indicator]
        assert len(ours) == SAMPLES
        assert abs(((ours["low"] <= value) & (value <= ours["high"])).mean() - 0.95) < margin
        assert ours["deff"].mean() > 1.5  # people of a place are alike: the design matters, and ignoring it would show
