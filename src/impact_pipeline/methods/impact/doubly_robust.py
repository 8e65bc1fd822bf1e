"""Augmented inverse probability weighting: right if either the propensity or the outcome's regression is.

Arrays of units come in, an `EffectEstimate` goes out. Both nuisances are parametric (logistic; linear, or logistic for
a yes/no), fitted on all units or crosswise on folds that the caller names.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from impact_pipeline.methods.impact.balance import effective_n
from impact_pipeline.methods.impact.comparison_groups import HEAVY, LOW_SHARE, Target
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import effect_of
from impact_pipeline.methods.impact.influence import influence_told
from impact_pipeline.methods.impact.propensity import logit
from impact_pipeline.methods.impact.robust import inverse
from impact_pipeline.methods.impact.row_order import rows_of, sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample

OutcomeModel = Literal["linear", "logit"]
FOLDS = 5
SEED = 20260101


def doubly_robust(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    target: Target = "att",
    outcome_model: OutcomeModel = "linear",
    folds: Integers | None = None,
) -> EffectEstimate:
    """The effect by AIPW (Robins, Rotnitzky & Zhao 1994, doi:10.1080/01621459.1994.10476818; on the treated: Moodie,
    Saarela & Stephens 2018, doi:10.1002/sta4.205).

    With m_a the regression in arm a and p the propensity: `ate`, the mean of m_1 - m_0 + d (y - m_1)/p - (1 - d)
    (y - m_0)/(1 - p); `att`, the mean of d (y - m_0) - (1 - d) p/(1 - p) (y - m_0) over the share treated. Its error is
    that of the efficient influence function, or the jackknife's below 50 clusters (`influence`). `folds` (n,), codes of
    `seeded_folds`, fit the nuisances of each fold on the others (Chernozhukov et al. 2018, doi:10.1111/ectj.12097).

    Raises RefusedEffect: `no-covariates`, `separation`, `collinear`, `folds-split-clusters`, `too-few-clusters`,
    `cluster-decides`, `no-variation`, and those of `sample`. Cautions: `low-effective-n`, `heavy-weight` of the inverse
    probabilities.
    """
    asked = sample(outcome, treated, covariates=covariates, clusters=clusters, weights=weights)
    if asked.covariates.shape[1] == 0:
        raise RefusedEffect("no-covariates", "a comparison group is made by its covariates: none was given")
    fold = np.zeros(asked.n, dtype=np.int64) if folds is None else np.asarray(folds, dtype=np.int64)
    s, order = sorted_rows(asked, fold)
    places = fold[order]
    effect, influence, p = _estimate(s, places, outcome_model, target, folds is not None)
    w = np.ones(s.n) if s.weights is None else s.weights

    def again(left: Sample, rows: Integers) -> float:
        return _estimate(left, places[rows], outcome_model, target, folds is not None)[0]

    details, cautions = _overlap(s, w, p, target)
    if folds is not None:
        details["folds"] = float(len(np.unique(fold)))
    found, beside = influence_told(effect, influence, s, confidence, again)
    return effect_of(
        found, s, estimator="doubly_robust", estimand=target, sd=s.control_sd(), details=details | beside,
        cautions=cautions,
    )  # fmt: skip


def seeded_folds(
    units: Integers, *, clusters: Integers | None = None, folds: int = FOLDS, seed: int = SEED
) -> Integers:
    """A fold 0 .. folds - 1 for each row, drawn by unit, or by whole clusters; the same whatever the rows' order.

    Raises RefusedEffect `no-degrees-of-freedom` where there are fewer units or clusters than folds.
    """
    codes, place = np.unique(np.asarray(units if clusters is None else clusters), return_inverse=True)
    if not 2 <= folds <= len(codes):
        raise RefusedEffect("no-degrees-of-freedom", f"{folds} folds for {len(codes)} units or clusters")
    drawn = np.random.default_rng(seed).permutation(np.arange(len(codes)) % folds)
    found: Integers = drawn[place.reshape(-1)].astype(np.int64)
    return found


def _estimate(
    s: Sample, fold: Integers, model: OutcomeModel, target: Target, crosswise: bool
) -> tuple[float, Floats, Floats]:
    """The effect, each unit's influence on it (n,) and its propensity (n,)."""
    p, m1, m0 = _nuisances(s, fold, model, crosswise)
    w = np.ones(s.n) if s.weights is None else s.weights
    d, y = s.treated, s.outcome
    if target == "att":
        whole = float(w[d].sum())
        terms = np.where(d, y - m0, -p / (1 - p) * (y - m0))
        effect = float(w @ terms) / whole
        return effect, w * (terms - np.where(d, effect, 0.0)) / whole, p
    terms = m1 - m0 + np.where(d, (y - m1) / p, -(y - m0) / (1 - p))
    effect = float(np.average(terms, weights=w))
    return effect, w * (terms - effect) / w.sum(), p


def _nuisances(s: Sample, fold: Integers, model: OutcomeModel, crosswise: bool) -> tuple[Floats, Floats, Floats]:
    if not crosswise:
        return _fitted(s, s.covariates, model)
    if s.clusters is not None:
        pairs = len(np.unique(np.column_stack([s.clusters, fold]), axis=0))
        if pairs > len(np.unique(s.clusters)):
            raise RefusedEffect("folds-split-clusters", "units of a cluster are in several folds")
    found = np.empty((3, s.n))
    for code in np.unique(fold):
        here = fold == code
        learned = rows_of(s, ~here)
        if not 0 < learned.n_treated < learned.n:
            raise RefusedEffect("empty-arm", f"without fold {code} an arm is empty")
        found[:, here] = _fitted(learned, s.covariates[here], model)
    return found[0], found[1], found[2]


def _fitted(s: Sample, at: Floats, model: OutcomeModel) -> tuple[Floats, Floats, Floats]:
    """Propensity and both regressions (m,), learned from a sample, at covariates (m, p)."""
    p = logit(s.treated, s.covariates, s.weights).predict(at)
    m1, m0 = (_outcome(rows_of(s, arm), at, model) for arm in (s.treated, ~s.treated))
    return p, m1, m0


def _outcome(s: Sample, at: Floats, model: OutcomeModel) -> Floats:
    if model == "logit":
        if not np.isin(s.outcome, (0.0, 1.0)).all():
            raise ValueError("a logistic regression of the outcome needs answers 0 or 1")
        return logit(s.outcome == 1, s.covariates, s.weights).predict(at)
    centre = s.covariates.mean(axis=0)
    x = np.column_stack([np.ones(s.n), s.covariates - centre])
    if s.n < x.shape[1]:
        raise RefusedEffect("no-degrees-of-freedom", f"{s.n} units of an arm for {x.shape[1]} regressors")
    w = np.ones(s.n) if s.weights is None else s.weights
    b = inverse(x.T @ (x * w[:, None]))[0] @ (x.T @ (w * s.outcome))
    found: Floats = b[0] + (at - centre) @ b[1:]
    return found


def _overlap(s: Sample, w: Floats, p: Floats, target: Target) -> tuple[dict[str, float], tuple[str, ...]]:
    weight = np.where(s.treated, w if target == "att" else w / p, w * p / (1 - p) if target == "att" else w / (1 - p))
    one, zero = weight[s.treated], weight[~s.treated]
    details = {
        "effective_n_treated": effective_n(one),
        "effective_n_control": effective_n(zero),
        "max_weight_share": float(max(one.max() / one.sum(), zero.max() / zero.sum())),
    }
    low = details["effective_n_control"] < LOW_SHARE * effective_n(w[s.treated])
    heavy = details["max_weight_share"] > HEAVY
    return details, tuple(code for code, holds in (("low-effective-n", low), ("heavy-weight", heavy)) if holds)
