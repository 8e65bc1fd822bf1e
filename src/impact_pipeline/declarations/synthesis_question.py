"""A question that several studies answer together, ours and those of others: what is pooled with what, said beforehand.

Names of studies and references come in as they are declared; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import (
    Code,
    Declaration,
    Location,
    Slug,
    Text,
    Wrong,
    refuse,
    repeated,
    unknown,
)
from impact_pipeline.declarations.literature import MeasureName

PooledMeasure = Literal["smd", "odds-ratio", "risk-ratio", "risk-difference"]
CONVERTS: Mapping[PooledMeasure, tuple[MeasureName, ...]] = {  # other measures that may be turned into it
    "smd": ("odds-ratio",),
    "odds-ratio": ("smd",),
    "risk-ratio": (),
    "risk-difference": (),
}


class OwnEffects(Declaration):
    """One of our studies, and the outcome whose effect answers the question."""

    study: Slug
    outcome: Slug
    wave: Code | None = Field(None, description="a follow-up wave; every wave unless given")
    moderators: Mapping[Slug, float] = {}


class LiteratureEffects(Declaration):
    """A reference, and which of its outcomes answer the question."""

    reference: Slug
    outcomes: tuple[Slug, ...] = Field((), description="all unless given")


class DeclaredModerator(Declaration):
    """Something that differs between studies and may go with larger effects, named before it is looked at."""

    name: Slug
    label: Text
    expected: Literal["larger", "smaller", "unknown"] = Field(
        "unknown", description="the effect where the moderator is higher"
    )


class SetAnchors(Declaration):
    """When a case is fully out of a set, neither in nor out, and fully in; declared with where that was published."""

    exclusion: float
    crossover: float
    inclusion: float
    source: Text = Field(description="where these values come from: a norm, a law, a reference population")

    @model_validator(mode="after")
    def _coherent(self) -> SetAnchors:
        rises = self.exclusion < self.crossover < self.inclusion
        if not (rises or self.exclusion > self.crossover > self.inclusion):
            refuse([Wrong(("crossover",), self.crossover, "a value between `exclusion` and `inclusion`")])
        return self


class ConditionSet(SetAnchors):
    """A condition of success: a declared moderator, read as a set."""

    moderator: Slug
    expected: Literal["present", "absent", "unknown"] = Field(
        "unknown", description="how theory expects the condition to help: it makes the intermediate solution"
    )


class Conditions(Declaration):
    """Which combinations of conditions go with success, by fuzzy-set QCA over the studies (twelve at least)."""

    success: SetAnchors = Field(description="anchors of the study's effect, on the measure pooled")
    sets: tuple[ConditionSet, ...] = Field(min_length=1, max_length=10)
    consistency: float = Field(0.80, ge=0.75, le=1, description="from which a combination counts as sufficient")
    pri: float = Field(0.50, ge=0.50, le=1, description="the same, for the proportional reduction in inconsistency")
    cases: int = Field(1, ge=1, description="fewest studies that a combination must have")


class SynthesisQuestion(Declaration):
    """What is pooled: an outcome, on one measure, from our studies and from references.

    Effects are turned so that above zero (above one for a ratio) is better. Changes of one group (smcr) join
    standardised differences only where `with_before_after` says so, for they credit the action with all that changed.
    """

    synthesis: Slug
    question: Text
    outcome: Text = Field(description="the construct")
    measure: PooledMeasure
    studies: tuple[OwnEffects, ...] = ()
    references: tuple[LiteratureEffects, ...] = ()
    moderators: tuple[DeclaredModerator, ...] = Field((), description="tested as one family, adjusted together")
    correlation: float = Field(
        0.6, ge=0, lt=1, description="of the sampling errors of two effects of one study, which share their people"
    )
    convert: tuple[MeasureName, ...] = Field((), description="measures that are turned into the one pooled")
    with_before_after: bool = False
    conditions: Conditions | None = None

    @model_validator(mode="after")
    def _coherent(self) -> SynthesisQuestion:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if not self.studies and not self.references:
            yield Wrong(("synthesis",), self.synthesis, "`studies`, `references` or both")
        own = [(("studies", n, "outcome"), f"{s.study} {s.outcome} {s.wave or ''}") for n, s in enumerate(self.studies)]
        yield from repeated(own, "an outcome of a study that is not there already")
        named = [(("references", n, "reference"), item.reference) for n, item in enumerate(self.references)]
        yield from repeated(named, "each reference once")
        yield from repeated([(("moderators", n, "name"), m.name) for n, m in enumerate(self.moderators)], "each once")
        for place, name in enumerate(self.convert):
            if name not in CONVERTS[self.measure]:
                known = ", ".join(CONVERTS[self.measure]) or "none can be"
                yield Wrong(("convert", place), name, f"a measure that can be turned into {self.measure} ({known})")
        named_moderators = [moderator.name for moderator in self.moderators]
        asked = self.conditions.sets if self.conditions is not None else ()
        for place, item in enumerate(asked):
            at: Location = ("conditions", "sets", place, "moderator")
            yield from unknown(at, item.moderator, named_moderators, "a moderator of the synthesis")
        sets: list[tuple[Location, str]] = [
            (("conditions", "sets", n, "moderator"), s.moderator) for n, s in enumerate(asked)
        ]
        yield from repeated(sets, "each moderator once")
        if self.with_before_after and self.measure != "smd":
            yield Wrong(("with_before_after",), True, "it for standardised differences (smd) alone")
