"""What a target names: its initiative, the instrument and field of the places studied must exist and serve.

All declarations come in, with the names of those whose own file is wrong; what is wrong goes out, with its file and
place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.common import Wrong, unknown
from impact_pipeline.declarations.kinds import kind_of_type
from impact_pipeline.declarations.names import TRUTH, Names, check_expression
from impact_pipeline.declarations.target import Target

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas


def check_targets(
    schemas: Schemas, file_of: Mapping[tuple[str, str], str], broken: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, Wrong]]:
    """Everything that targets name and nothing declares, as (file, what is wrong)."""
    names = Names(schemas, broken)
    for name, target in schemas.targets.items():
        questions = [*schemas.syntheses, *broken["syntheses"]]
        for wrong in (*_target(names, target), *unknown(("synthesis",), target.synthesis, questions, "a synthesis")):
            yield file_of["targets", name], wrong


def _target(names: Names, target: Target) -> Iterator[Wrong]:
    yield from unknown(("initiative",), target.initiative, names.initiatives, "an initiative")
    studied = target.studied
    yield from unknown(("studied", "instrument"), studied.instrument, names.instruments, "an instrument")
    if studied.instrument not in names.schemas.versions:
        return
    instrument = names.schemas.instrument(studied.instrument)
    communes = [item.name for item in instrument.fields if item.type == "commune"]
    yield from unknown(("studied", "field"), studied.field, communes, f"a commune of {instrument}")
    if studied.among is not None:
        kinds = {item.name: kind_of_type(item.type) for item in instrument.fields}  # records alone, without scores
        yield from check_expression(names, instrument, ("studied", "among"), studied.among, kinds, TRUTH)
