"""What the page says of the rules behind a level of evidence: those that fired, and those that nothing tells of.

Curated rows come in; words and figures as they are written go out. Nothing is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from impact_pipeline.report.curated import Curated, Row

CHANGE = re.compile(
    r"ceiling=(?P<ceiling>\d)|level<=(?P<cap>\d)|level-(?P<step>\d)|certainty-(?P<down>\d):(?P<domain>[\w-]+)"
    r"|certainty\+(?P<up>\d)|certainty<=(?P<certainty>[\w-]+)"
)


def evidence(curated: Curated, study: Row) -> dict[str, Any]:
    """`rules` that fired, of each outcome in turn, and `untold`: those that cannot be told, each once."""
    rows = curated.rows("evidence", study=study["study"])
    labels = {row["outcome"]: curated.text(row, "label") for row in curated.rows("effect", study=study["study"])}
    return {
        "rules": [
            {
                "outcome": labels[row["outcome"]],
                "sentence": curated.text(row, "sentence"),
                "change": ", ".join(_changes(curated, str(row["change"] or ""))),
                "figure": _number(curated, row["figure"]),
                "threshold": _number(curated, row["threshold"]),
            }
            for row in rows
            if row["fired"] is True
        ],
        "untold": list(dict.fromkeys(curated.text(row, "sentence") for row in rows if row["fired"] is None)),
    }


def _changes(curated: Curated, told: str) -> Iterator[str]:
    """What a rule changes, in words: `level-1 certainty-1:risk-of-bias` is two of them."""
    for part in told.split():
        if not (found := CHANGE.fullmatch(part)):
            yield curated.say_code("report.study.label", part)
            continue
        values = {name: value for name, value in found.groupdict().items() if value}
        if "certainty" in values:
            values["certainty"] = curated.say_code("report.study.certainty", values["certainty"])
        if "domain" in values:
            values["domain"] = curated.say_code("report.study.domain", values["domain"])
        yield curated.say(f"report.study.change.{next(iter(values))}", **values)


def _number(curated: Curated, value: float | None) -> str:
    return "" if value is None else curated.typography.number(value, 0 if float(value).is_integer() else 3)
