"""The outcome of a check in a few sentences: what was read, what is to do about it, how much of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from babel.numbers import format_decimal

from impact_pipeline.findings import Level
from impact_pipeline.words import Language, catalogue, say

READ_AS = ("tool", "format", "encoding", "separator", "sheet", "sheets")


class Outcome(Protocol):
    """What a check found, kept or not."""

    @property
    def layout(self) -> str: ...
    @property
    def rows_in(self) -> int: ...
    @property
    def accepted(self) -> int: ...
    @property
    def read_as(self) -> Mapping[str, str]: ...
    @property
    def counts(self) -> Mapping[tuple[str, Level, str | None], int]: ...
    @property
    def exit_code(self) -> int: ...


def read_parts(outcome: Outcome, language: Language) -> list[str]:
    """How the file was read, a phrase each: format, encoding, separator, sheet, rows."""
    read_as = dict(outcome.read_as)
    if read_as.get("separator") == "tab":
        read_as["separator"] = say("check.tab", language)
    told = [say(f"check.read.{name}", language, value=read_as[name]) for name in READ_AS if read_as.get(name)]
    return [*told, rows(outcome.rows_in, language, outcome.layout)]


def read(outcome: Outcome, language: Language) -> str:
    """`Ce que nous avons lu : fichier csv, caractères cp1252, séparateur « ; », 12 lignes.`"""
    return say("check.read", language, parts=", ".join(read_parts(outcome, language)))


def verdict(outcome: Outcome, language: Language) -> str:
    """What to do with the file, in a sentence or two."""
    if outcome.exit_code == 1:
        name = "partly" if outcome.accepted else "refused"
    else:
        name = "remarks" if outcome.exit_code else "clean"
    key = f"check.verdict.{name}"
    if outcome.accepted == 1 and f"{key}.one" in catalogue(language):
        key += ".one"
    if outcome.layout == "matrix" and f"{key}.matrix" in catalogue(language):
        key += ".matrix"
    accepted = rows(outcome.accepted, language, outcome.layout)
    return say(key, language, accepted=accepted, rows=number(outcome.rows_in, language))


def totals(outcome: Outcome, language: Language) -> str:
    """`3 points bloquants, 1 à vérifier, 14 cellules lues et corrigées pour vous.`: true counts of cells or rows."""
    told = [
        say(f"giving_back.total.{level.value}{'.one' if count == 1 else ''}", language, count=number(count, language))
        for level in Level
        if (count := sum(n for (_, of, _), n in outcome.counts.items() if of is level))
    ]
    return say("giving_back.totals", language, told=", ".join(told)) if told else ""


def rows(count: int, language: Language, layout: str = "table") -> str:
    """`1 ligne`, `12 431 lignes`; in a cross table, where an answer is no row, `8 séries de chiffres`."""
    is_one = count == 1 or (language == "fr" and count == 0)
    key = "check.read.rows.one" if is_one else "check.read.rows.many"
    return say(f"{key}.matrix" if layout == "matrix" else key, language, count=number(count, language))


def number(value: float, language: Language) -> str:
    """A number as people of the language write it."""
    return str(format_decimal(value, locale=language))
