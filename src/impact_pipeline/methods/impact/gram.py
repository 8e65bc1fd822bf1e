"""Rows of a regression reduced to one Gram matrix a cluster: all that clustered inference asks of the data.

Arrays of rows come in, or a table of an engine of any size; sums of products by cluster go out. From a table the sums
are exact: each product is rounded once to a whole number of quanta (`methods.quantum`) and summed as a whole number, so
that the result is the same to the last bit whatever the order of rows, the number of threads or the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.engine import Engine, run
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.quantum import FAR_FROM_ZERO, power_of_ten
from impact_pipeline.renderings import gram_sql

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClusterGrams:
    """Sums over the rows of each of G clusters, of k regressors x (the constant among them) and an outcome y.

    n (G,) rows; xx (G, k, k) sums of w x x'; xy (G, k) sums of w x y; yy (G,) sums of w y^2. Where rows have weights,
    `plain_xx` and `plain_xy` are the same without them and `squared_xx` with their squares: what CR2 asks under a
    working model of equal variances. They are None where w = 1.
    """

    n: Integers
    xx: Floats
    xy: Floats
    yy: Floats
    plain_xx: Floats | None = None
    plain_xy: Floats | None = None
    squared_xx: Floats | None = None

    @property
    def clusters(self) -> int:
        return len(self.n)

    @property
    def rows(self) -> int:
        return int(self.n.sum())


@dataclass(frozen=True, slots=True)
class TableGrams:
    """Grams of a table: the constant is regressor 0, then the regressors asked for, in their order.

    labels: the clusters, sorted, as `grams` has them. Columns far from zero for their spread were taken from a `centre`
    (k,; 0 for the others), and the outcome from `outcome_centre`: slopes are what they were, the constant is not.
    lowest, highest (k,): how far each regressor reaches. left_out: rows without a value in a column that was asked for.
    """

    grams: ClusterGrams
    labels: tuple[object, ...]
    centre: Floats
    outcome_centre: float
    lowest: Floats
    highest: Floats
    left_out: int


def cluster_grams(x: Floats, y: Floats, clusters: Integers, weights: Floats | None = None) -> ClusterGrams:
    """Grams of x (n, k) and y (n,) by cluster code (n,), in the order of the codes.

    Rows are taken cluster by cluster in the order given. Raises ValueError where shapes do not go together.
    """
    n = len(x)
    if y.shape != (n,) or clusters.shape != (n,) or (weights is not None and weights.shape != (n,)):
        raise ValueError(f"x {x.shape}, y {y.shape}, clusters {clusters.shape}: one row a unit was expected")
    order = np.argsort(clusters, kind="stable")
    together = clusters[order]
    starts = np.flatnonzero(np.concatenate([[True], together[1:] != together[:-1]]))
    columns = [*np.ascontiguousarray(x[order].T), y[order]]
    size = np.diff(np.append(starts, n)).astype(np.int64)
    if weights is None:
        return _assembled(size, _products(columns, starts, None))
    w = weights[order]
    plain, once, twice = (_products(columns, starts, power) for power in (None, w, w * w))
    return _assembled(size, once, plain, twice)


def _products(columns: Sequence[Floats], starts: Integers, w: Floats | None) -> Floats:
    """(G, m, m) sums of w a b by cluster for every pair of m columns."""
    m = len(columns)
    sums = np.empty((len(starts), m, m))
    for i in range(m):
        left = columns[i] if w is None else w * columns[i]
        for j in range(i, m):
            sums[:, i, j] = sums[:, j, i] = np.add.reduceat(left * columns[j], starts)
    return sums


def _assembled(n: Integers, once: Floats, plain: Floats | None = None, twice: Floats | None = None) -> ClusterGrams:
    k = once.shape[1] - 1
    return ClusterGrams(
        n=n, xx=once[:, :k, :k], xy=once[:, :k, k], yy=once[:, k, k],
        plain_xx=None if plain is None else plain[:, :k, :k], plain_xy=None if plain is None else plain[:, :k, k],
        squared_xx=None if twice is None else twice[:, :k, :k],
    )  # fmt: skip


def table_grams(
    engine: Engine, relation: str, *, outcome: str, regressors: Sequence[str], cluster: str, weight: str | None = None
) -> TableGrams:
    """Grams of the rows of a table or view by `cluster`, from two scans inside the engine.

    `relation` is SQL that may stand after `from`; outcome, regressors, cluster and weight are names of its columns. The
    constant is added. Rows with a missing value are left out and counted. Raises RefusedEffect: `no-rows`,
    `not-finite`, `bad-weights` (a weight that is not above zero).
    """
    columns = gram_sql.Columns(outcome, tuple(regressors), cluster, weight)
    rows, complete, *reach = run(engine, gram_sql.extent(relation, columns))[0]
    if not complete:
        raise RefusedEffect("no-rows", f"{rows} rows, none of which has a value in every column of the regression")
    if not all(math.isfinite(bound) for bound in reach):
        raise RefusedEffect("not-finite", "a value or a weight of the regression is not a finite number")
    lowest, highest = np.array(reach[0::2]), np.array(reach[1::2])  # outcome, regressors, then the weight if any
    heaviest = 1.0
    if weight is not None:
        if lowest[-1] <= 0:
            raise RefusedEffect("bad-weights", f"a weight of {lowest[-1]:g} is not above zero")
        heaviest, lowest, highest = float(highest[-1]), lowest[:-1], highest[:-1]
    centre = _centres(lowest, highest)
    largest = np.maximum(np.abs(lowest - centre), np.abs(highest - centre))
    magnitude = np.array([1.0, *largest[1:], largest[0]])  # the constant, the regressors, the outcome: k + 1 columns
    powers = (0,) if weight is None else (0, 1, 2)
    scales = {
        (power, i, j): power_of_ten(heaviest**power * magnitude[i] * magnitude[j])
        for power in powers
        for i in range(len(magnitude))
        for j in range(i, len(magnitude))
    }
    read = run(engine, gram_sql.grams(relation, columns, [*map(float, centre)], scales))
    return TableGrams(
        grams=_from_rows(read, len(magnitude), scales, powers),
        labels=tuple(row[0] for row in read),
        centre=np.array([0.0, *centre[1:]]),
        outcome_centre=float(centre[0]),
        lowest=np.array([1.0, *lowest[1:]]),
        highest=np.array([1.0, *highest[1:]]),
        left_out=rows - complete,
    )


def _centres(lowest: Floats, highest: Floats) -> Floats:
    """The middle of the range of each column far from zero for its spread, to six digits; 0 for the others."""
    far = np.maximum(np.abs(lowest), np.abs(highest)) > FAR_FROM_ZERO * (highest - lowest)
    middles = np.array([float(f"{middle:.6g}") for middle in (lowest + highest) / 2])
    return np.where(far & (highest > lowest), middles, 0.0)


def _from_rows(
    read: Sequence[tuple[object, ...]], m: int, scales: dict[tuple[int, int, int], float], powers: Sequence[int]
) -> ClusterGrams:
    """Rows of `gram_sql.grams` as Grams: sums of quanta divided by their scales."""
    numbers = np.array([row[1:] for row in read], dtype=np.float64)
    sums = {power: np.empty((len(read), m, m)) for power in powers}
    for place, ((power, i, j), scale) in enumerate(scales.items(), start=1):
        sums[power][:, i, j] = sums[power][:, j, i] = numbers[:, place] / scale
    n = numbers[:, 0].astype(np.int64)
    return _assembled(n, sums[0]) if len(powers) == 1 else _assembled(n, sums[1], sums[0], sums[2])
