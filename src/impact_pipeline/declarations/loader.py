"""From a folder of YAML to checked declarations; every problem of every file is told at once.

The folder holds `programme.yaml` and one file a thing in each of the folders that `FOLDERS` names. A problem names
file, line and key, what was read, what is expected and the nearest known name.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from impact_pipeline.declarations.common import Declaration
from impact_pipeline.declarations.composite_index import CompositeIndex
from impact_pipeline.declarations.condition import ConditionAnalysis
from impact_pipeline.declarations.deprivation import Deprivation
from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.indicator import Indicator
from impact_pipeline.declarations.instrument import Instrument
from impact_pipeline.declarations.kinds import Kind, kind_of_type
from impact_pipeline.declarations.literature import LiteratureReference
from impact_pipeline.declarations.mapping import ColumnMapping
from impact_pipeline.declarations.programme import CodeList, Initiative, Programme
from impact_pipeline.declarations.references import check_mapping, check_references
from impact_pipeline.declarations.scale import Scale, Score
from impact_pipeline.declarations.sources import Source, read_declaration
from impact_pipeline.declarations.study import Study
from impact_pipeline.declarations.study_references import check_studies
from impact_pipeline.declarations.synthesis_question import SynthesisQuestion
from impact_pipeline.declarations.synthesis_references import check_syntheses
from impact_pipeline.declarations.target import Target
from impact_pipeline.declarations.target_references import check_targets
from impact_pipeline.declarations.weighting import Margin
from impact_pipeline.declarations.weighting_references import check_weighting
from impact_pipeline.errors import DeclarationError, Problem, UnknownName
from impact_pipeline.names import nearest

PROGRAMME = "programme.yaml"
GENERATED = "json-schema"  # holds what is derived from these models: nothing to read there
FOLDERS: Mapping[str, type[Declaration]] = {
    "initiatives": Initiative,
    "instruments": Instrument,
    "scales": Scale,
    "codelists": CodeList,
    "indicators": Indicator,
    "mappings": ColumnMapping,
    "deprivations": Deprivation,
    "indices": CompositeIndex,
    "studies": Study,
    "references": LiteratureReference,
    "syntheses": SynthesisQuestion,
    "targets": Target,
    "conditions": ConditionAnalysis,
    "margins": Margin,
}
IRREGULAR: Mapping[str, str] = {  # what one thing of a folder is called
    "indices": "index",
    "studies": "study",
    "syntheses": "synthesis",
}
MODELS: Mapping[str, type[Declaration]] = {"programme": Programme} | {
    IRREGULAR.get(folder, folder.removesuffix("s")): model for folder, model in FOLDERS.items()
}
T = TypeVar("T")
D = TypeVar("D", bound=Declaration)


@dataclass(frozen=True)
class Schemas:
    """All declarations of a programme, checked against each other."""

    programme: Programme
    initiatives: Mapping[str, Initiative]
    versions: Mapping[str, tuple[Instrument, ...]]
    scales: Mapping[str, Scale]
    codelists: Mapping[str, CodeList]
    indicators: Mapping[str, Indicator]
    mappings: Mapping[str, ColumnMapping]
    deprivations: Mapping[str, Deprivation]
    indices: Mapping[str, CompositeIndex]
    studies: Mapping[str, Study]
    references: Mapping[str, LiteratureReference]
    syntheses: Mapping[str, SynthesisQuestion]
    targets: Mapping[str, Target]
    conditions: Mapping[str, ConditionAnalysis]
    listed_communes: Mapping[str, frozenset[str]]  # by target
    margins: Mapping[str, Margin]
    sources: Mapping[str, Source] = field(repr=False)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All versions of all instruments, by name then version."""
        return tuple(instrument for name in sorted(self.versions) for instrument in self.versions[name])

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each declaration's file, by its path below `schemas/`."""
        return {name: source.sha256 for name, source in sorted(self.sources.items())}

    def hash_of(self, indicator: Indicator) -> str:
        """SHA-256 of the file that an indicator is declared in, or follows from."""
        for name, deprivation in self.deprivations.items():
            if any(item.indicator == indicator.indicator for item in deprivation.indicators):
                return self.hashes[f"deprivations/{name}.yaml"]
        return self.hashes[f"indicators/{indicator.indicator}.yaml"]

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

    def mapping(self, organisation: str, instrument: Instrument) -> ColumnMapping | None:
        """How an organisation writes an instrument, where a person has confirmed it."""
        return self.mappings.get(f"{organisation}.{instrument.instrument}")

    def with_mapping(self, organisation: str, mapping: ColumnMapping | None) -> Schemas:
        """The same declarations, where an organisation writes an instrument as this mapping says."""
        if mapping is None:
            return self
        return replace(self, mappings={**self.mappings, f"{organisation}.{mapping.instrument}": mapping})

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

    def kinds(self, instrument: Instrument) -> dict[str, Kind]:
        """Of what kind each field and each score is that an expression over the instrument may name."""
        scores: dict[str, Kind] = dict.fromkeys(self.scores(instrument), "number")
        return {item.name: kind_of_type(item.type) for item in instrument.fields} | scores

    def study(self, name: str) -> Study:
        """The study of that name. Raises UnknownName with the nearest one."""
        return _get("study", self.studies, name)

    def fields_behind(self, indicator: Indicator) -> frozenset[str]:
        """The fields of the newest version that an indicator rests on, those of its scores' items among them."""
        expressions = [item for item in (indicator.value, indicator.base, indicator.among) if item is not None]
        return self.fields_of(self.instrument(indicator.instrument), expressions)

    def fields_of(self, instrument: Instrument, expressions: Iterable[Expression]) -> frozenset[str]:
        """The fields of an instrument that expressions rest on, those of their scores' items among them."""
        names = {name for expression in expressions for name in expression.names}
        scores = self.scores(instrument)
        items = {(scores[n][0].scale, item) for n in names if n in scores for item in scores[n][1].items}
        held = {field.name for field in instrument.fields if (field.scale, field.scale_item) in items}
        return frozenset(held | (names & set(instrument.by_name)))

    def indicators_of(self, instrument: Instrument) -> tuple[Indicator, ...]:
        """Indicators computed from this instrument, by name."""
        return tuple(i for _, i in sorted(self.indicators.items()) if i.instrument == instrument.instrument)

    def margins_of(self, instrument: Instrument, initiative: str, wave: str) -> tuple[Margin, ...]:
        """The margins that the sample of an initiative at a wave is weighted to, as declared in the instrument."""
        named = instrument.weighting.margins if instrument.weighting is not None else ()
        return tuple(m for m in (self.margins[name] for name in named) if m.applies(initiative, wave))

    def latest_wave(self, instrument: Instrument, waves: Iterable[str]) -> str | None:
        """The last of some waves, None of none: as the list of codes has them where there is one, else by time."""
        item = instrument.by_name[instrument.wave_field] if instrument.wave_field else None
        codes = list(self.codelist(item.codes).by_code) if item is not None and item.codes else []
        return max(waves, key=lambda wave: (codes.index(wave) if wave in codes else -1, wave), default=None)

    def initiatives_of(self, indicator: Indicator) -> tuple[str, ...]:
        """The initiatives for which an indicator is computed, by name."""
        if indicator.initiatives is not None:
            return tuple(sorted(indicator.initiatives))
        return tuple(sorted(n for n, i in self.initiatives.items() if indicator.instrument in i.instruments))


def load_schemas(folder: Path) -> Schemas:
    """Read and check all declarations below `folder`.

    Raises DeclarationError holding every problem found: YAML that cannot be read, keys and values that no model
    allows, names that nothing declares, two files that declare the same thing, files that nothing reads. A file that is
    wrong does not hide what is wrong in the others: its name counts as declared while they are checked.
    """
    reading = _Reading(folder)
    programme = reading.programme()
    found: dict[str, dict[str, Any]] = {name: reading.things(name, model) for name, model in FOLDERS.items()}
    reading.strays()
    versions: dict[str, list[Instrument]] = {}
    for instrument in sorted(found.pop("instruments").values(), key=lambda item: item.version):
        versions.setdefault(instrument.instrument, []).append(instrument)
    if programme is None:
        raise DeclarationError(reading.problems)
    reading.derive(found["indicators"], found["deprivations"])
    listed = {name: reading.listed(name, target) for name, target in found["targets"].items()}
    by_name = {name: tuple(same) for name, same in versions.items()}
    schemas = Schemas(programme, versions=by_name, listed_communes=listed, sources=reading.sources, **found)
    wrongs = (
        *check_references(schemas, reading.file_of, reading.broken),
        *check_studies(schemas, reading.file_of, reading.broken),
        *check_syntheses(schemas, reading.file_of, reading.broken),
        *check_targets(schemas, reading.file_of, reading.broken),
        *check_weighting(schemas, reading.file_of, reading.broken),
    )
    for file, wrong in wrongs:
        reading.problems.append(reading.sources[file].problem(*wrong))
    if reading.problems:
        raise DeclarationError(reading.problems)
    return schemas


def load_mapping(path: Path, schemas: Schemas) -> ColumnMapping:
    """Read and check one mapping that stands anywhere. Raises DeclarationError with every problem."""
    mapping, source, problems = read_declaration(path.parent, path.name, ColumnMapping)
    if mapping is None or source is None:
        raise DeclarationError(problems)
    wrong = [source.problem(*wrong) for wrong in check_mapping(schemas, mapping)]
    if wrong:
        raise DeclarationError(wrong)
    return mapping


class _Reading:
    """What has been read so far: sources and problems by file, and the names of things whose file is wrong."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.sources: dict[str, Source] = {}
        self.problems: list[Problem] = []
        self.file_of: dict[tuple[str, str], str] = {}
        self.broken: dict[str, list[str]] = {name: [] for name in FOLDERS}

    def programme(self) -> Programme | None:
        if not (self.folder / PROGRAMME).is_file():
            expected = f"a file {PROGRAMME} that names the programme, in the folder {self.folder.name}/"
            self.problems.append(Problem(PROGRAMME, None, "(the file)", "nothing", expected))
            return None
        return self._read(PROGRAMME, Programme)

    def things(self, name: str, model: type[D]) -> dict[str, D]:
        """All things of one folder, by name (an instrument by name and version)."""
        kind = IRREGULAR.get(name, name.removesuffix("s"))
        found: dict[str, D] = {}
        for path in sorted((self.folder / name).glob("*.y*ml")):
            file = f"{name}/{path.name}"
            thing = self._read(file, model)
            if thing is None:
                self.broken[name].append(path.stem)
                continue
            has_parts = isinstance(thing, Instrument | ColumnMapping)  # a name of two parts, as in its file's name
            key = str(thing) if has_parts else getattr(thing, kind)
            kind = "instrument" if has_parts else kind
            if key in found:
                told = f"a name of its own: {self.file_of[name, key]} declares {key} too"
                self.problems.append(self.sources[file].problem((kind,), key, told))
            elif path.stem != key:
                told = f"the name of its file, {path.stem}: rename the one or the other"
                self.problems.append(self.sources[file].problem((kind,), key, told))
            found.setdefault(key, thing)
            self.file_of.setdefault((name, key), file)
        return found

    def derive(self, indicators: dict[str, Indicator], deprivations: Mapping[str, Deprivation]) -> None:
        """Add the indicators that follow from other declarations; a name that two things bear is told."""
        for name, deprivation in deprivations.items():
            file = self.file_of["deprivations", name]
            for indicator in deprivation.indicators:
                if indicator.indicator in indicators:
                    told = f"a name that leaves `{indicator.indicator}` to the indicator declared so"
                    self.problems.append(self.sources[file].problem(("deprivation",), name, told))
                indicators.setdefault(indicator.indicator, indicator)

    def listed(self, name: str, target: Target) -> frozenset[str]:
        """The codes of the list beside a target; none where it has none, or where the list is not what was declared."""
        told = target.communes.listed
        if told is None:
            return frozenset()
        path, source = self.folder / "targets" / told.file, self.sources[self.file_of["targets", name]]
        if not path.is_file():
            expected = f"a file of that name beside it, in {path.parent.name}/"
            self.problems.append(source.problem(("communes", "listed", "file"), told.file, expected))
            return frozenset()
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 != told.sha256:
            at = ("communes", "listed", "sha256")
            self.problems.append(source.problem(at, told.sha256, f"that of the file as it is, {sha256}"))
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        if "code" not in (rows.fieldnames or ()):
            expected = "a CSV in UTF-8, separated by commas, with a column `code`"
            self.problems.append(source.problem(("communes", "listed", "file"), told.file, expected))
            return frozenset()
        return frozenset(row["code"] for row in rows)

    def strays(self) -> None:
        """YAML that stands where nothing reads it would be a declaration lost in silence."""
        read = {self.folder / PROGRAMME, *(path for name in FOLDERS for path in (self.folder / name).glob("*.y*ml"))}
        for path in sorted({*self.folder.rglob("*.yaml"), *self.folder.rglob("*.yml")} - read):
            file = path.relative_to(self.folder)
            if file.parts[0] != GENERATED:
                near = nearest(file.parts[0], FOLDERS) if len(file.parts) == 2 else None
                told = f"its file in one of {', '.join(f'{name}/' for name in FOLDERS)}"
                self.problems.append(
                    Problem(file.as_posix(), None, "(the file)", "a file that nothing reads", told, near)
                )

    def _read(self, file: str, model: type[D]) -> D | None:
        thing, source, problems = read_declaration(self.folder, file, model)
        if source is not None:
            self.sources[file] = source
        self.problems += problems
        return thing


def _get(kind: str, known: Mapping[str, T], name: str) -> T:
    if name not in known:
        raise UnknownName(kind, name, sorted(known), nearest(name, known))
    return known[name]
