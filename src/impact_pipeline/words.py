"""Sentences in French and English, from the gettext catalogues beside this module.

A sentence is asked for by its key and filled with named values; it never stands in code or in a template's logic.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.messages.pofile import read_po

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All sentences of a language by key; every `*.po` of the language's folder is read."""
    folder = files("impact_pipeline") / "catalogues" / language
    sentences: dict[str, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".po"):
            with entry.open("rb") as stream:
                sentences |= {str(m.id): str(m.string) for m in read_po(stream) if m.id}
    return sentences


def say(key: str, language: Language, /, **values: object) -> str:
    """The sentence of `key` with its `{named}` values filled in.

    Raises KeyError for a key that the language does not have: a test holds the languages' keys equal.
    """
    return catalogue(language)[key].format(**values)
