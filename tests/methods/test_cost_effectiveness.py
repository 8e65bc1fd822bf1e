"""A study that declares its costs tells what its published effects cost and are worth: the figures of R beside
`tests/reference/economics.R`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import declare, field
from tests.methods.studies.made_study import PLACES, STUDY, WAVES, outcome

from impact_pipeline.declarations import Schemas
from impact_pipeline.errors import DeclarationError
from impact_pipeline.methods.cost_effectiveness import cost_effectiveness

FIGURES = pd.read_csv(Path(__file__).parents[1] / "reference" / "economics_figures.csv")
COST = FIGURES.loc[(FIGURES["case"] == "fieller") & (FIGURES["rho"] == 0)].iloc[0]
NET = FIGURES.loc[(FIGURES["case"] == "net") & (FIGURES["rho"] == 0)].iloc[0]
SURE = FIGURES.loc[(FIGURES["case"] == "acceptable") & (FIGURES["rho"] == 0)].iloc[0]
WORTH = {"outcome": "y", "years": {"value": 1, "source": "S"}, "low": 10_000, "central": 13_000, "high": 16_000,
         "price_year": 2019, "source": "Green Book"}  # fmt: skip
INSTRUMENT = {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
              "fields": [*PLACES, field("y"), field("drawn", "boolean")]}  # fmt: skip
TRIAL = STUDY | {"design": "randomised", "treatment": "drawn = true", "assignment": {"mechanism": "random"},
                 "waves": {"baseline": "w0", "follow_up": "w1"}}  # fmt: skip


def declared(
    folder: Path, polarity: str = "higher-is-better", cost: float = 900, se: float = 200, **costs: Any
) -> Schemas:
    told = {"per_unit": {"value": cost, "se": se, "source": "Accounts"}, "price_year": 2025} | costs
    study = TRIAL | {"outcomes": [outcome(polarity=polarity)], "costs": told}
    return declare(folder, INSTRUMENT, [], codelists=[WAVES], studies=[study])


def effect(**changed: Any) -> dict[str, Any]:
    return {
        "study": "made", "outcome": "y", "wave": "w1", "is_main": True, "label_fr": "Y", "label_en": "Y",
        "unit": "points", "polarity": "higher-is-better", "status": "published", "effect": NET["effect"],
        "se": NET["effect_se"], "df": NET["df"],
    } | changed  # fmt: skip


def test_a_unit_of_effect_costs_what_fieller_says(tmp_path: Path) -> None:
    schemas = declared(tmp_path, cost=float(COST["cost"]), se=float(COST["cost_se"]))
    told = effect(effect=COST["effect"], se=COST["effect_se"], df=COST["df"])
    (row,) = cost_effectiveness(schemas, [told])
    assert (row["cost_per_effect"], row["cost_per_effect_low"], row["cost_per_effect_high"]) == pytest.approx(
        (COST["value"], COST["low"], COST["high"]), rel=1e-9
    )
    assert (row["status"], row["reason"], row["gain"], row["currency"]) == ("published", None, None, "EUR")


def test_its_worth_gives_a_gain_and_a_net_benefit_at_three_values(tmp_path: Path) -> None:
    (row,) = cost_effectiveness(declared(tmp_path, worth=[WORTH]), [effect()])
    assert (row["net_benefit"], row["net_benefit_low"], row["net_benefit_high"]) == pytest.approx(
        (NET["value"], NET["low"], NET["high"]), rel=1e-9
    )
    assert row["probability"] == pytest.approx(SURE["value"], rel=1e-9)
    assert row["gain"] == pytest.approx(NET["effect"])
    assert (row["net_benefit_at_low"], row["net_benefit_at_high"]) == pytest.approx(
        (10_000 * NET["effect"] - 900, 16_000 * NET["effect"] - 900)
    )
    assert (row["value_year"], row["price_year"], row["value_source"]) == (2019, 2025, "Green Book")


def test_where_less_is_better_a_fall_is_a_gain(tmp_path: Path) -> None:
    less = {"polarity": "lower-is-better"}
    schemas = declared(tmp_path, "lower-is-better", worth=[WORTH])
    (fall,) = cost_effectiveness(schemas, [effect(effect=-1.0, se=0.1, **less)])
    assert (fall["effect"], fall["cost_per_effect"], fall["gain"]) == (1.0, 900.0, 1.0)
    (rise,) = cost_effectiveness(schemas, [effect(effect=1.0, se=0.1, **less)])
    assert (rise["reason"], rise["cost_per_effect"]) == ("no-benefit", None)
    assert rise["net_benefit"] < 0


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"status": "suppressed", "effect": None, "se": None}, "refused", "no-effect"),
        ({"se": None}, "refused", "no-error"),
        ({"polarity": "neutral"}, "refused", "neutral-outcome"),
        ({"effect": 0.1, "se": 0.1}, "published", "effect-not-told-from-zero"),
    ],
)
def test_no_cost_is_told_where_nothing_can_be(tmp_path: Path, changed: Any, status: str, reason: str) -> None:
    (row,) = cost_effectiveness(declared(tmp_path), [effect(**changed)])
    assert (row["status"], row["reason"], row["cost_per_effect"]) == (status, reason, None)


def test_other_estimators_and_studies_without_costs_have_none(tmp_path: Path) -> None:
    assert cost_effectiveness(declared(tmp_path), [effect(is_main=False), effect(study="another")]) == []


def test_a_worth_names_an_outcome_that_has_a_better_side_once_and_in_order(tmp_path: Path) -> None:
    for place, (polarity, worth) in enumerate([
        ("neutral", [WORTH]), ("higher-is-better", [WORTH | {"outcome": "x"}]), ("higher-is-better", [WORTH, WORTH]),
        ("higher-is-better", [WORTH | {"low": 14_000}]),
    ]):  # fmt: skip
        with pytest.raises(DeclarationError, match="costs"):
            declared(tmp_path / str(place), polarity, worth=worth)
