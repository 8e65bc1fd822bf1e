"""What the effect of a study costs and is worth, where its costs are declared.

Rows of the curated table `effect`, protected, come in; rows of `cost_effectiveness` go out, one for each answer of a
study, sorted. An effect that is not published has no cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact_pipeline.declarations import Schemas, Study
from impact_pipeline.declarations.costs import Amount, OutcomeWorth, StudyCosts
from impact_pipeline.methods.economics import Quantity, cost_per_effect, net_benefit, wellbys

Row = Mapping[str, Any]
FIGURES = (
    "effect", "cost_per_effect", "cost_per_effect_low", "cost_per_effect_high", "gain", "gain_low", "gain_high",
    "cost_per_gain", "cost_per_gain_low", "cost_per_gain_high", "net_benefit", "net_benefit_low", "net_benefit_high",
    "net_benefit_at_low", "net_benefit_at_high", "probability",
)  # fmt: skip


def cost_effectiveness(schemas: Schemas, effects: Sequence[Row]) -> list[dict[str, Any]]:
    """One row an answer of a study with costs: cost by unit of effect with Fieller's interval; where its worth is
    declared, unit-years gained by a treated unit, what one costs, and the net benefit at the three values of one."""
    found = []
    for _, study in sorted(schemas.studies.items()):
        if study.costs is not None:
            answers = [row for row in effects if row["study"] == study.study and row["is_main"]]
            found += [_of(study, study.costs, row, schemas) for row in answers]
    return sorted(found, key=lambda row: (row["study"], row["outcome"], row["wave"]))


def _of(study: Study, costs: StudyCosts, row: Row, schemas: Schemas) -> dict[str, Any]:
    worth = next((item for item in costs.worth if item.outcome == row["outcome"]), None)
    bare: dict[str, Any] = {
        **{name: row[name] for name in ("study", "outcome", "wave", "label_fr", "label_en", "unit")},
        "currency": costs.currency, "price_year": costs.price_year, "cost": costs.per_unit.value,
        "cost_se": costs.per_unit.se, "cost_source": costs.per_unit.source, **_worth(worth), **dict.fromkeys(FIGURES),
    }  # fmt: skip
    reason = _reason(row)
    if reason is not None:
        return bare | {"status": "refused", "reason": reason}
    confidence, digits = schemas.programme.statistics.confidence, schemas.programme.statistics.significant_digits
    figures, reason = _figures(costs, worth, row, confidence)
    rounded = {name: None if value is None else float(f"{value:.{digits}g}") for name, value in figures.items()}
    return bare | rounded | {"status": "published", "reason": reason}


def _reason(row: Row) -> str | None:
    """Why an answer has no cost: it is not published, nothing tells its error, or neither way is better."""
    if row["status"] != "published" or row["effect"] is None:
        return "no-effect"
    if row["se"] is None:
        return "no-error"
    return "neutral-outcome" if row["polarity"] == "neutral" else None


def _figures(
    costs: StudyCosts, worth: OutcomeWorth | None, row: Row, confidence: float
) -> tuple[dict[str, float | None], str | None]:
    turned = -1 if row["polarity"] == "lower-is-better" else 1
    effect = Quantity(turned * row["effect"], row["se"], row["df"])
    cost = _quantity(costs.per_unit)
    ratio = cost_per_effect(cost, effect, confidence=confidence)
    told: dict[str, float | None] = {
        "effect": effect.value, "cost_per_effect": None if ratio.low is None else ratio.value,
        "cost_per_effect_low": ratio.low, "cost_per_effect_high": ratio.high,
    }  # fmt: skip
    if worth is None:
        return told, ratio.reason
    gain = wellbys(effect, _quantity(worth.years), discount=worth.discount)
    low, high = gain.interval(confidence)
    each = cost_per_effect(cost, gain, confidence=confidence)
    at_low, central, at_high = (
        net_benefit(gain, cost, value, confidence=confidence) for value in (worth.low, worth.central, worth.high)
    )
    told |= {
        "gain": gain.value, "gain_low": low, "gain_high": high,
        "cost_per_gain": None if each.low is None else each.value, "cost_per_gain_low": each.low,
        "cost_per_gain_high": each.high, "net_benefit": central.net.value,
        "net_benefit_low": central.low, "net_benefit_high": central.high, "net_benefit_at_low": at_low.net.value,
        "net_benefit_at_high": at_high.net.value, "probability": central.probability,
    }  # fmt: skip
    return told, ratio.reason or each.reason


def _worth(worth: OutcomeWorth | None) -> dict[str, Any]:
    """What was declared of the worth of a unit; a plan of figures that others can do again."""
    if worth is None:
        return dict.fromkeys(("years", "years_se", "discount", "value_low", "value", "value_high", "value_year",
                              "value_source"))  # fmt: skip
    return {
        "years": worth.years.value, "years_se": worth.years.se, "discount": worth.discount, "value_low": worth.low,
        "value": worth.central, "value_high": worth.high, "value_year": worth.price_year, "value_source": worth.source,
    }  # fmt: skip


def _quantity(amount: Amount) -> Quantity:
    return Quantity(amount.value, amount.se)
