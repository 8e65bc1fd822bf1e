"""A column mapping as YAML that a person of the data team can read, confirm and change without knowing YAML.

A mapping comes in with the lines that wait for a yes; its text goes out. A line that begins with `#` is a question:
taking the `#` away confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from impact_pipeline.declarations import ColumnMapping
from impact_pipeline.words import Language, say

NOT_BARE = frozenset(["yes", "no", "on", "off", "true", "false", "null", "y", "n"])  # YAML takes them for else


class Waiting(NamedTuple):
    """A line to be confirmed: its part of the file, the field it is about (words alone), what is written, what it may
    mean."""

    part: str
    field: str
    text: str
    meaning: str


def mapping_yaml(mapping: ColumnMapping, waiting: Iterable[Waiting], language: Language) -> str:
    """The text of `<organisation>.<instrument>.yaml`."""
    asked = list(waiting)
    lines = [f"# {line}" for line in say("mapping.notice", language, **_named(mapping)).split("\n")]
    lines += [f"organisation: {mapping.organisation}", f"instrument: {mapping.instrument}"]
    if mapping.sheet:
        lines.append(f"sheet: {_quoted(mapping.sheet)}")
    lines += [f"# sheet: {_quoted(w.text)}" for w in asked if w.part == "sheet" and not mapping.sheet]
    if mapping.header_row:
        lines.append(f"header_row: {mapping.header_row}")
    lines += _section("columns", mapping.columns, [w for w in asked if w.part == "columns"])
    words = [w for w in asked if w.part == "values"]
    fields = list(dict.fromkeys([*mapping.values, *(w.field for w in words)]))
    lines += ["values:"] if fields else []
    for name in fields:
        of_field = [w for w in words if w.field == name]
        lines += [f"  {line}" for line in _section(name, mapping.values.get(name, {}), of_field)]
    lines += _section("decisions", mapping.decisions, [w for w in asked if w.part == "decisions"], quotes=False)
    return "\n".join(lines) + "\n"


def _named(mapping: ColumnMapping) -> dict[str, str]:
    return {"organisation": mapping.organisation, "instrument": mapping.instrument}


def _section(name: str, told: Mapping[str, str], asked: list[Waiting], *, quotes: bool = True) -> list[str]:
    """A heading and its lines, those that wait for a yes behind a `#`."""
    if not told and not asked:
        return []
    shown, meant = (_quoted, _plain) if quotes else (str, str)
    lines = [f"  {shown(text)}: {meant(meaning)}" for text, meaning in told.items()]
    lines += [f"  # {shown(w.text if quotes else w.field)}: {meant(w.meaning)}" for w in asked]
    return [f"{name}:", *lines]


def _plain(text: str) -> str:
    """A code or a name bare where YAML reads it as itself, else in quotes."""
    is_bare = text.replace("-", "").replace("_", "").isalpha() and text.lower() not in NOT_BARE
    return text if is_bare else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
