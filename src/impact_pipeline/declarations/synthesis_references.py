"""What a synthesis names: its studies, their outcomes and waves, references and their outcomes must exist and fit.

All declarations come in, with the names of those whose own file is wrong; what is wrong goes out, with its file and
place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from impact_pipeline.declarations.common import Wrong, unknown
from impact_pipeline.declarations.synthesis_question import SynthesisQuestion

if TYPE_CHECKING:
    from impact_pipeline.declarations.loader import Schemas


def check_syntheses(
    schemas: Schemas, file_of: Mapping[tuple[str, str], str], broken: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, Wrong]]:
    """Everything that syntheses name and nothing declares, as (file, what is wrong)."""
    for name, question in schemas.syntheses.items():
        yield from ((file_of["syntheses", name], wrong) for wrong in _synthesis(schemas, question, broken))


def _synthesis(schemas: Schemas, question: SynthesisQuestion, broken: Mapping[str, Collection[str]]) -> Iterator[Wrong]:
    for place, item in enumerate(question.studies):
        at = ("studies", place)
        yield from unknown((*at, "study"), item.study, [*schemas.studies, *broken["studies"]], "a study")
        study = schemas.studies.get(item.study)
        outcomes = {outcome.name: outcome for outcome in study.outcomes} if study is not None else {}
        if study is not None:
            yield from unknown((*at, "outcome"), item.outcome, outcomes, f"an outcome of {item.study}")
        if study is not None and item.outcome in outcomes:
            outcome = outcomes[item.outcome]
            if item.wave is not None:
                yield from unknown((*at, "wave"), item.wave, study.waves_of(outcome), f"a wave of {item.outcome}")
            if outcome.polarity == "neutral":
                yield Wrong((*at, "outcome"), item.outcome, "an outcome whose polarity says which way is better")
        for name in item.moderators:
            known = [moderator.name for moderator in question.moderators]
            yield from unknown((*at, "moderators", name), name, known, "a moderator of the synthesis")
    for place, source in enumerate(question.references):
        where = ("references", place)
        known = [*schemas.references, *broken["references"]]
        yield from unknown((*where, "reference"), source.reference, known, "a reference")
        reference = schemas.references.get(source.reference)
        for nth, outcome_name in enumerate(source.outcomes if reference is not None else ()):
            expected = f"an outcome of {source.reference}"
            told = reference.outcomes if reference is not None else ()
            yield from unknown((*where, "outcomes", nth), outcome_name, told, expected)
