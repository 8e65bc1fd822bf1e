"""Instrumental variables: treatment moved by something that has no other way to the outcome.

Arrays of units come in, an `EffectEstimate` of the effect on those whom the instrument moves goes out, by two-stage
least squares under the house's rule of inference. Beside it the strength of the first stage, and the interval that
holds however weak it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import chdtri
from scipy.stats import ncx2

from impact_pipeline.methods.impact.effect import EffectEstimate, RefusedEffect
from impact_pipeline.methods.impact.inference import Rule, effect_of, refuse_few_clusters, regress
from impact_pipeline.methods.impact.robust import inverse
from impact_pipeline.methods.impact.row_order import sorted_rows
from impact_pipeline.methods.impact.sample import Booleans, Floats, Integers, Sample, sample

WORST_BIAS = 0.1  # of 2SLS, relative to the worst case (Montiel Olea & Pflueger's tau)
SIZE = 0.05
Shape = Literal["interval", "two-rays", "line", "empty"]


@dataclass(frozen=True, slots=True)
class FirstStage:
    """`effective_f` of the instruments, and the value above which the bias of 2SLS is at most a tenth of the worst with
    95 % confidence; `weak` where it is not above it."""

    effective_f: float
    critical: float
    weak: bool


@dataclass(frozen=True, slots=True)
class AndersonRubin:
    """Effects that the data do not reject: an interval (`low`, `high`; the widest of several), all but an interval, the
    whole line, or none."""

    shape: Shape
    low: float | None
    high: float | None


def two_stage_least_squares(
    outcome: Floats,
    treated: Booleans | Floats,
    *,
    instruments: Floats,
    covariates: Floats | None = None,
    clusters: Integers | None = None,
    weights: Floats | None = None,
    confidence: float = 0.95,
    rule: Rule | None = None,
) -> EffectEstimate:
    """The effect of a treatment (or dose) moved by instruments (n, m), given exogenous covariates.

    HC2 or clustered errors of structural residuals on projected regressors (as sandwich and clubSandwich on ivreg).
    Where the first stage is weak, the interval is Anderson and Rubin's and error and p, which mean nothing then, are
    None. Details: `effective_f`, `effective_f_critical` (Montiel Olea & Pflueger 2013,
    doi:10.1080/00401706.2013.806694), `least_squares_effect`, `ar_low`, `ar_high` where they bound an interval.

    Raises RefusedEffect: `no-instrument`, `irrelevant-instrument`, `collinear`, `too-few-clusters`, and those of
    `sample`. Cautions: `weak-instrument`, `unbounded-interval`.
    """
    s, dose, z = _sorted(outcome, treated, instruments, covariates, clusters, weights)
    x = np.column_stack([np.ones(s.n), s.covariates - s.covariates.mean(axis=0)])
    w = np.ones(s.n) if s.weights is None else s.weights
    first = np.column_stack([z - z.mean(axis=0), x])
    projected = first @ (inverse(first.T @ (first * w[:, None]))[0] @ (first.T @ (w * dose)))
    inside = _residuals(projected, x, w)
    if not float(w @ inside**2) > 1e-14 * float(w @ (dose - np.average(dose, weights=w)) ** 2):
        raise RefusedEffect("irrelevant-instrument", "the instruments do not move the treatment")
    design = np.column_stack([projected, x])
    middle = float(np.average(s.outcome, weights=w))
    y = s.outcome - middle
    b = inverse(design.T @ (design * w[:, None]))[0] @ (design.T @ (w * y))
    # Projected regressors are orthogonal to structural residuals: with them added back, least squares gives 2SLS.
    structural = y - np.column_stack([dose, x]) @ b
    regression = regress(design, s, design @ b + structural, rule)
    found = regression.contrast(np.eye(design.shape[1])[0], confidence)
    stage = first_stage(s, dose, z, rule)
    region = anderson_rubin(s, dose, z, confidence)
    details = {"effective_f": stage.effective_f, "effective_f_critical": stage.critical}
    plain = np.column_stack([dose, x])
    details["least_squares_effect"] = float((inverse(plain.T @ (plain * w[:, None]))[0] @ (plain.T @ (w * y)))[0])
    if region.low is not None and region.high is not None:
        details |= {"ar_low": region.low, "ar_high": region.high}
    told = effect_of(
        found, s, estimator="two_stage_least_squares", estimand="late", sd=s.control_sd(), details=details,
        cautions=("weak-instrument",) if stage.weak else (),
    )  # fmt: skip
    if not stage.weak:
        return told
    cautions = told.cautions if region.shape == "interval" else (*told.cautions, "unbounded-interval")
    bounded = region.shape == "interval"
    return replace(
        told, se=None, df=None, p=None, se_rule="anderson-rubin", low=region.low if bounded else None,
        high=region.high if bounded else None, cautions=cautions,
    )  # fmt: skip


def first_stage(s: Sample, dose: Floats, z: Floats, rule: Rule | None = None) -> FirstStage:
    """Effective F = pi'Q pi / tr(V Q), Q the instruments' Gram given the covariates, V the robust covariance of pi.

    The critical value is the simplified one of Montiel Olea & Pflueger, by Patnaik's approximation of the law.
    """
    m = z.shape[1]
    x = np.column_stack([z - z.mean(axis=0), np.ones(s.n), s.covariates - s.covariates.mean(axis=0)])
    w = np.ones(s.n) if s.weights is None else s.weights
    regression = regress(x, s, dose - np.average(dose, weights=w), rule)
    pi, v = regression.coefficients[:m], regression.covariance[:m, :m]
    others = x[:, m:]
    partial = np.column_stack([_residuals(column, others, w) for column in z.T])
    q = partial.T @ (partial * w[:, None])
    values, vectors = np.linalg.eigh(q)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    spread = root @ v @ root
    trace = float(np.trace(spread))
    effective = float(pi @ q @ pi) / trace
    nu = 1 / WORST_BIAS
    largest = float(np.linalg.eigvalsh(spread)[-1])
    k = trace**2 * (1 + 2 * nu) / (float((spread * spread).sum()) + 2 * nu * trace * largest)
    critical = float(ncx2.ppf(1 - SIZE, k, k * nu)) / k
    return FirstStage(effective, critical, not effective > critical)


def anderson_rubin(s: Sample, dose: Floats, z: Floats, confidence: float) -> AndersonRubin:
    """Effects b for which the instruments do not explain outcome - b dose, by a chi2 test with HC1 or CR1 errors
    (Anderson & Rubin 1949, doi:10.1214/aoms/1177730090; robust: Chernozhukov & Hansen 2008).

    The statistic is a ratio of polynomials in b of degree 2m: its crossings are found exactly, not on a grid.
    """
    refuse_few_clusters(s)
    m = z.shape[1]
    w = np.ones(s.n) if s.weights is None else s.weights
    x = np.column_stack([z - z.mean(axis=0), np.ones(s.n), s.covariates - s.covariates.mean(axis=0)])
    bread = inverse(x.T @ (x * w[:, None]))[0]
    answers = np.column_stack([s.outcome - np.average(s.outcome, weights=w), dose - np.average(dose, weights=w)])
    b = bread @ (x.T @ (answers * w[:, None]))
    e = answers - x @ b
    scores = np.stack([(x * (w * e[:, j])[:, None]) @ bread[:, :m] for j in (0, 1)])
    n, k = x.shape
    factor = n / (n - k)
    if s.clusters is not None:
        g = int(s.clusters.max()) + 1
        summed = np.zeros((2, g, m))
        for j in (0, 1):
            np.add.at(summed[j], s.clusters, scores[j])
        scores, factor = summed, g / (g - 1) * (n - 1) / (n - k)
    v = factor * np.einsum("agi,bgj->abij", scores, scores)
    limit = float(chdtri(m, 1 - confidence))
    centre = float(b[:m, 0] @ b[:m, 1] / (b[:m, 1] @ b[:m, 1]))
    scale = float(np.sqrt(np.trace(v[0, 0]) / (b[:m, 1] @ b[:m, 1])))

    def excess(t: float) -> float:
        """det(V) (AR - limit) at centre + t scale: a polynomial of degree 2m in t."""
        effect = centre + t * scale
        gap = b[:m, 0] - effect * b[:m, 1]
        spread = v[0, 0] - effect * (v[0, 1] + v[0, 1].T) + effect**2 * v[1, 1]
        return float(np.linalg.det(spread)) * (float(gap @ np.linalg.solve(spread, gap)) - limit)

    nodes = 2 * np.cos(np.pi * (2 * np.arange(2 * m + 1) + 1) / (2 * (2 * m + 1)))
    values = np.array([excess(float(t)) for t in nodes])
    polynomial = np.polynomial.Chebyshev.fit(nodes, values / np.abs(values).max(), 2 * m, domain=[-2, 2])
    return _region(polynomial, centre, scale)


def _region(polynomial: np.polynomial.Chebyshev, centre: float, scale: float) -> AndersonRubin:
    """Where the polynomial is at most zero."""
    roots = polynomial.roots()
    real = np.sort(roots.real[np.abs(roots.imag) < 1e-7 * (1 + np.abs(roots.real))])
    cuts = [float(centre + scale * root) for root in real]
    far = 10.0 * (1 + float(np.abs(real).max(initial=0.0)))
    outside = bool(polynomial(far) <= 0)
    if not cuts:
        return AndersonRubin("line" if outside else "empty", None, None)
    return AndersonRubin("two-rays" if outside else "interval", cuts[0], cuts[-1])


def _residuals(values: Floats, x: Floats, w: Floats) -> Floats:
    found: Floats = values - x @ (inverse(x.T @ (x * w[:, None]))[0] @ (x.T @ (w * values)))
    return found


def _sorted(
    outcome: Floats, treated: Booleans | Floats, instruments: Floats, covariates: Floats | None,
    clusters: Integers | None, weights: Floats | None,
) -> tuple[Sample, Floats, Floats]:  # fmt: skip
    dose = np.asarray(treated, dtype=np.float64)
    z = np.asarray(instruments, dtype=np.float64)
    z = z[:, None] if z.ndim == 1 else z
    if z.shape[1] == 0:
        raise RefusedEffect("no-instrument", "no instrument was given")
    if not (np.isfinite(dose).all() and np.isfinite(z).all()):
        raise RefusedEffect("missing-values", "a unit lacks its treatment or an instrument")
    s = sample(outcome, dose > dose.mean(), covariates=covariates, clusters=clusters, weights=weights)
    if len(z) != s.n:
        raise ValueError(f"instruments: {len(z)} rows, the outcome has {s.n}")
    s, order = sorted_rows(s, dose, *z.T)
    return s, dose[order], z[order]
