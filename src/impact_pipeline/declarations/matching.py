"""How the comparison units of a matched study are chosen: part of its plan, declared before the answer is seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.declarations.common import Declaration, Wrong, unknown
from impact_pipeline.declarations.expressions import SqlExpression

CutPoints = Annotated[tuple[float, ...], Field(min_length=1, description="in order; a value at a point belongs above")]


class Matching(Declaration):
    """Pairs of nearest neighbours (`distance`, `ratio`, `caliper`), strata of units alike once cut (`cut_points`)."""

    distance: Literal["propensity", "mahalanobis"] = "propensity"
    ratio: int = Field(1, ge=1, description="comparison units for each treated unit, each serving once")
    caliper: float | None = Field(
        None, gt=0, description="furthest that a pair may be apart, in standard deviations of the propensity"
    )
    within: SqlExpression | None = Field(None, description="what must be the same in a pair or a stratum")
    cut_points: Mapping[str, CutPoints] = Field(
        {}, description="of covariates, by their expression, where strata are made; the others are kept as they are"
    )

    def wrongs(self, columns: Collection[str]) -> Iterator[Wrong]:
        """What does not serve, `columns` being the expressions of the covariates and of the outcomes before."""
        for name, points in self.cut_points.items():
            yield from unknown(("cut_points", name), name, columns, "a covariate, or an outcome before")
            if any(after <= before for before, after in pairwise(points)):
                yield Wrong(("cut_points", name), list(points), "points in increasing order")
