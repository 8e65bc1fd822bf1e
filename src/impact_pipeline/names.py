"""Names as people write them: how two spellings are compared, and which known name is nearest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz import fuzz, process

NEAR = 75  # of 100, RapidFuzz's ratio; below it a suggestion misleads more than it helps
UNTOLD = re.compile(r"[^0-9a-z%€+<>=]+")  # what does not tell two spellings apart


def plain(text: str) -> str:
    """The text without case, accents, apostrophes, punctuation or repeated spaces, to compare two spellings.

    >>> plain("Nom de l’Équipe ")
    'nom de l equipe'
    """
    if text.isascii():
        return UNTOLD.sub(" ", text.lower()).strip()
    stripped = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae"))
    letters = "".join(c for c in stripped if not unicodedata.combining(c)).casefold()
    return UNTOLD.sub(" ", letters).strip()


def nearest(name: str, known: Iterable[str], *, at_least: float = NEAR) -> str | None:
    """The known name most like `name`, or None where none is near."""
    found = process.extractOne(name, list(known), scorer=fuzz.ratio, processor=plain, score_cutoff=at_least)
    return None if found is None else str(found[0])
