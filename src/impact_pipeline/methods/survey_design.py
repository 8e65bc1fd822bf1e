"""A sample's design as arrays, and the covariance of estimators linearised on it.

Weights and codes of strata and primary sampling units come in, scores a row too; a covariance matrix and its degrees of
freedom go out. It is for what is computed row by row (tests, models, inequality); what sums are enough for is in
`linearisation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.declarations.programme import SinglePsu
from impact_pipeline.errors import RefusedEstimate
from impact_pipeline.methods.weighting.residuals import residuals

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class RefusedFigure(RefusedEstimate):
    """A test, a model or a figure that its data cannot carry; `code` is stable, the text says what was found."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a sample was weighted to: variables x (n, p), initial weights (n,) and final ones (n,), of all rows."""

    x: Floats
    initial: Floats
    final: Floats

    def rows(self, order: Integers) -> Calibration:
        """The same rows in another order."""
        return Calibration(self.x[order], self.initial[order], self.final[order])

    def residual_scores(self, scores: Floats) -> Floats:
        """Weighted scores (n, k) less what the variables explain of them: see `weighting.residuals`."""
        bare = scores / self.final[:, None]
        return self.final[:, None] * residuals(self.x, self.initial, bare.T).T


@dataclass(frozen=True, slots=True)
class SurveyDesign:
    """How n rows were drawn. A row outside the domain under study keeps its place with a weight of zero.

    `weights` (n,), zero or more; `strata` (n,) codes from 0; `psus` (n,) codes from 0, each in one stratum;
    `population` (strata,), primary sampling units in the population, None for many; `calibration` where the sample was
    weighted to margins, which then are no longer in doubt; `units` (n,), how many units the population of the row's
    sampling unit has, where rows are units drawn within it (None: the first stage alone is corrected).
    """

    weights: Floats
    strata: Integers
    psus: Integers
    population: Floats | None = None
    single_psu: SinglePsu = "fail"
    calibration: Calibration | None = None
    units: Floats | None = None

    @property
    def df(self) -> int:
        """Sampling units that hold the domain less strata that hold it."""
        held = self.weights > 0
        return len(np.unique(self.psus[held])) - len(np.unique(self.strata[held]))

    def rows(self, order: Integers) -> SurveyDesign:
        """The same rows in another order."""
        calibration = None if self.calibration is None else self.calibration.rows(order)
        units = None if self.units is None else self.units[order]
        return SurveyDesign(
            self.weights[order], self.strata[order], self.psus[order], self.population, self.single_psu, calibration,
            units,
        )  # fmt: skip

    @property
    def has_single_psu(self) -> bool:
        """Whether a stratum has a single sampling unit, or one of these a single unit, although there are more."""
        if self.units is not None:
            _, places, drawn_within = np.unique(self.psus, return_inverse=True, return_counts=True)
            if ((drawn_within[places] == 1) & (self.units > 1)).any():
                return True
        of = self.strata[np.unique(self.psus, return_index=True)[1]]
        names, drawn = np.unique(of, return_counts=True)
        return any(self._left(int(name), 1) > 0 for name in names[drawn == 1])

    def covariance(self, scores: Floats) -> Floats:
        """Covariance (k, k) of estimators whose linearised scores, weight included, are `scores` (n, k).

        Sum over strata of (1 - n/N) n/(n-1) sum (z - zbar)(z - zbar)', z being totals of the sampling units (ultimate
        cluster; Binder 1983, doi:10.2307/1402588). A stratum of one unit follows `single_psu` as in `linearisation`,
        which tells the term of the second stage too.
        Raises RefusedFigure: `single-psu`, `population-too-small`, `psu-in-two-strata`.
        """
        if self.calibration is not None:
            scores = self.calibration.residual_scores(scores)
        totals: Floats = np.stack([np.bincount(self.psus, weights=column) for column in scores.T], axis=1)
        present, first = np.unique(self.psus, return_index=True)
        totals, of = totals[present].astype(np.float64), self.strata[first]
        if (of[np.searchsorted(present, self.psus)] != self.strata).any():
            raise RefusedFigure("psu-in-two-strata", "a sampling unit has rows in two strata")
        found = np.zeros((scores.shape[1], scores.shape[1]))
        for stratum in np.unique(of):
            z = totals[of == stratum]
            left = self._left(int(stratum), len(z))
            found += left * self._between(z, totals, int(stratum))
            if self.units is not None and left < 1:
                found += (1 - left) * self._within(scores, self.strata == stratum)
        return found

    def _left(self, stratum: int, drawn: int) -> float:
        if self.population is None:
            return 1.0
        known = float(self.population[stratum])
        if drawn > known:
            raise RefusedFigure("population-too-small", f"stratum {stratum}: {drawn} units drawn from {known:g}")
        return 1 - drawn / known

    def _within(self, scores: Floats, held: NDArray[np.bool_]) -> Floats:
        """Sum over the sampling units of a stratum (its rows `held`) of (1 - m/M) m/(m-1) sum (u - ubar)(u - ubar)'."""
        u = scores[held]
        names, of, drawn = np.unique(self.psus[held], return_inverse=True, return_counts=True)
        population = np.full(len(names), -np.inf)
        np.maximum.at(population, of, np.zeros(0) if self.units is None else self.units[held])
        if (drawn > population).any():
            raise RefusedFigure("population-too-small", "more units drawn from a sampling unit than it has")
        lone = drawn == 1
        left = 1 - drawn / population
        if self.single_psu == "fail" and (left[lone] > 0).any():
            raise RefusedFigure("single-psu", "a sampling unit has a single unit")
        mean = np.stack([np.bincount(of, weights=column) for column in u.T], axis=1) / drawn[:, None]
        if self.single_psu == "adjust":
            mean[lone] = 0.0
        centred = u - mean[of]
        factor = left * np.where(lone, 1.0, drawn / np.where(lone, 1, drawn - 1))
        found: Floats = (centred * factor[of, None]).T @ centred
        return found

    def _between(self, z: Floats, totals: Floats, stratum: int) -> Floats:
        if len(z) > 1:
            centred = z - z.mean(axis=0)
            of_many: Floats = len(z) / (len(z) - 1) * centred.T @ centred
            return of_many
        if self._left(stratum, 1) == 0 or self.single_psu == "certainty":
            return np.zeros((z.shape[1], z.shape[1]))
        if self.single_psu == "fail":
            raise RefusedFigure("single-psu", f"stratum {stratum} has a single sampling unit")
        centred = z - totals.mean(axis=0)
        of_one: Floats = centred.T @ centred
        return of_one
