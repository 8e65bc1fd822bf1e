"""What a message says of communes: their names beside their codes, which ones a cell may mean, since when one is gone.

A finding comes in, the named values that its sentences ask for go out. What a cell may mean is asked of `conforming`
again, so that a finding need not carry it.
"""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline import geography
from impact_pipeline.conforming.communes import candidates, nearest
from impact_pipeline.findings import Finding
from impact_pipeline.geography import Commune
from impact_pipeline.words import Language, say

QUESTIONS = frozenset({"unknown-commune", "ambiguous-commune", "postcode-as-commune", "commune-or-postcode"})
LISTED = 12  # communes that a message names


def place_name(code: str) -> str:
    """`Privas (07186)`; the code alone where it means no place that has a name."""
    place = geography.commune(code)
    return code if place is None else _typeset(str(place))


def place_words(finding: Finding, language: Language) -> dict[str, str]:
    """The values `nearest`, `candidates`, `was` and `since` of the sentences about communes."""
    told = {}
    if finding.code == "unknown-commune":
        told["nearest"] = _listed(nearest(finding.value), language)
    elif finding.code in QUESTIONS:
        told["candidates"] = _listed(candidates(finding.value), language)
    elif finding.code == "commune-merged":
        place = next(iter(candidates(finding.value)), None)
        told["was"] = f" ({_typeset(place.name)})" if place and place.name else ""
        told["since"] = _since(place.code, str(finding.details.get("as", "")), language) if place else ""
    return told


def _since(code: str, into: str, language: Language) -> str:
    """Since which year, where it is known: the years of the lists are asked from the newest to the oldest."""
    standing = geography.standing(code)
    while standing is not None and standing.into != into and standing.since is not None:
        standing = geography.standing(code, standing.since - 1)
    if standing is None or standing.since is None:
        return ""
    return say("message.since", language, year=standing.since)


def _listed(places: Sequence[Commune], language: Language) -> str:
    names = [_typeset(str(place)) for place in places[:LISTED]]
    told = ", ".join(say("message.quoted", language, text=name) for name in names)
    return f"{told}…" if len(places) > LISTED else told


def _typeset(name: str) -> str:
    """A name with the apostrophe of print: the official lists have the typewriter's."""
    return name.replace("'", "’")
