"""What an event study still says if trends were not parallel, as far as before, or M times as far (Rambachan & Roth).

Effects by period with their covariance come in; an interval of the mean effect under bounded violations, and the M at
which it would hold zero, go out. The violation d is what groups would have diverged by without treatment: from one
period to the next, after, it may change by at most M times its greatest change before (relative magnitudes; Rambachan &
Roth 2023, doi:10.1093/restud/rdad018). The interval is that of the moment inequalities' conditional test, with a least
favorable first stage or without (Andrews, Roth & Pakes 2023, doi:10.1093/restud/rdad004). Errors are taken as normal
with this covariance, as in R's HonestDiD. `parallel_trends` has the set of the estimates alone, without their errors.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.event_studies import EventStudy

Floats = NDArray[np.float64]

FIRST_STAGE = 10  # the first stage of a hybrid test takes a tenth of its size
DRAWS = 20_000
MOST_VERTICES = 200_000  # ways of choosing binding inequalities above which an answer would take minutes
AT_ONCE = 2**22
FLAT, TIE = 1e-10, 1e-9
GRID = 401
SOLVED = 1e-9
FARTHEST = 20.0  # M up to which a breakdown is looked for


@dataclass(frozen=True, slots=True)
class Trends:
    """Effects (q + m,) in the order of time, the reference between them left out, q before and m from the start on,
    with their covariance; `weights` (m,) make the effect of interest, their mean unless given."""

    effects: Floats
    covariance: Floats
    before: int
    weights: Floats

    @staticmethod
    def of(study: EventStudy) -> Trends:
        """The mean effect of an event study. Raises RefusedEffect: `no-pretrend` (a single period before),
        `uneven-series` (the inequalities go from each period to the next)."""
        before = sum(period < 0 for period in study.periods)
        if not before:
            raise RefusedEffect("no-pretrend", "a single period before: nothing tells how trends moved")
        whole = sorted((*study.periods, study.reference))
        if study.reference != -1 or whole != list(range(whole[0], whole[-1] + 1)):
            raise RefusedEffect("uneven-series", f"periods {whole} leave gaps, or the reference is not the last")
        after = len(study.periods) - before
        effects = np.array([effect.effect for effect in study.effects])
        return Trends(effects, study.covariance, before, np.full(after, 1 / after))

    @property
    def effect(self) -> float:
        return float(self.weights @ self.effects[self.before :])

    @property
    def se(self) -> float:
        after = self.covariance[self.before :, self.before :]
        return float(np.sqrt(self.weights @ after @ self.weights))

    def in_errors(self) -> Trends:
        """The same, counted in standard errors of the effect: nothing hangs on the outcome's unit."""
        return Trends(self.effects / self.se, self.covariance / self.se**2, self.before, self.weights)


def robust_interval(
    trends: Trends, m: float, *, confidence: float = 0.95, hybrid: bool = True, seed: int
) -> tuple[float, float]:
    """The interval of the effect if trends diverge after by at most m times their greatest change before.

    `hybrid` puts a least favorable test of a tenth of the size first, whose critical value is drawn from `seed` (the
    usual choice); without it nothing is drawn. Raises RefusedEffect: `too-many-periods`,
    `no-degrees-of-freedom` (fewer clusters than effects), `trends-refuted` (no effect is in keeping with such trends).
    """
    unit, trends = trends.se, trends.in_errors()
    tests = _tests(trends, m, 1 - confidence, hybrid, seed)

    def kept(theta: float) -> bool:
        return any(not test.rejects(theta) for test in tests)

    drift = sum(weight * (i + 1) for i, weight in enumerate(np.abs(trends.weights)))
    steps = np.diff(np.append(trends.effects[: trends.before], 0.0))
    reach = 6 * (1 + m * drift) + m * drift * float(np.abs(steps).max())
    bounds = []
    for side in (-1.0, 1.0):
        grid = trends.effect + side * reach * np.linspace(1, -1, GRID)  # from far on this side towards the other
        inside = next((i for i, theta in enumerate(grid) if kept(float(theta))), None)
        if inside is None:
            raise RefusedEffect("trends-refuted", "no effect is in keeping with such trends")
        if inside == 0:
            bounds.append(side * math.inf)
            continue
        out, within = float(grid[inside - 1]), float(grid[inside])
        while abs(out - within) > SOLVED:
            middle = (out + within) / 2
            out, within = (out, middle) if kept(middle) else (middle, within)
        bounds.append(within)
    return bounds[0] * unit, bounds[1] * unit


def breakdown(trends: Trends, *, confidence: float = 0.95, hybrid: bool = True, seed: int) -> float:
    """The least m at which the interval would hold zero: 0 where it does already, at most 20."""
    trends = trends.in_errors()

    def kept(m: float) -> bool:
        return any(not test.rejects(0.0) for test in _tests(trends, m, 1 - confidence, hybrid, seed))

    low, high = 0.0, 0.25
    if kept(low):
        return 0.0
    while not kept(high):
        low, high = high, 2 * high
        if low >= FARTHEST:
            return FARTHEST
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if kept(middle) else (middle, high)
    return high


def _tests(trends: Trends, m: float, alpha: float, hybrid: bool, seed: int) -> Sequence[_Test]:
    """One test for each step before that may have been the greatest, up or down: the set of trends is their union."""
    q, after = trends.before, len(trends.weights)
    if math.comb(2 * after, after) > MOST_VERTICES:
        raise RefusedEffect("too-many-periods", f"{after} periods after are too many for bounds on trends")
    length = np.sqrt(np.diag(trends.covariance))
    if not (length > 0).all() or np.linalg.eigvalsh(trends.covariance / np.outer(length, length))[0] < FLAT:
        raise RefusedEffect("no-degrees-of-freedom", "too few clusters to tell the effects of so many periods apart")
    steps = np.zeros((q + after, q + after + 1))
    steps[np.arange(q + after), np.arange(q + after)] = -1.0
    steps[np.arange(q + after), np.arange(q + after) + 1] = 1.0
    steps = np.delete(steps, q, axis=1)  # the reference is zero
    normal = np.random.default_rng(seed).standard_normal((DRAWS, q + after)) if hybrid else None
    found = []
    for greatest, sign in itertools.product(range(q), (1.0, -1.0)):
        bound = m * sign * steps[greatest]
        a = np.vstack([steps[q:] - bound, -steps[q:] - bound])
        found.append(_Test.of(a, trends, alpha, normal))
    return found


@dataclass(frozen=True)
class _Test:
    """That E[a b] - a_after t <= 0 for some path t of effects with weights't = theta.

    The statistic is the least s with a b - a_after t <= s sigma, sigma the moments' deviations: by duality the greatest
    of v'y over the vertices v of {v >= 0, v'X = 0, v'sigma = 1}, y being the moments at theta and X the directions of t
    that leave theta. v'y, its vertex being the greatest, is a normal law cut to where that vertex stays the greatest.
    """

    moments: Floats
    slope: Floats
    vertices: Floats
    covariance: Floats
    alpha: float
    first: float

    @staticmethod
    def of(a: Floats, trends: Trends, alpha: float, normal: Floats | None) -> _Test:
        covariance, w = a @ trends.covariance @ a.T, trends.weights
        sigma = np.sqrt(np.diag(covariance))
        aside = np.linalg.svd(w[None, :])[2][1:].T  # (m, m - 1) directions with weights't = 0
        path = a[:, trends.before :]
        vertices = _vertices(np.vstack([(path @ aside).T, sigma]))
        kappa = alpha / FIRST_STAGE if normal is not None else 0.0
        first = math.inf
        if normal is not None:
            root = np.linalg.cholesky(trends.covariance)
            drawn, rows = normal @ (a @ root).T, max(1, AT_ONCE // len(vertices))
            largest = [(drawn[i : i + rows] @ vertices.T).max(axis=1) for i in range(0, len(drawn), rows)]
            first = float(np.quantile(np.concatenate(largest), 1 - kappa))
        moments, slope = vertices @ a @ trends.effects, vertices @ path @ w / (w @ w)
        return _Test(moments, slope, vertices, covariance, (alpha - kappa) / (1 - kappa), first)

    def rejects(self, theta: float) -> bool:
        y = self.moments - self.slope * theta
        best = int(np.argmax(y))
        towards = self.vertices @ (self.covariance @ self.vertices[best])  # covariance of every v'y with the greatest
        statistic, variance = float(y[best]), float(towards[best])
        if statistic <= 0:
            return False
        if statistic > self.first:
            return True
        along = towards / variance
        rest, room = y - along * statistic, 1 - along
        lower, upper = room > FLAT, room < -FLAT
        low = float((rest[lower] / room[lower]).max(initial=-math.inf))
        high = min(self.first, float((rest[upper] / room[upper]).min(initial=math.inf)))
        return statistic > max(0.0, _cut_quantile(1 - self.alpha, low, high, math.sqrt(variance)))


def _vertices(equations: Floats) -> Floats:
    """(K, n) all v >= 0 with equations (r, n) v = (0, ..., 0, 1): r of the n entries, the others zero."""
    r, n = equations.shape
    chosen = np.array(list(itertools.combinations(range(n), r)))
    systems = np.moveaxis(equations[:, chosen], 0, 1)  # (K, r, r)
    lengths = np.linalg.norm(systems, axis=1)
    sound = np.abs(np.linalg.det(systems / np.maximum(lengths, 1e-300)[:, None, :])) > FLAT
    right = np.zeros((r, 1))
    right[-1] = 1.0
    entries = np.linalg.solve(systems[sound], np.broadcast_to(right, (int(sound.sum()), r, 1)))[:, :, 0]
    fit = (entries >= -TIE * np.abs(entries).max(axis=1, keepdims=True)).all(axis=1)
    found = np.zeros((int(fit.sum()), n))
    np.put_along_axis(found, chosen[sound][fit], np.maximum(entries[fit], 0.0), axis=1)
    return found


def _cut_quantile(p: float, low: float, high: float, sd: float) -> float:
    """The p quantile of a normal law of mean zero cut to low..high; by its upper tail where both lie far above."""
    a, b = low / sd, high / sd
    if a > 0:
        mass = ndtr(-a) - ndtr(-b)
        return float(-ndtri(ndtr(-a) - p * mass)) * sd if mass > 0 else low
    return float(ndtri(ndtr(a) + p * (ndtr(b) - ndtr(a)))) * sd
