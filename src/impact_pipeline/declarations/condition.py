"""Conditions of success: which combinations of what sites are, or have, go with an outcome (fuzzy-set QCA).

Sites are the categories of a breakdown; the outcome and each condition are indicators with their anchors, published
with the figures. Anchors are declared from knowledge of the field, never taken from the values themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Code, Declaration, FieldName, Slug, Text, Wrong, refuse, repeated


class SetAnchors(Declaration):
    """Values that are fully out of a set, neither in nor out, and fully in; descending where less is more in."""

    exclusion: float
    crossover: float
    inclusion: float
    source: str = Field(min_length=1, description="where the anchors come from")

    @model_validator(mode="after")
    def _coherent(self) -> SetAnchors:
        told = [self.exclusion, self.crossover, self.inclusion]
        if told not in (sorted(told), sorted(told, reverse=True)) or len(set(told)) < len(told):
            expected = "three different values in order: fully out, neither in nor out, fully in"
            refuse([Wrong(("crossover",), told, expected)])
        return self


class FuzzySet(Declaration):
    """An indicator as a set to which a site belongs more or less."""

    name: FieldName
    label: Text
    indicator: Slug
    wave: Code | None = Field(None, description="the indicator's latest wave unless given")
    anchors: SetAnchors


class ConditionSet(FuzzySet):
    """A condition, and what theory expects of it."""

    expected: bool | None = Field(
        None, description="true where its presence should go with the outcome, false where its absence should"
    )


class ConditionAnalysis(Declaration):
    """A comparison of sites, at least twelve of them: what goes together with success, and how well it holds."""

    condition: Slug
    question: Text
    initiative: Slug
    by: str = Field(description="the breakdown whose categories are the sites; every indicator must have it")
    outcome: FuzzySet
    conditions: tuple[ConditionSet, ...] = Field(min_length=2, max_length=7)
    consistency: float = Field(0.80, ge=0.75, le=1, description="least consistency of a combination with the outcome")
    pri: float = Field(0.60, ge=0.5, le=1, description="least proportional reduction in inconsistency")
    cases: int = Field(1, ge=1, description="fewest sites of a combination that counts as seen")

    @model_validator(mode="after")
    def _coherent(self) -> ConditionAnalysis:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        named = [(("conditions", n, "name"), item.name) for n, item in enumerate(self.conditions)]
        yield from repeated([*named, (("outcome", "name"), self.outcome.name)], "a name that no other set has")
        for n, item in enumerate(self.conditions):
            if item.indicator == self.outcome.indicator:
                yield Wrong(("conditions", n, "indicator"), item.indicator, "another indicator than the outcome's")
