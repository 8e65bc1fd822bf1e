"""From a folder of YAML to checked declarations; every problem of every file is told at once.

The folder holds `programme.yaml` and one file a thing in `initiatives/`, `instruments/`, `scales/`, `codelists/`,
`indicators/`. A problem names file, line and key, what was read, what is expected and the nearest known name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from impact_pipeline.declarations.common import Declaration
from impact_pipeline.declarations.indicator import Indicator
from impact_pipeline.declarations.instrument import Instrument
from impact_pipeline.declarations.programme import CodeList, Initiative, Programme
from impact_pipeline.declarations.references import check_references
from impact_pipeline.declarations.scale import Scale, Score
from impact_pipeline.errors import DeclarationError, Problem, UnknownName
from impact_pipeline.names import nearest

FOLDERS: Mapping[str, type[Declaration]] = {
    "initiatives": Initiative,
    "instruments": Instrument,
    "scales": Scale,
    "codelists": CodeList,
    "indicators": Indicator,
}
MODELS: Mapping[str, type[Declaration]] = {"programme": Programme} | {
    folder.removesuffix("s"): model for folder, model in FOLDERS.items()
}
T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Where a declaration was read: to tell the line of any of its keys."""

    file: str
    sha256: str
    node: Any = field(repr=False, compare=False)

    def line(self, location: tuple[int | str, ...]) -> int | None:
        """1-based line of the key at `location`, or of the nearest key above it that was written."""
        node, line = self.node, None
        for part in location:
            if isinstance(node, CommentedMap) and part in node:
                line, node = node.lc.key(part)[0] + 1, node[part]
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line, node = node.lc.item(part)[0] + 1, node[part]
        return line or (1 if isinstance(node, CommentedMap) else None)

    def problem(
        self, location: tuple[int | str, ...], read: object, expected: str, nearest: str | None = None
    ) -> Problem:
        key = ".".join(str(part) for part in location) or "(the whole file)"
        return Problem(self.file, self.line(location), key, _shown(read), expected, nearest)


@dataclass(frozen=True)
class Schemas:
    """All declarations of a programme, checked against each other."""

    programme: Programme
    initiatives: Mapping[str, Initiative]
    versions: Mapping[str, tuple[Instrument, ...]]
    scales: Mapping[str, Scale]
    codelists: Mapping[str, CodeList]
    indicators: Mapping[str, Indicator]
    sources: Mapping[str, Source] = field(repr=False)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All versions of all instruments, by name then version."""
        return tuple(instrument for name in sorted(self.versions) for instrument in self.versions[name])

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each declaration's file, by its path below `schemas/`."""
        return {name: source.sha256 for name, source in sorted(self.sources.items())}

    def initiative(self, name: str) -> Initiative:
        """The initiative of that name. Raises UnknownName with the nearest one."""
        return _get("initiative", self.initiatives, name)

    def instrument(self, name: str, version: int | None = None) -> Instrument:
        """The newest version of an instrument, or the one asked for (`dat-followup` or `dat-followup.v1`).

        Raises UnknownName with the nearest name, or with the versions that there are.
        """
        bare, _, suffix = name.partition(".v")
        if suffix.isdigit():
            name, version = bare, int(suffix)
        versions = {str(item.version): item for item in _get("instrument", self.versions, name)}
        if version is None:
            return max(versions.values(), key=lambda item: item.version)
        return _get(f"version of {name}", versions, str(version))

    def codelist(self, name: str | None) -> CodeList:
        """The code list of that name; the loader has checked that those named in declarations exist."""
        return _get("code list", self.codelists, name or "")

    def scores(self, instrument: Instrument) -> dict[str, tuple[Scale, Score]]:
        """The scores that the instrument's fields make possible, by score name: those with all their items asked."""
        asked: dict[str, set[str]] = {}
        for item in instrument.fields:
            if item.scale is not None:
                asked.setdefault(item.scale, set()).add(item.scale_item)
        return {
            score.name: (self.scales[name], score)
            for name, items in asked.items()
            if name in self.scales
            for score in self.scales[name].scores
            if set(score.items) <= items
        }

    def indicators_of(self, instrument: Instrument) -> tuple[Indicator, ...]:
        """Indicators computed from this instrument, by name."""
        return tuple(i for _, i in sorted(self.indicators.items()) if i.instrument == instrument.instrument)

    def initiatives_of(self, indicator: Indicator) -> tuple[str, ...]:
        """The initiatives for which an indicator is computed, by name."""
        if indicator.initiatives is not None:
            return tuple(sorted(indicator.initiatives))
        return tuple(sorted(n for n, i in self.initiatives.items() if indicator.instrument in i.instruments))


def load_schemas(folder: Path) -> Schemas:
    """Read and check all declarations below `folder`.

    Raises DeclarationError holding every problem found: YAML that cannot be read, keys and values that no model
    allows, names that nothing declares, two files that declare the same thing.
    """
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    programme = _read(folder, "programme.yaml", Programme, sources, problems)
    found: dict[str, dict[str, Any]] = {name: {} for name in FOLDERS}
    for name, model in FOLDERS.items():
        for path in sorted((folder / name).glob("*.y*ml")):
            file = f"{name}/{path.name}"
            thing = _read(folder, file, model, sources, problems)
            if thing is None:
                continue
            key = str(thing) if isinstance(thing, Instrument) else getattr(thing, name.removesuffix("s"))
            if key in found[name]:
                told = f"a name of its own; {key} is declared in another file too"
                problems.append(sources[file].problem((name.removesuffix("s"),), key, told))
            found[name][key] = thing
            _check_file_name(path.stem, key, file, sources[file], problems, name.removesuffix("s"))
    if problems or programme is None:
        raise DeclarationError(problems)
    versions: dict[str, list[Instrument]] = {}
    for instrument in sorted(found.pop("instruments").values(), key=lambda item: item.version):
        versions.setdefault(instrument.instrument, []).append(instrument)
    schemas = Schemas(programme, versions={k: tuple(v) for k, v in versions.items()}, sources=sources, **found)
    found_wrong = check_references(schemas, _file_of(sources))
    problems = [sources[file].problem(at, read, told, near) for file, at, read, told, near in found_wrong]
    if problems:
        raise DeclarationError(problems)
    return schemas


def _read(folder: Path, file: str, model: type[T], sources: dict[str, Source], problems: list[Problem]) -> T | None:
    path = folder / file
    if not path.is_file():
        problems.append(Problem(str(path), None, "(file)", "nothing", f"a file named {path.name}"))
        return None
    content = path.read_bytes()
    try:
        node = YAML(typ="rt").load(content.decode("utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        told = str(getattr(error, "problem", None) or error)
        problems.append(Problem(file, mark.line + 1 if mark else None, "(the file)", told, "YAML in UTF-8"))
        return None
    source = sources[file] = Source(file, hashlib.sha256(content).hexdigest(), node)
    try:
        return model.model_validate(_bare(node))  # type: ignore[attr-defined, no-any-return]
    except ValidationError as error:
        problems.extend(_explained(error, source, model))  # type: ignore[arg-type]
        return None


def _bare(node: Any) -> Any:
    """The node as plain Python, so that pydantic sees nothing of ruamel's types."""
    if isinstance(node, CommentedMap):
        return {key: _bare(value) for key, value in node.items()}
    return [_bare(value) for value in node] if isinstance(node, CommentedSeq) else node


def _explained(error: ValidationError, source: Source, model: type[BaseModel]) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        location = tuple(part for part in detail["loc"] if not str(part).startswith(("function-", "lax-or")))
        kind, read, context = detail["type"], detail["input"], detail.get("ctx", {})
        if kind == "extra_forbidden":
            known = _keys_at(model, location[:-1])
            yield source.problem(
                location, f"the key {location[-1]!r}", f"one of {', '.join(known)}", nearest(str(location[-1]), known)
            )
        elif kind == "missing":
            yield source.problem(location, "nothing", f"the key {location[-1]!r}")
        elif kind == "literal_error":
            options = [part.strip().strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(",")]
            yield source.problem(location, read, f"one of {', '.join(options)}", nearest(str(read), options))
        elif kind == "value_error":
            yield source.problem(location, _brief(read), str(context["error"]))
        elif kind == "string_pattern_mismatch":
            yield source.problem(location, read, f"a text like {context['pattern']}")
        else:
            yield source.problem(location, _brief(read), detail["msg"].removeprefix("Input should be "))


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that a model allows at a location inside it."""
    for part in location:
        info = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if info is not None:
            inner = _model_in(info.annotation)
            if inner is None:
                return []
            model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)


def _check_file_name(stem: str, key: str, file: str, source: Source, problems: list[Problem], kind: str) -> None:
    if stem != key:
        problems.append(source.problem((kind,), key, f"the name of its file, {file}: rename one of the two"))


def _file_of(sources: Mapping[str, Source]) -> Mapping[tuple[str, str], str]:
    """(folder, name of the thing) -> file."""
    split = ((file, *file.rpartition("/")[::2]) for file in sources)
    return {(folder, name.rsplit(".", 1)[0]): file for file, folder, name in split}


def _get(kind: str, known: Mapping[str, T], name: str) -> T:
    if name not in known:
        raise UnknownName(kind, name, sorted(known), nearest(name, known))
    return known[name]


def _brief(value: object) -> object:
    """A whole mapping or list is too long to repeat: its line says enough."""
    return "this" if isinstance(value, dict | list) else value


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value.startswith(("the key", "nothing", "this")) else repr(value)
