"""What the page says of composite indices: groups by rank, with how far the rank may move.

Curated rows come in; words and figures as they are written go out. Nothing is computed.
"""

from __future__ import annotations

from typing import Any

from impact_pipeline.report.curated import Curated, Row


def indices(curated: Curated) -> dict[str, Any]:
    """`indices`, a list of indices with their groups, best first; empty where the release has none."""
    rows = curated.rows("index_score")
    return {
        "indices": [
            _index(curated, [row for row in rows if row["index"] == name])
            for name in dict.fromkeys(row["index"] for row in rows)
        ]
    }


def _index(curated: Curated, rows: list[Row]) -> dict[str, Any]:
    first = rows[0]
    instruments = [
        str(row["instrument"])
        for row in curated.rows("category", dimension=first["dimension"])
        if row["category"] == first["category"]
    ]
    instrument = instruments[0] if instruments else ""
    ranked = sorted(rows, key=lambda row: (row["rank"] is None, row["rank"] or 0, row["category"]))
    reasons = {row["reason"] for row in rows if row["status"] != "published"}
    is_refused = not any(row["status"] == "published" for row in rows) and len(reasons) == 1
    return {
        "title": curated.text(first, "label"),
        "refused": curated.say("report.index.refused", reason=_reason(curated, rows[0])) if is_refused else "",
        "about": curated.say(
            "report.index.about",
            initiative=curated.text(curated.initiatives[first["initiative"]], "name"),
            indicators=curated.typography.number(first["indicators"]),
            by=curated.dimension(instrument, first["dimension"]),
        ),
        "rows": [] if is_refused else [_group(curated, instrument, row) for row in ranked],
    }


def _group(curated: Curated, instrument: str, row: Row) -> dict[str, Any]:
    number = curated.typography.number
    told = row["status"] == "published"

    def between(low: str, high: str, decimals: int) -> str:
        if not told or row[low] is None or row[high] is None:
            return ""
        return curated.say("report.interval", low=number(row[low], decimals), high=number(row[high], decimals))

    return {
        "group": curated.category(instrument, row["dimension"], row["category"]),
        "published": told,
        "rank": number(row["rank"]) if told else "–",
        "ranks": between("rank_low", "rank_high", 0),
        "score": number(row["score"], 1) if told else "–",
        "scores": between("low", "high", 1),
        "units": "–" if row["units"] is None else number(row["units"]),
        "reason": "" if told else _reason(curated, row),
    }


def _reason(curated: Curated, row: Row) -> str:
    return curated.say_code("report.index.refused", row["reason"])
