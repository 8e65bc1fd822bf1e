"""Whether small studies tell larger effects: tests of funnel asymmetry, and what would be left without it.

Effects and variances come in, one of each a study; results go out. Asymmetry may come of unpublished studies, of weaker
methods in small ones, or of real differences: none of these tests tells which. Below ten studies all are refused, for
they find little and mislead often (Sterne et al. 2011, doi:10.1136/bmj.d4002). For standardised differences a study's
variance contains its effect; give then as `precision` sqrt(1/n1 + 1/n2) (Pustejovsky & Rodgers 2019,
doi:10.1002/jrsm.1332).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtr

from impact_pipeline.methods.synthesis.heterogeneity import Floats, Tau2Method, tau2_of, weighted_fit
from impact_pipeline.methods.synthesis.pooling import Inference, Pooled, design, pool, quantile, two_sided
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

FEWEST = 10
PEESE_BELOW = 0.10  # one-sided p of an effect by PET, under which PEESE tells it (Stanley & Doucouliagos 2014)
MOST_ROUNDS = 100
Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Egger's test: `slope` of effects on their standard error, t with k - 2 degrees of freedom, and the effect at a
    standard error of zero with its interval."""

    slope: float
    t: float
    df: int
    p: float
    limit: float
    limit_low: float
    limit_high: float


@dataclass(frozen=True, slots=True)
class Conditional:
    """PET-PEESE: `effect` is that of the regression chosen, `pet_p` the one-sided p-value that chose it."""

    chosen: Literal["pet", "peese"]
    effect: float
    se: float
    df: int
    low: float
    high: float
    p: float
    pet_p: float


@dataclass(frozen=True, slots=True)
class Filled:
    """Trim and fill: how many studies are missing on which side, and the mean with their mirror images filled in."""

    missing: int
    side: Side
    pooled: Pooled


def egger(y: Floats, v: Floats, *, precision: Floats | None = None, confidence: float = 0.95) -> Asymmetry:
    """Weighted regression of y on sqrt(v), or on `precision` where given, with weights 1/v and free residual variance
    (Egger et al. 1997, doi:10.1136/bmj.315.7109.629). Raises RefusedSynthesis below ten studies."""
    design(y, v, FEWEST)
    b, se, df = _line(y, v, np.sqrt(v) if precision is None else precision)
    half = quantile(df, confidence) * se[0]
    t = float(b[1] / se[1])
    p = two_sided(float(b[1]), float(se[1]), df)
    return Asymmetry(float(b[1]), t, df, p, float(b[0]), float(b[0] - half), float(b[0] + half))


def pet_peese(y: Floats, v: Floats, *, confidence: float = 0.95) -> Conditional:
    """The effect that studies without error would tell: intercept of y on sqrt(v) (PET), or on v (PEESE) where PET
    finds an effect in the direction of the mean (Stanley & Doucouliagos 2014, doi:10.1002/jrsm.1095). Raises
    RefusedSynthesis below ten studies."""
    x = design(y, v, FEWEST)
    direction = math.copysign(1.0, float(weighted_fit(y, v, x, 0.0).coefficients[0]))
    b, se, df = _line(y, v, np.sqrt(v))
    pet_p = float(stdtr(df, -direction * b[0] / se[0]))
    chosen: Literal["pet", "peese"] = "peese" if pet_p < PEESE_BELOW else "pet"
    if chosen == "peese":
        b, se, df = _line(y, v, v)
    effect, spread = float(b[0]), float(se[0])
    half = quantile(df, confidence) * spread
    p = two_sided(effect, spread, df)
    return Conditional(chosen, effect, spread, df, effect - half, effect + half, p, pet_p)


def trim_and_fill(
    y: Floats,
    v: Floats,
    *,
    side: Side | None = None,
    method: Tau2Method = "reml",
    inference: Inference = "hartung-knapp",
    confidence: float = 0.95,
) -> Filled:
    """Duval and Tweedie's L0 (2000, doi:10.1111/j.0006-341X.2000.00455.x): the number of studies that lack on one side
    for the funnel to be even. `side` is that where they lack; unless given, opposite to the slope of effects on their
    standard errors in the random-effects model. Raises RefusedSynthesis below ten studies, or where counts do not
    settle.
    """
    x = design(y, v, FEWEST)
    chosen: Side = side if side is not None else _lacking_side(y, v, x, method)
    sign = -1.0 if chosen == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    turned, variances = sign * y[order], v[order]
    missing, centre = _missing(turned, variances, method)
    mirrored = sign * (2 * centre - turned[len(y) - missing :])
    filled_y, filled_v = np.concatenate([y, mirrored]), np.concatenate([v, variances[len(y) - missing :]])
    return Filled(missing, chosen, pool(filled_y, filled_v, method=method, inference=inference, confidence=confidence))


def _missing(y: Floats, v: Floats, method: Tau2Method) -> tuple[int, float]:
    """How many of the largest effects (y ascending) have no counterpart, and the centre without them."""
    k, missing = len(y), 0
    for _ in range(MOST_ROUNDS):
        kept = slice(0, k - missing)
        x = np.ones((k - missing, 1))
        tau2 = tau2_of(y[kept], v[kept], x, method)
        centre = float(weighted_fit(y[kept], v[kept], x, tau2).coefficients[0])
        distances = y - centre
        ranks = np.empty(k)
        ranks[np.argsort(np.abs(distances), kind="stable")] = np.arange(1, k + 1)
        above = float(ranks[distances > 0].sum())
        found = max(0, round((4 * above - k * (k + 1)) / (2 * k - 1)))
        if found == missing:
            return missing, centre
        missing = found
    raise RefusedSynthesis("not-converged", "Trim and fill goes round in circles.")


def _lacking_side(y: Floats, v: Floats, ones: Floats, method: Tau2Method) -> Side:
    x = np.column_stack([ones, np.sqrt(v)])
    slope = weighted_fit(y, v, x, tau2_of(y, v, x, method)).coefficients[1]
    return "right" if slope < 0 else "left"


def _line(y: Floats, v: Floats, predictor: Floats) -> tuple[Floats, Floats, int]:
    """Intercept and slope (2,) of y on a predictor, weights 1/v, residual variance free; standard errors; k - 2."""
    fit = weighted_fit(y, v, np.column_stack([np.ones(len(y)), predictor]), 0.0)
    df = len(y) - 2
    return fit.coefficients, np.sqrt(np.diag(fit.covariance) * fit.q / df), df
