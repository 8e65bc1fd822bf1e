"""Poverty and inequality of incomes, with errors that count what the threshold itself owes to the sample.

Incomes a row and their `SurveyDesign` come in, a figure with its error goes out. Each figure is linearised: its
variance is that of the total of its influence values (Deville 1999; Osier 2009, doi:10.18148/srm/2009.v3i3.369).
Definitions are Eurostat's (as R's laeken), shares from 0 to 1; quantiles are values that someone has, not means of two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods import intervals
from impact_pipeline.methods.survey_design import Floats, RefusedFigure, SurveyDesign

Bools = NDArray[np.bool_]
TIE = 1e-12  # a distribution this near to a share has reached it
BANDWIDTH = 0.79  # of the interquartile range over n^(1/5) (Silverman 1986)


@dataclass(frozen=True, slots=True)
class Inequality:
    """A figure, its standard error and interval on `df` degrees of freedom; `threshold` in the unit of incomes.

    `fewest` is how many records stand behind the thinnest part of it, for disclosure control: the domain for a rate and
    Gini's coefficient, those of the poor on either side of their middle, those of the lowest or the highest fifth. The
    interval is the logit's for a rate between 0 and 1, Student's otherwise.
    """

    value: float
    se: float
    df: int
    low: float
    high: float
    threshold: float | None = None
    fewest: int = 0


@dataclass(frozen=True, slots=True)
class _Rows:
    """Incomes and weights (n,) in one order; `inside` (n,) the weights of the domain, zero outside it."""

    income: Floats
    design: SurveyDesign
    inside: Floats

    @property
    def weights(self) -> Floats:
        return self.design.weights


def poverty_rate(
    income: Floats, design: SurveyDesign, *, domain: Bools | None = None, of_median: float = 0.6,
    threshold: float | None = None, confidence: float = 0.95,
) -> Inequality:  # fmt: skip
    """Share of the domain (everyone unless given, (n,)) whose income is below `of_median` x the median of everyone.

    `threshold` stands for it where it is known from elsewhere and owes nothing to this sample. Raises RefusedFigure:
    `missing-values`, `nobody`, `no-spread` (the density at the threshold cannot be told), `no-degrees-of-freedom`, and
    what the design raises.
    """
    rows = _prepared(income, design, domain)
    line, moved = _threshold(rows, of_median, threshold)
    value, influence = _rate(rows, line, moved)
    return _told(value, influence, rows, confidence, line, rows.inside > 0, is_share=0 < value < 1)


def poverty_gap(
    income: Floats, design: SurveyDesign, *, domain: Bools | None = None, of_median: float = 0.6,
    threshold: float | None = None, confidence: float = 0.95,
) -> Inequality:  # fmt: skip
    """How far the median income of the domain's poor is below the threshold, as a share of the threshold.

    Arguments and refusals as `poverty_rate`, and `nobody-poor`.
    """
    rows = _prepared(income, design, domain)
    line, moved = _threshold(rows, of_median, threshold)
    poor = rows.inside * (rows.income < line)
    if poor.sum() == 0:
        raise RefusedFigure("nobody-poor", "no income of the domain is below the threshold")
    middle = _quantile(rows.income, poor, 0.5)
    rate, influence_of_rate = _rate(rows, line, moved)
    whole = rows.inside.sum()
    below = (rows.income <= middle) - rate / 2
    inside = rows.inside > 0
    of_middle = (influence_of_rate / 2 - np.where(inside, below, 0) / whole) / _density(rows, rows.inside, middle)
    influence = middle / line**2 * moved - of_middle / line
    sides = ((poor > 0) & (rows.income <= middle), (poor > 0) & (rows.income >= middle))
    return _told(1 - middle / line, influence, rows, confidence, line, *sides, is_share=False)


def quintile_ratio(
    income: Floats, design: SurveyDesign, *, domain: Bools | None = None, confidence: float = 0.95
) -> Inequality:
    """S80/S20: income held above the upper quintile over that held up to the lower one, both of the domain.

    Raises RefusedFigure as `poverty_rate`, and `no-income` where the lowest fifth holds none.
    """
    rows = _prepared(income, design, domain)
    y, w = rows.income, rows.inside
    low, high = (_quantile(y, w, share) for share in (0.2, 0.8))
    bottom, top = float(w @ (y * (y <= low))), float(w @ (y * (y > high)))
    if bottom <= 0:
        raise RefusedFigure("no-income", "the lowest fifth holds no income")
    of_bottom = y * (y <= low) - low * ((y <= low) - 0.2)
    of_top = y * (y > high) + high * ((y <= high) - 0.8)
    influence = np.where(w > 0, (of_top - top / bottom * of_bottom) / bottom, 0)
    fifths = ((w > 0) & (y <= low), (w > 0) & (y > high))
    return _told(top / bottom, influence, rows, confidence, None, *fifths, is_share=False)


def gini(income: Floats, design: SurveyDesign, *, domain: Bools | None = None, confidence: float = 0.95) -> Inequality:
    """Gini's coefficient of the domain: sum over pairs of w w' max(y, y') / (sum w x sum wy), less 1.

    Raises RefusedFigure as `poverty_rate`, and `no-income` where all incomes together are not above zero.
    """
    rows = _prepared(income, design, domain)
    y, w = rows.income, rows.inside
    people, total = float(w.sum()), float(w @ y)
    if total <= 0:
        raise RefusedFigure("no-income", "all incomes together are not above zero")
    order = np.argsort(y, kind="stable")
    climbed = np.cumsum(w[order])
    above = total - np.cumsum((w * y)[order])
    last = np.searchsorted(y[order], y, side="right") - 1  # of those who have as much
    larger = y * climbed[last] + above[last]  # sum of w' max(y, y')
    value = float(w @ larger) / (people * total) - 1
    influence = np.where(w > 0, (2 * larger - (value + 1) * (total + people * y)) / (people * total), 0)
    return _told(value, influence, rows, confidence, None, w > 0, is_share=False)


def _prepared(income: Floats, design: SurveyDesign, domain: Bools | None) -> _Rows:
    """Rows in an order that depends on what they hold alone; rows of zero weight are outside any domain."""
    held = design.weights > 0
    inside = held if domain is None else held & domain
    if not inside.any():
        raise RefusedFigure("nobody", "the domain holds nobody")
    if not np.isfinite(income[held]).all():
        raise RefusedFigure("missing-values", "somebody's income is not known")
    income = np.where(held, income, 0.0)
    order = np.lexsort([income, inside, design.weights, design.psus, design.strata])
    design = design.rows(order)
    return _Rows(income[order], design, np.where(inside[order], design.weights, 0.0))


def _threshold(rows: _Rows, of_median: float, threshold: float | None) -> tuple[float, Floats]:
    """The poverty line and its influence values, zero where it is given."""
    if threshold is not None:
        return threshold, np.zeros(len(rows.income))
    y, w = rows.income, rows.weights
    median = _quantile(y, w, 0.5)
    if median <= 0:
        raise RefusedFigure("no-income", "the median income is not above zero")
    influence = -((y <= median) - 0.5) / (w.sum() * _density(rows, w, median))
    return of_median * median, of_median * np.where(w > 0, influence, 0)


def _rate(rows: _Rows, line: float, moved: Floats) -> tuple[float, Floats]:
    """The share of the domain below the line, and its influence values: its own, and what the line's moves bring."""
    whole = float(rows.inside.sum())
    below = rows.income < line
    value = float(rows.inside @ below) / whole
    own = np.where(rows.inside > 0, below - value, 0) / whole
    if not moved.any():
        return value, own
    return value, own + _density(rows, rows.inside, line) * moved


def _quantile(y: Floats, w: Floats, share: float) -> float:
    """The least value at which the weighted distribution reaches `share`."""
    order = np.argsort(y, kind="stable")
    climbed = np.cumsum(w[order])
    reached = np.searchsorted(climbed, (share - TIE) * climbed[-1])
    return float(y[order][min(int(reached), len(y) - 1)])


def _density(rows: _Rows, w: Floats, at: float) -> float:
    """Density of incomes at a point, by a normal kernel as wide as Kish's number of incomes allows.

    The number, not the sum of weights, sets the width: a constant put on all weights changes nothing.
    """
    spread = _quantile(rows.income, w, 0.75) - _quantile(rows.income, w, 0.25)
    if spread <= 0:
        raise RefusedFigure("no-spread", "half of the incomes are the same: no density can be told")
    number = float(w.sum()) ** 2 / float(w @ w)
    width = float(BANDWIDTH * spread * number**-0.2)
    kernel: Floats = np.exp(-(((rows.income - at) / width) ** 2) / 2) / np.sqrt(2 * np.pi)
    return float(w @ kernel) / float(w.sum() * width)


def _told(
    value: float,
    influence: Floats,
    rows: _Rows,
    confidence: float,
    threshold: float | None,
    *parts: Bools,
    is_share: bool,
) -> Inequality:
    inside = SurveyDesign(rows.inside, rows.design.strata, rows.design.psus)
    if inside.df < 1:
        raise RefusedFigure("no-degrees-of-freedom", "as many strata as sampling units")
    variance = float(rows.design.covariance((rows.weights * influence)[:, None])[0, 0])
    value_, se, df = (np.array([x], dtype=np.float64) for x in (value, variance**0.5, inside.df))
    low, high = (intervals.logit if is_share else intervals.student)(value_, se, df, confidence)
    fewest = min(int(part.sum()) for part in parts)
    return Inequality(value, float(se[0]), inside.df, float(low[0]), float(high[0]), threshold, fewest)
