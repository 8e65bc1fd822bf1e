"""Several answers in one cell, cut where the labels of the code list say, not where a mark happens to stand.

A text such as `Se loger Garde d'enfants` (labels joined by spaces) or `Oui, souvent, Jamais` (joined by commas, one of
which belongs to a label) comes in; the codes go out, or None where the list does not explain the whole of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from impact_pipeline.declarations import CodeList
from impact_pipeline.names import plain

LONGEST = 400  # parts of one cell beyond which it is a text, not answers


def labels_of(codelist: CodeList) -> dict[str, str]:
    """Plain spelling -> code, for whoever cuts many cells."""
    found: dict[str, str] = {}
    for item in codelist.codes:
        for spelling in (item.code, item.label.fr, item.label.en, *item.synonyms):
            found.setdefault(plain(spelling), item.code)
    return found


def segmented(text: str, joined: str, labels: Mapping[str, str]) -> list[str] | None:
    """The codes of a text whose answers are joined by `joined`, the longest labels first; None where a part is none."""
    parts = [part for part in text.split(joined.strip() or None) if part.strip()]
    if not parts or len(parts) > LONGEST:
        return None
    longest = max((len(label.split()) for label in labels), default=0)
    glue = joined if joined.strip() else " "
    # best[k]: the codes that explain the parts from k on
    best: list[list[str] | None] = [None] * len(parts) + [[]]
    for start in range(len(parts) - 1, -1, -1):
        for end in range(min(len(parts), start + longest), start, -1):
            rest = best[end]
            code = labels.get(plain(glue.join(parts[start:end])))
            if rest is not None and code is not None:
                best[start] = [code, *rest]
                break
    return best[0]
