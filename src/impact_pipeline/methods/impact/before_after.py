"""The change of people seen before and after, without comparison: what it is, and what it would have been anyway.

Both answers of each unit come in, an `EffectEstimate` whose estimand is a `change` goes out. It is never the effect of
a programme: whatever else happened meanwhile is in it, and so is the return to the mean of people chosen when they were
low.
"""

from __future__ import annotations

import numpy as np

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.gram import cluster_grams
from impact_pipeline.methods.impact.heteroskedastic import fit
from impact_pipeline.methods.impact.inference import Rule, Told, cluster_contrast, told
from impact_pipeline.methods.impact.robust import fit as cluster_fit
from impact_pipeline.methods.impact.sample import Floats, Integers
from impact_pipeline.methods.measures.regression_to_the_mean import expected_of_mean


def before_after(
    outcome: Floats,
    *,
    baseline: Floats,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    population_mean: float | None = None,
    correlation: float | None = None,
    rule: Rule | None = None,
) -> EffectEstimate:
    """Mean change from `baseline` (n,) to `outcome` (n,), paired; HC2 (n - 1 degrees of freedom) or clustered.

    Where people were selected on the baseline, `population_mean` and `correlation` (of two measurements of unselected
    people, nothing being done) give the change expected without any action, (1 - correlation)(population mean -
    baseline mean) (Barnett, van der Pols & Dobson 2005, doi:10.1093/ije/dyh299): `expected_change`, and
    `beyond_expected`, the change less it, among the details. `sd` is that of the baseline.

    Raises RefusedEffect: `missing-values`, `bad-weights`, `no-degrees-of-freedom`, `no-variation`, `too-few-clusters`;
    RefusedMeasure `no-reliability`. Cautions: `no-comparison`; `selected-on-low-score` where an expected change is
    told.
    """
    y, before = np.asarray(outcome, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    w = None if weights is None else np.asarray(weights, dtype=np.float64)
    _check(y, before, w)
    found = _mean(y - before, clusters, w, confidence, rule)
    base = np.ones(len(y)) if w is None else w
    mean = float(np.average(before, weights=base))
    spread = float(np.average((before - mean) ** 2, weights=base)) * len(y) / (len(y) - 1)
    details = {"baseline_mean": mean, "outcome_mean": float(np.average(y, weights=base))}
    cautions = ["no-comparison"]
    if population_mean is not None and correlation is not None:
        expected = expected_of_mean(population_mean, mean, correlation)
        details |= {"expected_change": expected, "beyond_expected": found.effect - expected}
        cautions.append("selected-on-low-score")
    return EffectEstimate(
        estimator="before_after", estimand="change", effect=found.effect, se=found.se, df=found.df, low=found.low,
        high=found.high, p=found.p, se_rule=found.rule, n_treated=len(y), n_control=0,
        clusters_treated=None if clusters is None else len(np.unique(clusters)), sd=float(np.sqrt(spread)),
        details=details, cautions=tuple(cautions),
    )  # fmt: skip


def _check(y: Floats, before: Floats, w: Floats | None) -> None:
    if before.shape != y.shape or (w is not None and w.shape != y.shape):
        raise ValueError(f"outcome {y.shape}, baseline {before.shape}: one row a unit was expected")
    if not (np.isfinite(y).all() and np.isfinite(before).all()):
        raise RefusedEffect("missing-values", "a unit lacks one of its two answers")
    if w is not None and not (np.isfinite(w).all() and (w > 0).all()):
        raise RefusedEffect("bad-weights", "a weight is missing, infinite or not above zero")
    if len(y) < 2:
        raise RefusedEffect("no-degrees-of-freedom", f"{len(y)} units: a change has no error")


def _mean(change: Floats, clusters: Integers | None, w: Floats | None, confidence: float, rule: Rule | None) -> Told:
    """The mean of changes as a regression on the constant."""
    x = np.ones((len(change), 1))
    middle = float(np.average(change, weights=w))
    if clusters is None:
        fitted = fit(x, change - middle, w)
        found = told(float(fitted.coefficients[0]), float(fitted.covariance[0, 0]), fitted.df, confidence, "HC2")
    else:
        codes = np.unique(np.asarray(clusters), return_inverse=True)[1].reshape(-1).astype(np.int64)
        if int(codes.max()) < 1:
            raise RefusedEffect("too-few-clusters", "all units are of one cluster")
        grams = cluster_grams(x, change - middle, codes, w)
        found = cluster_contrast(cluster_fit(grams), np.ones(1), confidence, rule)
    return told(middle + found.effect, found.se**2, found.df, confidence, found.rule)
