"""Figures of areas too small for their own sample, by Fay and Herriot's model.

Direct estimates of areas with their sampling variances and what is known of every area come in; estimates that borrow
strength from alike areas go out, with their mean squared error and what their precision allows. Areas without a sample
are predicted from what is known of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.survey_design import Floats, RefusedFigure
from impact_pipeline.methods.synthesis.heterogeneity import tau2_of, weighted_fit
from impact_pipeline.methods.synthesis.refusal import RefusedSynthesis

Quality = Literal["reliable", "with-caution", "unreliable"]
CAUTION, LIMIT = 0.20, 0.25  # coefficients of variation above which an estimate is flagged
FEWEST_TO_SMOOTH = 5


@dataclass(frozen=True, slots=True)
class SmallAreas:
    """One element an area, in the order given, in the unit of the direct estimates.

    `estimate` (m,); `mse` (m,) = g1 + g2 + 2 g3; `gamma` (m,) the weight of the direct estimate, zero without a sample;
    `cv` (m,) = sqrt(mse) / |estimate|, infinite for an estimate of zero; `quality` by `cv`: at most 20 % reliable, at
    most 25 % with caution. `variance` is that of areas about the model, `coefficients` (p,) with their `covariance`.
    """

    estimate: Floats
    mse: Floats
    gamma: Floats
    cv: Floats
    quality: tuple[Quality, ...]
    variance: float
    coefficients: Floats
    covariance: Floats


def fay_herriot(direct: Floats, sampling_variance: Floats, x: Floats) -> SmallAreas:
    """Empirical best linear unbiased predictors of m areas (Fay & Herriot 1979, doi:10.1080/01621459.1979.10482505).

    `direct` (m,) and `sampling_variance` (m,), NaN where an area has no sample; `x` (m, p) holds its own constant. The
    estimate is gamma y + (1 - gamma) x'b, gamma = s2/(s2 + psi), with s2 by REML. Its error counts what the estimation
    of b (g2) and of s2 (g3, twice, as REML is unbiased to that order) adds to g1 = gamma psi (Prasad & Rao 1990,
    doi:10.1080/01621459.1990.10475320; Datta & Lahiri 2000). Raises RefusedFigure: `missing-values`, `no-variance` (a
    sampling variance that is not above zero: smooth it first), `too-few-areas` (fewer than p + 3 with a sample),
    `collinear`.
    """
    sampled = np.isfinite(direct) & np.isfinite(sampling_variance)
    if not np.isfinite(x).all() or (np.isfinite(direct) != np.isfinite(sampling_variance)).any():
        raise RefusedFigure(
            "missing-values", "a covariate, or one of an area's estimate and its variance, is not known"
        )
    if (sampling_variance[sampled] <= 0).any():
        raise RefusedFigure("no-variance", "a sampling variance is zero: smooth the variances first")
    if int(sampled.sum()) < x.shape[1] + 3:
        raise RefusedFigure("too-few-areas", f"{int(sampled.sum())} areas with a sample for {x.shape[1]} coefficients")
    order = np.lexsort([*x[sampled].T, sampling_variance[sampled], direct[sampled]])
    y, psi, known = (array[sampled][order] for array in (direct, sampling_variance, x))
    try:
        variance = tau2_of(y, psi, known, "reml")
        fit = weighted_fit(y, psi, known, variance)
    except RefusedSynthesis as refusal:
        raise RefusedFigure("collinear", str(refusal)) from None
    own = np.where(sampled, sampling_variance, 1.0)
    gamma: Floats = np.where(sampled, variance / (variance + own), 0.0)
    model = x @ fit.coefficients
    estimate: Floats = gamma * np.where(sampled, direct, 0.0) + (1 - gamma) * model
    g1 = np.where(sampled, gamma * own, variance)
    g2 = (1 - gamma) ** 2 * np.einsum("ij,jk,ik->i", x, fit.covariance, x)
    of_variance = 2 / float((fit.weights**2).sum())
    g3 = np.where(sampled, own**2 / (variance + own) ** 3 * of_variance, 0.0)
    mse: Floats = g1 + g2 + 2 * g3
    with np.errstate(divide="ignore"):
        cv: Floats = np.sqrt(mse) / np.abs(estimate)
    return SmallAreas(estimate, mse, gamma, cv, tuple(map(_quality, cv)), variance, fit.coefficients, fit.covariance)


def smooth_variances(variances: Floats, n: NDArray[np.int64]) -> Floats:
    """Sampling variances (m,) of areas smoothed over their numbers of records (m,): log variance = a + b log n.

    The generalised variance function (Wolter 2007, chapter 7): an area's own variance rests on a few records, and an
    area that has little by chance would be trusted too much. The fitted values are scaled so that their sum is that of
    the variances, as exp(mean of logs) is too small. A variance of zero or NaN takes no part and gets a fitted value.
    Raises RefusedFigure: `too-few-areas` below 5 with a variance, `no-spread` where all n are the same.
    """
    told = np.isfinite(variances) & (variances > 0)
    if (n < 1).any() or int(told.sum()) < FEWEST_TO_SMOOTH:
        raise RefusedFigure("too-few-areas", f"{int(told.sum())} variances of areas with records")
    size = np.log(n.astype(np.float64))
    order = np.lexsort([variances[told], size[told]])
    across, log_variance = size[told][order], np.log(variances[told][order])
    if across[0] == across[-1]:
        raise RefusedFigure("no-spread", "all areas have as many records: average their variances instead")
    centred = across - across.mean()
    slope = float(centred @ log_variance) / float(centred @ centred)
    fitted: Floats = np.exp(log_variance.mean() + slope * (size - across.mean()))
    return fitted * float(np.sum(np.exp(log_variance))) / float(np.sum(np.sort(fitted[told])))


def _quality(cv: float) -> Quality:
    return "reliable" if cv <= CAUTION else "with-caution" if cv <= LIMIT else "unreliable"
