"""How well a set is within another: consistency, coverage and their kin, on fuzzy memberships.

Memberships (n,) of a combination x and of the outcome y come in, numbers between 0 and 1 go out; None where x, or what
would be divided by, is empty. After Ragin (2006), doi:10.1093/pan/mpj019, and Schneider & Wagemann (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.synthesis.heterogeneity import Floats


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """`consistency`: sum min(x, y) / sum x, how much of x is within y. `pri`: the same less what x shares with both y
    and its absence. `coverage`: sum min(x, y) / sum y, how much of y it accounts for.
    """

    consistency: float | None
    pri: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Necessity:
    """`consistency`: sum min(x, y) / sum y, how much of y is within x. `relevance`: sum (1 - x) / sum (1 - min(x, y)),
    small where x is nearly everywhere and its necessity says nothing (RoN). `coverage`: sum min(x, y) / sum x."""

    consistency: float | None
    relevance: float | None
    coverage: float | None


def sufficiency(x: Floats, y: Floats) -> Sufficiency:
    """How sufficient membership in x is for y."""
    both, ambiguous = float(np.minimum(x, y).sum()), float(np.minimum.reduce([x, y, 1 - y]).sum())
    return Sufficiency(
        _over(both, float(x.sum())), _over(both - ambiguous, float(x.sum()) - ambiguous), _over(both, float(y.sum()))
    )


def necessity(x: Floats, y: Floats) -> Necessity:
    """How necessary membership in x is for y."""
    both = float(np.minimum(x, y).sum())
    relevance = _over(float((1 - x).sum()), float((1 - np.minimum(x, y)).sum()))
    return Necessity(_over(both, float(y.sum())), relevance, _over(both, float(x.sum())))


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
