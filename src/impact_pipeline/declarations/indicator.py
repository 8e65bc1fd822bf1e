"""An indicator: a mean, share, ratio, total or change of something, among someone, broken down by something."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Code, Declaration, Reference, Slug, Text
from impact_pipeline.declarations.expressions import SqlExpression

Estimator = Literal["mean", "ratio", "total", "change"]
OecdDimension = Literal[
    "income-and-wealth", "jobs", "housing", "health", "knowledge-and-skills", "environment",
    "subjective-well-being", "safety", "work-life-balance", "social-connections", "civic-engagement",
]  # fmt: skip


class Frameworks(Declaration):
    """Where the indicator stands in the frameworks that readers know."""

    oecd: OecdDimension = Field(description="dimension of the OECD well-being framework")
    sdg: str = Field(pattern=r"^\d{1,2}\.(\d{1,2}|[a-d])$", description="target of the Sustainable Development Goals")


class Waves(Declaration):
    """The two waves between which a change is measured."""

    from_: Code = Field(alias="from")
    to: Code


class Indicator(Declaration):
    """What is computed from an instrument's records and its scales' scores.

    mean: weighted mean of `value` (a share where `value` is a yes or no); ratio: sum of `value` over sum of `base`;
    total: weighted sum; change: difference of the weighted means of two waves, `to` minus `from`.
    Rows where `among` is not true, or where `value` (or `base`) is missing, are left out of n.
    """

    indicator: Slug
    instrument: Slug
    initiatives: tuple[Slug, ...] | None = Field(None, description="all that use the instrument unless given")
    estimator: Estimator
    value: SqlExpression
    base: SqlExpression | None = None
    among: SqlExpression | None = None
    waves: Waves | None = None
    by: tuple[str, ...] = Field((), description="fields or dimensions of the instrument")
    unit: str
    decimals: int = Field(1, ge=0, le=6, description="digits after the comma where a person reads the figure")
    polarity: Literal["higher-is-better", "lower-is-better", "neutral"]
    theme: Slug
    frameworks: Frameworks
    label: Text
    description: Text | None = None
    reference: Reference | None = None

    @property
    def is_share(self) -> bool:
        """True where figures lie between 0 and 1 and are read as percentages."""
        return self.estimator == "mean" and self.value.is_predicate

    @model_validator(mode="after")
    def _coherent(self) -> Indicator:
        if (self.estimator == "ratio") != (self.base is not None):
            raise ValueError("`base` (the denominator) for a ratio, and for nothing else")
        if (self.estimator == "change") != (self.waves is not None):
            raise ValueError("`waves: {from: ..., to: ...}` for a change, and for nothing else")
        return self
