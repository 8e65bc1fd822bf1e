"""How many people stand at the ends of a scale, where it cannot tell better from best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MOST = 0.15  # Terwee et al. 2007, doi:10.1016/j.jclinepi.2006.03.012


@dataclass(frozen=True, slots=True)
class Extremes:
    """Shares of `n` people, unweighted, at the lowest and the highest score that the scale can give."""

    n: int
    floor_share: float
    ceiling_share: float

    @property
    def too_many(self) -> bool:
        """More than 15 % at one end: change towards it goes unseen, and effects shrink."""
        return max(self.floor_share, self.ceiling_share) > MOST


def extremes(counts: Mapping[float, int], lowest: float, highest: float) -> Extremes:
    """From how many people have each score. `n` of 0 gives shares of 0."""
    n = sum(counts.values())
    shares = (counts.get(end, 0) / n if n else 0.0 for end in (lowest, highest))
    return Extremes(n, *shares)
