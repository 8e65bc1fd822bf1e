"""Comparison groups made by weights: inverse probability and entropy balancing, with the error of the weights' own
estimation.

Arrays of units come in, an `EffectEstimate` goes out; `ComparisonWeights` are for the balance table. What is not among
the covariates is not balanced: `sensitivity` tells how much of it would undo an effect. Units without a counterpart are
never trimmed here: that would change whose effect is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.methods.impact.balance import balance, effective_n, largest_smd, overlap
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import effect_of, regress
from impact_pipeline.methods.impact.influence import Again, influence_told
from impact_pipeline.methods.impact.propensity import Logit, logit
from impact_pipeline.methods.impact.robust import inverse
from impact_pipeline.methods.impact.row_order import back, sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample

Moments = Literal[1, 2]
Target = Literal["att", "ate"]

LOW_SHARE = 0.5  # of the treated: a comparison worth fewer units than this share of them is told
HEAVY = 0.05  # of its arm's weights in one unit
ALIKE = 0.1  # standardised difference above which an adjusted covariate is told (Austin 2009)
ROUNDS = 200
BALANCED = 1e-12  # of a standard deviation of the treated
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class ComparisonWeights:
    """Weights (n,) that make the groups alike, sampling weights among them, each arm's adding up to its own total.

    For the effect on the treated these keep their sampling weights. scores (n,): propensities, None without a model.
    """

    weights: Floats
    scores: Floats | None


def propensity_weights(
    treated: Booleans, *, covariates: Floats, weights: Floats | None = None, target: Target = "att"
) -> ComparisonWeights:
    """Weights p/(1-p) of controls (`att`), or 1/p of treated and 1/(1-p) of controls (`ate`), p by logistic regression.

    Raises RefusedEffect as `inverse_probability`.
    """
    s, order = sorted_rows(_asked(np.zeros(len(treated)), treated, covariates, None, weights))
    fitted = logit(s.treated, s.covariates, s.weights)
    return ComparisonWeights(back(_inverse(s, fitted, target)[0], order), back(fitted.probabilities, order))


def balancing_weights(
    treated: Booleans, *, covariates: Floats, weights: Floats | None = None, moments: Moments = 1
) -> ComparisonWeights:
    """The controls' weights by entropy balancing. Raises RefusedEffect as `entropy_balancing`."""
    s, order = sorted_rows(_asked(np.zeros(len(treated)), treated, covariates, None, weights))
    return ComparisonWeights(back(_entropy(s, _moments(s, moments)), order), None)


def inverse_probability(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    target: Target = "att",
) -> EffectEstimate:
    """Difference of weighted means, weights by inverse probability of the arm, each arm's weights adding up to one.

    Hajek's form; the error is of the influence function with that of the estimated propensity in it (Lunceford &
    Davidian 2004, doi:10.1002/sim.1903; Hirano, Imbens & Ridder 2003, doi:10.1111/1468-0262.00442), or the jackknife's
    where there are fewer than 50 clusters (`influence`).

    Raises RefusedEffect: `no-covariates`, `separation`, `collinear`, `too-few-clusters`, `cluster-decides`,
    `no-variation`, and those of `sample`.
    """
    s, _ = sorted_rows(_asked(outcome, treated, covariates, clusters, weights))
    fitted = logit(s.treated, s.covariates, s.weights)
    w, slope = _inverse(s, fitted, target)
    effect, influence = _difference(s, w)
    for arm, sign in ((s.treated, 1.0), (~s.treated, -1.0)):
        centred = np.where(arm, s.outcome - np.average(s.outcome[arm], weights=w[arm]), 0.0)
        influence = influence + sign * fitted.influences @ (fitted.design.T @ (slope * centred) / w[arm].sum())

    def again(left: Sample, _: Integers) -> float:
        return _difference(left, _inverse(left, logit(left.treated, left.covariates, left.weights), target)[0])[0]

    return _told(s, w, effect, influence, "inverse_probability", target, confidence, fitted.probabilities, again)


def entropy_balancing(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    moments: Moments = 1,
) -> EffectEstimate:
    """Effect on the treated against controls weighted so that their covariates have exactly the treated's means.

    Of all such weights, those nearest to the sampling weights by entropy (Hainmueller 2012, doi:10.1093/pan/mpr025);
    `moments=2` gives the covariates' squares the treated's mean too. The influence of a unit is its residual from the
    regression on the covariates under these weights: the error of the balancing is in it (Zhao & Percival 2017,
    doi:10.1515/jci-2016-0010); jackknife below 50 clusters.

    Raises RefusedEffect: `balancing-infeasible` (no mixture of controls has the treated's means), `no-covariates`,
    `collinear`, `too-few-clusters`, `cluster-decides`, `no-variation`, and those of `sample`.
    """
    s, _ = sorted_rows(_asked(outcome, treated, covariates, clusters, weights))
    z = _moments(s, moments)
    w = _entropy(s, z)
    effect, influence = _difference(s, w)
    among = ~s.treated
    y0 = s.outcome - np.average(s.outcome[among], weights=w[among])
    inside = z[among] * w[among][:, None]
    slopes = inverse(z[among].T @ inside)[0] @ (inside.T @ y0[among])
    explained = np.where(s.treated, w / w[s.treated].sum(), -w / w[among].sum()) * (z @ slopes)

    def again(left: Sample, _: Integers) -> float:
        return _difference(left, _entropy(left, _moments(left, moments)))[0]

    return _told(s, w, effect, influence - explained, "entropy_balancing", "att", confidence, None, again)


def weighted_cautions(s: Sample, w: Floats, worst: float) -> tuple[str, ...]:
    """What is to be told of an adjustment's weights (n,) and of the largest standardised difference they leave."""
    found = overlap(s.treated, w)
    said = {
        "low-effective-n": found.effective_n_control < LOW_SHARE * effective_n(_sampling(s)[s.treated]),
        "heavy-weight": found.max_weight_share > HEAVY,
        "imbalance-left": worst > ALIKE,
    }
    return tuple(code for code, holds in said.items() if holds)


def adjustment_details(s: Sample, w: Floats, scores: Floats | None) -> dict[str, float]:
    """Figures of an adjustment by weights (n,): effective sizes, heaviest unit, standardised differences."""
    rows = balance(s.treated, covariates=s.covariates, weights=s.weights, adjustment=w)
    found = overlap(s.treated, w, scores)
    details = {
        "effective_n_treated": found.effective_n_treated,
        "effective_n_control": found.effective_n_control,
        "max_weight_share": found.max_weight_share,
        "max_smd_before": largest_smd(rows, False),
        "max_smd_after": largest_smd(rows, True),
    }
    return details if found.off_support is None else {**details, "off_support": found.off_support}


def _asked(
    outcome: Floats, treated: Booleans, covariates: Floats, clusters: Integers | None, weights: Floats | None
) -> Sample:
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, weights=weights)
    if s.covariates.shape[1] == 0:
        raise RefusedEffect("no-covariates", "a comparison group is made by its covariates: none was given")
    return s


def _sampling(s: Sample) -> Floats:
    return np.ones(s.n) if s.weights is None else s.weights


def _inverse(s: Sample, fitted: Logit, target: Target) -> tuple[Floats, Floats]:
    """Weights (n,) and their derivatives by the log odds, each arm's brought to the total of its sampling weights."""
    base, p = _sampling(s), fitted.probabilities
    odds = p / (1 - p)
    if target == "att":
        w, slope = np.where(s.treated, base, base * odds), np.where(s.treated, 0.0, base * odds)
    else:
        w = np.where(s.treated, base / p, base / (1 - p))
        slope = np.where(s.treated, -base / odds, base * odds)
    for arm in (s.treated, ~s.treated):
        scale = base[arm].sum() / w[arm].sum()
        w, slope = np.where(arm, w * scale, w), np.where(arm, slope * scale, slope)
    return w, slope


def _difference(s: Sample, w: Floats) -> tuple[float, Floats]:
    """Difference of weighted means, and each unit's influence on it, the weights being known."""
    means = {
        which: float(np.average(s.outcome[arm], weights=w[arm])) for which, arm in ((1, s.treated), (0, ~s.treated))
    }
    influence = np.where(
        s.treated, w * (s.outcome - means[1]) / w[s.treated].sum(), -w * (s.outcome - means[0]) / w[~s.treated].sum()
    )
    return means[1] - means[0], influence


def _moments(s: Sample, moments: Moments) -> Floats:
    """Covariates, and their squares, from the treated's mean in the treated's standard deviations (n, m).

    Raises RefusedEffect `collinear`.
    """
    base = _sampling(s)[s.treated]
    centred = s.covariates - np.average(s.covariates[s.treated], axis=0, weights=base)
    columns = centred if moments == 1 else np.column_stack([centred, _squares(centred, s)])
    spread = np.sqrt(np.average(columns[s.treated] ** 2, axis=0, weights=base))
    varied = np.maximum(spread, np.abs(columns[~s.treated]).max(axis=0))
    if not (varied > 0).all():
        raise RefusedEffect("collinear", f"moment {int(np.argmin(varied))} is the same for all units")
    z = columns / np.where(spread > 0, spread, varied)
    z = z - np.average(z[s.treated], axis=0, weights=base)
    inverse((z - z.mean(axis=0)).T @ (z - z.mean(axis=0)))
    return z


def _squares(centred: Floats, s: Sample) -> Floats:
    """Squares of covariates that take more than two values: those of a yes/no follow from its mean."""
    several = [len(np.unique(column)) > 2 for column in s.covariates.T]
    found: Floats = centred[:, several] ** 2
    return found


def _entropy(s: Sample, z: Floats) -> Floats:
    """Weights (n,): of controls, base exp(z . l), with sum of weights x z = 0. The dual is minimised by Newton's
    method with halved steps."""
    base, among = _sampling(s), ~s.treated
    z0, log_base = z[among], np.log(base[among])
    dual = np.zeros(z.shape[1])
    value, q = _tilted(z0, log_base, dual)
    for _ in range(ROUNDS):
        gradient = q @ z0
        if float(np.abs(gradient).max()) < BALANCED:
            w = base.copy()
            w[among] = q * float(base[among].sum())
            return w
        step = _newton(z0, q, gradient)
        for halving in range(HALVINGS):
            tried, q_tried = _tilted(z0, log_base, dual - step / 2**halving)
            if tried <= value + 1e-15 * abs(value):
                break
        dual, value, q = dual - step / 2**halving, tried, q_tried
    raise RefusedEffect("balancing-infeasible", "no mixture of the controls has the treated's means of the covariates")


def _tilted(z0: Floats, log_base: Floats, dual: Floats) -> tuple[float, Floats]:
    """The dual's value, log sum of base exp(z . l), and the weights adding up to one."""
    exponent = log_base + z0 @ dual
    highest = float(exponent.max())
    raised = np.exp(exponent - highest)
    total = float(raised.sum())
    return highest + float(np.log(total)), raised / total


def _newton(z0: Floats, q: Floats, gradient: Floats) -> Floats:
    centred = z0 - gradient
    try:
        return inverse(centred.T @ (centred * q[:, None]))[0] @ gradient
    except RefusedEffect:
        # Where few controls carry all weight they vary in fewer directions than there are moments: none is left to go.
        raise RefusedEffect(
            "balancing-infeasible", "no mixture of the controls has the treated's means of the covariates"
        ) from None


def _told(
    s: Sample, w: Floats, effect: float, influence: Floats, estimator: str, target: Target, confidence: float,
    scores: Floats | None, again: Again,
) -> EffectEstimate:  # fmt: skip
    """The effect with, beside it, the error that would be told if the weights were known (`fixed_weights_se`)."""
    details = adjustment_details(s, w, scores)
    known = Sample(s.outcome, s.treated, s.covariates, s.clusters, None, w)
    x = np.column_stack([np.ones(s.n), s.treated.astype(np.float64)])
    fixed = regress(x, known, s.outcome - s.outcome.mean()).contrast(np.array([0.0, 1.0]), confidence)
    details |= {"fixed_weights_se": fixed.se, "fixed_weights_df": fixed.df}
    found, beside = influence_told(effect, influence, s, confidence, again)
    return effect_of(
        found, s, estimator=estimator, estimand=target, sd=s.control_sd(), details=details | beside,
        cautions=weighted_cautions(s, w, details["max_smd_after"]),
    )  # fmt: skip
