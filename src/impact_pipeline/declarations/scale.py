"""A scale: a validated measure scored from items, with its licence and its reference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import (
    Bounds,
    Declaration,
    FieldName,
    Reference,
    Said,
    Slug,
    Text,
    Wrong,
    refuse,
    repeated,
    unknown,
)


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
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        names = [(("items", place, "item"), item.item) for place, item in enumerate(self.items)]
        names += [(("scores", place, "name"), score.name) for place, score in enumerate(self.scores)]
        yield from repeated(names, "a name that no other item or score of the scale has")
        for place, item in enumerate(self.items):
            if item.wording is not None and not self.licence.wording_may_ship:
                expected = "no wording, for the licence does not let it ship; say what the item is about in `topic`"
                yield Wrong(("items", place, "wording"), Said("a wording"), expected)
        for place, score in enumerate(self.scores):
            yield from (
                Wrong(("scores", place, *wrong.at), *wrong[1:]) for wrong in _wrongs_of_score(score, self.by_item)
            )


def _wrongs_of_score(score: Score, by_item: dict[str, ScaleItem]) -> Iterator[Wrong]:
    for place, name in enumerate(score.items):
        yield from unknown(("items", place), name, by_item, "an item of the scale")
    yield from repeated([(("items", place), name) for place, name in enumerate(score.items)], "each item once")
    if score.missing_allowed >= len(score.items):
        yield Wrong(("missing_allowed",), score.missing_allowed, "fewer than its items: at least one is answered")
    items = [by_item[name] for name in score.items if name in by_item]
    if len(items) == len(score.items):
        yield from _wrongs_of_metric(score, items) if score.metric is not None else _wrongs_of_range(score, items)
    highest = None
    for place, band in enumerate(score.bands):
        if highest is not None and band.range[0] <= highest:
            yield Wrong(("bands", place, "range"), list(band.range), f"a band that begins above {highest:g}")
        if band.range[0] < score.range[0] or band.range[1] > score.range[1]:
            expected = f"a band within the range of the score, {_shown(score.range)}"
            yield Wrong(("bands", place, "range"), list(band.range), expected)
        highest = band.range[1]
    yield from repeated([(("bands", n, "code"), b.code) for n, b in enumerate(score.bands)], "each band once")


def _wrongs_of_range(score: Score, items: list[ScaleItem]) -> Iterator[Wrong]:
    share = score.multiply / (len(items) if score.method == "mean" else 1)
    reached = tuple(round(sum(item.range[end] for item in items) * share, 10) for end in (0, 1))
    if reached != score.range:
        yield Wrong(("range",), list(score.range), f"what its items can give, {_shown(reached)}")


def _wrongs_of_metric(score: Score, items: list[ScaleItem]) -> Iterator[Wrong]:
    """A table reads raw sums: it must have each of them, and its scores must rise with them."""
    metric = dict(sorted((score.metric or {}).items()))
    if score.method != "sum" or score.missing_allowed or score.multiply != 1:
        expected = "a plain sum with `missing_allowed: 0`, for that is what a metric table reads"
        yield Wrong(("metric",), Said("a metric table"), expected)
    lowest, highest = (int(sum(item.range[end] for item in items)) for end in (0, 1))
    sums = range(lowest, highest + 1)
    missing, beyond = sorted(set(sums) - set(metric)), sorted(set(metric) - set(sums))
    if missing or beyond:
        told = [f"no {', '.join(map(str, missing))}"] if missing else []
        told += [f"{', '.join(map(str, beyond))} too many"] if beyond else []
        expected = f"a score for each raw sum from {lowest} to {highest}"
        yield Wrong(("metric",), Said(f"a table with {'; '.join(told)}"), expected)
    elif (metric[lowest], metric[highest]) != score.range:
        reached = (metric[lowest], metric[highest])
        yield Wrong(("range",), list(score.range), f"what its metric table can give, {_shown(reached)}")
    for (_, before), (raw, value) in zip(list(metric.items())[:-1], list(metric.items())[1:], strict=True):
        if value < before:
            yield Wrong(("metric", raw), value, f"at least {before:g}, the score of the raw sum before it")


def _shown(bounds: tuple[float, ...]) -> str:
    return f"[{', '.join(f'{bound:g}' for bound in bounds)}]"
