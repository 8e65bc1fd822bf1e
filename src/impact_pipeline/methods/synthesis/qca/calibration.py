"""From raw values to degrees of membership in a set, by anchors that were declared and published beforehand.

Values (n,) and three anchors come in, memberships (n,) in ]0, 1[ go out (direct method, Ragin 2008, Redesigning Social
Inquiry, ch. 5). Anchors must come from outside: a norm, a law, a reference population. Taken from the sample, or moved
until the outcome fits, they make any result; without a source they are refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.synthesis.heterogeneity import Floats
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

LOG_ODDS_AT_ANCHORS = 3.0  # membership .953 at full inclusion, .047 at full exclusion
FROM_THE_SAMPLE = "anchors-from-the-sample"
QUANTILES = (0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Values at which a case is fully out of the set, neither in nor out, and fully in; `inclusion` may be the
    smallest.

    `source` says where they were published. Raises RefusedSynthesis `anchors-not-declared` without one,
    `impossible-anchors` where they are not in order.
    """

    exclusion: float
    crossover: float
    inclusion: float
    source: str

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise RefusedSynthesis("anchors-not-declared", "Anchors without a published source.")
        ordered = self.exclusion < self.crossover < self.inclusion or self.exclusion > self.crossover > self.inclusion
        if not ordered:
            told = f"{self.exclusion}, {self.crossover}, {self.inclusion}"
            raise RefusedSynthesis("impossible-anchors", f"Anchors that are not in order: {told}.")


def calibrate(values: Floats, anchors: Anchors | None) -> Floats:
    """Membership 1/(1 + exp(-z)), z = 3 at full inclusion, 0 at the crossover, -3 at full exclusion, straight between.

    Raises RefusedSynthesis `anchors-not-declared` for None, `missing-value` where a value is missing.
    """
    if anchors is None:
        raise RefusedSynthesis("anchors-not-declared", "A set whose anchors were not declared beforehand.")
    if not np.isfinite(values).all():
        raise RefusedSynthesis("missing-value", "A case without a value of a condition or of the outcome.")
    distance = values - anchors.crossover
    towards = np.sign(anchors.inclusion - anchors.crossover)
    above = LOG_ODDS_AT_ANCHORS / abs(anchors.inclusion - anchors.crossover)
    below = LOG_ODDS_AT_ANCHORS / abs(anchors.crossover - anchors.exclusion)
    z = towards * distance * np.where(towards * distance >= 0, above, below)
    membership: Floats = 1 / (1 + np.exp(-z))
    return membership


def looks_taken_from(values: Floats, anchors: Anchors) -> bool:
    """Whether all three anchors are quantiles of the very values they classify: a sign that the sample made them."""
    known = np.quantile(values, QUANTILES)
    near = [
        any(math.isclose(anchor, float(quantile), rel_tol=1e-9, abs_tol=1e-12) for quantile in known)
        for anchor in (anchors.exclusion, anchors.crossover, anchors.inclusion)
    ]
    return all(near)
