"""A constraint of a form as the simplest thing that says the same: a range, a pattern, or else a rule.

The text of a constraint and its question come in; what it becomes goes out. Raises `Unsupported`, as `xpath` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from impact_pipeline.xlsform.xpath import Formula, Known, Unsupported

NUMBER = r"-?\d+(?:\.\d+)?"
BOUND = re.compile(rf"\.\s*(<=|>=|<|>)\s*({NUMBER})|({NUMBER})\s*(<=|>=|<|>)\s*\.")
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
PATTERN = re.compile(r"regex\(\s*\.\s*,\s*('[^']*'|\"[^\"]*\")\s*\)")
NOT_EVERYWHERE = re.compile(r"\(\?|\\[1-9kpPbBAzZG]|[*+?}]\+")  # looks around, goes back, or differs between engines


@dataclass(frozen=True)
class Constraint:
    """One of the three is told; a range may hold beside a rule where only a part of the constraint is one."""

    range: tuple[float, float] | None = None
    pattern: str | None = None
    rule: str | None = None


def constraint_of(text: str, own: Known, questions: Mapping[str, Known]) -> Constraint:
    """What a constraint becomes. Raises Unsupported."""
    pattern = PATTERN.fullmatch(text.strip())
    if pattern:
        return Constraint(pattern=_pattern(pattern[1][1:-1], own))
    bounds = _range(text, own)
    if bounds:
        return Constraint(range=bounds)
    return Constraint(rule=Formula(text, questions, own).sql())


def _pattern(pattern: str, own: Known) -> str:
    if own.type not in ("text", "identifier") or NOT_EVERYWHERE.search(pattern):
        raise Unsupported("regex()")
    try:
        re.compile(pattern)
    except re.error as error:
        raise Unsupported("regex()") from error
    return pattern.removeprefix("^").removesuffix("$") if not pattern.endswith("\\$") else pattern.removeprefix("^")


def _range(text: str, own: Known) -> tuple[float, float] | None:
    """`. >= 0 and . <= 120`; bounds that are left out of it are whole numbers' neighbours, or no range."""
    if own.type not in ("integer", "decimal"):
        return None
    lowest: float | None = None
    highest: float | None = None
    for part in re.split(r"\s+and\s+", text.strip().removeprefix("(").removesuffix(")")):
        found = BOUND.fullmatch(part.strip().strip("()").strip())
        if found is None:
            return None
        operator = found[1] or MIRRORED[found[4]]
        number = float(found[2] or found[3])
        if operator in ("<", ">"):
            if own.type != "integer" or not number.is_integer():
                return None
            number += 1 if operator == ">" else -1
        if operator in (">", ">="):
            lowest = number if lowest is None else max(lowest, number)
        else:
            highest = number if highest is None else min(highest, number)
    return (lowest, highest) if lowest is not None and highest is not None and lowest <= highest else None
