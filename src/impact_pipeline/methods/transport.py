"""From where effects were studied to where they might be: how alike the places are, and what to expect there.

Covariates of studied and of target places (rows are places, columns the same declared covariates) come in; similarity,
weights and a projection, or a refusal, go out. Knows no geography.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.economics import Quantity

Floats = NDArray[np.float64]
ALIKE, SOMEWHAT = 0.9, 0.5  # Tipton (2014): as alike as a random sample; too unlike to say anything
FEWEST_SITES = 3
STEPS, TOLERANCE = 100, 1e-12
FINE, REACH = 8, 8.0  # points a bandwidth at which densities are multiplied, bandwidths beyond the outermost place


class RefusedProjection(ValueError):
    """A target that nothing may be said of; `code` is stable and has a sentence in both languages."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike studied and target places are.

    `index` is between 0 and 1 (1: as if the sites had been drawn from the target); `differences` (p,) are standardised
    mean differences, in standard deviations of the target; `outside` is the share of target places beyond the studied
    range of at least one covariate; `weights` (sites,) are odds of standing in the target rather than among the
    studied, and add up to 1; `effective_sites` is their number after weighting, (sum w)^2 / sum w^2.
    """

    index: float
    differences: Floats
    outside: float
    weights: Floats
    effective_sites: float


def similarity(studied: Floats, target: Floats) -> Similarity:
    """Compare studied places (s, p) with target places (t, p); a place may stand in both.

    The index is that of Tipton (2014, doi:10.3102/1076998614558486): the integral of the square root of the product of
    the two densities of the propensity (on the logit scale), by normal kernels with Silverman's bandwidth. The weights
    are inverse odds of participation (Westreich et al. 2017, doi:10.1093/aje/kwx164). Raises RefusedProjection:
    `too-few-sites` below 3, `constant-covariate`, `outside-the-studied` where a covariate tells the two kinds apart
    altogether.
    """
    if len(studied) < FEWEST_SITES or len(target) < FEWEST_SITES:
        raise RefusedProjection("too-few-sites", f"{len(studied)} studied places and {len(target)} in the target")
    spread = target.std(axis=0, ddof=1)
    if (spread == 0).any():
        raise RefusedProjection("constant-covariate", "all target places are alike on a covariate: leave it out")
    both = np.concatenate([studied, target])
    scaled = (both - target.mean(axis=0)) / spread
    is_studied = np.repeat([1.0, 0.0], [len(studied), len(target)])
    logit = _propensity_logit(scaled, is_studied)
    low, high = studied.min(axis=0), studied.max(axis=0)
    outside = ((target < low) | (target > high)).any(axis=1).mean()
    odds = np.exp(-(logit[: len(studied)] - logit[: len(studied)].min()))
    weights: Floats = odds / odds.sum()
    return Similarity(
        _overlap(logit[: len(studied)], logit[len(studied) :]), scaled[: len(studied)].mean(axis=0), float(outside),
        weights, float(1 / (weights**2).sum()),
    )  # fmt: skip


def _propensity_logit(x: Floats, y: Floats) -> Floats:
    """Linear predictor of a logistic regression of y on x, by Newton's method."""
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (p * (1 - p))[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (y - p))
        except np.linalg.LinAlgError:
            break
        beta = beta + step
        if np.abs(step).max() < TOLERANCE * (1 + np.abs(beta).max()):
            fitted: Floats = design @ beta
            return fitted
    raise RefusedProjection("outside-the-studied", "a covariate tells studied and target places apart altogether")


def _overlap(one: Floats, other: Floats) -> float:
    """The Bhattacharyya coefficient of two samples' kernel densities (Baklizi & Eidous 2006)."""
    widths = [max((4 * float(np.var(x, ddof=1)) ** 2.5 / (3 * len(x))) ** 0.2, 1e-3) for x in (one, other)]
    reach = REACH * max(widths)
    low, high = min(one.min(), other.min()) - reach, max(one.max(), other.max()) + reach
    points = math.ceil((high - low) / min(widths) * FINE) + 1
    grid = np.linspace(low, high, points)
    product = np.sqrt(_density(grid, one, widths[0]) * _density(grid, other, widths[1]))
    return min(float(np.trapezoid(product, grid)), 1.0)


def _density(grid: Floats, sample: Floats, width: float) -> Floats:
    """Mean of normal densities; alike places are counted once, so that a country of communes costs little."""
    values, counts = np.unique(sample, return_counts=True)
    total = np.zeros(len(grid))
    for start in range(0, len(values), 512):
        z = (grid[:, None] - values[None, start : start + 512]) / width
        total += np.exp(-z * z / 2) @ counts[start : start + 512]
    density: Floats = total / (len(sample) * width * math.sqrt(2 * math.pi))
    return density


@dataclass(frozen=True, slots=True)
class Projection:
    """What to expect in the target: the effect a person with its prediction interval, places, people and cost.

    `likeness` is `alike` (index of 0.9 or more), or `somewhat`. `total` is effect x people, `cost` of all places.
    """

    effect: float
    low: float
    high: float
    likeness: str
    places: int
    people: float
    total: float
    total_low: float
    total_high: float
    cost: float | None
    cost_low: float | None
    cost_high: float | None


def project(
    found: Similarity, effect: float, prediction: tuple[float | None, float | None], *, places: int, people: float,
    cost_per_place: Quantity | None = None, most_outside: float = 0.5, confidence: float = 0.95,
) -> Projection:  # fmt: skip
    """The expected effect in `places` holding `people`, from an effect with its prediction interval.

    Raises RefusedProjection: `outside-the-studied` where the index is below 0.5 or more than `most_outside` of the
    target places lie beyond the studied range; `no-prediction` where the synthesis gives no prediction interval.
    """
    if found.index < SOMEWHAT or found.outside > most_outside:
        told = f"index {found.index:.2f}, {found.outside:.0%} of the places beyond what was studied"
        raise RefusedProjection("outside-the-studied", told)
    low, high = prediction
    if low is None or high is None:
        raise RefusedProjection("no-prediction", "the effects pooled give no prediction interval")
    bounds = (None, None) if cost_per_place is None else cost_per_place.interval(confidence)
    cost = None if cost_per_place is None else cost_per_place.value * places
    cost_low, cost_high = (None if bound is None else bound * places for bound in bounds)
    return Projection(
        effect, low, high, "alike" if found.index >= ALIKE else "somewhat", places, people, effect * people,
        low * people, high * people, cost, cost_low, cost_high,
    )  # fmt: skip


def weighted_effect(effects: Sequence[Quantity], found: Similarity) -> Quantity:
    """Effects of the studied places weighted towards the target: sum w e, V = sum w^2 V_i (sites are independent).

    Says what the same effects would average to in places like the target's; it does not add what differs between places
    for unknown reasons, which the prediction interval of a synthesis does.
    """
    values = np.array([effect.value for effect in effects])
    variances = np.array([effect.se**2 for effect in effects])
    return Quantity(float(found.weights @ values), math.sqrt(float(found.weights**2 @ variances)))
