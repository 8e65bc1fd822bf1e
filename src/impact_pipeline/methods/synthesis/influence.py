"""What each study weighs in a synthesis: the mean without it, and how far it pulls the mean to itself.

Effects and variances come in, arrays with one element a study go out. After Viechtbauer & Cheung (2010),
doi:10.1002/jrsm.11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.methods.synthesis.heterogeneity import Floats, Tau2Method, weighted_fit
from impact_pipeline.methods.synthesis.pooling import FEWEST, Inference, Pooled, design, pool, scaling

MEDIAN_OF_CHI_SQUARE = 0.454936423119572  # with one degree of freedom


@dataclass(frozen=True, slots=True)
class Influence:
    """One element a study (k,). `without` are the pooled results that the others give.

    `studentised`: residual from the mean of the others over its standard error; `dffits`: standard errors by which the
    study moves its own fitted value; `cook`: squared standard errors by which it moves the mean; `covariance_ratio`:
    variance of the mean without it over that with it; `hat`: its share of the weight. `influential` where |dffits|
    > 3/sqrt(k-1), cook's chi-square probability > .5, hat > 3/k or |change of the mean| > 1 standard error.
    """

    without: tuple[Pooled, ...]
    studentised: Floats
    dffits: Floats
    cook: Floats
    covariance_ratio: Floats
    hat: Floats
    influential: np.ndarray


def influence(
    y: Floats,
    v: Floats,
    *,
    method: Tau2Method = "reml",
    inference: Inference = "hartung-knapp",
    confidence: float = 0.95,
) -> Influence:
    """Leave each study out in turn. Raises RefusedSynthesis below four studies, for three would be left as two.

    The rule of inference is that of all studies together, also where leaving one out brings them below five.
    """
    design(y, v, FEWEST + 1)
    rows = np.arange(len(y))
    full = pool(y, v, method=method, inference=inference, confidence=confidence)
    without = tuple(
        pool(y[rows != i], v[rows != i], method=method, inference=full.inference, confidence=confidence) for i in rows
    )
    effects = np.array([left.effect for left in without])
    ses = np.array([left.se for left in without])
    tau2 = np.array([left.tau2 for left in without])
    scales = np.array([_scale(y[rows != i], v[rows != i], left) for i, left in enumerate(without)])
    hat, moved = full.weights, full.effect - effects
    studentised = (y - effects) / np.sqrt((v + tau2) * scales + ses**2)
    dffits = moved / np.sqrt(scales * hat * (tau2 + v))
    cook = (moved / full.se) ** 2
    model_variance = np.array([1 / (1 / (v + t)).sum() for t in tau2])
    shifts = moved / np.sqrt(scales * model_variance)
    pulled = (np.abs(dffits) > 3 / np.sqrt(len(y) - 1)) | (hat > 3 / len(y)) | (np.abs(shifts) > 1)
    return Influence(
        without, studentised, dffits, cook, (ses / full.se) ** 2, hat, pulled | (cook > MEDIAN_OF_CHI_SQUARE)
    )


def _scale(y: Floats, v: Floats, left: Pooled) -> float:
    """The Hartung-Knapp factor of a fit."""
    return scaling(weighted_fit(y, v, np.ones((len(y), 1)), left.tau2).q, len(y) - 1, left.inference)
