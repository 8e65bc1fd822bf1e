"""The variance of a calibrated estimate: what calibration variables explain of a variable is no longer in doubt.

An estimate's linearised score z is replaced by its residual e = z - x'b from the regression on the calibration
variables with the initial weights, and each residual counts with the final weight (Deville & Sarndal 1992, section 3,
doi:10.1080/01621459.1992.10475217; Deville, Sarndal & Sautory 1993, doi:10.1080/01621459.1993.10476369). Taking the
final weights for design weights instead overstates the error, often twofold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RANK = 1e-12  # directions of the normal matrix below this share of the largest are redundant


def fitted(x: Floats, weights: Floats, sums: Floats) -> Floats:
    """What the calibration variables explain of scores, by cell.

    x: (c, p) calibration variables of each cell; weights: (c,) its sum of initial weights; sums: (k, c) sums of
    initial weight x score over the records of the cell, for each of k estimates. Returns (k, c): x'b of each cell,
    b = (sum d x x')^- sum d x z.
    """
    if x.shape[1] == 0:
        return np.zeros_like(sums)
    half = np.sqrt(weights)
    values, vectors = np.linalg.eigh((x * half[:, None]).T @ (x * half[:, None]))
    kept = values > RANK * float(values[-1])
    basis = vectors[:, kept] / np.sqrt(values[kept])  # basis basis' is the inverse of the normal matrix
    explained: Floats = ((sums @ x) @ basis) @ (x @ basis).T
    return explained


def residuals(x: Floats, weights: Floats, scores: Floats) -> Floats:
    """Residuals of records: x (n, p), weights (n,) the initial ones, scores (n,) or (k, n); same shape as scores."""
    told = np.atleast_2d(scores)
    left: Floats = (told - fitted(x, weights, told * weights)).reshape(scores.shape)
    return left
