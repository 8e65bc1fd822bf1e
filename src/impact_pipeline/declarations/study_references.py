"""What a study names: its initiative, instrument, waves, fields and scores must exist and serve.

All declarations come in, with the names of those whose own file is wrong; what is wrong goes out, with its file and
place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.common import Location, Wrong, unknown
from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.instrument import Instrument
from impact_pipeline.declarations.kinds import Kind
from impact_pipeline.declarations.names import ANY, TRUTH, Names, check_expression
from impact_pipeline.declarations.study import Study

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas

FIGURE: tuple[Kind, ...] = ("number", "truth")
Asked = Iterator[tuple[Location, Expression | None, tuple[Kind, ...]]]


def check_studies(
    schemas: Schemas, file_of: Mapping[tuple[str, str], str], broken: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, Wrong]]:
    """Everything that studies name and nothing declares, as (file, what is wrong)."""
    names = Names(schemas, broken)
    for name, study in schemas.studies.items():
        yield from ((file_of["studies", name], wrong) for wrong in _study(names, study))


def _study(names: Names, study: Study) -> Iterator[Wrong]:
    yield from unknown(("initiative",), study.initiative, names.initiatives, "an initiative")
    yield from unknown(("instrument",), study.instrument, names.instruments, "an instrument")
    initiative = names.schemas.initiatives.get(study.initiative)
    if initiative is not None and study.instrument in names.instruments:
        known = initiative.instruments
        yield from unknown(("instrument",), study.instrument, known, f"an instrument of {study.initiative}")
    for place, outcome in enumerate(study.outcomes):
        yield from names.unit(("outcomes", place, "unit"), outcome.unit)
    if study.instrument in names.schemas.versions:
        instrument = names.schemas.instrument(study.instrument)
        yield from _fields(study, instrument)
        yield from _waves(names, study, instrument)
        kinds = names.schemas.kinds(instrument)
        for at, expression, expected in _expressions(study):
            if expression is not None:
                yield from check_expression(names, instrument, at, expression, kinds, expected)


def _fields(study: Study, instrument: Instrument) -> Iterator[Wrong]:
    if study.cluster is not None:
        yield from unknown(("cluster",), study.cluster, instrument.by_name, f"a field of {instrument}")
    if study.weighted and instrument.design.weight is None:
        yield Wrong(("weighted",), True, f"a weight in the design of {instrument}")


def _waves(names: Names, study: Study, instrument: Instrument) -> Iterator[Wrong]:
    """Codes of the wave; the waves of an instrument without such a field are periods, which no list closes."""
    if study.waves is None and instrument.wave_field is not None:
        yield Wrong(("instrument",), study.instrument, f"`waves` too: {instrument} has several rows a unit")
    if study.waves is None or instrument.wave_field is None:
        return
    wave = instrument.by_name[instrument.wave_field]
    codes = names.codes(wave.codes)
    if codes is None:
        return
    named: list[tuple[Location, str]] = [(("waves", "pre", n), code) for n, code in enumerate(study.waves.pre)]
    named += [(("waves", "follow_up", n), code) for n, code in enumerate(study.waves.follow_up)]
    if study.waves.baseline is not None:
        named.append((("waves", "baseline"), study.waves.baseline))
    for at, code in named:
        yield from unknown(at, code, codes, f"a code of {wave.codes}")


def _expressions(study: Study) -> Asked:
    """Each expression with its place and the kinds that serve there."""
    yield ("among",), study.among, TRUTH
    yield ("treatment",), study.treatment, TRUTH
    assignment = study.assignment
    yield ("assignment", "blocks"), assignment.blocks, ANY
    yield ("assignment", "running"), assignment.running, ("number",)
    yield ("assignment", "instrument"), assignment.instrument, FIGURE
    yield ("assignment", "first_treated"), assignment.first_treated, ("text", "number")
    if study.matching is not None:
        yield ("matching", "within"), study.matching.within, ANY
    for place, outcome in enumerate(study.outcomes):
        yield ("outcomes", place, "value"), outcome.value, FIGURE
        yield ("outcomes", place, "baseline"), outcome.baseline, FIGURE
    for place, covariate in enumerate(study.covariates):
        yield ("covariates", place), covariate, FIGURE
    for place, moderator in enumerate(study.moderators):
        yield ("moderators", place, "expression"), moderator.expression, ("number", "truth", "text")
