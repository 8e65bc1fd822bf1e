"""Likeness of studied and target places is that of base R (`tests/reference/transport.R`); what lies outside is
refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.methods.economics import Quantity
from impact_pipeline.methods.transport import (
    RefusedProjection,
    Similarity,
    project,
    similarity,
    weighted_effect,
)

REFERENCE = Path(__file__).parents[1] / "reference"
INTEGRATED, FITTED = 1e-8, 1e-7  # R's integrate; glm's own tolerance on linear predictors
TARGET = np.log(pd.read_csv(REFERENCE / "transport_target.csv").to_numpy())
SITES = pd.read_csv(REFERENCE / "transport_sites.csv")
FIGURES = pd.read_csv(REFERENCE / "transport_figures.csv").set_index("sites")


def sites(name: str) -> np.ndarray:
    return np.log(SITES.loc[SITES["sites"] == name, ["population", "density"]].to_numpy())


@pytest.mark.parametrize("name", list(FIGURES.index))
def test_likeness_is_that_of_base_r(name: str) -> None:
    found, figure = similarity(sites(name), TARGET), FIGURES.loc[name]
    assert found.index == pytest.approx(figure["index"], rel=INTEGRATED), figure["call"]
    assert list(found.differences) == pytest.approx([figure["population"], figure["density"]], rel=1e-10)
    assert found.outside == figure["outside"]
    assert found.weights.max() == pytest.approx(figure["heaviest"], rel=FITTED)
    assert found.effective_sites == pytest.approx(figure["effective"], rel=FITTED)


def test_weighting_the_sites_makes_them_like_the_target() -> None:
    found = similarity(sites("tilted"), TARGET)
    population = sites("tilted")[:, 0]  # of which the larger were drawn more often
    assert abs(found.weights @ population - TARGET[:, 0].mean()) < abs(population.mean() - TARGET[:, 0].mean()) / 2


def test_neither_the_order_of_places_nor_a_covariate_unit_matters() -> None:
    found = similarity(sites("near"), TARGET)
    turned = similarity(sites("near")[::-1] * [3, 0.1] + 7, TARGET[::-1] * [3, 0.1] + 7)
    assert turned.index == pytest.approx(found.index, rel=1e-9)
    assert turned.weights[::-1] == pytest.approx(found.weights, rel=1e-7)


def test_a_target_outside_what_was_studied_is_refused() -> None:
    with pytest.raises(RefusedProjection) as told:
        similarity(sites("near") + 10, TARGET)
    assert told.value.code == "outside-the-studied"
    far = Similarity(0.45, np.zeros(2), 0.2, np.full(4, 0.25), 4.0)
    beyond = Similarity(0.95, np.zeros(2), 0.8, np.full(4, 0.25), 4.0)
    for found in (far, beyond):
        with pytest.raises(RefusedProjection) as told:
            project(found, 0.5, (0.1, 0.9), places=10, people=1_000)
        assert told.value.code == "outside-the-studied"


def test_too_few_sites_constant_covariates_and_no_prediction_are_refused() -> None:
    cases = [(sites("near")[:2], TARGET, "too-few-sites"), (sites("near"), TARGET * [1, 0], "constant-covariate")]
    for studied, target, code in cases:
        with pytest.raises(RefusedProjection) as told:
            similarity(studied, target)
        assert told.value.code == code
    with pytest.raises(RefusedProjection) as told:
        project(similarity(sites("near"), TARGET), 0.5, (None, None), places=1, people=1)
    assert told.value.code == "no-prediction"


def test_a_projection_counts_places_people_and_cost() -> None:
    found = project(
        similarity(sites("near"), TARGET), 0.4, (-0.1, 0.9), places=400, people=250_000.0,
        cost_per_place=Quantity(60_000, 5_000),
    )  # fmt: skip
    assert (found.likeness, found.places, found.total) == ("alike", 400, 100_000)
    assert (found.total_low, found.total_high) == (-25_000, 225_000)
    assert found.cost == 24_000_000
    assert found.cost_low == pytest.approx(24_000_000 - 1.959963985 * 2_000_000, rel=1e-8)


def test_the_weighted_effect_has_the_variance_of_independent_sites() -> None:
    found = Similarity(1, np.zeros(1), 0, np.array([0.5, 0.3, 0.2]), 2.6)
    told = weighted_effect([Quantity(1, 0.1), Quantity(2, 0.2), Quantity(4, 0.4)], found)
    assert told.value == pytest.approx(1.9)
    assert told.se == pytest.approx(np.sqrt(0.05**2 + 0.06**2 + 0.08**2))
