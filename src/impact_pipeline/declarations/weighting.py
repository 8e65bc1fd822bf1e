"""How an instrument's sample is weighted, and the known population margins that it is weighted to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from impact_pipeline.declarations.common import (
    Bounds,
    Code,
    Declaration,
    FieldName,
    Reference,
    Said,
    Slug,
    Wrong,
    refuse,
    repeated,
)

CROSSED = "*"  # between the names of a crossed margin, and between the categories of one of its cells
Method = Literal["post-stratification", "raking", "linear", "logit"]
Disposition = Literal["complete", "partial", "refusal", "non_contact", "other", "unknown", "not_eligible"]
DISPOSITIONS: tuple[Disposition, ...] = (
    "complete", "partial", "refusal", "non_contact", "other", "unknown", "not_eligible",
)  # fmt: skip


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_several),
    Field(min_length=1, max_length=3, description="a breakdown, or a list of breakdowns that are crossed"),
    WithJsonSchema({
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
        ],
    }),
]  # fmt: skip
Totals = dict[Code, Any]  # a number, or for a crossed margin the totals within a category


class Margin(Declaration):
    """Known totals of a population by category: what a census or a register says, with its source and its date."""

    margin: Slug
    dimension: Names
    totals: Annotated[
        Totals,
        WithJsonSchema({
            "type": "object",
            "description": "category -> people or businesses in the population; for crossed breakdowns, nested",
            "additionalProperties": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "object"}]},
        }),
    ]  # fmt: skip
    source: Reference
    date: date
    initiatives: tuple[Slug, ...] | None = Field(None, description="those whose population it tells; all without")
    waves: tuple[Code, ...] | None = Field(None, description="the waves that are weighted to it; all without")

    @cached_property
    def by_category(self) -> dict[str, float]:
        """Total of each category; those of a crossed margin are `f*18-34`."""
        return {CROSSED.join(names): float(total) for names, total in _flat(self.totals)}

    @property
    def name(self) -> str:
        """The breakdown, crossed ones as `sex*age-group`."""
        return CROSSED.join(self.dimension)

    def applies(self, initiative: str, wave: str | None) -> bool:
        """Whether the sample of an initiative at a wave is weighted to it; None: at any wave."""
        here = self.initiatives is None or initiative in self.initiatives
        return here and (self.waves is None or wave is None or wave in self.waves)

    @field_validator("totals")
    @classmethod
    def _are_totals(cls, value: Totals) -> Totals:
        for _, total in _flat(value):
            if isinstance(total, bool) or not isinstance(total, int | float) or not 0 <= total < math.inf:
                raise ValueError("for each category a number, zero or above")
        if sum(float(total) for _, total in _flat(value)) <= 0:
            raise ValueError("totals above zero")
        return value

    @model_validator(mode="after")
    def _coherent(self) -> Margin:
        depth = len(self.dimension)
        refuse(
            Wrong(("totals", names[0]), Said(f"totals by {len(names)} breakdowns"), f"totals by {depth}: {self.name}")
            for names, _ in _flat(self.totals)
            if len(names) != depth
        )
        return self


def _flat(totals: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Totals of every cell with the names of its categories, from the outer to the inner."""
    for name, told in totals.items():
        if isinstance(told, dict):
            yield from _flat(told, (*above, str(name)))
        else:
            yield (*above, str(name)), told


class Trimming(Declaration):
    """Weights are brought down to median + `multiple` x interquartile range; the others share what they lose."""

    multiple: float = Field(6, gt=0)


class Response(Declaration):
    """Which records answered, by the codes of a field, in the words of AAPOR; the others weigh nothing themselves.

    Complete and partial answers stand for the eligible units of their class that did not answer.
    """

    field: FieldName = Field(description="the field that tells how each unit ended")
    complete: tuple[Code, ...] = Field(min_length=1)
    partial: tuple[Code, ...] = ()
    refusal: tuple[Code, ...] = ()
    non_contact: tuple[Code, ...] = ()
    other: tuple[Code, ...] = Field((), description="eligible, without an answer for another reason")
    unknown: tuple[Code, ...] = Field((), description="nobody knows whether the unit was eligible")
    not_eligible: tuple[Code, ...] = ()
    e: float | None = Field(None, ge=0, le=1, description="share of unknown units that were eligible; computed without")
    classes: tuple[str, ...] = Field(
        (), description="breakdowns known of everybody, crossed, by which answers are told"
    )
    smallest: int = Field(30, ge=1, description="fewest respondents of a class")
    largest_factor: float = Field(2, gt=1, description="largest factor of a class, as a multiple of the overall one")

    @cached_property
    def by_code(self) -> dict[str, Disposition]:
        """Code of the field -> what it means."""
        return {code: disposition for disposition in DISPOSITIONS for code in getattr(self, disposition)}

    @model_validator(mode="after")
    def _coherent(self) -> Response:
        codes = [((name, n), code) for name in DISPOSITIONS for n, code in enumerate(getattr(self, name))]
        refuse(repeated(codes, "each code once"))
        return self


class Weighting(Declaration):
    """How a sample is made to agree with its population, for each initiative and wave.

    In this order: respondents stand for their class, weights are trimmed, and what is left is brought to the margins.
    """

    method: Method = "raking"
    margins: tuple[Slug, ...] = ()
    bounds: Bounds = Field(
        (0.3, 3.0), description="what calibration may multiply a weight by, weights once brought to the total"
    )
    trimming: Trimming | None = None
    response: Response | None = None
    missing: Literal["refuse", "keep"] = Field(
        "refuse", description="records whose category is missing: no weighting, or they keep their share"
    )
    significant_digits: int = Field(12, ge=6, le=15, description="precision of the final weights")

    @model_validator(mode="after")
    def _coherent(self) -> Weighting:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if not self.margins and self.trimming is None and self.response is None:
            yield Wrong((), Said("a weighting that changes nothing"), "`margins`, `trimming` or `response`")
        yield from repeated([(("margins", n), name) for n, name in enumerate(self.margins)], "each margin once")
        if not 0 < self.bounds[0] < 1 < self.bounds[1]:
            yield Wrong(("bounds",), list(self.bounds), "[below 1 and above 0, above 1]")
