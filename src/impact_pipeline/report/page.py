"""What stands where in the page: initiatives with their indicators, quality of the data, what is not told, tables.

Curated rows come in; plain values, ready to be laid out, go out. Sentences are the catalogue's; charts are `figures`'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from impact_pipeline.report.conditions import conditions
from impact_pipeline.report.curated import Curated, Row
from impact_pipeline.report.figures import figures
from impact_pipeline.report.impact import impact
from impact_pipeline.report.indices import indices
from impact_pipeline.report.trust import trust
from impact_pipeline.words import LANGUAGES

FIRST = ("estimate", "contrast", "effect", "synthesis", "projection")  # what most readers ask first
PAPERS = ("release.duckdb", "datapackage.json", "codebook.csv", "codewords.csv", "manifest.json", "checksums.sha256")


def page(curated: Curated, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """All that the template needs."""
    language = curated.language
    other = next(name for name in LANGUAGES if name != language)
    initiatives = [
        _initiative(curated, row)
        for row in curated.rows("initiative")
        if curated.rows("estimate", initiative=row["initiative"])
    ]
    counts = manifest["counts"]
    number = curated.typography.number
    return {
        "language": language,
        "other": {"language": other, "page": "index.html" if other == "fr" else f"index.{other}.html"},
        "programme": manifest["programme"][f"name_{language}"],
        "publisher": manifest["programme"][f"publisher_{language}"],
        "licence": manifest["programme"]["licence"],
        "confidence": number(100 * manifest["programme"]["confidence"], _decimals(manifest["programme"]["confidence"])),
        "version": manifest["version"],
        "published_on": curated.typography.day(manifest["created_at"]),
        "code": manifest["code"],
        "counts": {name: number(value) for name, value in counts.items()},
        "told": {name: number(counts.get(name, 0)) for name in ("published", "suppressed", "refused")},
        "initiatives": initiatives,
        **indices(curated),
        **impact(curated),
        **conditions(curated),
        **trust(curated),
        "submissions": list(_submissions(curated)),
        "reasons": list(_reasons(curated)),
        "tables": [
            {"name": name, "about": curated.say(f"report.table.{name}")} for name in sorted(curated.tables, key=_rank)
        ],
        "papers": [{"name": name, "about": curated.say(f"report.paper.{name}")} for name in PAPERS],
    }


def _rank(table: str) -> tuple[int, str]:
    return FIRST.index(table) if table in FIRST else len(FIRST), table


def _decimals(confidence: float) -> int:
    """Those that the level needs in percent: none for 0.95, one for 0.995."""
    return 0 if (100 * confidence).is_integer() else 1


def _initiative(curated: Curated, row: Row) -> dict[str, Any]:
    name = row["initiative"]
    asked = {item["indicator"] for item in curated.rows("estimate", initiative=name)}
    indicators = [item for item in curated.rows("indicator") if item["indicator"] in asked]
    used = dict.fromkeys(item["instrument"] for item in indicators)
    told = [item["status"] for item in curated.rows("estimate", initiative=name)]
    return {
        "name": name,
        "title": curated.text(row, "name"),
        "description": curated.text(row, "description"),
        "theme": curated.text(row, "theme"),
        "organisations": len(str(row["organisations"] or "").split("; ")),
        "territories": row["territories"],
        "start": curated.typography.day(row["start"]) if row["start"] else "",
        "instruments": [_instrument(curated, curated.instruments[item], name) for item in used],
        "indicators": [_indicator(curated, item, name) for item in indicators],
        "hidden": len(told) - told.count("published"),
        "all": len(told),
    }


def _instrument(curated: Curated, row: Row, initiative: str) -> dict[str, Any]:
    current = curated.rows("submission", initiative=initiative, instrument=row["instrument"], status="current")
    return {
        "title": curated.text(row, "title"),
        "kind": curated.say(f"report.kind.{row['kind']}"),
        "name": f"{row['instrument']}.v{row['version']}",
        "files": len(current),
        "records": curated.typography.number(sum(int(item["accepted"] or 0) for item in current)),
    }


def _indicator(curated: Curated, row: Row, initiative: str) -> dict[str, Any]:
    return {
        "name": row["indicator"],
        "identifier": f"{initiative}--{row['indicator']}",
        "label": curated.text(row, "label"),
        "description": curated.text(row, "description"),
        "oecd": curated.say_code("report.oecd", row["oecd"]),
        "sdg": row["sdg"],
        "polarity": curated.say_code("report.polarity", row["polarity"]),
        "estimator": _estimator(curated, row),
        "reference": row["reference"],
        **figures(curated, row, initiative),
    }


def _estimator(curated: Curated, row: Row) -> str:
    """What is computed, in words; a quantile by its name or its place."""
    if row["estimator"] != "quantile":
        return curated.say_code("report.estimator", "share" if row["is_share"] else row["estimator"])
    if row["probability"] == 0.5:
        return curated.say("report.estimator.median")
    share = 100 * row["probability"]
    return curated.say(
        "report.estimator.quantile", share=curated.typography.percent(share / 100, _decimals(share / 100))
    )


def _submissions(curated: Curated) -> Iterator[dict[str, Any]]:
    """By initiative: each file received, with its rows and its findings."""
    number = curated.typography.number
    for initiative in curated.rows("initiative"):
        files = []
        for row in curated.rows("submission", initiative=initiative["initiative"]):
            found = curated.rows("quality", submission=row["submission"])
            instrument = curated.instruments[row["instrument"]]
            files.append({
                "number": row["submission"],
                "organisation": row["organisation"],
                "instrument": curated.text(instrument, "title"),
                "period": curated.typography.period(row["period"]),
                "received": curated.typography.day(row["received_at"]),
                "status": row["status"],
                "status_told": curated.say(f"report.status.{row['status']}"),
                "rows": [number(row[name]) if row[name] is not None else "–"
                         for name in ("rows_in", "accepted", "set_aside")],
                "has_aside": bool(row["set_aside"]),
                "findings": [
                    {"level": item["level"], "title": curated.text(item, "title"), "cells": number(item["cells"]),
                     "field": _field(curated, row["instrument"], item["field"])}
                    for item in found
                    if item["level"] != "corrected"
                ],
                "corrected": number(row["corrected"] or 0) if row["corrected"] else "",
            })  # fmt: skip
        if files:
            yield {"title": curated.text(initiative, "name"), "files": files}


def _field(curated: Curated, instrument: str, name: str) -> str:
    row = next(iter(curated.rows("field", instrument=instrument, field=name)), None)
    return curated.text(row, "label") if row else ""


def _reasons(curated: Curated) -> Iterator[dict[str, str]]:
    """Why figures are not told, and how many for each reason."""
    rows = curated.rows("estimate")
    counted = Counter((row["status"], row["reason"]) for row in rows if row["status"] != "published")
    for (status, reason), count in sorted(counted.items()):
        told = curated.say_code("report.reason", reason)
        yield {
            "status": curated.say(f"report.estimate.{status}"),
            "reason": told,
            "count": curated.typography.number(count),
        }
