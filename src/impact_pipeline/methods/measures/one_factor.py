"""The one-factor model of the items of a scale, by maximum likelihood, in one group or in several with equal parts.

Moments by group come in; estimates, their covariance and the fit go out. In each group
    covariance = variance x loadings loadings' + diag(uniquenesses),   mean = intercepts + loadings x level
and what is held equal between groups is a set of words; the first group's factor has variance 1 and level 0
(Joreskog 1971, doi:10.1007/BF02291366). Fisher scoring with the expected information (Browne & Arminger 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from impact_pipeline.methods.measures.moments import Floats, Moments
from impact_pipeline.methods.measures.refused import RefusedMeasure

Equal = Literal["loadings", "intercepts", "uniquenesses"]
SETTLED = 1e-11  # largest gradient of the discrepancy, each parameter counted in its own standard error
ROUNDS = 300  # a scale that holds together settles in some dozens
HALVINGS = 40
ROUNDING = 1e-13  # a discrepancy is known to about this
LEAST_UNIQUENESS = 0.1  # share of an item's variance that the start leaves to it


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a model fits `n` sets of answers in `groups` groups.

    `chi2` = n x discrepancy with covariances that divide by n; `cfi` against independent items (Bentler 1990,
    doi:10.1037/0033-2909.107.2.238); `rmsea` of Steiger, times the root of the number of groups (Steiger 1998,
    doi:10.1080/10705519809540115). Both are 1 and 0 where the model has no degree of freedom.
    """

    n: int
    groups: int
    chi2: float
    df: int
    cfi: float
    rmsea: float


@dataclass(frozen=True, slots=True)
class FactorModel:
    """A one-factor model of one group: `loadings` and `uniquenesses` (k,), in units of the items.

    `covariance` (2k, 2k) is that of the estimates, loadings first.
    """

    loadings: Floats
    uniquenesses: Floats
    covariance: Floats
    fit: Fit


def fit_factor(moments: Moments) -> FactorModel:
    """One factor of variance 1 behind k >= 3 items. Raises RefusedMeasure: see `fit_groups`."""
    k = moments.items
    fit, parameters, covariance = _fit([moments], frozenset())
    return FactorModel(parameters[:k], parameters[k : 2 * k], covariance[: 2 * k, : 2 * k], fit)


def fit_groups(groups: Sequence[Moments], equal: frozenset[Equal] = frozenset()) -> Fit:
    """The fit of one factor in several groups, with what is `equal` between them.

    With equal loadings the other groups' variances are free; with equal intercepts their levels too.
    Raises RefusedMeasure: `too-few-items` below three, `too-few-answers` where a group has no more answers than items
    + 1, `no-variance`, `not-converged`, `improper-solution` (a unique variance at or below zero).
    """
    return _fit(groups, equal)[0]


def _fit(groups: Sequence[Moments], equal: frozenset[Equal]) -> tuple[Fit, Floats, Floats]:
    """Fit, free parameters (the first group's loadings and uniquenesses first) and their covariance."""
    _refuse(groups)
    model = _Model(groups, equal)
    found = _minimise(model)
    fit = model.fit(found)
    structure = model.structure(found)
    if min(float(part.uniquenesses.min()) for part in structure) <= 0:
        raise RefusedMeasure("improper-solution", "a unique variance at or below zero: one factor does not hold")
    return fit, found, np.linalg.inv(model.information(found)) / model.n


def _refuse(groups: Sequence[Moments]) -> None:
    k = groups[0].items
    if k < 3:
        raise RefusedMeasure("too-few-items", f"a one-factor model needs three items; there are {k}")
    for group in groups:
        if group.n <= k + 1:
            raise RefusedMeasure("too-few-answers", f"{group.n} complete sets of answers for {k} items")
        smallest = np.linalg.eigvalsh(group.covariance)[0]
        if smallest <= 1e-10 * np.trace(group.covariance):
            raise RefusedMeasure("no-variance", "an item does not vary, or is told by the others")


@dataclass(frozen=True, slots=True)
class _Part:
    """The parameters of one group."""

    loadings: Floats
    uniquenesses: Floats
    intercepts: Floats
    variance: float
    level: float


class _Model:
    """Where each parameter of each group stands among the free ones, and what follows from their values."""

    def __init__(self, groups: Sequence[Moments], equal: frozenset[Equal]):
        self.k = groups[0].items
        self.n = sum(group.n for group in groups)
        self.shares = [group.n / self.n for group in groups]
        self.samples = [group.covariance * (group.n - 1) / group.n for group in groups]
        self.means = [group.mean for group in groups]
        self.places = self._placed(len(groups), equal)
        self.free = 1 + max(int(places.max()) for places in self.places)

    def _placed(self, groups: int, equal: frozenset[Equal]) -> list[NDArray[np.int64]]:
        """For each group, where its 3k + 2 parameters stand among the free ones; -1 is fixed."""
        k, used = self.k, 0
        places: list[NDArray[np.int64]] = []
        blocks: tuple[tuple[Equal, int], ...] = (("loadings", 0), ("uniquenesses", k), ("intercepts", 2 * k))
        for group in range(groups):
            own = np.full(3 * k + 2, -1)
            for name, start in blocks:
                if group and name in equal:
                    own[start : start + k] = places[0][start : start + k]
                else:
                    own[start : start + k] = np.arange(used, used + k)
                    used += k
            for name, place in (("loadings", 3 * k), ("intercepts", 3 * k + 1)):
                if group and name in equal:
                    own[place], used = used, used + 1
            places.append(own)
        return places

    def start(self) -> Floats:
        """The first eigenvector of each covariance, taken for the loadings, signed so that their sum is positive."""
        free = np.zeros(self.free)
        for places, sample, mean in reversed(list(zip(self.places, self.samples, self.means, strict=True))):
            values, vectors = np.linalg.eigh(sample)
            loadings = vectors[:, -1] * np.sqrt(values[-1]) * (1 if vectors[:, -1].sum() >= 0 else -1)
            variances = np.diag(sample)
            most = np.sqrt((1 - LEAST_UNIQUENESS) * variances)
            loadings = np.clip(loadings, -most, most)
            told = np.concatenate([loadings, variances - loadings**2, mean, [1.0, 0.0]])
            free[places[places >= 0]] = told[places >= 0]
        return free

    def structure(self, free: Floats) -> list[_Part]:
        k, parts = self.k, []
        for places in self.places:
            told = np.where(places >= 0, free[places], 0.0)
            variance = float(told[3 * k]) if places[3 * k] >= 0 else 1.0
            parts.append(_Part(told[:k], told[k : 2 * k], told[2 * k : 3 * k], variance, float(told[3 * k + 1])))
        return parts

    def discrepancy(self, free: Floats) -> float:
        """Sum over groups of share x (log|V| + tr(V^-1 T) - log|S| - k), T = S + d d', d = mean - model's mean.

        Infinite where a covariance of the model is not positive definite.
        """
        total = 0.0
        for share, sample, mean, part in zip(self.shares, self.samples, self.means, self.structure(free), strict=True):
            implied = _implied(part)
            sign, logarithm = np.linalg.slogdet(implied)
            if sign <= 0 or np.linalg.eigvalsh(implied)[0] <= 0:
                return float("inf")
            away = mean - part.intercepts - part.loadings * part.level
            inverse = np.linalg.inv(implied)
            told = sample + np.outer(away, away)
            own = np.linalg.slogdet(sample)[1]
            total += share * (logarithm + float((inverse * told).sum()) - own - self.k)
        return total

    def slopes(self, free: Floats) -> tuple[Floats, Floats]:
        """Gradient of the discrepancy (free,) and its expected second derivative (free, free)."""
        gradient, curvature = np.zeros(self.free), np.zeros((self.free, self.free))
        for places, share, sample, mean, part in zip(
            self.places, self.shares, self.samples, self.means, self.structure(free), strict=True
        ):
            kept = np.flatnonzero(places >= 0)
            spread, shift = _derivatives(part)
            spread, shift = spread[kept], shift[kept]
            inverse = np.linalg.inv(_implied(part))
            away = mean - part.intercepts - part.loadings * part.level
            residual = inverse - inverse @ (sample + np.outer(away, away)) @ inverse
            own = np.einsum("aij,ij->a", spread, residual) - 2 * shift @ inverse @ away
            turned = np.einsum("ij,ajk->aik", inverse, spread)
            second = np.einsum("aij,bji->ab", turned, turned) + 2 * shift @ inverse @ shift.T
            np.add.at(gradient, places[kept], share * own)
            np.add.at(curvature, np.ix_(places[kept], places[kept]), share * second)
        return gradient, curvature

    def information(self, free: Floats) -> Floats:
        """Expected information of one set of answers: half the expected second derivative."""
        return self.slopes(free)[1] / 2

    def fit(self, free: Floats) -> Fit:
        k, groups = self.k, len(self.shares)
        df = groups * (k * (k + 1) // 2 + k) - self.free
        chi2 = max(0.0, self.n * self.discrepancy(free))
        alone = sum(
            share * (float(np.log(np.diag(sample)).sum()) - float(np.linalg.slogdet(sample)[1]))
            for share, sample in zip(self.shares, self.samples, strict=True)
        )
        beyond = max(chi2 - df, 0.0)
        beyond_alone = max(self.n * alone - groups * k * (k - 1) / 2, beyond)
        cfi = 1 - beyond / beyond_alone if beyond_alone > 0 and df > 0 else 1.0
        rmsea = float(np.sqrt(beyond / (self.n * df) * groups)) if df > 0 else 0.0
        return Fit(self.n, groups, chi2 if df > 0 else 0.0, df, cfi, rmsea)


def _implied(part: _Part) -> Floats:
    return part.variance * np.outer(part.loadings, part.loadings) + np.diag(part.uniquenesses)


def _derivatives(part: _Part) -> tuple[Floats, Floats]:
    """Derivatives of the covariance (3k + 2, k, k) and of the mean (3k + 2, k) by each parameter of a group."""
    k = part.loadings.size
    spread, shift = np.zeros((3 * k + 2, k, k)), np.zeros((3 * k + 2, k))
    for i in range(k):
        spread[i, i, :] += part.variance * part.loadings
        spread[i, :, i] += part.variance * part.loadings
        spread[k + i, i, i] = 1
        shift[i, i] = part.level
        shift[2 * k + i, i] = 1
    spread[3 * k] = np.outer(part.loadings, part.loadings)
    shift[3 * k + 1] = part.loadings
    return spread, shift


def _minimise(model: _Model) -> Floats:
    """Fisher scoring, each step halved until the discrepancy falls. Raises RefusedMeasure `not-converged`."""
    free = model.start()
    value = model.discrepancy(free)
    for _ in range(ROUNDS):
        gradient, curvature = model.slopes(free)
        if float(np.abs(gradient / np.sqrt(np.diag(curvature))).max()) < SETTLED:
            return free
        try:
            step = cho_solve(cho_factor(curvature), gradient)
        except np.linalg.LinAlgError:
            break
        tried = _shorter(model, free, value, step)
        if tried is None:
            break
        free, value = tried
    raise RefusedMeasure("not-converged", "the one-factor model does not settle on these answers")


def _shorter(model: _Model, free: Floats, value: float, step: Floats) -> tuple[Floats, float] | None:
    """The longest of step, step/2, step/4... that does not raise the discrepancy beyond what rounding does."""
    for halved in range(HALVINGS):
        tried = free - step / 2**halved
        told = model.discrepancy(tried)
        if told <= value + ROUNDING * (1 + abs(value)):
            return tried, told
    return None
