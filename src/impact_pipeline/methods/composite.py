"""A composite index by the steps of the OECD/JRC handbook (2008, doi:10.1787/9789264043466-en), with its uncertainty.

Figures of units (rows) on indicators (columns) come in with their standard errors; scores, ranks and how far both move
under other choices and other samples go out. Knows no table. The steps: treat outliers, turn every column so that more
is better, put columns on one scale, aggregate within domains, then across them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Normalisation = Literal["min-max", "z-score", "rank"]
Aggregation = Literal["arithmetic", "geometric"]
SKEWNESS, KURTOSIS, WINSORISED = 2.0, 3.5, 5  # beyond both an indicator has outliers; at most so many are pulled in
LOWEST, HIGHEST = 1.0, 100.0  # of the min-max scale: above zero, so that a geometric mean can be taken
FEWEST = 4  # units below which shape and ranks say nothing


class RefusedIndex(ValueError):
    """An index that would mean nothing; `code` is stable."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Choices:
    """One way to build an index: how columns are put on one scale and aggregated, and what domains weigh (None: the
    same); `without` is a column left out, by place."""

    normalise: Normalisation = "min-max"
    within: Aggregation = "arithmetic"
    across: Aggregation = "geometric"
    weights: tuple[float, ...] | None = None
    without: int | None = None


@dataclass(frozen=True, slots=True)
class Treated:
    """A column without outliers: how (`none`, `winsorised`, `log`), and how many values were pulled in."""

    values: Floats
    how: Literal["none", "winsorised", "log"]
    pulled: int


@dataclass(frozen=True, slots=True)
class Index:
    """Scores (units,) on the scale of the declared choices and ranks, 1 the best; intervals over choices and samples.

    `influence` tells, by choice (normalise, within, across, weights, without, sample), which share of the variance of
    ranks it alone explains: the first-order index of Sobol (Saltelli 2010, doi:10.1016/j.cpc.2009.09.018).
    """

    scores: Floats
    ranks: Floats
    low: Floats
    high: Floats
    rank_low: Floats
    rank_high: Floats
    influence: Mapping[str, float]
    runs: int


def skewness(x: Floats) -> float:
    """n / ((n-1)(n-2)) sum ((x - mean)/s)^3 (Joanes & Gill 1998, doi:10.1111/1467-9884.00122, G1)."""
    n, z = len(x), (x - x.mean()) / x.std(ddof=1)
    return float(n / ((n - 1) * (n - 2)) * (z**3).sum())


def kurtosis(x: Floats) -> float:
    """Excess kurtosis G2 of Joanes & Gill (1998); 0 for a normal law."""
    n, z = len(x), (x - x.mean()) / x.std(ddof=1)
    first = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * (z**4).sum()
    return float(first - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))


def treat(x: Floats) -> Treated:
    """Pull in up to five extreme values, one at a time, to their neighbour; else take logarithms.

    An outlier is told by skewness beyond 2 and kurtosis beyond 3.5 together (Becker et al. 2022, COINr,
    doi:10.21105/joss.04567). Where winsorising does not do, log(x - min + 0.01 (max - min)) is taken of the raw column,
    of its mirror where the long tail is on the left.
    """
    if not _has_outliers(x):
        return Treated(x, "none", 0)
    pulled = x.copy()
    for count in range(1, WINSORISED + 1):
        order = np.sort(np.unique(pulled))
        right = skewness(pulled) > 0
        extreme, neighbour = (order[-1], order[-2]) if right else (order[0], order[1])
        pulled = np.where(pulled == extreme, neighbour, pulled)
        if not _has_outliers(pulled):
            return Treated(pulled, "winsorised", count)
    spread = x.max() - x.min()
    if skewness(x) > 0:
        return Treated(np.log(x - x.min() + 0.01 * spread), "log", 0)
    return Treated(-np.log(x.max() - x + 0.01 * spread), "log", 0)


def _has_outliers(x: Floats) -> bool:
    return x.std() > 0 and abs(skewness(x)) > SKEWNESS and kurtosis(x) > KURTOSIS


def normalised(x: Floats, how: Normalisation) -> Floats:
    """A column on one scale: 1 to 100, or mean 0 and standard deviation 1, or mid-ranks (1 the lowest)."""
    if how == "min-max":
        scaled: Floats = LOWEST + (HIGHEST - LOWEST) * (x - x.min()) / (x.max() - x.min())
        return scaled
    if how == "z-score":
        standard: Floats = (x - x.mean()) / x.std(ddof=1)
        return standard
    return np.array([(x < value).sum() + ((x == value).sum() + 1) / 2 for value in x], dtype=np.float64)


def scores(figures: Floats, domains: Sequence[int], choices: Choices) -> Floats:
    """Scores (units,) of figures (units, indicators), all turned so that more is better; `domains` place each column.

    Raises RefusedIndex: `geometric-mean-of-zscores`, for a geometric mean needs numbers above zero; `constant`, for a
    column in which all units are alike.
    """
    if choices.normalise == "z-score" and "geometric" in (choices.within, choices.across):
        raise RefusedIndex("geometric-mean-of-zscores", "a geometric mean needs numbers above zero, such as min-max")
    columns = [c for c in range(figures.shape[1]) if c != choices.without]
    if (np.ptp(figures[:, columns], axis=0) == 0).any():
        raise RefusedIndex("constant", "all units are alike on an indicator: it tells none from another")
    scaled = {c: normalised(figures[:, c], choices.normalise) for c in columns}
    present = sorted({domains[c] for c in columns})
    parts = [_mean([scaled[c] for c in columns if domains[c] == d], None, choices.within) for d in present]
    weights = None if choices.weights is None else [choices.weights[d] for d in present]
    return _mean(parts, weights, choices.across)


def _mean(columns: Sequence[Floats], weights: Sequence[float] | None, how: Aggregation) -> Floats:
    shares = np.array(weights if weights is not None else [1.0] * len(columns), dtype=np.float64)
    shares /= shares.sum()
    table: Floats = np.column_stack(columns)
    mean: Floats = np.exp(np.log(table) @ shares) if how == "geometric" else table @ shares
    return mean


def ranked(values: Floats) -> Floats:
    """1 for the best; units alike share the middle of their ranks."""
    return len(values) + 1 - normalised(values, "rank")


def build(
    figures: Floats, errors: Floats, domains: Sequence[int], declared: Choices,
    alternatives: Mapping[str, Sequence[object]], *, draws: int, seed: int, confidence: float = 0.95,
) -> Index:  # fmt: skip
    """The declared index, and its intervals over every combination of `alternatives` and over samples.

    `figures` and their standard `errors` are (units, indicators), figures turned so that more is better and without
    missing values; `alternatives` gives, by name of a field of `Choices`, what else could have been chosen. Each
    combination is tried on the figures and on `draws` others, drawn from normal laws with their standard errors.
    Outliers are treated each time. Raises RefusedIndex: `too-few-units` below 4, and as `scores` does.
    """
    if len(figures) < FEWEST:
        raise RefusedIndex("too-few-units", f"{len(figures)} units; ranks need at least {FEWEST}")
    names = list(alternatives)
    tried = [
        _chosen(declared, dict(zip(names, told, strict=True)))
        for told in product(*(list(dict.fromkeys([getattr(declared, n), *alternatives[n]])) for n in names))
    ]
    tried = [c for c in tried if not (c.normalise == "z-score" and "geometric" in (c.within, c.across))]
    rng = np.random.default_rng(seed)
    samples = [figures, *(figures + errors * rng.standard_normal(figures.shape) for _ in range(draws))]
    treated = [np.column_stack([treat(column).values for column in sample.T]) for sample in samples]
    found = np.array([[scores(sample, domains, choices) for sample in treated] for choices in tried])
    own = scores(treated[0], domains, declared)
    ranks = np.array([[ranked(told) for told in row] for row in found])
    on_own_scale = [n for n, c in enumerate(tried) if c.normalise == declared.normalise]
    tail = 100 * (1 - confidence) / 2
    flat, flat_ranks = found[on_own_scale].reshape(-1, len(figures)), ranks.reshape(-1, len(figures))
    low, high = np.percentile(flat, [tail, 100 - tail], axis=0)
    rank_low, rank_high = np.percentile(flat_ranks, [tail, 100 - tail], axis=0, method="nearest")
    return Index(own, ranked(own), low, high, rank_low, rank_high, _influence(names, tried, ranks), flat_ranks.shape[0])


def _chosen(declared: Choices, told: Mapping[str, object]) -> Choices:
    fields = {name: told.get(name, getattr(declared, name)) for name in Choices.__dataclass_fields__}
    return Choices(**fields)  # type: ignore[arg-type]


def _influence(names: Sequence[str], tried: Sequence[Choices], ranks: Floats) -> dict[str, float]:
    """V(E[rank | choice]) / V(rank), averaged over units; the whole design was run, so that no sampling is needed."""
    total = float(ranks.var(axis=(0, 1)).mean())
    if total == 0:
        return dict.fromkeys([*names, "sample"], 0.0)
    found = {}
    for name in names:
        groups: dict[object, list[int]] = {}
        for place, choices in enumerate(tried):
            groups.setdefault(getattr(choices, name), []).append(place)
        means = np.array([ranks[places].mean(axis=(0, 1)) for places in groups.values()])
        shares = np.array([len(places) for places in groups.values()]) / len(tried)
        centre = shares @ means
        found[name] = float((shares @ (means - centre) ** 2).mean()) / total
    by_sample = ranks.mean(axis=0)
    found["sample"] = float(by_sample.var(axis=0).mean()) / total
    return {name: 0.0 if math.isclose(value, 0, abs_tol=1e-15) else value for name, value in found.items()}
