"""A composite index: groups of an initiative (départements, age groups) scored on several indicators at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import (
    Code,
    Declaration,
    Location,
    Reference,
    Slug,
    Text,
    Wrong,
    refuse,
    repeated,
)

NormalisationName = Literal["min-max", "z-score", "rank"]
AggregationName = Literal["arithmetic", "geometric"]


class IndexDomain(Declaration):
    """Indicators of one kind; within a domain they weigh the same."""

    name: Slug
    label: Text
    weight: float = Field(1, gt=0, description="beside the other domains")
    indicators: tuple[Slug, ...] = Field(min_length=1)


class Alternatives(Declaration):
    """What else could have been chosen: every combination is tried, and ranks are published with their intervals."""

    normalise: tuple[NormalisationName, ...] = ("z-score", "rank")
    within: tuple[AggregationName, ...] = ()
    across: tuple[AggregationName, ...] = ("arithmetic",)
    equal_weights: bool = Field(True, description="also with all domains weighing the same")
    leave_one_out: bool = Field(True, description="also without each indicator in turn")


class CompositeIndex(Declaration):
    """How groups compare on several indicators, by the steps of the OECD and JRC handbook (2008).

    Each indicator is turned so that more is better (its `polarity`), freed of outliers, put on one scale, averaged
    within its domain, then across domains. `samples` draws of the indicators' sampling errors join the alternatives.
    """

    index: Slug
    initiative: Slug
    by: str = Field(description="the breakdown whose categories are compared; every indicator must have it")
    wave: Code | None = Field(None, description="the latest wave of each indicator unless given")
    domains: tuple[IndexDomain, ...] = Field(min_length=2)
    normalise: NormalisationName = "min-max"
    within: AggregationName = "arithmetic"
    across: AggregationName = "geometric"
    alternatives: Alternatives = Alternatives()
    samples: int = Field(200, ge=0, le=5_000, description="draws of the indicators' sampling errors")
    seed: int = 1
    label: Text
    description: Text | None = None
    reference: Reference | None = None

    @property
    def indicators(self) -> tuple[str, ...]:
        """All its indicators, domain by domain."""
        return tuple(name for domain in self.domains for name in domain.indicators)

    @model_validator(mode="after")
    def _coherent(self) -> CompositeIndex:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        named: list[tuple[Location, str]] = [
            (("domains", d, "name"), domain.name) for d, domain in enumerate(self.domains)
        ]
        named += [
            (("domains", d, "indicators", i), name)
            for d, domain in enumerate(self.domains)
            for i, name in enumerate(domain.indicators)
        ]
        yield from repeated(named, "a domain or an indicator that does not come twice")
        if self.normalise == "z-score" and "geometric" in (self.within, self.across):
            yield Wrong(("normalise",), "z-score", "min-max or rank, for a geometric mean needs numbers above zero")
