"""A scale: a validated measure scored from items, with its licence and its reference."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Declaration, FieldName, Reference, Slug, Text

Bounds = Annotated[tuple[float, float], Field(description="[lowest, highest], both allowed")]


class ScaleItem(Declaration):
    """One question of a scale, known by its identity and never by its position.

    `topic` says in our own words what the item is about; `wording` is the item itself and ships only where the
    licence allows it.
    """

    item: FieldName
    range: Bounds
    reverse: bool = Field(False, description="scored as lowest + highest - answer")
    topic: Text | None = None
    wording: Text | None = None


class Band(Declaration):
    """A class of scores, with the source of its cut-offs."""

    code: Slug
    range: Bounds
    label: Text
    source: str


class Score(Declaration):
    """One figure computed from items.

    score = metric[raw] where a metric table is given, else raw * multiply, with raw the sum or the mean of the
    items (reversed where keyed so). With up to `missing_allowed` items missing, the mean of the answered ones
    stands for each missing one (person-mean substitution); with more, there is no score.
    """

    name: FieldName
    label: Text
    items: tuple[FieldName, ...] = Field(min_length=1)
    method: Literal["sum", "mean"] = "sum"
    multiply: float = Field(1, gt=0)
    missing_allowed: int = Field(0, ge=0)
    range: Bounds
    polarity: Literal["higher-is-better", "lower-is-better"]
    metric: dict[int, float] | None = Field(None, description="table from raw sum to published score")
    bands: tuple[Band, ...] = ()
    relevant_change: float | None = Field(None, gt=0, description="smallest change that matters to a person")


class ScaleLicence(Declaration):
    """On what terms the scale may be used."""

    terms: Text
    holder: str
    wording_may_ship: bool
    registration_required: bool = False


class Scale(Declaration):
    """A validated measure: items, scores, missing rule, bands, licence, references."""

    scale: Slug
    title: Text
    construct_: Text = Field(alias="construct", description="what it measures")
    recall: Text = Field(description="the period the questions are about")
    items: tuple[ScaleItem, ...] = Field(min_length=1)
    scores: tuple[Score, ...] = Field(min_length=1)
    licence: ScaleLicence
    references: tuple[Reference, ...] = Field(min_length=1)
    french_validation: Reference | None = None
    notes: Text | None = None

    @cached_property
    def by_item(self) -> dict[str, ScaleItem]:
        return {item.item: item for item in self.items}

    @model_validator(mode="after")
    def _coherent(self) -> Scale:
        for item in self.items:
            if item.wording is not None and not self.licence.wording_may_ship:
                raise ValueError(f"no wording of item {item.item}: the licence does not let it ship")
        for score in self.scores:
            unknown = [name for name in score.items if name not in self.by_item]
            if unknown:
                raise ValueError(f"scores made of items of the scale; {score.name} names {', '.join(unknown)}")
            if score.missing_allowed >= len(score.items):
                raise ValueError(f"at least one answered item for {score.name}")
            if score.metric is not None:
                self._check_metric(score)
        return self

    def _check_metric(self, score: Score) -> None:
        items = [self.by_item[name] for name in score.items]
        lowest, highest = (int(sum(item.range[end] for item in items)) for end in (0, 1))
        if score.method != "sum" or score.missing_allowed:
            raise ValueError(f"a sum without missing items under the metric table of {score.name}")
        if sorted(score.metric or {}) != list(range(lowest, highest + 1)):
            raise ValueError(f"a metric table of {score.name} for each raw sum from {lowest} to {highest}")
