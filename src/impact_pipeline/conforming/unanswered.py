"""Words that stand where an answer should: `NSP`, `refus`, `sans objet`, `n/a`, `-`.

The text of a cell that is no value of its field comes in; why there is no answer goes out. Fields of free text and
identifiers are left alone: there the words may be the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from impact_pipeline.conforming.typed import Cell
from impact_pipeline.declarations import Instrument
from impact_pipeline.names import plain

WORDS: Mapping[str, tuple[str, ...]] = {
    "refused": (
        "refus", "refuse", "refuse de repondre", "a refuse", "a refuse de repondre", "ne souhaite pas repondre",
        "je ne souhaite pas repondre", "ne veut pas repondre", "ne repond pas", "pas de reponse souhaitee", "refused",
        "refused to answer", "prefer not to say",
    ),
    "unknown": (
        "nsp", "ne sait pas", "ne sais pas", "je ne sais pas", "sait pas", "sais pas", "nspp", "ne se prononce pas",
        "inconnu", "inconnue", "non connu", "non connue", "nr", "n r", "non renseigne", "non renseignee",
        "pas de reponse", "sans reponse", "non reponse", "nc", "n c", "non communique", "non communiquee",
        "nd", "n d", "non disponible", "pas disponible", "indisponible", "na", "don t know", "do not know", "dk",
        "unknown", "no answer", "not available", "missing", "nan", "null",
    ),
    "not-asked": (
        "so", "s o", "sans objet", "n a", "non concerne", "non concernee", "pas concerne", "pas concernee",
        "non applicable", "not applicable", "question non posee", "non pose", "non posee", "not asked",
    ),
}  # fmt: skip
STATUSES = {word: status for status, words in WORDS.items() for word in words}
MARKS = {"-": "unknown", ".": "unknown", "/": "not-asked"}  # as statistics offices write them
MARK = re.compile(r"[-–—]+|\.+|…|/+")
LONGEST = 40  # characters, beyond the longest of the words
LABELLED = re.compile(r"-?\d{1,4}([.,]0+)?")


def unanswered(text: str, instrument: Instrument) -> Cell | None:
    """The cell of a text that says that there is no answer; None for any other text."""
    status = _status(text, instrument)
    return Cell(status=status, code="missing-converted", as_read=status) if status else None


def _status(text: str, instrument: Instrument) -> str | None:
    if len(text) > LONGEST:
        return None
    if MARK.fullmatch(text):
        return MARKS.get(text[0].replace("–", "-").replace("—", "-").replace("…", "."))
    if LABELLED.fullmatch(text):
        return instrument.missing.get(int(float(text.replace(",", "."))))
    return STATUSES.get(plain(text)) if not text.endswith("?") else None
