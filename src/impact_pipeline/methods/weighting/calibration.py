"""Calibration: the weights nearest to the initial ones that give the known totals of auxiliary variables.

Rows (records, or cells of records alike) with auxiliary variables and weights come in; the factor g of each row goes
out: final weight = initial weight x g. Deville & Sarndal 1992 (doi:10.1080/01621459.1992.10475217): g = F(x'lambda),
where F belongs to the distance, and lambda solves sum d F(x'lambda) x = known totals, by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from impact_pipeline.methods.weighting.refused import RefusedWeighting

Floats = NDArray[np.float64]
Bounds = tuple[float, float]
Distance = Literal["linear", "raking", "logit"]

CONVERGED = 1e-12  # the furthest a total may stay from the known one, as a share of it
GOOD_ENOUGH = 1e-9  # where rounding allows no better
ITERATIONS = 200
HALVINGS = 40
WIDEN = "widen `bounds`, merge categories, or leave the wave out of `waves` of a margin"
RANK = 1e-10  # directions of the normal matrix below this share of the largest tell nothing new


@dataclass(frozen=True, slots=True)
class Calibration:
    """`g` (one a row): final over initial weight; `iterations`: Newton steps (1 for the linear distance, unbounded)."""

    g: Floats
    iterations: int


def calibrate(x: Floats, weights: Floats, totals: Floats, distance: Distance, bounds: Bounds | None) -> Calibration:
    """The factors g with sum of weights * g * x = totals, nearest to 1 by `distance`.

    x: (n, p) auxiliary variables, which may be redundant; weights: (n,) initial weights above zero; totals: (p,).
    `linear` is the generalised regression estimator (g may be below zero without bounds), `raking` the exponential
    one, `logit` the bounded one of Deville & Sarndal; `bounds` on g truncate the first two.
    Raises ValueError where `logit` has no bounds around 1; RefusedWeighting `infeasible` where no g within the bounds
    gives the totals, `not-converged` where Newton's method found none although there may be one.
    """
    if distance == "logit" and (bounds is None or not bounds[0] < 1 < bounds[1]):
        raise ValueError("the logit distance needs bounds, one below 1 and one above")
    scale = np.maximum(np.abs(totals), np.abs(x).T @ weights)
    scale[scale == 0] = 1.0
    scaled = x / scale  # every total is then about 1, whatever its unit
    target = totals / scale
    lagrange = np.zeros(x.shape[1])
    g = factor(scaled @ lagrange, distance, bounds)
    gap = target - scaled.T @ (weights * g)
    for iteration in range(1, ITERATIONS + 1):
        slope = _slope(scaled @ lagrange, distance, bounds)
        normal = scaled.T @ (scaled * (weights * slope)[:, None])
        step = _solve(normal, gap)
        size = float(np.max(np.abs(gap)))
        for _ in range(HALVINGS):
            tried = factor(scaled @ (lagrange + step), distance, bounds)
            left = target - scaled.T @ (weights * tried)
            if np.all(np.isfinite(left)) and np.max(np.abs(left)) < size:
                break
            step = step / 2
        else:
            if size <= GOOD_ENOUGH:
                return Calibration(g, iteration)
            break
        lagrange, g, gap = lagrange + step, tried, left
        if np.max(np.abs(gap)) <= CONVERGED:
            return Calibration(g, iteration)
    if not _feasible(scaled, weights, target, bounds):
        within = "" if bounds is None else f" between {bounds[0]:g} and {bounds[1]:g} times the initial ones"
        raise RefusedWeighting("infeasible", f"no weights{within} give the known totals: {WIDEN}")
    raise RefusedWeighting(
        "not-converged", f"calibration ({distance}) stays {np.max(np.abs(gap)):.1e} from the known totals: {WIDEN}"
    )


def factor(u: Floats, distance: Distance, bounds: Bounds | None) -> Floats:
    """F(u) of each distance, F(0) = 1: 1 + u; exp(u); logistic between the bounds."""
    if distance == "logit":
        assert bounds is not None
        low, high = bounds
        spread = (high - low) / ((1 - low) * (high - 1))
        with np.errstate(over="ignore"):
            grown = np.exp(-np.abs(spread * u))  # written so that nothing overflows
        up = (low * (high - 1) * grown + high * (1 - low)) / ((high - 1) * grown + (1 - low))
        down = (low * (high - 1) + high * (1 - low) * grown) / ((high - 1) + (1 - low) * grown)
        return np.where(u > 0, up, down)
    with np.errstate(over="ignore"):
        free = 1 + u if distance == "linear" else np.exp(u)
    return free if bounds is None else np.clip(free, *bounds)


def _slope(u: Floats, distance: Distance, bounds: Bounds | None) -> Floats:
    """F'(u)."""
    g = factor(u, distance, bounds)
    if distance == "logit":
        assert bounds is not None
        low, high = bounds
        return (g - low) * (high - g) / ((1 - low) * (high - 1))
    inside = np.ones_like(u) if bounds is None else ((g > bounds[0]) & (g < bounds[1])).astype(np.float64)
    return inside if distance == "linear" else inside * g


def _solve(normal: Floats, gap: Floats) -> Floats:
    """The shortest solution: margins that add up to one total make auxiliary variables redundant."""
    values, vectors = np.linalg.eigh(normal)
    kept = values > RANK * max(float(values[-1]), np.finfo(float).tiny)
    solution: Floats = vectors[:, kept] @ ((vectors[:, kept].T @ gap) / values[kept])
    return solution


def _feasible(x: Floats, weights: Floats, totals: Floats, bounds: Bounds | None) -> bool:
    """Whether any g within the bounds (any at all above zero without) gives the totals: a linear programme."""
    answer = linprog(
        np.zeros(len(weights)), A_eq=(x * weights[:, None]).T, b_eq=totals,
        bounds=bounds or (0, None), method="highs",
    )  # fmt: skip
    return bool(answer.status == 0)
