"""What the sentences about rules, past values and duplicates ask for, the way of the language.

A finding's neutral details come in (`2025-Q4=85|2026-Q1=92`); the texts for the named blanks of its sentence go out.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from babel.numbers import format_decimal

from impact_pipeline.findings import Finding
from impact_pipeline.renderings.template.cells import Cells
from impact_pipeline.words import Language, say

NEUTRAL = (
    "wave",
    "operator",
    "past",
    "number",
    "organisation",
    "period",
    "initials",
    "group",
    "note",
)  # put into words here
PAIR = "="  # between a period and its value, in `past`
SHOWN = "|"  # between the past values


def words_of_rules(finding: Finding, cells: Cells) -> dict[str, str]:
    """Every blank of a sentence about a rule, the past or another file; empty where the finding says nothing of it."""
    details = {name: str(finding.details.get(name, "")) for name in NEUTRAL}
    wave = _wave(details["wave"], cells)
    operator = details["operator"] or "equal-to"
    return {
        "when": say("message.when", cells.language, wave=wave) if wave else "",
        "operator": say(f"message.operator.{operator}", cells.language),
        "left": "", "right": "", "tolerance": "",
        "organisation": details["organisation"],
        "other_period": _wave(details["period"], cells),
        "number": _number(Decimal(details["number"]), cells.language) if details["number"] else finding.value,
        "lines": _lines(finding.cells, cells.language),
        "decided": _decided(details, cells.language),
        **_past(details["past"], finding.value, cells),
    }  # fmt: skip


def packed(past: list[tuple[str, float]]) -> str:
    """Past values as a finding keeps them, oldest first."""
    return SHOWN.join(f"{wave}{PAIR}{neutral(value)}" for wave, value in past)


def neutral(value: float) -> str:
    """A number without exponent or idle decimals."""
    return f"{Decimal(repr(value)).normalize():f}"


def _past(told: str, value: str, cells: Cells) -> dict[str, str]:
    """The past values one by one, their range in a few words."""
    pairs = [tuple(pair.rpartition(PAIR)[::2]) for pair in told.split(SHOWN) if pair]
    if not pairs:
        return {"past": "", "past_range": "", "previous": ""}
    language = cells.language
    values = [Decimal(number) for _, number in pairs]
    shown = [
        say("message.past.value", language, wave=_wave(wave, cells), value=_number(Decimal(number), language))
        for wave, number in pairs
    ]
    low, high = _number(min(values), language), _number(max(values), language)
    length = _length(cells) if len(values) > 1 else "one"
    said = say(f"message.past.{length}", language, count=len(values), low=low, high=high)
    return {"past": ", ".join(shown), "past_range": said, "previous": shown[-1]}


def _lines(count: int, language: Language) -> str:
    return say("message.lines.one" if count == 1 else "message.lines.many", language, count=_number(count, language))


def _decided(details: Mapping[str, str], language: Language) -> str:
    """Who decided about a group of duplicates, and what they noted."""
    if not details["group"]:
        return ""
    who = details["initials"] or say("message.nobody", language)
    note = say("message.note", language, text=details["note"]) if details["note"] else ""
    return say("message.decided", language, initials=who, group=details["group"], note=note)


def _length(cells: Cells) -> str:
    """Of what the past values are: months, quarters... or just values."""
    wave = cells.instrument.wave_field
    length = cells.instrument.by_name[wave].period if wave is not None else None
    return length if length in ("month", "quarter", "semester", "year", "school-year") else "other"


def _wave(text: str, cells: Cells) -> str:
    """A wave or a period in words."""
    name = cells.instrument.wave_field
    field = cells.instrument.by_name[name] if name is not None else None
    if field is not None and field.codes is not None:
        known = cells.schemas.codelist(field.codes).by_code
        return known[text].label[cells.language] if text in known else text
    return cells.period(text)


def _number(number: Decimal | int, language: Language) -> str:
    return str(format_decimal(number, locale=language, decimal_quantization=False))
