"""A target: places where a solution could go next, and what is needed to say what to expect there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Declaration, FieldName, Slug, Text, Wrong, refuse
from impact_pipeline.declarations.costs import Amount, Worth
from impact_pipeline.declarations.expressions import SqlExpression

Covariate = Literal["log-population", "log-epci-population", "log-epci-communes", "share-of-epci"]


class ListedCommunes(Declaration):
    """A file beside the declaration: a CSV with a column `code`, of the communes that may be in the target."""

    file: str = Field(pattern=r"^[A-Za-z0-9._-]+\.csv$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the file, so that a figure follows from one list")
    source: str


class CommuneFilter(Declaration):
    """Communes of today that have all of this."""

    population: tuple[int, int] | None = Field(None, description="inhabitants, both ends included")
    departements: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    density: tuple[str, ...] = Field((), description="classes of INSEE's density grid, where the geography has it")
    listed: ListedCommunes | None = None

    @model_validator(mode="after")
    def _coherent(self) -> CommuneFilter:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if self.population is not None and self.population[0] > self.population[1]:
            yield Wrong(("population",), list(self.population), "the fewest inhabitants first: [1, 3499]")
        if not (self.population or self.departements or self.regions or self.density or self.listed):
            yield Wrong((), "nothing", "at least one condition, such as `population: [1, 3499]`")


class StudiedPlaces(Declaration):
    """Where effects were observed: the communes that records of an instrument name."""

    instrument: Slug
    field: FieldName = Field(description="a field of type commune")
    among: SqlExpression | None = Field(None, description="records of places where the solution was, such as cafe_open")


class EffectWorth(Worth):
    """What a point of the outcome is worth, where effects are pooled in a unit of their own."""

    points: float = Field(gt=0, description="outcome points in one unit of the pooled effect, such as its deviation")


class Target(Declaration):
    """Communes where a solution could go, how alike they are to those studied, and what to expect there.

    The effect expected is that of a synthesis with its prediction interval; where the target lies outside what was
    studied nothing is said.
    """

    target: Slug
    label: Text
    description: Text | None = None
    initiative: Slug
    synthesis: Slug = Field(description="the question whose pooled effect is expected there")
    communes: CommuneFilter
    studied: StudiedPlaces
    covariates: tuple[Covariate, ...] = Field(("log-population",), min_length=1)
    most_outside: float = Field(0.5, gt=0, le=1, description="share of places beyond the studied range that is allowed")
    reached: float = Field(gt=0, le=1, description="share of inhabitants whom the solution reaches")
    cost_per_place: Amount | None = None
    currency: str = "EUR"
    worth: EffectWorth | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Target:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if len(set(self.covariates)) < len(self.covariates):
            yield Wrong(("covariates",), list(self.covariates), "each covariate once")
