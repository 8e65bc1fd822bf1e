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
    Location,
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
    recode: dict[int, float] | None = Field(
        None, description="points that each answer counts for, such as {1: 0, 2: 1}"
    )
    topic: Text | None = None
    wording: Text | None = None

    @property
    def points(self) -> tuple[float, float]:
        """The fewest and the most points that the item can add to a score."""
        return (min(self.recode.values()), max(self.recode.values())) if self.recode else self.range


class Band(Declaration):
    """A class of scores, with the source of its cut-offs."""

    code: Slug
    range: Bounds
    label: Text
    source: str


class Score(Declaration):
    """One figure computed from items.

    score = metric[raw] where a metric table is given, else (raw + add) * multiply, with raw the sum or the mean of the
    points of the items (recoded or reversed where keyed so). With up to `missing_allowed` items missing, the mean of
    the answered ones stands for each missing one (person-mean substitution), or it counts zero points; with more, there
    is no score. Nor is there one for a complete set of answers that are all the same one of `response_sets`.
    """

    name: FieldName
    label: Text
    items: tuple[FieldName, ...] = Field(min_length=1)
    method: Literal["sum", "mean"] = "sum"
    add: float = Field(0, description="added to the sum or the mean before it is multiplied")
    multiply: float = Field(1, gt=0)
    missing_allowed: int = Field(0, ge=0)
    missing_as: Literal["person-mean", "zero"] = Field(
        "person-mean", description="what a missing item counts for, where few enough are missing"
    )
    response_sets: tuple[float, ...] = Field(
        (), description="answers that, given to every item, tell that the person did not answer in earnest"
    )
    range: Bounds
    polarity: Literal["higher-is-better", "lower-is-better"]
    metric: dict[int, float] | None = Field(None, description="table from raw sum to published score")
    bands: tuple[Band, ...] = ()
    other_bands: dict[Slug, tuple[Band, ...]] = Field({}, description="other tables in use, by a short name of each")
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
    orders: dict[Slug, tuple[FieldName, ...]] = Field(
        {}, description="orders in which questionnaires print the items; scores know items by name, not by place"
    )
    mode_note: Text | None = Field(
        None, description="what the way of asking (interview, phone, web, paper) does to answers"
    )
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
            yield from (Wrong(("items", place, *wrong.at), *wrong[1:]) for wrong in _wrongs_of_recode(item))
        for name, order in self.orders.items():
            if sorted(order) != sorted(self.by_item):
                yield Wrong(("orders", name), list(order), "each item of the scale once")
        for place, score in enumerate(self.scores):
            yield from (
                Wrong(("scores", place, *wrong.at), *wrong[1:]) for wrong in _wrongs_of_score(score, self.by_item)
            )


def _wrongs_of_recode(item: ScaleItem) -> Iterator[Wrong]:
    if item.recode is None:
        return
    if item.reverse:
        yield Wrong(("reverse",), True, "no `reverse`: `recode` says which way the item counts")
    answers = list(range(int(item.range[0]), int(item.range[1]) + 1))
    if sorted(item.recode) != answers:
        yield Wrong(
            ("recode",),
            Said(f"points for {', '.join(map(str, sorted(item.recode)))}"),
            f"points for each of {', '.join(map(str, answers))}",
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
        yield from _wrongs_of_missing(score, items)
    yield from _wrongs_of_bands(("bands",), score.bands, score.range)
    for name, bands in score.other_bands.items():
        yield from _wrongs_of_bands(("other_bands", name), bands, score.range)


def _wrongs_of_missing(score: Score, items: list[ScaleItem]) -> Iterator[Wrong]:
    if score.missing_as == "zero" and not score.missing_allowed:
        yield Wrong(("missing_as",), "zero", "`missing_allowed` too: how many missing items count zero")
    if score.missing_as == "zero" and any(item.points[0] != 0 for item in items):
        yield Wrong(("missing_as",), "zero", "items that can count zero: the score would fall below its range")
    for place, answer in enumerate(score.response_sets):
        if any(not item.range[0] <= answer <= item.range[1] for item in items):
            yield Wrong(("response_sets", place), answer, "an answer that each of its items allows")


def _wrongs_of_bands(at: Location, bands: tuple[Band, ...], within: tuple[float, float]) -> Iterator[Wrong]:
    highest = None
    for place, band in enumerate(bands):
        if highest is not None and band.range[0] <= highest:
            yield Wrong((*at, place, "range"), list(band.range), f"a band that begins above {highest:g}")
        if band.range[0] < within[0] or band.range[1] > within[1]:
            expected = f"a band within the range of the score, {_shown(within)}"
            yield Wrong((*at, place, "range"), list(band.range), expected)
        highest = band.range[1]
    yield from repeated([((*at, n, "code"), b.code) for n, b in enumerate(bands)], "each band once")


def _wrongs_of_range(score: Score, items: list[ScaleItem]) -> Iterator[Wrong]:
    share = 1 / len(items) if score.method == "mean" else 1
    raw = (sum(item.points[end] for item in items) * share for end in (0, 1))
    reached = tuple(round((figure + score.add) * score.multiply, 10) for figure in raw)
    if reached != score.range:
        yield Wrong(("range",), list(score.range), f"what its items can give, {_shown(reached)}")


def _wrongs_of_metric(score: Score, items: list[ScaleItem]) -> Iterator[Wrong]:
    """A table reads raw sums: it must have each of them, and its scores must rise with them."""
    metric = dict(sorted((score.metric or {}).items()))
    if score.method != "sum" or score.missing_allowed or score.multiply != 1 or score.add:
        expected = "a plain sum with `missing_allowed: 0`, for that is what a metric table reads"
        yield Wrong(("metric",), Said("a metric table"), expected)
    lowest, highest = (int(sum(item.points[end] for item in items)) for end in (0, 1))
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
