"""What others found: one file a review or a publication, with each effect as it stands in print, and who took it out.

An effect is given by what the source tells: its value and error, its interval, or the figures to compute it from.
Nothing is computed here. A file of invented figures, for a demonstration, says so (`synthetic`), and so does all that
is shown of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Declaration, Said, Slug, Text, Wrong, refuse, repeated

MeasureName = Literal["smd", "smcr", "odds-ratio", "risk-ratio", "risk-difference"]
RiskOfBias = Literal["low", "some-concerns", "high", "unclear"]
LiteratureDesign = Literal[
    "randomised", "cluster-randomised", "difference-in-differences", "matching", "regression-discontinuity",
    "instrumental-variable", "interrupted-series", "cross-section", "before-after",
]  # fmt: skip
FIGURES: Mapping[str, tuple[MeasureName, ...]] = {  # what each way of telling an effect can give
    "effect": ("smd", "smcr", "odds-ratio", "risk-ratio", "risk-difference"),
    "means": ("smd",),
    "change": ("smcr",),
    "events": ("odds-ratio", "risk-ratio", "risk-difference"),
}
RATIOS: tuple[MeasureName, ...] = ("odds-ratio", "risk-ratio")


class GroupMean(Declaration):
    """Mean and standard deviation of a group, as printed."""

    mean: float
    sd: float = Field(gt=0, description="standard deviation of people, not the standard error of their mean")


class Means(Declaration):
    """Both groups after the action."""

    treated: GroupMean
    control: GroupMean


class Change(Declaration):
    """One group before and after; `correlation` between the two is printed, or assumed and said so in `notes`."""

    before: GroupMean
    after: float = Field(description="mean after")
    correlation: float = Field(gt=-1, lt=1)


class Events(Declaration):
    """How many had the event in each group."""

    treated: int = Field(ge=0)
    control: int = Field(ge=0)


class LiteratureEffect(Declaration):
    """One effect of one study. `effect` with `se` or with `interval`, or `means`, `change` or `events`: one of these.

    A ratio's `effect` and `interval` are ratios as printed, its `se` that of the logarithm. Several effects of one
    study bear the same `study`: they are then not counted as so many studies.
    """

    study: Slug = Field(description="first author and year, such as martin-2018")
    label: str = Field(min_length=1, description="as a reader would cite it: Martin et al. (2018)")
    year: int = Field(ge=1900, le=2100)
    country: str = Field(pattern=r"^[A-Z]{2}$", description="two capital letters (ISO 3166): FR")
    population: Text
    outcome: Slug = Field(description="the construct that was measured; effects of one outcome may be pooled")
    design: LiteratureDesign
    n_treated: int = Field(ge=1)
    n_control: int | None = Field(None, ge=1, description="none in a before-after study")
    measure: MeasureName
    effect: float | None = None
    se: float | None = Field(None, gt=0)
    interval: tuple[float, float] | None = Field(None, description="[low, high] at `confidence`")
    confidence: float = Field(0.95, gt=0.5, lt=1)
    means: Means | None = None
    change: Change | None = None
    events: Events | None = None
    reversed: bool = Field(False, description="true where a smaller value is the better one: the sign is then turned")
    moderators: Mapping[Slug, float] = {}
    risk_of_bias: RiskOfBias
    page: str = Field(min_length=1, description="where it stands: p. 12, table 3")
    notes: Text | None = None

    @model_validator(mode="after")
    def _coherent(self) -> LiteratureEffect:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        given = [name for name in FIGURES if getattr(self, name) is not None]
        if len(given) != 1:
            read = Said(" and ".join(f"`{name}`" for name in given) or "no figure")
            yield Wrong((given[-1] if given else "study",), read, f"one of {', '.join(FIGURES)}")
        for name in given[:1]:
            if self.measure not in FIGURES[name]:
                yield Wrong(("measure",), self.measure, f"{' or '.join(FIGURES[name])}, which `{name}` gives")
        if self.effect is not None and (self.se is None) == (self.interval is None):
            yield Wrong(("effect",), self.effect, "`se` beside it, or else `interval`")
        if self.effect is None and (self.se is not None or self.interval is not None):
            key = "se" if self.se is not None else "interval"
            yield Wrong((key,), Said(f"`{key}` without an `effect`"), "`effect` beside it")
        if self.interval is not None and self.effect is not None:
            low, high = self.interval
            if not low < self.effect < high or (self.measure in RATIOS and low <= 0):
                expected = "[low, high] around the effect, both above zero for a ratio"
                yield Wrong(("interval",), [low, high], expected)
        if self.effect is not None and self.measure in RATIOS and self.effect <= 0:
            yield Wrong(("effect",), self.effect, "a ratio above zero, not its logarithm")
        yield from self._wrongs_of_counts()

    def _wrongs_of_counts(self) -> Iterator[Wrong]:
        alone = self.measure == "smcr"
        if alone != (self.n_control is None):
            expected = "no `n_control` for a change of one group" if alone else "the size of the comparison group"
            yield Wrong(("n_control",) if self.n_control is not None else ("measure",), self.n_control, expected)
        if alone != (self.design == "before-after"):
            yield Wrong(("design",), self.design, "before-after for a change (smcr) of one group, and for it alone")
        for name, n in (("treated", self.n_treated), ("control", self.n_control)):
            events = getattr(self.events, name) if self.events is not None else None
            if events is not None and n is not None and events > n:
                yield Wrong(("events", name), events, f"at most the {n} people of the group")


class Extraction(Declaration):
    """Who read the source, when, and who read it again; two people make it sure."""

    extracted_by: str = Field(min_length=1)
    on: date
    checked_by: str | None = None

    @property
    def is_checked(self) -> bool:
        return self.checked_by is not None and self.checked_by != self.extracted_by


class LiteratureReference(Declaration):
    """A review or a publication, the question it answers and the effects taken from it."""

    reference: Slug
    question: Text
    citation: str = Field(min_length=1)
    doi: str | None = Field(None, pattern=r"^10\.\d{4,9}/\S+$", description="a DOI, such as 10.1159/000376585")
    url: str | None = Field(None, pattern=r"^https?://\S+$", description="an address that begins with https://")
    licence: str = Field(min_length=1, description="of the source: facts may be restated, words and tables may not")
    synthetic: bool = Field(False, description="true for invented figures, shown as such wherever they appear")
    extraction: Extraction
    effects: tuple[LiteratureEffect, ...] = Field(min_length=1)
    notes: Text | None = None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The constructs that its effects measure, each once, sorted."""
        return tuple(sorted({effect.outcome for effect in self.effects}))

    @model_validator(mode="after")
    def _coherent(self) -> LiteratureReference:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if self.doi is None and self.url is None and not self.synthetic:
            yield Wrong(("citation",), self.citation, "`doi` or `url` too, so that a reader can check it")
        named = [
            (("effects", n, "page"), f"{e.study} {e.outcome} {e.measure} {e.page}") for n, e in enumerate(self.effects)
        ]
        yield from repeated(named, "an effect that is not there already: same study, outcome, measure and page")
