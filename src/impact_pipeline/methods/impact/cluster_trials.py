"""Trials whose clusters were randomised: the clusters' means compared, a mixed model, and the intracluster correlation.

Arrays of units come in, an `EffectEstimate` of the average effect goes out. `trials.ancova` with clusters answers the
same question by a regression of units with clustered errors.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from impact_pipeline.methods.impact import heteroskedastic, mixed_model
from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.gram import cluster_grams
from impact_pipeline.methods.impact.inference import effect_of, refuse_few_clusters, told
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, dummies, sample

TREATED = 1


def cluster_means(
    outcome: Floats,
    treated: Booleans,
    *,
    clusters: Integers,
    covariates: Floats | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    rule: Literal["classical", "HC2"] = "classical",
) -> EffectEstimate:
    """The difference of the arms' means of cluster means, each cluster counting once: Student's t on J1 + J0 - 2.

    With covariates or blocks, the regression of cluster means on the treatment, the means of covariates and block
    indicators, on J - k degrees of freedom (Donner & Klar 2000). `weights` weigh units within their cluster. sd is that
    of the control units. Raises RefusedEffect: `too-few-clusters`, `cluster-in-both-arms`, and as
    `heteroskedastic.fit`.
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    codes = _assigned_whole(s)
    w = np.ones(s.n) if s.weights is None else s.weights
    columns = [s.outcome, s.treated.astype(np.float64), *s.covariates.T]
    columns += [] if s.blocks is None else [*dummies(s.blocks).T]
    size = np.bincount(codes, weights=w)
    means = np.column_stack([np.bincount(codes, weights=w * column) / size for column in columns])
    arm, others = np.round(means[:, 1]), means[:, 2:] - means[:, 2:].mean(axis=0)
    x = np.column_stack([np.ones(len(arm)), arm, others])
    fitted = heteroskedastic.fit(x, means[:, 0] - means[:, 0].mean(), None, rule)
    variance = float(fitted.covariance[TREATED, TREATED])
    name = "cluster-means" if rule == "classical" else "cluster-means-HC2"
    found = told(float(fitted.coefficients[TREATED]), variance, fitted.df, confidence, name)
    details = {"icc_anova": intracluster_correlation(s.outcome, codes, s.treated)}
    return effect_of(found, s, estimator="cluster_means", estimand="ate", sd=s.control_sd(), details=details)


def mixed(
    outcome: Floats,
    treated: Booleans,
    *,
    clusters: Integers,
    covariates: Floats | None = None,
    blocks: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> EffectEstimate:
    """The treatment's coefficient in a model with an intercept a cluster, by REML, with Satterthwaite's df.

    Beside it Kenward and Roger's error (`kenward_roger_se`, `_df`, `_p`), the intracluster correlation by REML and by
    analysis of variance (`icc_reml`, `icc_anova`), the two variances. The model holds that clusters vary alike in both
    arms. Where the variance between clusters is estimated as zero, Satterthwaite's df would count units as if they were
    not clustered: Kenward and Roger's answer is given, with the caution `no-variance-between-clusters`. Raises
    RefusedEffect: `too-few-clusters`, and as `mixed_model.fit` (weights are not answered).
    """
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, blocks=blocks, weights=weights)
    refuse_few_clusters(s)
    codes = _codes(s)
    others = s.covariates if s.blocks is None else np.column_stack([s.covariates, dummies(s.blocks)])
    x = np.column_stack([np.ones(s.n), s.treated.astype(np.float64), others - others.mean(axis=0)])
    fitted = mixed_model.fit(cluster_grams(x, s.outcome - s.outcome.mean(), codes, s.weights))
    contrast = np.zeros(x.shape[1])
    contrast[TREATED] = 1.0
    effect = float(fitted.coefficients[TREATED])
    variance = float(fitted.covariance[TREATED, TREATED])
    plain = told(effect, variance, fitted.satterthwaite(contrast), confidence, "REML-Satterthwaite")
    adjusted = told(effect, *fitted.kenward_roger(contrast), confidence, "REML-Kenward-Roger")
    details = {
        "kenward_roger_se": adjusted.se, "kenward_roger_df": adjusted.df, "kenward_roger_p": adjusted.p,
        "icc_reml": fitted.icc, "icc_anova": intracluster_correlation(s.outcome, codes, s.treated),
        "variance_between": fitted.between, "variance_within": fitted.within,
    }  # fmt: skip
    found, cautions = (plain, ()) if fitted.ratio > 0 else (adjusted, ("no-variance-between-clusters",))
    return effect_of(
        found, s, estimator="mixed_model", estimand="ate", sd=s.control_sd(), details=details, cautions=cautions
    )


def intracluster_correlation(values: Floats, clusters: Integers, treated: Booleans | None = None) -> float:
    """The share of variance between clusters by analysis of variance, within arms where `treated` (n,) is given.

    (MSB - MSW)/(MSB + (n0 - 1) MSW), n0 the clusters' size corrected for its spread (Donner & Klar 2000); may be below
    zero. Clusters with units in both arms count as two. NaN where nothing varies within clusters or none has two units.
    """
    arm = np.zeros(len(values), dtype=np.int64) if treated is None else treated.astype(np.int64)
    code = np.unique(np.asarray(clusters) * 2 + arm, return_inverse=True)[1].reshape(-1)
    of_code = np.zeros(int(code.max()) + 1, dtype=np.int64)
    of_code[code] = arm
    size = np.bincount(code).astype(np.float64)
    means = np.bincount(code, weights=values) / size
    within = float(((values - means[code]) ** 2).sum())
    between, lost, arms = 0.0, 0.0, np.unique(arm)
    for a in arms:
        n, m = size[of_code == a], means[of_code == a]
        between += float((n * (m - np.average(m, weights=n)) ** 2).sum())
        lost += float((n**2).sum() / n.sum())
    df_between, df_within = len(size) - len(arms), len(values) - len(size)
    if df_between < 1 or df_within < 1 or within == 0:
        return float("nan")
    n0 = (len(values) - lost) / df_between
    msb, msw = between / df_between, within / df_within
    return float((msb - msw) / (msb + (n0 - 1) * msw))


def _codes(s: Sample) -> Integers:
    if s.clusters is None:
        raise ValueError("a trial of clusters needs them")
    return s.clusters


def _assigned_whole(s: Sample) -> Integers:
    refuse_few_clusters(s)
    codes, arms = _codes(s), s.clusters_by_arm or (0, 0)
    if sum(arms) > int(codes.max()) + 1:
        raise RefusedEffect("cluster-in-both-arms", "a cluster has units in both arms: its mean belongs to neither")
    return codes
