"""What the page says of what goes together with success, from site to site and from study to study.

Curated rows come in; words and figures as they are written go out. Nothing is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impact_pipeline.report.curated import Curated, Row


def conditions(curated: Curated) -> dict[str, Any]:
    """`conditions`, a list of analyses; empty where the release has none."""
    return {"conditions": [*_of_sites(curated), *_of_studies(curated)]}


def _of_sites(curated: Curated) -> list[dict[str, Any]]:
    """Each analysis of the places of an initiative: what goes together with a good outcome."""
    rows = curated.rows("condition")
    return [
        _analysis(
            curated, curated.text(told[0], "question"),
            curated.say("report.condition.sites", sites=curated.typography.number(told[0]["sites"] or 0)),
            [{**row, "found": row["robust"]} for row in told],
            _sets(curated, "sites", name),
        )
        for name in dict.fromkeys(row["condition"] for row in rows)
        if (told := [row for row in rows if row["condition"] == name])
    ]  # fmt: skip


def _of_studies(curated: Curated) -> list[dict[str, Any]]:
    """Each synthesis whose studies were compared by their conditions."""
    rows = curated.rows("synthesis_condition")
    titles = {row["question"]: curated.text(row, "question") for row in curated.rows("synthesis")}
    return [
        _analysis(
            curated, titles.get(name, name),
            curated.say("report.condition.studies", studies=curated.typography.number(told[0]["studies"] or 0)),
            [{**row, "term": row["expression"], "found": row["found_again"]} for row in told],
            _sets(curated, "studies", name),
        )
        for name in dict.fromkeys(row["question"] for row in rows)
        if (told := [row for row in rows if row["question"] == name])
    ]  # fmt: skip


def _analysis(curated: Curated, title: str, compared: str, rows: Sequence[Row], sets: Sequence[Row]) -> dict[str, Any]:
    number, percent = curated.typography.number, curated.typography.percent
    labels = {row["name"]: curated.text(row, "label") for row in sets}
    cautions = dict.fromkeys(code for row in rows for code in str(row["cautions"] or "").split())
    main = "intermediate" if any(row["kind"] == "intermediate" for row in rows) else "complex"  # without expectations
    refused = next((row["reason"] for row in rows if row["status"] == "refused"), None)
    return {
        "title": title,
        "compared": compared,
        "sets": [_set(curated, row) for row in sets],
        "refused": curated.say_code("synthesis.refused", refused) if refused else "",
        "cautions": [curated.say_code("synthesis.caution", code) for code in cautions],
        "rows": [
            {
                "kind": curated.say(
                    "report.condition.kind." + ("necessary" if row["kind"] == "necessary" else "sufficient")
                ),
                "term": _term(curated, str(row["term"]), labels),
                "consistency": "–" if row["consistency"] is None else number(row["consistency"], 2),
                "coverage": "–" if row["coverage"] is None else number(row["coverage"], 2),
                "cases": "–" if row["cases"] is None else number(row["cases"]),
                "found": "–" if row["found"] is None else percent(row["found"]),
            }
            for row in rows
            if row["status"] == "published" and row["kind"] in ("necessary", main) and row["term"]
        ],
    }


def _sets(curated: Curated, compared: str, analysis: str) -> list[Row]:
    """The outcome first, then the conditions as they are declared."""
    rows = curated.rows("condition_set", compared=compared, analysis=analysis)
    return sorted(rows, key=lambda row: int(row["position"]))


def _set(curated: Curated, row: Row) -> dict[str, str]:
    """A set with the values at which a case is out, neither, and in."""
    told = {name: curated.typography.plain(row[name]) for name in ("exclusion", "crossover", "inclusion")}
    return {
        "label": curated.text(row, "label"),
        "anchors": curated.say("report.condition.anchors", **told),
        "source": curated.text(row, "source"),
    }


def _term(curated: Curated, term: str, labels: Mapping[str, str]) -> str:
    """`a*~b + c` in the words of its sets."""

    def told(name: str) -> str:
        bare = name.removeprefix("~")
        label = labels.get(bare, bare)
        return curated.say("report.condition." + ("without" if name.startswith("~") else "with"), name=label)

    ways = [
        curated.say("report.condition.and").join(told(part.strip()) for part in way.split("*"))
        for way in term.split("+")
    ]
    return curated.say("report.condition.or").join(ways)
