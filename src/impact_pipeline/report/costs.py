"""What the page says of what an effect costs and is worth.

Curated rows come in; words and figures as they are written go out. Nothing is computed.
"""

from __future__ import annotations

from typing import Any

from impact_pipeline.report.curated import Curated, Row

PERCENT = "percent"  # a unit whose figures are shares: its unit of effect is one more person


def costs(curated: Curated, study: Row) -> dict[str, Any]:
    """`costs`, a row an answer, and `cost_sources`: where what is not measured comes from; empty without costs."""
    effects = curated.rows("effect", study=study["study"], role="primary")
    primary = {row["outcome"] for row in effects}
    rows = sorted(
        curated.rows("cost_effectiveness", study=study["study"]), key=lambda row: row["outcome"] not in primary
    )
    told = [text for row in rows for text in (row["cost_source"], row["value_source"]) if text]
    return {"costs": [_cost(curated, study, row) for row in rows], "cost_sources": list(dict.fromkeys(told))}


def _cost(curated: Curated, study: Row, row: Row) -> dict[str, Any]:
    wave = curated.wave(study["instrument"], row["wave"]) if row["wave"] else ""
    published = row["status"] == "published"
    return {
        "outcome": " – ".join(filter(None, (curated.text(row, "label"), wave))),
        "published": published,
        "cost": _money(curated, row, "cost"),
        "per_effect": _per_effect(curated, row) if published else "–",
        "gain": _gain(curated, row),
        "net": _net(curated, row),
        "reason": curated.say_code("report.cost.reason", row["reason"]) if row["reason"] else "",
    }


def _per_effect(curated: Curated, row: Row) -> str:
    if row["cost_per_effect"] is None:
        return "–"
    unit = curated.say("report.cost.one_more") if row["unit"] == PERCENT else curated.unit(row["unit"])
    return curated.say("report.cost.per", amount=_money(curated, row, "cost_per_effect"), unit=unit).strip()


def _gain(curated: Curated, row: Row) -> str:
    """Unit-years, with the years that an effect is said to last."""
    if row["gain"] is None:
        return "–"
    number = curated.typography.number
    low, high = (number(row[f"gain_{end}"], 2, signed=True) for end in ("low", "high"))
    interval = curated.say("report.interval", low=low, high=high)
    years = curated.say("report.cost.years", years=curated.typography.plain(row["years"]))
    return f"{number(row['gain'], 2, signed=True)} {interval} ({years})"


def _net(curated: Curated, row: Row) -> str:
    if row["net_benefit"] is None:
        return "–"
    value = f"{curated.typography.number(row['value'])} {row['currency']}"
    chance = curated.typography.percent(row["probability"])
    told = curated.say("report.cost.chance", chance=chance, value=value)
    return f"{_money(curated, row, 'net_benefit', signed=True)} – {told}"


def _money(curated: Curated, row: Row, name: str, *, signed: bool = False) -> str:
    """An amount with its interval where it has one."""
    number = curated.typography.number
    written = f"{number(row[name], signed=signed)} {row['currency']}"
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is None or high is None:
        return written
    low, high = (number(end, signed=signed) for end in (low, high))
    return f"{written} {curated.say('report.interval', low=low, high=high)}"
