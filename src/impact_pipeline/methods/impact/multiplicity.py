"""Many outcomes at once: p values adjusted within a declared family, so that one in twenty is not found by looking.

p values (m,), or outcomes with their arms, come in; adjusted ones go out in the same order. A missing p (NaN) stays
missing and is not counted among the hypotheses, as in R's p.adjust: a family is what was tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.gram import cluster_grams
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, dummies, sample
from impact_pipeline.methods.impact.wild_bootstrap import DRAWS, EXACT, TIE, Restricted, sign_vectors

Method = Literal["benjamini-hochberg", "holm", "sharpened"]
TREATED = 1


def adjust(p: Floats, method: Method) -> Floats:
    """Adjusted p (m,) of a family.

    `benjamini-hochberg`: the false discovery rate at which each is found (Benjamini & Hochberg 1995). `holm`: the
    familywise error rate, stepping down (Holm 1979). `sharpened`: the rate of the two-stage procedure that first
    estimates how many hypotheses are true (Benjamini, Krieger & Yekutieli 2006; Anderson 2008,
    doi:10.1198/016214508000000841), exact where Anderson's code goes by thousandths. Raises ValueError for a p outside
    [0, 1].
    """
    told = np.asarray(p, dtype=np.float64)
    tested = ~np.isnan(told)
    if ((told[tested] < 0) | (told[tested] > 1)).any():
        raise ValueError("a p value is between 0 and 1")
    adjusted = np.full(len(told), np.nan)
    if tested.any():
        by = {"benjamini-hochberg": _benjamini_hochberg, "holm": _holm, "sharpened": _sharpened}[method]
        adjusted[tested] = by(told[tested])
    return adjusted


def _benjamini_hochberg(p: Floats) -> Floats:
    m, order = len(p), np.argsort(p, kind="stable")[::-1]
    raised = np.minimum.accumulate(p[order] * (m / np.arange(m, 0, -1)))
    return _back(np.minimum(raised, 1.0), order)


def _holm(p: Floats) -> Floats:
    m, order = len(p), np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(m, 0, -1))
    return _back(np.minimum(raised, 1.0), order)


def _sharpened(p: Floats) -> Floats:
    """The least q at which each is rejected.

    At q the first stage rejects the r(u) hypotheses whose Benjamini-Hochberg p is at most u = q/(1+q); the second those
    whose Benjamini-Hochberg p is at most u m/(m - r). Between two values of r the condition is linear in u.
    """
    found = _benjamini_hochberg(p)
    m, steps = len(found), np.sort(found)
    least = np.full(m, np.inf)
    for r in range(m + 1):
        start, end = (0.0 if r == 0 else steps[r - 1]), (np.inf if r == m else steps[r])
        u = np.maximum(start, found * (m - r) / m)
        least = np.minimum(least, np.where(u < end, u, np.inf))
    with np.errstate(divide="ignore"):
        q = np.where(least < 1, least / (1 - least), np.inf)
    return np.minimum(q, 1.0)


def _back(ordered: Floats, order: Integers) -> Floats:
    found = np.empty(len(ordered))
    found[order] = ordered
    return found


@dataclass(frozen=True, slots=True)
class StepDown:
    """Of m outcomes: t of the wild bootstrap, its own p, and p adjusted for the familywise error rate; NaN: not
    tested."""

    t: Floats
    p: Floats
    p_adjusted: Floats
    draws: int
    exact: bool


def romano_wolf(
    outcomes: Floats,
    treated: Booleans,
    *,
    covariates: Floats | None = None,
    own: Sequence[Floats] | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    draws: int = DRAWS,
    seed: int,
) -> StepDown:
    """Romano & Wolf's step-down p of the treatment's coefficient on each outcome (n, m).

    The wild (cluster) bootstrap under no effect draws the same signs for every outcome, so that the dependence between
    outcomes counts (Romano & Wolf 2005, doi:10.1198/016214504000000539; 2016, doi:10.1016/j.spl.2016.02.012). Units
    without clusters are clusters of one. All sign vectors are gone through up to 14 clusters. `own` are covariates
    (n, p) of each outcome alone, its baseline for one. An outcome's missing rows, in it or in these, are left out of it
    alone; an outcome without two units in an arm is not tested. Raises RefusedEffect as `sample`, `no-outcome` where
    none can be tested.
    """
    y = np.asarray(outcomes, dtype=np.float64)
    s = sample(np.zeros(len(y)), treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    d = s.treated.astype(np.float64)
    others = s.covariates if s.blocks is None else np.column_stack([s.covariates, dummies(s.blocks)])
    x = np.column_stack([np.ones(s.n), d, others - others.mean(axis=0)])
    codes = np.arange(s.n) if s.clusters is None else s.clusters
    g = int(codes.max()) + 1
    asked: dict[int, Restricted] = {}
    for j in range(y.shape[1]):
        mine = np.zeros((s.n, 0)) if own is None else own[j]
        there = np.isfinite(y[:, j]) & np.isfinite(mine).all(axis=1)
        if min(np.count_nonzero(there & s.treated), np.count_nonzero(there & ~s.treated)) >= 2:
            values = np.where(there, y[:, j] - y[there, j].mean(), 0.0)
            centred = np.where(there[:, None], mine - mine[there].mean(axis=0), 0.0)
            columns = np.column_stack([x * there[:, None], centred])
            asked[j] = Restricted.of(cluster_grams(columns, values, codes, s.weights), TREATED)
    if not asked:
        raise RefusedEffect("no-outcome", "no outcome has two units in each arm")
    observed = np.array([abs(test.statistics(np.ones((1, g)))[0]) for test in asked.values()])
    single, stepped, total = np.zeros(len(asked)), np.zeros(len(asked)), 0
    order = np.argsort(-observed, kind="stable")
    for vectors in sign_vectors(g, seed=seed, draws=draws):
        drawn = np.column_stack([np.abs(test.statistics(vectors)) for test in asked.values()])
        largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]  # of those not yet rejected
        single += (drawn >= observed * (1 - TIE)).sum(axis=0)
        stepped[order] += (largest >= observed[order] * (1 - TIE)).sum(axis=0)
        total += len(vectors)
    exact = g <= EXACT
    itself = 0 if exact else 1  # drawn signs do not hold the observed ones
    single, stepped = ((itself + count) / (itself + total) for count in (single, stepped))
    adjusted = _back(np.maximum.accumulate(stepped[order]), order)
    told = np.full((3, y.shape[1]), np.nan)
    told[:, list(asked)] = [test.statistics(np.ones((1, g)))[0] for test in asked.values()], single, adjusted
    return StepDown(told[0], told[1], told[2], 2 * total if exact else total, exact)
