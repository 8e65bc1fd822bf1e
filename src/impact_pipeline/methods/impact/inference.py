"""The house's rule of inference for a regression's contrast: which variance, which law, and when to refuse.

A design matrix with its contrast comes in, an `EffectEstimate` goes out. Units that are not clustered have HC2 with n -
k degrees of freedom. Clustered units have CR1 with G - 1 only where G >= 50; else CR2 with Satterthwaite's degrees of
freedom, and the wild cluster bootstrap beside it in `details`. An arm with fewer than two clusters is refused: nothing
tells its cluster from the effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from impact_pipeline.methods.impact import heteroskedastic, robust
from impact_pipeline.methods.impact.effect import EffectEstimate, Estimand, RefusedEffect
from impact_pipeline.methods.impact.gram import ClusterGrams, cluster_grams
from impact_pipeline.methods.impact.robust import ClusterFit, JointTest
from impact_pipeline.methods.impact.sample import FEW_CLUSTERS, Sample
from impact_pipeline.methods.impact.wild_bootstrap import wild_cluster_bootstrap

Floats = NDArray[np.float64]
Rule = Literal["HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2", "CR3"]

MANY_CLUSTERS = 50
SEED = 20260101  # of the wild bootstrap with more than 14 clusters, unless another is given


@dataclass(frozen=True, slots=True)
class Told:
    """A contrast with its uncertainty: se, Student's df, bounds and the two-sided p of no effect."""

    effect: float
    se: float
    df: float
    low: float
    high: float
    p: float
    rule: str


def told(effect: float, variance: float, df: float, confidence: float, rule: str) -> Told:
    """Student's interval and p. Raises RefusedEffect `no-variation` where the variance is nothing."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence between 0 and 1 was expected, not {confidence}")
    se = float(np.sqrt(max(variance, 0.0)))
    if not se > 0:
        raise RefusedEffect("no-variation", "outcomes do not vary within arms: no error can be told")
    half = float(stdtrit(df, 1 - (1 - confidence) / 2)) * se
    return Told(effect, se, df, effect - half, effect + half, float(2 * stdtr(df, -abs(effect) / se)), rule)


@dataclass(frozen=True)
class Regression:
    """Least squares of a design with the covariance that the rule gives: the `unit` or the `cluster` fit is there."""

    rule: Rule
    unit: heteroskedastic.UnitFit | None = None
    cluster: ClusterFit | None = None

    @property
    def coefficients(self) -> Floats:
        fitted = self.unit or self.cluster
        assert fitted is not None
        return fitted.coefficients

    @property
    def covariance(self) -> Floats:
        if self.cluster is not None:
            return robust.covariance(self.cluster, _cluster_rule(self.rule))
        assert self.unit is not None
        return self.unit.covariance

    def contrast(self, weights: Floats, confidence: float, *, satterthwaite: bool = False) -> Told:
        """weights (k,) . coefficients, with its uncertainty; of units that are not clustered on n - k degrees of
        freedom or, if asked, on Satterthwaite's."""
        if self.cluster is not None:
            return cluster_contrast(self.cluster, weights, confidence, self.rule)
        assert self.unit is not None
        variance = float(weights @ self.unit.covariance @ weights)
        df = heteroskedastic.satterthwaite(self.unit, weights) if satterthwaite else float(self.unit.df)
        return told(float(weights @ self.coefficients), variance, df, confidence, self.rule)

    def joint_test(self, contrasts: Floats) -> JointTest:
        """That all rows of contrasts (q, k) are zero."""
        if self.cluster is not None:
            return robust.joint_test(self.cluster, contrasts, _cluster_rule(self.rule))
        assert self.unit is not None
        return heteroskedastic.joint_test(self.unit, contrasts)


def regress(x: Floats, s: Sample, outcome: Floats | None = None, rule: Rule | None = None) -> Regression:
    """Least squares of the sample's outcome (or of `outcome`) on x (n, k) with the house's covariance, or that of
    `rule`.

    Raises RefusedEffect: `too-few-clusters`, `collinear`, `no-degrees-of-freedom`, `leverage-one`.
    """
    y = s.outcome if outcome is None else outcome
    if s.clusters is None:
        chosen = rule or "HC2"
        return Regression(chosen, unit=heteroskedastic.fit(x, y, s.weights, _unit_rule(chosen)))
    refuse_few_clusters(s)
    grams = cluster_grams(x, y, s.clusters, s.weights)
    if grams.rows <= x.shape[1]:
        raise RefusedEffect("no-degrees-of-freedom", f"{grams.rows} rows for {x.shape[1]} regressors")
    return Regression(rule or default_rule(grams.clusters), cluster=robust.fit(grams))


def default_rule(clusters: int) -> Rule:
    return "CR1" if clusters >= MANY_CLUSTERS else "CR2"


def cluster_contrast(fitted: ClusterFit, weights: Floats, confidence: float, rule: Rule | None = None) -> Told:
    """weights (k,) . coefficients of a clustered fit: Satterthwaite's df under CR2, G - 1 under the others."""
    chosen = rule or default_rule(fitted.grams.clusters)
    variance = float(weights @ robust.covariance(fitted, _cluster_rule(chosen)) @ weights)
    df = robust.satterthwaite(fitted, weights) if chosen == "CR2" else float(fitted.grams.clusters - 1)
    return told(float(weights @ fitted.coefficients), variance, df, confidence, chosen)


def wild_details(grams: ClusterGrams, column: int, seed: int) -> dict[str, float]:
    """The wild cluster bootstrap's p of a coefficient, where clusters are few."""
    if grams.clusters >= MANY_CLUSTERS:
        return {}
    found = wild_cluster_bootstrap(grams, column, seed=seed)
    return {"wild_bootstrap_p": found.p, "wild_bootstrap_draws": float(found.draws)}


def refuse_few_clusters(s: Sample) -> None:
    """Raises RefusedEffect `too-few-clusters` where an arm has fewer than two."""
    arms = s.clusters_by_arm
    if arms is not None and min(arms) < 2:
        raise RefusedEffect("too-few-clusters", f"{arms[0]} treated and {arms[1]} control clusters: two of each needed")


def cluster_cautions(s: Sample) -> tuple[str, ...]:
    arms = s.clusters_by_arm
    return ("few-clusters-in-an-arm",) if arms is not None and min(arms) < FEW_CLUSTERS else ()


def effect_of(
    found: Told,
    s: Sample,
    *,
    estimator: str,
    estimand: Estimand,
    sd: float | None,
    details: dict[str, float] | None = None,
    cautions: tuple[str, ...] = (),
) -> EffectEstimate:
    """The answer of an estimator from one contrast of its regression."""
    arms = s.clusters_by_arm
    return EffectEstimate(
        estimator=estimator, estimand=estimand, effect=found.effect, se=found.se, df=found.df, low=found.low,
        high=found.high, p=found.p, se_rule=found.rule, n_treated=s.n_treated, n_control=s.n - s.n_treated,
        clusters_treated=None if arms is None else arms[0], clusters_control=None if arms is None else arms[1],
        sd=sd, details=details or {}, cautions=(*cautions, *cluster_cautions(s)),
    )  # fmt: skip


def _unit_rule(rule: Rule) -> heteroskedastic.UnitRule:
    if rule in ("HC0", "HC1", "HC2", "HC3"):
        return rule
    raise ValueError(f"{rule} is a rule of clusters, and units are not clustered")


def _cluster_rule(rule: Rule) -> robust.ClusterRule:
    if rule in ("CR0", "CR1", "CR2", "CR3"):
        return rule
    raise ValueError(f"{rule} is a rule of units, and units are clustered")
