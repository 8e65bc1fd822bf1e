"""Randomisation inference: the effect found, among those that the draw could have given if treatment did nothing.

Arrays of units come in, with how they were assigned (by unit or by cluster, within blocks or not); the share of
possible assignments whose statistic is at least as far from zero goes out (Fisher 1935; Young 2019,
doi:10.1093/qje/qjy029). All assignments are gone through where they are few; otherwise they are drawn from a seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, dummies, sample

Statistic = Literal["effect", "studentised"]

FEW = 20_000  # assignments up to which all are gone through
DRAWS = 9999
TIE = 1e-9
AT_ONCE = 2**22  # cells of the table of assignments held at once


@dataclass(frozen=True, slots=True)
class Randomisation:
    """`statistic` of the assignment that took place, the two-sided p of no effect on anyone, and the assignments."""

    statistic: float
    p: float
    draws: int
    exact: bool


def randomisation_test(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    adjust_blocks: bool = False,
    statistic: Statistic = "effect",
    draws: int = DRAWS,
    seed: int,
) -> Randomisation:
    """Two-sided p over the assignments that keep the number of treated units (or clusters) of each block.

    `effect` is the treatment's coefficient given the covariates (and block indicators if `adjust_blocks`);
    `studentised` divides it by its HC0 or CR0 error, which keeps the test valid for no effect on average (Wu & Ding
    2021, doi:10.1080/01621459.2020.1750415). Where assignments are at most 20,000 all are gone through; else `draws` of
    them are drawn from `seed`, and p = (1 + those as far)/(1 + draws). Raises RefusedEffect: `cluster-in-both-arms`
    (a cluster's units were not assigned together), `cluster-in-two-blocks`, `single-assignment` (nothing else could
    have been drawn), `collinear`.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    assigned, block, member = _units_of_assignment(s)
    groups = [np.flatnonzero(block == b) for b in range(int(block.max()) + 1)]
    taken = [int(np.count_nonzero(assigned[group])) for group in groups]
    ways = math.prod(math.comb(len(group), k) for group, k in zip(groups, taken, strict=True))
    if ways < 2:
        raise RefusedEffect("single-assignment", "no other assignment could have been drawn")
    tested = _Tested.of(s, member, adjust_blocks, statistic)
    observed = float(tested(assigned[None, :].astype(np.float64))[0])
    exact = ways <= FEW
    rows = max(1, AT_ONCE // s.n)
    all_or_some = _every(groups, taken, rows) if exact else _drawn(assigned, groups, seed, draws, rows)
    farther = total = 0
    for drawn in all_or_some:
        farther += int(np.count_nonzero(np.abs(tested(drawn)) >= abs(observed) * (1 - TIE)))
        total += len(drawn)
    return Randomisation(observed, farther / total if exact else (1 + farther) / (1 + total), total, exact)


def _units_of_assignment(s: Sample) -> tuple[Booleans, Integers, Integers]:
    """Treatment and block of each unit or cluster that was assigned, and which of them each row belongs to."""
    blocks = np.zeros(s.n, dtype=np.int64) if s.blocks is None else s.blocks
    if s.clusters is None:
        return s.treated, blocks, np.arange(s.n)
    first = np.unique(s.clusters, return_index=True)[1]
    if (s.treated != s.treated[first][s.clusters]).any():
        raise RefusedEffect("cluster-in-both-arms", "units of one cluster are in both arms: they were assigned apart")
    if (blocks != blocks[first][s.clusters]).any():
        raise RefusedEffect("cluster-in-two-blocks", "units of one cluster are in two blocks")
    return s.treated[first], blocks[first], s.clusters


@dataclass(frozen=True)
class _Tested:
    """The statistic of any assignment, from what the covariates leave of it (Frisch & Waugh 1933).

    The effect needs but sums over the members of each unit assigned, for what is left of the outcome has nothing in
    common with the covariates; its error needs the rows.
    """

    left: Floats  # (n,) outcome less its projection on constant, covariates and blocks, rows times root of weight
    basis: Floats  # (n, q) orthonormal basis of those
    root: Floats  # (n,) root of weights
    member: Integers  # (n,) the unit assigned that each row belongs to
    clusters: Integers | None
    studentised: bool

    @staticmethod
    def of(s: Sample, member: Integers, adjust_blocks: bool, statistic: Statistic) -> _Tested:
        others = np.column_stack([np.ones(s.n), s.covariates])
        if adjust_blocks and s.blocks is not None:
            others = np.column_stack([others, dummies(s.blocks)])
        root = np.ones(s.n) if s.weights is None else np.sqrt(s.weights)
        basis = np.linalg.qr(others * root[:, None])[0]
        y = (s.outcome - np.average(s.outcome, weights=s.weights)) * root
        return _Tested(y - basis @ (basis.T @ y), basis, root, member, s.clusters, statistic == "studentised")

    @cached_property
    def sums(self) -> tuple[Floats, Floats, Floats]:
        """By unit assigned: what is left of the outcome, the basis (units, q), and the weights."""
        units = int(self.member.max()) + 1
        projected = np.zeros((units, self.basis.shape[1]))
        np.add.at(projected, self.member, self.basis * self.root[:, None])
        outcome: Floats = np.bincount(self.member, weights=self.left * self.root, minlength=units).astype(np.float64)
        weights: Floats = np.bincount(self.member, weights=self.root**2, minlength=units).astype(np.float64)
        return outcome, projected, weights

    def __call__(self, drawn: Floats) -> Floats:
        """(A,) statistics of assignments (A, units assigned)."""
        outcome, projected, weights = self.sums
        length = drawn @ weights - ((drawn @ projected) ** 2).sum(axis=1)
        if length.min() <= TIE:
            raise RefusedEffect("collinear", "under a possible assignment the covariates tell the treatment")
        effect: Floats = (drawn @ outcome) / length
        if not self.studentised:
            return effect
        d = drawn[:, self.member] * self.root
        d = d - (d @ self.basis) @ self.basis.T
        scores = d * (self.left - effect[:, None] * d)
        if self.clusters is not None:
            order = np.argsort(self.clusters, kind="stable")
            starts = np.flatnonzero(np.diff(self.clusters[order], prepend=-1))
            scores = np.add.reduceat(scores[:, order], starts, axis=1)
        found: Floats = effect / (np.sqrt((scores**2).sum(axis=1)) / length)
        return found


def _every(groups: list[Integers], taken: list[int], rows: int) -> Iterator[Floats]:
    """Every assignment, some rows at once: (rows, units assigned) of 0 and 1."""
    units = sum(map(len, groups))
    ways = itertools.product(
        *(itertools.combinations(group.tolist(), k) for group, k in zip(groups, taken, strict=True))
    )
    while chunk := list(itertools.islice(ways, rows)):
        table = np.zeros((len(chunk), units))
        for row, chosen in enumerate(chunk):
            table[row, list(itertools.chain.from_iterable(chosen))] = 1.0
        yield table


def _drawn(assigned: Booleans, groups: list[Integers], seed: int, draws: int, rows: int) -> Iterator[Floats]:
    """`draws` assignments: within each block, the one that took place in another order."""
    generator = np.random.default_rng(seed)
    for start in range(0, draws, rows):
        table = np.zeros((min(rows, draws - start), len(assigned)))
        for group in groups:
            rows_of_block = np.tile(assigned[group], (len(table), 1))
            table[:, group] = generator.permuted(rows_of_block, axis=1)  # one order a row
        yield table
