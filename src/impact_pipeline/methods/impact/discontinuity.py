"""Regression discontinuity: units on either side of a threshold of a score that decides who is treated.

Arrays of units come in, an `EffectEstimate` of the effect at the threshold goes out, through rdrobust; donuts, placebo
thresholds and the density at the threshold are beside. Rows reach the library sorted, so that ties of the score have
one order.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from diff_diff import RDDensityTest

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.row_order import rows_of, sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample

FEWEST = 20  # units on a side, below which no bandwidth can be chosen
JUMP = 0.05  # p of the density's jump below which it is told
SPARSE = 0.2  # share of the scores that are repeated, from which mass points are told


@dataclass(frozen=True, slots=True)
class DensityTest:
    """That the score's density does not jump at the threshold (Cattaneo, Jansson & Ma 2020,
    doi:10.1080/01621459.2019.1635480): t and two-sided p, bandwidths left and right in the score's unit."""

    t: float
    p: float
    bandwidth_left: float
    bandwidth_right: float


def regression_discontinuity(
    outcome: Floats,
    treated: Booleans,
    *,
    score: Floats,
    threshold: float,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    bandwidth: tuple[float, float] | None = None,
    donut: float = 0.0,
    fuzzy: bool = False,
) -> EffectEstimate:
    """The jump of the outcome at the threshold: local linear, triangular kernel, bias-corrected with robust errors
    (Calonico, Cattaneo & Titiunik 2014, doi:10.3982/ECTA11757).

    Bandwidths minimise the mean squared error unless `bandwidth` (of the estimate, of its bias) is given; errors are of
    nearest neighbours, or CR1 by cluster on each side. Either side may be the treated one. With `fuzzy` the treatment
    may be taken up by some on either side and the jump is divided by that of take-up. `donut` leaves out units nearer
    to the threshold. The effect, its error, interval and p are the bias-corrected ones; details have the
    `conventional_effect` and `_se`, `bandwidth`, `bias_bandwidth`, `n_left`, `n_right` within, and `density_p`. n are
    those within the bandwidth. The law is the normal one.

    Raises RefusedEffect: `not-sharp`, `empty-side` (fewer than 20 units on a side), `bandwidth-failed`,
    `too-few-clusters`, and those of `sample`. Cautions: `density-jump`, `density-untested`, `mass-points`.
    """
    s, x = _sorted(outcome, treated, covariates, clusters, weights, score)
    far = np.abs(x - threshold) > donut if donut > 0 else np.ones(s.n, dtype=np.bool_)
    s, x = rows_of(s, far), x[far]
    flip, cut = (1.0, threshold) if fuzzy else _sides(s, x, threshold)
    x = flip * x
    _refuse_empty_sides(x, cut, s)
    found = _run(s, x, cut, bandwidth, confidence, fuzzy)
    within = np.abs(x - cut) <= float(found.bws.iloc[0, 0])
    right = x >= cut
    details = {
        "conventional_effect": float(found.coef.iloc[0, 0]), "conventional_se": float(found.se.iloc[0, 0]),
        "bandwidth": float(found.bws.iloc[0, 0]), "bias_bandwidth": float(found.bws.iloc[1, 0]),
        "n_left": float(np.count_nonzero(within & ~right)), "n_right": float(np.count_nonzero(within & right)),
    }  # fmt: skip
    cautions = ["mass-points"] if len(np.unique(x)) < (1 - SPARSE) * len(x) else []
    density = None if donut > 0 else density_test(score, threshold=threshold)
    if density is None:
        cautions.append("density-untested")
    else:
        details["density_p"] = density.p
        cautions += ["density-jump"] if density.p < JUMP else []
    arms = [s.treated, ~s.treated] if not fuzzy else [right, ~right]
    groups = [None if s.clusters is None else len(np.unique(s.clusters[within & arm])) for arm in arms]
    control = s.outcome[within & arms[1]]
    return EffectEstimate(
        estimator="regression_discontinuity", estimand="late", effect=float(found.coef.iloc[2, 0]),
        se=float(found.se.iloc[2, 0]), df=None, low=float(found.ci.iloc[2, 0]), high=float(found.ci.iloc[2, 1]),
        p=float(found.pv.iloc[2, 0]), se_rule="robust-bias-corrected",
        n_treated=int(np.count_nonzero(within & arms[0])), n_control=len(control), clusters_treated=groups[0],
        clusters_control=groups[1], sd=float(control.std(ddof=1)) if len(control) > 1 else None, details=details,
        cautions=tuple(cautions),
    )  # fmt: skip


def placebo_thresholds(
    outcome: Floats,
    treated: Booleans,
    *,
    score: Floats,
    threshold: float,
    placebos: Sequence[float],
    clusters: Integers | None = None,
    confidence: float = 0.95,
) -> tuple[tuple[float, EffectEstimate], ...]:
    """The jump at thresholds where nothing happens, among units of the threshold's one side alone.

    Raises RefusedEffect as `regression_discontinuity`; ValueError for a placebo at the threshold itself.
    """
    x, y = np.asarray(score, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    flip, cut = _sides(sample(y, treated), x, threshold)
    found = []
    for placebo in placebos:
        if placebo == threshold:
            raise ValueError(f"{placebo} is the threshold itself")
        side = (flip * x >= cut) == (flip * placebo >= cut)
        group = None if clusters is None else np.asarray(clusters)[side]
        effect = regression_discontinuity(
            y[side], x[side] >= placebo, score=x[side], threshold=placebo, clusters=group, confidence=confidence
        )
        found.append((float(placebo), effect))
    return tuple(found)


def density_test(score: Floats, *, threshold: float) -> DensityTest | None:
    """The density's jump at the threshold, through diff-diff; None where it cannot be told."""
    rows = pd.DataFrame({"score": np.sort(np.asarray(score, dtype=np.float64))})
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            found: Any = RDDensityTest(cutoff=threshold).fit(rows, "score")
        except (ValueError, np.linalg.LinAlgError):
            return None
    figures = float(found.t_stat), float(found.p_value), float(found.h_left), float(found.h_right)
    return DensityTest(*figures) if np.isfinite(figures).all() else None


def _sorted(
    outcome: Floats, treated: Booleans, covariates: Floats | None, clusters: Integers | None, weights: Floats | None,
    score: Floats,
) -> tuple[Sample, Floats]:  # fmt: skip
    s = sample(outcome, treated, covariates=covariates, clusters=clusters, weights=weights)
    x = np.asarray(score, dtype=np.float64)
    if len(x) != s.n:
        raise ValueError(f"score: {len(x)} rows, the outcome has {s.n}")
    if not np.isfinite(x).all():
        raise RefusedEffect("missing-values", f"{np.count_nonzero(~np.isfinite(x))} units without a score")
    s, order = sorted_rows(s, x)
    x = x[order]
    by_score = np.argsort(x, kind="stable")
    return rows_of(s, by_score), x[by_score]


def _sides(s: Sample, x: Floats, threshold: float) -> tuple[float, float]:
    """The sign that puts the treated on the right, and the threshold then, which rdrobust counts to the right."""
    past = float(np.nextafter(threshold, np.inf)), float(np.nextafter(-threshold, np.inf))
    for flip, cut in ((1.0, threshold), (1.0, past[0]), (-1.0, -threshold), (-1.0, past[1])):
        if (s.treated == (flip * x >= cut)).all():
            return flip, cut
    wrong = min(np.count_nonzero(s.treated != (x >= threshold)), np.count_nonzero(s.treated != (x <= threshold)))
    raise RefusedEffect("not-sharp", f"{wrong} units are not treated as the threshold says")


def _refuse_empty_sides(x: Floats, cut: float, s: Sample) -> None:
    right = x >= cut
    size = int(min(np.count_nonzero(right), np.count_nonzero(~right)))
    if size < FEWEST:
        raise RefusedEffect("empty-side", f"{size} units on a side of the threshold: {FEWEST} needed")
    if s.clusters is not None and min(len(np.unique(s.clusters[side])) for side in (right, ~right)) < 2:
        raise RefusedEffect("too-few-clusters", "fewer than two clusters on a side of the threshold")


def _run(
    s: Sample, x: Floats, cut: float, bandwidth: tuple[float, float] | None, confidence: float, fuzzy: bool
) -> Any:
    from rdrobust import rdrobust  # it loads a library of charts, for the few studies that need it

    asked: dict[str, Any] = {"c": cut, "level": 100 * confidence}
    if bandwidth is not None:
        asked |= {"h": bandwidth[0], "b": bandwidth[1]}
    if s.covariates.shape[1]:
        asked["covs"] = s.covariates
    if s.clusters is not None:
        asked |= {"cluster": s.clusters, "vce": "cr1"}
    if s.weights is not None:
        asked["weights"] = s.weights
    if fuzzy:
        asked["fuzzy"] = s.treated.astype(np.float64)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            found = rdrobust(s.outcome, x, **asked)
        except Exception as error:  # the library raises bare exceptions
            raise RefusedEffect("bandwidth-failed", f"rdrobust: {error}") from error
    if not np.isfinite(found.se.iloc[2, 0]) or not found.se.iloc[2, 0] > 0:
        raise RefusedEffect("no-variation", "the outcome does not vary near the threshold")
    return found
