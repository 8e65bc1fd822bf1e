"""From a YAML file to one declared thing, or to the problems that stand in it, each at its line.

A folder, a file's name and a model come in; the thing (or None), its source and the problems go out. What pydantic says
for programmers is said again here for the person who writes the file. Knows no other file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from impact_pipeline.declarations.common import WRONG, Location, Said, Text
from impact_pipeline.errors import Problem
from impact_pipeline.names import nearest

T = TypeVar("T", bound=BaseModel)
EXPECTED: Mapping[str, str] = {  # pydantic's type of error -> what is expected, for a person
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "too_short": "a list with at least one thing in it",
    "tuple_type": "a list, such as [a, b]",
    "list_type": "a list, such as [a, b]",
    "dict_type": "keys with their values, such as {-8: refused}",
    "model_type": "keys with their values",
    "date_type": "a date, such as 2025-01-31",
    "date_parsing": "a date, such as 2025-01-31",
    "date_from_datetime_parsing": "a date, such as 2025-01-31",
}
KEPT = 512  # declarations that are remembered as they were read
NAMING = ("name", "code", "item")  # keys that tell the things of a list apart


@dataclass(frozen=True)
class Source:
    """Where a declaration was read: to tell the line of any of its keys."""

    file: str
    sha256: str
    node: Any = field(repr=False, compare=False)

    def line(self, location: Location) -> int:
        """1-based line of the key at `location`, or of the nearest key above it that was written."""
        node, line = self.node, 1
        for part in location:
            key = _written(node, part)
            if key is None:
                break
            line = node.lc.data[key][0] + 1 if key in (node.lc.data or {}) else line  # a merged key has no line here
            node = node[key]
        return line

    def key(self, location: Location) -> str:
        """The place in words: `fields[age].range`; the things of a list bear their name rather than their number."""
        node, told = self.node, ""
        for part in location:
            key, listed = (
                _written(node, part),
                isinstance(part, int) and not (isinstance(node, CommentedMap) and part in node),
            )
            node = None if key is None else node[key]
            named = next((node[k] for k in NAMING if k in node), None) if isinstance(node, CommentedMap) else None
            if listed:
                told += f"[{named or (key if isinstance(key, str) else int(part) + 1)}]"
            else:
                told += f".{part}" if told else str(part)
        return told or "(the whole file)"

    def problem(self, location: Location, read: object, expected: str, nearest: str | None = None) -> Problem:
        """The problem at a location inside this file."""
        return Problem(self.file, self.line(location), self.key(location), _shown(read), expected, nearest)


def read_declaration(folder: Path, file: str, model: type[T]) -> tuple[T | None, Source | None, list[Problem]]:
    """Read and check one file below `folder`; its source is None where it is no YAML, the thing where it is wrong.

    A content that was read before is not read again: one run loads its declarations several times.
    """
    thing, source, problems = _read((folder / file).read_bytes(), file, model)
    return cast("T | None", thing), source, list(problems)


@lru_cache(maxsize=KEPT)
def _read(
    content: bytes, file: str, model: type[BaseModel]
) -> tuple[BaseModel | None, Source | None, Sequence[Problem]]:
    try:
        node = YAML(typ="rt").load(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, None, [Problem(file, line, "(the text)", "bytes of another encoding", "a text saved as UTF-8")]
    except YAMLError as error:
        return None, None, [_yaml_problem(file, error)]
    source = Source(file, hashlib.sha256(content).hexdigest(), node)
    if not isinstance(node, CommentedMap):
        read = "nothing" if node is None else "a list or a bare text"
        keys = ", ".join(list(_keys_at(model, ()))[:3])
        return None, source, [Problem(file, 1, "(the whole file)", read, f"keys with their values: {keys}, ...")]
    try:
        return model.model_validate(_bare(node)), source, []
    except ValidationError as error:
        details = _telling(error.errors(include_url=False), model)
        return None, source, [problem for detail in details for problem in _problems(detail, source, model)]


def _yaml_problem(file: str, error: YAMLError) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    told = str(getattr(error, "problem", None) or error).splitlines()[0]
    read, expected = told, "YAML that can be read"
    if isinstance(error, DuplicateKeyError):
        read, expected = f"the key {told.partition('key ')[2].partition(' with')[0]} a second time", "each key once"
    elif "mapping values are not allowed" in told:
        read = "a second ': ' in the line"
        expected = "quotes around a text that holds ': ', and keys that stand below one another"
    elif "'\\t'" in told:
        read, expected = "a tab", "spaces"
    elif "cannot start any token" in told:
        expected = "quotes around a text that begins with %, @ or `"
    elif isinstance(error, MarkedYAMLError) and "flow" in str(error.context):
        mark = error.context_mark or mark  # where the bracket opens: that is where one is to look
        expected = "the bracket closed, and quotes around a text that holds a comma, a bracket or ': '"
    elif "expected <block end>" in told:
        expected = "the same indentation as the lines above"
    return Problem(file, mark.line + 1 if mark else None, "(YAML)", read, expected)


def _telling(details: Sequence[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """The errors without those that only follow from another: a key missing because it is misspelt, a list short of
    the things that are wrong in it."""
    misspelt = {
        (*detail["loc"][:-1], nearest(str(detail["loc"][-1]), _keys_at(model, detail["loc"][:-1])))
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    places = [tuple(detail["loc"]) for detail in details]
    return [
        detail
        for detail, place in zip(details, places, strict=True)
        if not (detail["type"] == "missing" and place in misspelt)
        and not (
            detail["type"] == "too_short" and any(len(p) > len(place) and p[: len(place)] == place for p in places)
        )
    ]


def _problems(detail: ErrorDetails, source: Source, model: type[BaseModel]) -> Iterator[Problem]:
    """What one of pydantic's errors says, for the person who wrote the file."""
    location: Location = tuple(detail["loc"])
    kind, read, context = detail["type"], detail["input"], detail.get("ctx", {})
    last = location[-1] if location else ""
    if kind == WRONG:
        for wrong in context["wrong"]:
            yield source.problem((*location, *wrong.at), wrong.read, wrong.expected, wrong.nearest)
    elif kind == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        told = f"one of {', '.join(known)}" if known else "no such key"
        yield source.problem(location, Said(f"the key {last!r}"), told, nearest(str(last), known))
    elif kind == "missing":
        yield source.problem(location, None, f"the key {last!r}{_holding(model, location)}")
    elif kind == "literal_error":
        options = [part.strip().strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(",")]
        yield source.problem(location, read, f"one of {', '.join(options)}", nearest(str(read), options, at_least=60))
    elif kind == "value_error":
        yield source.problem(location, read, str(context["error"]))
    elif kind == "string_pattern_mismatch":
        yield source.problem(location, read, _description(model, location) or f"a text like {context['pattern']}")
    elif kind == "model_type" and context.get("class_name") == Text.__name__:
        yield source.problem(location, read, "a text, or one in each language: {fr: ..., en: ...}")
    elif kind == "string_type" and isinstance(read, int | float | date):
        yield source.problem(location, read, f'a text, in quotes: "{_shown(read)}"')
    elif last == "[key]":
        yield source.problem(location[:-2], location[-2], f"{EXPECTED.get(kind, 'another key')} as a key")
    else:
        told = detail["msg"].removeprefix("Input should be ").replace("greater", "a number greater", 1)
        yield source.problem(location, read, EXPECTED.get(kind, told))


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys that a model allows at a location inside it."""
    inner = _model_at(model, location)
    return [] if inner is None else [info.alias or name for name, info in inner.model_fields.items()]


def _description(model: type[BaseModel], location: Location) -> str | None:
    """What the model says of a key, or of the names that a list under it holds."""
    keys = [part for part in location if isinstance(part, str)]
    inner = _model_at(model, tuple(keys[:-1])) if keys else None
    info = inner.model_fields.get(keys[-1]) if inner is not None else None
    if info is None:
        return None
    return info.description if isinstance(location[-1], str) else None


def _holding(model: type[BaseModel], location: Location) -> str:
    """What a key that is missing would hold: the words that it takes, the keys inside it, else what is said of it."""
    outer = _model_at(model, location[:-1])
    info = next((f for n, f in outer.model_fields.items() if location[-1] in (n, f.alias)), None) if outer else None
    if info is None:
        return ""
    inner = _model_in(info.annotation)
    if get_origin(info.annotation) is Literal:
        return f": one of {', '.join(map(str, get_args(info.annotation)))}"
    if inner is Text:
        return ", a text, or one in each language: {fr: ..., en: ...}"
    if inner is not None:
        return f", with {', '.join(_keys_at(inner, ()))}"
    return f": {info.description}" if info.description else ""


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    for part in location:
        if isinstance(part, int):
            continue
        info = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        inner = _model_in(info.annotation) if info is not None else None
        if inner is None:
            return None
        model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)


def _bare(node: Any) -> Any:
    """The node as plain Python, so that pydantic sees nothing of ruamel's types."""
    if isinstance(node, CommentedMap):
        return {key: _bare(value) for key, value in node.items()}
    return [_bare(value) for value in node] if isinstance(node, CommentedSeq) else node


def _written(node: Any, part: int | str) -> Any:
    """The key or place in `node` that a part of a location stands for; None where nothing was written there."""
    if isinstance(node, CommentedMap) and part in node:
        return part
    if isinstance(node, CommentedMap | CommentedSeq) and isinstance(part, int) and 0 <= part < len(node):
        return list(node)[part] if isinstance(node, CommentedMap) else part  # a map: the short form of a list
    return None


def _shown(value: object) -> str:
    """What was read, short: a whole mapping is told by its keys."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys: " + ", ".join(map(str, value)) if value else "no keys"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value) if isinstance(value, str) and not isinstance(value, Said) else str(value)
