"""Carried declarations as YAML that a person reads and edits: files of `schemas/`, with what was left as comments.

Declarations and what was left come in; the text of each file by its path below `schemas/` goes out.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from impact_pipeline.words import Language, catalogue, say
from impact_pipeline.xlsform.carried import Carried, Left

IN_ONE_LINE = ("key", "fields", "synonyms", "range", "repeat")  # lists and maps that stay on the line of their key
WIDTH = 120


@dataclass(frozen=True)
class Written:
    """The text of each file, by its path below `schemas/`."""

    files: Mapping[str, str]


def write(carried: Carried, language: Language) -> Written:
    """The files of what was carried; comments are in `language`."""
    comments = [say("xlsform.review", language)]
    left = [tell(item, language) for item in carried.left if not item.is_aside]
    comments += [say("xlsform.left", language), *(f"- {line}" for line in left)] if left else []
    files = {}
    for name, declared in carried.codelists.items():
        files[f"codelists/{name}.yaml"] = _text("codelist", declared, [])
    for name, declared in carried.instruments.items():
        files[f"instruments/{name}.v1.yaml"] = _text("instrument", declared, comments)
        comments = [say("xlsform.review", language)]
    return Written(files)


def tell(left: Left, language: Language) -> str:
    """What was left, in words: `[survey, ligne 29] la formule de « relevant » …`."""
    known = catalogue(language)
    key = f"xlsform.left.{left.code}"
    special = f"{key}.{left.part}"
    place = say("xlsform.place" if left.row else "xlsform.place.sheet", language, sheet=left.sheet, row=left.row or "")
    told = " ".join(left.told.split())
    return f"{place} {say(special if special in known else key, language, told=told, part=left.part)}"


def _text(kind: str, declared: Mapping[str, Any], comments: Sequence[str]) -> str:
    yaml = YAML()
    yaml.width, yaml.allow_unicode = 4096, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_shaped(declared), stream)
    top = [f"# yaml-language-server: $schema=../json-schema/{kind}.json"]
    top += [f"# {line}" for comment in comments for line in comment.splitlines()]
    return "\n".join(top) + "\n" + stream.getvalue()


def _shaped(declared: Mapping[str, Any]) -> CommentedMap:
    """Texts in two languages and short lists on one line; fields one below the other."""
    shaped = CommentedMap()
    for key, value in declared.items():
        if isinstance(value, Mapping) and set(value) == {"fr", "en"}:
            shaped[key] = _inline(value)
        elif isinstance(value, Mapping) and key not in IN_ONE_LINE:
            shaped[_scalar(key)] = _shaped(value)
        elif isinstance(value, Mapping):
            shaped[key] = _inline(value)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            shaped[key] = CommentedSeq([_shaped(item) for item in value])
        elif isinstance(value, list):
            if value:
                shaped[key] = CommentedSeq([_scalar(item) for item in value])
                shaped[key].fa.set_flow_style()
        else:
            shaped[_scalar(key)] = _scalar(value)
    return shaped


def _inline(value: Mapping[str, Any]) -> CommentedMap:
    shaped = CommentedMap((key, _scalar(item)) for key, item in value.items())
    shaped.fa.set_flow_style()
    return shaped


def _scalar(value: Any) -> Any:
    """A code such as `01`, `no` or `1` is a text, and is quoted so that it stays one."""
    if isinstance(value, str) and (value.replace(".", "").isdigit() or value.lower() in AMBIGUOUS):
        return DoubleQuotedScalarString(value)
    return value


AMBIGUOUS = frozenset(["yes", "no", "true", "false", "on", "off", "y", "n", "null", "~", ""])
