"""From declared targets, the communes studied and pooled effects to what may be expected where nothing was measured.

Codes of the communes that records name, and rows of the curated table `synthesis`, come in; rows of `target` and of
`projection` go out, sorted. Covariates come from the reference geography, in the year of its lists. What lies outside
what was studied is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline import geography
from impact_pipeline.declarations import Instrument, Schemas, Target
from impact_pipeline.declarations.costs import Amount
from impact_pipeline.declarations.target import Covariate
from impact_pipeline.methods.economics import Quantity, cost_per_effect, wellbys
from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.transport import Projection, RefusedProjection, Similarity, project, similarity
from impact_pipeline.renderings import record_sql
from impact_pipeline.renderings.engine_sql import literal, quoted

Floats = NDArray[np.float64]
Row = Mapping[str, Any]
COLUMNS: Mapping[Covariate, str] = {
    "log-population": "population", "log-epci-population": "epci_population", "log-epci-communes": "epci_communes",
}  # fmt: skip
LIKENESS = ("likeness", "generalisability", "outside", "effective_sites")
FIGURES = (
    "effect", "prediction_low", "prediction_high", "total", "total_low", "total_high", "cost", "cost_low", "cost_high",
    "wellbys", "wellbys_low", "wellbys_high", "cost_per_wellby", "cost_per_wellby_low", "cost_per_wellby_high",
    "net_benefit_low", "net_benefit", "net_benefit_high",
)  # fmt: skip


def studied_places(engine: Engine, schemas: Schemas, instruments: Sequence[Instrument]) -> None:
    """The table `studied_place` (target, code): communes named by the records that each target speaks of."""
    run(engine, "create table studied_place (target varchar, code varchar)")
    received = {item.instrument for item in instruments}
    for name, target in sorted(schemas.targets.items()):
        if target.studied.instrument not in received:
            continue
        table = record_sql.record_table(target.studied.instrument)
        where = f"and ({target.studied.among.sql()})" if target.studied.among is not None else ""
        field = quoted(target.studied.field)
        run(
            engine,
            f"""insert into studied_place select distinct {literal(name)} as target, {field} as code from {table}
            where {field} is not null and _initiative = {literal(target.initiative)} {where}""",
        )


def projections(
    schemas: Schemas, studied: Sequence[Row], syntheses: Sequence[Row]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `target` and of `projection`, one a target, by name."""
    found = [_of_target(item, schemas, studied, syntheses) for _, item in sorted(schemas.targets.items())]
    return [target for target, _ in found], [projection for _, projection in found]


def _of_target(
    item: Target, schemas: Schemas, studied: Sequence[Row], syntheses: Sequence[Row]
) -> tuple[dict[str, Any], dict[str, Any]]:
    everywhere = geography.current().to_pylist()
    inside = [row for row in everywhere if _belongs(row, item, schemas)]
    codes = {_today(row["code"]) for row in studied if row["target"] == item.target}
    sites = [row for row in everywhere if row["code"] in codes]
    people = item.reached * sum(row["population"] for row in inside)
    digits = schemas.programme.statistics.significant_digits
    told = {
        "target": item.target, "label_fr": item.label.fr, "label_en": item.label.en, "initiative": item.initiative,
        "places": len(inside), "inhabitants": sum(row["population"] for row in inside),
        "people": _rounded(people, digits), "sites": len(sites), "covariates": "; ".join(item.covariates),
    }  # fmt: skip
    bare: dict[str, Any] = {"target": item.target, "question": item.synthesis, "currency": item.currency}
    bare |= dict.fromkeys((*LIKENESS, *FIGURES)) | {"status": "refused"}
    try:
        alike = similarity(_covariates(sites, item), _covariates(inside, item))
    except RefusedProjection as refusal:
        return told, bare | {"reason": refusal.code}
    bare |= {
        "generalisability": _rounded(alike.index, digits), "outside": alike.outside,
        "effective_sites": _rounded(alike.effective_sites, digits),
    }  # fmt: skip
    asked = (item.synthesis, "own", "answer")  # checks stand beside the answer, under the same question and source
    pooled = next((r for r in syntheses if (r["question"], r["source"], r["role"]) == asked), None)
    if pooled is None or pooled["status"] != "published":
        return told, bare | {"reason": "no-synthesis"}
    try:
        figures = _figures(item, alike, pooled, len(inside), people, schemas.programme.statistics.confidence)
    except RefusedProjection as refusal:
        return told, bare | {"reason": refusal.code}
    rounded = {name: value if isinstance(value, str) else _rounded(value, digits) for name, value in figures.items()}
    return told, bare | rounded | {"status": "published", "reason": None}


def _figures(
    item: Target, alike: Similarity, pooled: Row, places: int, people: float, confidence: float
) -> dict[str, Any]:
    cost = None if item.cost_per_place is None else _quantity(item.cost_per_place)
    found: Projection = project(
        alike, float(pooled["effect"]), (pooled["prediction_low"], pooled["prediction_high"]), places=places,
        people=people, cost_per_place=cost, most_outside=item.most_outside, confidence=confidence,
    )  # fmt: skip
    told: dict[str, Any] = {
        "likeness": found.likeness, "effect": found.effect, "prediction_low": found.low, "prediction_high": found.high,
        "total": found.total, "total_low": found.total_low, "total_high": found.total_high, "cost": found.cost,
        "cost_low": found.cost_low, "cost_high": found.cost_high,
    }  # fmt: skip
    if item.worth is None:
        return told
    return told | _worth(item, found, _predicted(pooled, confidence), cost, confidence)


def _predicted(pooled: Row, confidence: float) -> Quantity:
    """The effect to expect in one more place: its deviation is that of the prediction interval, not of the mean."""
    reach = Quantity(0, 1, pooled["df"]).interval(confidence)[1]
    half = (float(pooled["prediction_high"]) - float(pooled["prediction_low"])) / 2
    return Quantity(float(pooled["effect"]), half / reach, pooled["df"])


def _worth(
    item: Target, found: Projection, effect: Quantity, cost: Quantity | None, confidence: float
) -> dict[str, float | None]:
    """Well-being years of all whom the target's places would reach, and what they cost and are worth."""
    assert item.worth is not None
    worth = item.worth
    each = wellbys(effect, _quantity(worth.years), scale=worth.points, discount=worth.discount)
    total = Quantity(each.value * found.people, each.se * found.people, each.df)
    low, high = total.interval(confidence)
    told: dict[str, float | None] = {"wellbys": total.value, "wellbys_low": low, "wellbys_high": high}
    if cost is None:
        return told
    spent = Quantity(cost.value * found.places, cost.se * found.places)
    ratio = cost_per_effect(spent, total, confidence=confidence)
    net = {
        "net_benefit_low": worth.low * total.value - spent.value,
        "net_benefit": worth.central * total.value - spent.value,
        "net_benefit_high": worth.high * total.value - spent.value,
    }
    meaningful = None if ratio.low is None else ratio.value
    per = {"cost_per_wellby": meaningful, "cost_per_wellby_low": ratio.low, "cost_per_wellby_high": ratio.high}
    return told | per | net


def _belongs(row: Row, item: Target, schemas: Schemas) -> bool:
    asked = item.communes
    return (
        (asked.population is None or asked.population[0] <= row["population"] <= asked.population[1])
        and (not asked.departements or row["departement"] in asked.departements)
        and (not asked.regions or row["region"] in asked.regions)
        and (not asked.density or row["density"] in asked.density)
        and (asked.listed is None or row["code"] in schemas.listed_communes[item.target])
    )


def _today(code: str) -> str:
    """The commune that a code is part of today; the code itself where nothing is known of it."""
    place = geography.commune(code)
    return place.current if place is not None else code


def _covariates(rows: Sequence[Row], item: Target) -> Floats:
    """(places, covariates), in the declared order."""
    columns = [
        [row["population"] / row["epci_population"] for row in rows] if name == "share-of-epci"
        else [float(np.log(row[COLUMNS[name]])) for row in rows]
        for name in item.covariates
    ]  # fmt: skip
    return np.array(columns, dtype=np.float64).T.reshape(len(rows), len(item.covariates))


def _quantity(amount: Amount) -> Quantity:
    return Quantity(amount.value, amount.se)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")
