"""Outcomes of a study that are tested together: their p values adjusted as the study declares.

Questions with their answers come in, in one order; p adjusted and how many were tested with it go out in the same one.
Primary outcomes are a family of their own, the others one by declared family.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import SEED
from impact_pipeline.methods.impact.multiplicity import adjust, romano_wolf
from impact_pipeline.methods.studies.question import Question
from impact_pipeline.methods.studies.units import Floats, Integers

Answer = EffectEstimate | RefusedEffect
UNIT, CLUSTER, BLOCK = range(3)


def adjusted(asked: Sequence[tuple[Question, Answer]]) -> list[tuple[float | None, int]]:
    """(p adjusted, outcomes tested together) of each; None where there is no p.

    Unless the study declares its `multiplicity`: Holm's among primary outcomes, Benjamini and Hochberg's within a
    family of others.
    """
    families: dict[tuple[str, str], list[int]] = {}
    for place, (question, _) in enumerate(asked):
        outcome = question.outcome
        families.setdefault((outcome.role, "" if outcome.role == "primary" else outcome.family), []).append(place)
    told: list[tuple[float | None, int]] = [(None, 1)] * len(asked)
    for (role, _), members in families.items():
        p = np.array([_p(asked[place][1]) for place in members], dtype=np.float64)
        tested = int(np.isfinite(p).sum())
        declared = asked[members[0]][0].study.multiplicity
        if declared == "romano-wolf":
            found = _stepped([asked[place][0] for place in members], np.isfinite(p))
        else:
            found = adjust(p, declared or ("holm" if role == "primary" else "benjamini-hochberg"))
        for place, value in zip(members, found, strict=True):
            told[place] = (None if np.isnan(value) else float(value), tested)
    return told


def _p(answer: Answer) -> float:
    return answer.p if isinstance(answer, EffectEstimate) and answer.p is not None else np.nan


def _stepped(questions: Sequence[Question], tested: NDArray[np.bool_]) -> Floats:
    """Romano and Wolf's p of the treatment's coefficient in each outcome's regression, the units of all brought
    together by their names; NaN for those not tested."""
    names = np.unique(np.concatenate([question.sample.labels[:, UNIT].astype(str) for question in questions]))
    n, m = len(names), len(questions)
    outcomes, own = np.full((n, m), np.nan), []
    treated, weights, labels = np.full(n, np.nan), np.full(n, np.nan), np.full((n, 3), None)
    for j, question in enumerate(questions):
        s = question.sample
        rows = np.searchsorted(names, s.labels[:, UNIT].astype(str))
        differs = question.study.design == "difference-in-differences"
        columns = s.covariates if differs else question.with_baseline()
        mine = np.full((n, columns.shape[1]), np.nan)
        mine[rows] = columns
        own.append(mine)
        outcomes[rows, j] = question.change_or_outcome if tested[j] else np.nan
        treated[rows], labels[rows] = s.treated, s.labels
        weights[rows] = 1.0 if s.weights is None else s.weights
    first = questions[0].sample
    try:
        return romano_wolf(
            outcomes, treated == 1, own=own, clusters=None if first.clusters is None else _codes(labels[:, CLUSTER]),
            blocks=None if first.blocks is None else _codes(labels[:, BLOCK]),
            weights=None if first.weights is None else weights, seed=SEED,
        ).p_adjusted  # fmt: skip
    except RefusedEffect:
        return np.full(m, np.nan)


def _codes(labels: NDArray[Any]) -> Integers:
    return np.unique(labels.astype(str), return_inverse=True)[1].reshape(-1).astype(np.int64)
