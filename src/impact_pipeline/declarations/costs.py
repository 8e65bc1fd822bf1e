"""What an action costs and what its effect is worth: figures that are declared, each with its source."""

from __future__ import annotations

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Declaration, Slug, Wrong, refuse


class Amount(Declaration):
    """A figure that is not measured here, with its standard error and where it comes from."""

    value: float
    se: float = Field(0, ge=0)
    source: str


class Worth(Declaration):
    """What a unit of the outcome is worth to a person (a WELLBY for a point of life satisfaction during a year)."""

    years: Amount = Field(description="how long the effect lasts")
    discount: float = Field(0, ge=0, lt=1, description="a year")
    low: float = Field(gt=0)
    central: float = Field(gt=0)
    high: float = Field(gt=0)
    price_year: int
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Worth:
        told = [self.low, self.central, self.high]
        if told != sorted(told):
            refuse([Wrong(("central",), told, "low, central and high in this order")])
        return self


class OutcomeWorth(Worth):
    """What a unit of an outcome of the study is worth during a year, in the study's currency."""

    outcome: Slug


class StudyCosts(Declaration):
    """What treating one unit costs beyond what those compared cost, and what is gained: each outcome's cost by unit of
    effect, and its worth where that is declared."""

    per_unit: Amount = Field(description="of one treated unit, beyond what one of those compared costs")
    currency: str = "EUR"
    price_year: int
    worth: tuple[OutcomeWorth, ...] = ()
