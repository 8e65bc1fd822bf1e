"""Randomised trials: the difference in means, ANCOVA and Lin's interacted regression, with or without blocks.

Arrays of units come in (outcome, treated, then by name covariates, clusters, blocks, weights), an `EffectEstimate` of
the average treatment effect goes out. Units randomised in clusters have clustered errors; `cluster_trials` has the
estimators that are theirs alone.
"""

from __future__ import annotations

import numpy as np

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import (
    SEED,
    Regression,
    Rule,
    Told,
    effect_of,
    regress,
    told,
    wild_details,
)
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, dummies, sample

TREATED = 1  # the place of the treatment among the regressors: after the constant


def difference_in_means(
    outcome: Floats,
    treated: Booleans,
    *,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
) -> EffectEstimate:
    """Mean of the treated less mean of the controls, with Neyman's variance s1^2/n1 + s0^2/n0 (that is HC2).

    Degrees of freedom are Welch's. Within blocks, differences are averaged by the blocks' sizes, V = sum (n_b/n)^2 V_b
    on n - 2B degrees of freedom; blocks of one treated and one control are matched pairs, V = sum (d_b - d)^2/(B(B-1))
    on B - 1 (Imai 2008; Gerber & Green 2012, as estimatr). Weighted or clustered units go through the regression on the
    treatment, with blocks as indicators. Raises RefusedEffect: `arm-absent-in-block`, `single-unit-arm` (no variance
    within an arm, pairs apart), and those of `inference.regress`.
    """
    s = sample(outcome, treated, clusters=clusters, blocks=blocks, weights=weights)
    if s.clusters is not None or s.weights is not None:
        regressors = [np.ones(s.n), s.treated.astype(np.float64)]
        x = np.column_stack(regressors if s.blocks is None else [*regressors, dummies(s.blocks)])
        return _regressed(s, x, "difference_in_means", confidence, seed)
    found = _neyman(s, confidence) if s.blocks is None else _within_blocks(s, s.blocks, confidence)
    return effect_of(found, s, estimator="difference_in_means", estimand="ate", sd=s.control_sd())


def _neyman(s: Sample, confidence: float) -> Told:
    effect, parts, sizes = _arms(s.outcome, s.treated)
    variance = parts[0] + parts[1]
    if not variance > 0:
        raise RefusedEffect("no-variation", "outcomes do not vary within arms: no error can be told")
    df = variance**2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    return told(effect, variance, df, confidence, "HC2")


def _arms(y: Floats, d: Booleans) -> tuple[float, tuple[float, float], tuple[int, int]]:
    """Difference of means, s^2/n of each arm, n of each arm."""
    one, zero = y[d], y[~d]
    if min(len(one), len(zero)) < 2:
        raise RefusedEffect("single-unit-arm", f"{len(one)} treated and {len(zero)} controls: two of each needed")
    parts = float(one.var(ddof=1) / len(one)), float(zero.var(ddof=1) / len(zero))
    return float(one.mean() - zero.mean()), parts, (len(one), len(zero))


def _within_blocks(s: Sample, blocks: Integers, confidence: float) -> Told:
    members = [np.flatnonzero(blocks == b) for b in range(int(blocks.max()) + 1)]
    for unit in members:
        if not 0 < np.count_nonzero(s.treated[unit]) < len(unit):
            raise RefusedEffect("arm-absent-in-block", f"a block of {len(unit)} units has only one arm")
    if all(len(unit) == 2 for unit in members):
        if len(members) < 2:
            raise RefusedEffect("single-unit-arm", "a single pair tells no error")
        pairs = np.array(
            [s.outcome[unit][s.treated[unit]][0] - s.outcome[unit][~s.treated[unit]][0] for unit in members]
        )
        return told(
            float(pairs.mean()), float(pairs.var(ddof=1) / len(pairs)), len(pairs) - 1, confidence, "matched-pairs"
        )
    effect = variance = 0.0
    for unit in members:
        share = len(unit) / s.n
        of_block, parts, _ = _arms(s.outcome[unit], s.treated[unit])
        effect, variance = effect + share * of_block, variance + share**2 * (parts[0] + parts[1])
    return told(effect, variance, s.n - 2 * len(members), confidence, "HC2")


def ancova(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats | None = None,
    baseline: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
) -> EffectEstimate:
    """The treatment's coefficient in a regression on treatment, covariates and block indicators; HC2 or clustered.

    `baseline` (n,), the outcome before treatment, is one more covariate, and the change-score estimate of the same data
    is put beside (`change_score_effect`, `_se`, `_p`), with the correlation r of baseline and outcome within arms:
    their variances are as 1 - r^2 to 2(1 - r) (McKenzie 2012, doi:10.1016/j.jdeveco.2012.01.002). Where units were not
    randomised the two answer different questions (Lord 1967, doi:10.1037/h0025105). Raises RefusedEffect as
    `inference.regress`.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    before = None if baseline is None else sample(baseline, treated).outcome
    told_before = np.zeros((s.n, 0)) if before is None else before[:, None]
    others = np.column_stack([s.covariates, np.zeros((s.n, 0)) if s.blocks is None else dummies(s.blocks)])
    d = s.treated.astype(np.float64)
    x = np.column_stack([np.ones(s.n), d, _centred(told_before, s.weights), _centred(others, s.weights)])
    details = {} if before is None else _change_score(s, before, _centred(others, s.weights), confidence, rule)
    return _regressed(s, x, "ancova", confidence, seed, details, rule, s.control_sd(before))


def _change_score(s: Sample, before: Floats, others: Floats, confidence: float, rule: Rule | None) -> dict[str, float]:
    x = np.column_stack([np.ones(s.n), s.treated.astype(np.float64), others])
    change = _contrast(regress(x, s, s.outcome - before, rule), confidence)
    within = [np.where(s.treated, y - y[s.treated].mean(), y - y[~s.treated].mean()) for y in (before, s.outcome)]
    spread = float(np.sqrt((within[0] ** 2).sum() * (within[1] ** 2).sum()))
    correlation = float((within[0] * within[1]).sum()) / spread if spread > 0 else float("nan")
    return {
        "change_score_effect": change.effect, "change_score_se": change.se, "change_score_p": change.p,
        "baseline_correlation": correlation,
    }  # fmt: skip


def lin(
    outcome: Floats,
    treated: Booleans,
    *,
    covariates: Floats | None = None,
    baseline: Floats | None = None,
    clusters: Integers | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
    rule: Rule | None = None,
) -> EffectEstimate:
    """ANCOVA with the treatment interacted with every centred covariate and block (Lin 2013, doi:10.1214/12-AOAS583).

    Never less precise than the difference in means in large samples, whatever the truth of the regression. Raises
    RefusedEffect `no-covariates`, and those of `inference.regress`.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    before = np.zeros((s.n, 0)) if baseline is None else sample(baseline, treated).outcome[:, None]
    blocked = np.zeros((s.n, 0)) if s.blocks is None else dummies(s.blocks)
    others = _centred(np.column_stack([before, s.covariates, blocked]), s.weights)
    if others.shape[1] == 0:
        raise RefusedEffect("no-covariates", "Lin's regression needs a covariate or blocks")
    d = s.treated.astype(np.float64)
    x = np.column_stack([np.ones(s.n), d, others, d[:, None] * others])
    return _regressed(
        s, x, "lin", confidence, seed, None, rule, s.control_sd(None if baseline is None else before[:, 0])
    )


def _centred(columns: Floats, weights: Floats | None) -> Floats:
    if columns.shape[1] == 0:
        return columns
    return columns - np.average(columns, axis=0, weights=weights)


def _contrast(regression: Regression, confidence: float) -> Told:
    of_treated = np.zeros(len(regression.coefficients))
    of_treated[TREATED] = 1.0
    return regression.contrast(of_treated, confidence)


def _regressed(
    s: Sample, x: Floats, estimator: str, confidence: float, seed: int, details: dict[str, float] | None = None,
    rule: Rule | None = None, sd: float | None = None,
) -> EffectEstimate:  # fmt: skip
    """The coefficient of the treatment in a design, with the wild bootstrap beside where clusters are few."""
    middle = float(np.average(s.outcome, weights=s.weights))
    regression = regress(x, s, s.outcome - middle, rule)
    beside = dict(details or {})
    if regression.cluster is not None:
        beside |= wild_details(regression.cluster.grams, TREATED, seed)
    found = _contrast(regression, confidence)
    return effect_of(
        found, s, estimator=estimator, estimand="ate", sd=s.control_sd() if sd is None else sd, details=beside
    )
