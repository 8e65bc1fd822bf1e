"""What the two sides of a broken rule hold, in words: `« Femmes » (42) + « Hommes » (30) = 72`.

A rule, the records that break it inside an engine, and their cells as read come in; texts in both languages go out.
Both paths use it, so that they cannot come to tell the same rule differently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import duckdb
from babel.numbers import format_decimal

from impact_pipeline.declarations import Expression, Instrument, Rule, Text
from impact_pipeline.declarations.rules import PAIRS
from impact_pipeline.renderings.engine_sql import quoted
from impact_pipeline.renderings.rule_sql import predicate, side
from impact_pipeline.words import Language, say

ABSENT = "—"  # stands for an empty cell among the values that a rule compares
PLAIN = re.compile(r"[\w\s+\-*().]+")  # arithmetic that a person can read
CODES = {
    "equal-to": "rule-compared", "not-equal-to": "rule-compared", "greater-than": "rule-compared",
    "greater-than-or-equal-to": "rule-compared", "less-than": "rule-compared", "less-than-or-equal-to": "rule-compared",
    "compulsory-pair": "rule-pair-incomplete", "exclusive-pair": "rule-pair-both",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that breaks a rule of two sides: what each comes to, as neutral text (None for a pair), and its wave."""

    record: int
    left: str | None
    right: str | None
    wave: str | None


def code_of(rule: Rule) -> str:
    """The code of the finding that tells a broken rule."""
    if rule.sum is not None:
        return "sum-mismatch"
    if rule.shares is not None:
        return "shares-mismatch"
    return CODES[rule.operator] if rule.operator is not None else "row-rule"


def broken_sides(
    connection: duckdb.DuckDBPyConnection, rule: Rule, instrument: Instrument, relation: str, limit: int | None
) -> dict[int, Broken]:
    """The first records of `relation` that break a rule of two sides, by record."""
    sides = rule.sides
    if sides is None:
        return {}
    values = [
        "cast(null as varchar)" if sides.operator in PAIRS else f"cast({side(rule, at, instrument)} as varchar)"
        for at in (sides.left, sides.right)
    ]
    wave = quoted(instrument.wave_field) if instrument.wave_field else "null"
    first = "" if limit is None else f"limit {limit}"
    found = connection.execute(
        f"""
        select _record, {", ".join(values)}, cast({wave} as varchar)
        from {relation}
        where not ({predicate(rule, instrument)})
        order by _record
        {first}
        """
    ).fetchall()
    return {record: Broken(record, *told) for record, *told in found}


def details_of(rule: Rule, instrument: Instrument, broken: Broken, texts: Mapping[str, str]) -> dict[str, object]:
    """What the sentence of a broken rule needs; `texts` are the cells as read, by field."""
    sides = rule.sides
    if sides is None:
        return {}
    told: dict[str, object] = {
        "left": _both(lambda language: _shown(sides.left, broken.left, instrument, texts, language)),
        "right": _both(lambda language: _shown(sides.right, broken.right, instrument, texts, language)),
        "operator": sides.operator,
    }
    if sides.tolerance:
        told["tolerance"] = f"{sides.tolerance:g}"
    return told | ({"wave": broken.wave} if broken.wave else {})


def _both(shown: object) -> Text:
    assert callable(shown)
    return Text(fr=shown("fr"), en=shown("en"))


def _shown(
    expression: Expression, value: str | None, instrument: Instrument, texts: Mapping[str, str], language: Language
) -> str:
    """The side with the values in it, and what it comes to."""

    def named(name: str) -> str:
        label = say("message.quoted", language, text=instrument.by_name[name].label[language])
        return f"{label} ({' '.join(texts.get(name, '').split()) or ABSENT})"

    if expression.text in instrument.by_name:
        return named(expression.text)
    if not expression.names:
        return _number(value or expression.text, language)
    result = "" if value is None else f" = {_number(value, language)}"
    if not PLAIN.fullmatch(expression.text):
        return ", ".join(map(named, expression.names)) + result
    names = "|".join(sorted(map(re.escape, expression.names), key=len, reverse=True))
    # numbers of the rule itself are few and short: they stand as declared
    told = re.sub(r"\s*\*\s*", " × ", " ".join(expression.text.split()))
    return re.sub(rf"\b({names})\b", lambda found: named(found[1]), told) + result


def _number(text: str, language: Language) -> str:
    """A neutral number the way of the language, without the noise of its last digits; any other text as it is."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return str(format_decimal(round(number, 6).normalize(), locale=language, decimal_quantization=False))
