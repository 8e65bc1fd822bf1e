"""What the page says of how far figures can be trusted: what scales are worth, how samples were weighted.

Curated rows come in; words and figures as they are written go out. Nothing is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impact_pipeline.report.curated import Curated, Row

ALL = "all"
ONE_QUESTION = "single-item"  # whose consistency is nothing to tell
WEAK, GOOD = 0.7, 0.8  # an alpha below the first is poor, above the second good (Nunnally & Bernstein 1994)
CROWDED = 0.15  # share of people at an end of a score from which it sees that end badly (Terwee 2007)


def trust(curated: Curated) -> dict[str, Any]:
    """`scales` and `weights`, each a list; empty where the release has none."""
    return {"scales": [_scale(curated, row) for row in _in_time(curated)], "weights": _weights(curated)}


def _in_time(curated: Curated) -> list[Row]:
    """Scores of several questions by initiative and score, each from the first wave to the last."""
    rows = [row for row in curated.rows("reliability") if row["reason"] != ONE_QUESTION]
    asked = sorted({(row["initiative"], row["score"], row["instrument"]) for row in rows})
    found = []
    for initiative, score, instrument in asked:
        own = {
            row["wave"]: row
            for row in rows
            if (row["initiative"], row["score"], row["instrument"]) == (initiative, score, instrument)
        }
        found += [own[wave] for wave in curated.waves_in_order(instrument, own)]
    return found


def _scale(curated: Curated, row: Row) -> dict[str, Any]:
    """One score as it was asked at a wave, and what it is worth."""
    published = row["status"] == "published"
    scale = next((item for item in curated.rows("scale") if item["score"] == row["score"]), None)
    asked = {"instrument": row["instrument"], "initiative": row["initiative"], "score": row["score"]}
    initiative, instrument = curated.initiatives[row["initiative"]], curated.instruments[row["instrument"]]
    return {
        "title": " – ".join(dict.fromkeys((curated.text(scale, "title"), curated.text(scale, "label"))))
        if scale
        else row["scale"],
        "asked": f"{curated.text(initiative, 'name')} – {curated.text(instrument, 'title')}",
        "wave": curated.wave(row["instrument"], row["wave"]),
        "n": "–" if row["n"] is None else curated.typography.number(row["n"]),
        "alpha": _alpha(curated, row) if published else "–",
        "verdict": _verdict(curated, row) if published else curated.say_code("reliability.reason", row["reason"]),
        "ends": _ends(curated, row) if published else [],
        "published": published,
        "waves": [_compared(curated, told) for told in curated.rows("invariance", wave_to=row["wave"], **asked)],
    }


def _alpha(curated: Curated, row: Row) -> str:
    if row["alpha"] is None:
        return "–"
    number = curated.typography.number
    if row["alpha_low"] is None or row["alpha_high"] is None:
        return number(row["alpha"], 2)
    told = curated.say("report.interval", low=number(row["alpha_low"], 2), high=number(row["alpha_high"], 2))
    return f"{number(row['alpha'], 2)} {told}"


def _verdict(curated: Curated, row: Row) -> str:
    """What the lower bound of consistency allows to say."""
    if row["alpha"] is None:
        return curated.say_code("reliability.reason", row["reason"])
    sure = row["alpha"] if row["alpha_low"] is None else row["alpha_low"]
    return curated.say("report.trust." + ("weak" if sure < WEAK else "fair" if sure < GOOD else "good"))


def _ends(curated: Curated, row: Row) -> list[str]:
    """The ends of the score where too many people stand for it to tell them apart."""
    shares = {"floor": row["floor_share"], "ceiling": row["ceiling_share"]}
    return [
        curated.say(f"report.trust.{end}", share=curated.typography.percent(share))
        for end, share in shares.items()
        if share is not None and share > CROWDED
    ]


def _compared(curated: Curated, row: Row) -> str:
    """Whether a score means the same as at an earlier wave."""
    before = curated.wave(row["instrument"], row["wave_from"])
    if row["status"] != "published" or row["holds"] is None:
        return curated.say("report.trust.invariance.unknown", wave=before)
    return curated.say(f"report.trust.invariance.{row['holds']}", wave=before)


def _weights(curated: Curated) -> list[dict[str, Any]]:
    """Each sample that was weighted: how, what it cost, and each margin before and after."""
    rows = curated.rows("weighting")
    samples = dict.fromkeys((row["instrument"], row["initiative"], row["wave"]) for row in rows)
    return [_sample(curated, [row for row in rows if _place(row) == place]) for place in samples]


def _place(row: Row) -> tuple[str, str, str]:
    return row["instrument"], row["initiative"], row["wave"]


def _sample(curated: Curated, rows: Sequence[Row]) -> dict[str, Any]:
    instrument, initiative, wave = _place(rows[0])
    whole = next((row for row in rows if row["dimension"] == ALL), rows[0])
    number, percent = curated.typography.number, curated.typography.percent
    dimensions = dict.fromkeys(row["dimension"] for row in rows if row["dimension"] != ALL)
    margins = []
    for dimension in dimensions:
        shown = [row for row in rows if row["dimension"] == dimension]
        margins += [
            {
                "dimension": " × ".join(curated.dimension(instrument, part) for part in dimension.split("*")),
                "category": " × ".join(
                    curated.category(instrument, part, code)
                    for part, code in zip(dimension.split("*"), str(row["category"]).split("*"), strict=False)
                ),
                **{
                    name: percent(row[name] / whole["target"], 1) if row[name] is not None and whole["target"] else "–"
                    for name in ("target", "before", "after")
                },
                "source": ", ".join(filter(None, (row["source"], curated.typography.day(row["date"])))),
            }
            for row in shown
        ]
    cost = whole["deff_after"]
    return {
        "title": f"{curated.text(curated.initiatives[initiative], 'name')} – {curated.wave(instrument, wave)}",
        "method": curated.say_code("report.trust.method", whole["method"]),
        "refused": curated.say_code("report.trust.refused", whole["reason"]) if whole["status"] == "refused" else "",
        "response": "" if whole["response_rate"] is None else percent(whole["response_rate"]),
        "cost": "" if cost is None else number(cost, 2),
        "margins": margins,
    }
