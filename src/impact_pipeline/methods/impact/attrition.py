"""Who was lost between assignment and answer, by arm, and what the effect is if they are made up for.

The outcome of all assigned units comes in, NaN for those lost; an `Attrition`, the leavers' baseline and an effect
weighted for attrition go out. `lee_bounds` has the effect's bounds whatever the lost would have answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.methods.impact.attrition_boundary import allowed_differential
from impact_pipeline.methods.impact.balance import effective_n
from impact_pipeline.methods.impact.comparison_groups import HEAVY
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import Rule, Told, effect_of, regress
from impact_pipeline.methods.impact.influence import influence_told
from impact_pipeline.methods.impact.propensity import Logit, logit
from impact_pipeline.methods.impact.row_order import back, sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample

Boundary = Literal["within-cautious", "within-optimistic", "outside"]


@dataclass(frozen=True, slots=True)
class Attrition:
    """Units assigned and kept, by arm; shares lost (0 to 1), weighted if units are.

    `differential` = share lost of the treated less that of the controls, with its error and two-sided p (None where
    both arms kept everybody). `boundary` says on which side of the What Works Clearinghouse's the two lie.
    """

    assigned_treated: int
    assigned_control: int
    kept_treated: int
    kept_control: int
    overall: float
    differential: float
    differential_se: float | None
    differential_p: float | None
    allowed_cautious: float
    allowed_optimistic: float
    boundary: Boundary


@dataclass(frozen=True, slots=True)
class Leavers:
    """A covariate's mean among those who stayed and those lost, by arm (None where nobody is), in its unit.

    `p_left`: that leavers differ from stayers, arms alike; `p_differential`: that they differ in one arm as in the
    other. None where a group has too few units to tell.
    """

    covariate: str
    stayed_treated: float | None
    stayed_control: float | None
    left_treated: float | None
    left_control: float | None
    p_left: float | None
    p_differential: float | None


def attrition(
    outcome: Floats,
    treated: Booleans,
    *,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    rule: Rule | None = None,
) -> Attrition:
    """Overall and differential attrition; `outcome` (n,) of all assigned units, NaN for those lost.

    The difference of shares lost is a regression's on the treatment, HC2 or clustered. Raises RefusedEffect:
    `nobody-stayed` (in an arm), `too-few-clusters`, and those of `sample`.
    """
    s, left = _assigned(outcome, treated, None, clusters, weights)
    w = np.ones(s.n) if s.weights is None else s.weights
    shares = [float(np.average(left[arm], weights=w[arm])) for arm in (s.treated, ~s.treated)]
    found: Told | None = None
    if left.sum() > 0:
        x = np.column_stack([np.ones(s.n), s.treated.astype(np.float64)])
        found = _quietly(x, s, left, rule, confidence, 1)
    overall = float(np.average(left, weights=w))
    differential = shares[0] - shares[1]
    cautious, optimistic = (allowed_differential(overall, assumption) for assumption in ("cautious", "optimistic"))
    boundary: Boundary = "outside"
    if abs(differential) <= optimistic:
        boundary = "within-cautious" if abs(differential) <= cautious else "within-optimistic"
    return Attrition(
        assigned_treated=s.n_treated, assigned_control=s.n - s.n_treated,
        kept_treated=int((1 - left)[s.treated].sum()), kept_control=int((1 - left)[~s.treated].sum()),
        overall=overall, differential=differential, differential_se=None if found is None else found.se,
        differential_p=None if found is None else found.p, allowed_cautious=cautious, allowed_optimistic=optimistic,
        boundary=boundary,
    )  # fmt: skip


def leavers(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    names: Sequence[str] | None = None,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    rule: Rule | None = None,
) -> tuple[Leavers, ...]:
    """Each covariate (n, p) of before, among leavers and stayers of each arm.

    Raises RefusedEffect: `no-leaver`, `nobody-stayed`, `too-few-clusters`, and those of `sample`.
    """
    s, left = _assigned(outcome, treated, covariates, clusters, weights)
    if not left.any():
        raise RefusedEffect("no-leaver", "nobody was lost")
    called = [f"covariate {j + 1}" for j in range(s.covariates.shape[1])] if names is None else names
    d, one = s.treated.astype(np.float64), np.ones(s.n)
    rows = []
    for name, values in zip(called, s.covariates.T, strict=True):
        centred = values - values.mean()
        alike = _quietly(np.column_stack([one, left, d]), s, centred, rule, 0.95, 1)
        apart = _quietly(np.column_stack([one, left * d, left, d]), s, centred, rule, 0.95, 1)
        stayed, gone = (
            tuple(_mean(values, (left == lost) & (s.treated == arm), s.weights) for arm in (True, False))
            for lost in (0, 1)
        )
        rows.append(
            Leavers(
                covariate=name, stayed_treated=stayed[0], stayed_control=stayed[1], left_treated=gone[0],
                left_control=gone[1], p_left=None if alike is None else alike.p,
                p_differential=None if apart is None else apart.p,
            )
        )  # fmt: skip
    return tuple(rows)


def attrition_weights(
    outcome: Floats, treated: Booleans, *, covariates: Floats, weights: Floats | None = None
) -> Floats:
    """Weights (n,) of those who stayed: sampling weight / probability of staying given arm and covariates; 0 for the
    lost. Raises RefusedEffect as `attrition_weighted`."""
    s, left, order = _sorted(outcome, treated, covariates, None, weights)
    return back(_staying(s, left)[0], order)


def attrition_weighted(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> EffectEstimate:
    """Difference of means of those who stayed, weighted to stand for all assigned (Robins, Rotnitzky & Zhao 1995,
    doi:10.1080/01621459.1995.10476493).

    The probability of staying is logistic in the arm and the covariates; its estimation is in the error. It makes up
    for leavers who differ by the covariates, not by what nobody knows. Raises RefusedEffect: `no-leaver`,
    `nobody-stayed`, `separation`, `collinear`, `too-few-clusters`, and those of `sample`.
    """
    s, left, _ = _sorted(outcome, treated, covariates, clusters, weights)
    effect, influence, w = _weighted(s, left)

    def again(some: Sample, rows: Integers) -> float:
        return _weighted(some, left[rows])[0]

    found, beside = influence_told(effect, influence, s, confidence, again)
    share = max(float(w[arm].max() / w[arm].sum()) for arm in (s.treated, ~s.treated))
    stayed = left == 0
    kept = Sample(
        s.outcome[stayed], s.treated[stayed], s.covariates[stayed], None if s.clusters is None else s.clusters[stayed],
        None, None if s.weights is None else s.weights[stayed],
    )  # fmt: skip
    details = {
        "effective_n_treated": effective_n(w[s.treated]), "effective_n_control": effective_n(w[~s.treated]),
        "max_weight_share": share,
    }  # fmt: skip
    return effect_of(
        found, kept, estimator="attrition_weighted", estimand="ate", sd=kept.control_sd(), details=details | beside,
        cautions=("heavy-weight",) if share > HEAVY else (),
    )  # fmt: skip


def _weighted(s: Sample, left: Floats) -> tuple[float, Floats, Floats]:
    """The effect, each unit's influence on it (n,) and its weight (n,)."""
    w, fitted = _staying(s, left)
    slope = -w * (1 - fitted.probabilities)
    y = np.where(left == 1, 0.0, s.outcome)
    influence = np.zeros(s.n)
    means = []
    for arm, sign in ((s.treated, 1.0), (~s.treated, -1.0)):
        total = float(w[arm].sum())
        if not total > 0:
            raise RefusedEffect("nobody-stayed", "an arm has no outcome")
        means.append(float(w[arm] @ y[arm]) / total)
        centred = np.where(arm, y - means[-1], 0.0)
        influence += sign * (w * centred + fitted.influences @ (fitted.design.T @ (slope * centred))) / total
    return means[0] - means[1], influence, w


def _assigned(
    outcome: Floats, treated: Booleans, covariates: Floats | None, clusters: Integers | None, weights: Floats | None
) -> tuple[Sample, Floats]:
    """All assigned units, the outcome of the lost set to zero, and who left (n,) as 0 or 1."""
    y = np.asarray(outcome, dtype=np.float64)
    left = np.isnan(y)
    s = sample(np.where(left, 0.0, y), treated, covariates=covariates, clusters=clusters, weights=weights)
    for arm in (s.treated, ~s.treated):
        if left[arm].all():
            raise RefusedEffect("nobody-stayed", "an arm has no outcome")
    return s, left.astype(np.float64)


def _sorted(
    outcome: Floats, treated: Booleans, covariates: Floats, clusters: Integers | None, weights: Floats | None
) -> tuple[Sample, Floats, Integers]:
    s, left = _assigned(outcome, treated, covariates, clusters, weights)
    if not left.any():
        raise RefusedEffect("no-leaver", "nobody was lost: there is nothing to make up for")
    ordered, order = sorted_rows(s, left)
    return ordered, left[order], order


def _staying(s: Sample, left: Floats) -> tuple[Floats, Logit]:
    base = np.ones(s.n) if s.weights is None else s.weights
    fitted = logit(left == 0, np.column_stack([s.treated.astype(np.float64), s.covariates]), s.weights)
    return np.where(left == 0, base / fitted.probabilities, 0.0), fitted


def _quietly(x: Floats, s: Sample, y: Floats, rule: Rule | None, confidence: float, column: int) -> Told | None:
    """A coefficient with its error; None where too few units are behind it to tell one."""
    try:
        return regress(x, s, y, rule).contrast(np.eye(x.shape[1])[column], confidence)
    except RefusedEffect as refused:
        if refused.code in ("no-variation", "leverage-one", "collinear"):
            return None
        raise


def _mean(values: Floats, rows: Booleans, weights: Floats | None) -> float | None:
    if not rows.any():
        return None
    return float(np.average(values[rows], weights=None if weights is None else weights[rows]))
