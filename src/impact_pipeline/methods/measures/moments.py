"""First and second moments of the items of a scale: all that reliability and factor models need of the answers.

Exact sums over complete answers come in (from `renderings.item_sql`, or from an array of answers); means and
covariances go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.measures.refused import RefusedMeasure

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """`n` complete sets of answers to k items: `mean` has shape (k,), `covariance` (k, k) and divides by n - 1.

    Items are already keyed the same way (reversed and recoded ones turned round).
    """

    n: int
    mean: Floats
    covariance: Floats

    @property
    def items(self) -> int:
        return int(self.mean.size)


def moments_of(answers: Floats) -> Moments:
    """Moments of `answers` (n, k), rows with a missing answer (NaN) left out whole.

    Raises RefusedMeasure `too-few-answers` below two complete rows.
    """
    complete = answers[~np.isnan(answers).any(axis=1)]
    if len(complete) < 2:
        raise RefusedMeasure("too-few-answers", f"{len(complete)} complete sets of answers: a covariance needs two")
    return Moments(len(complete), complete.mean(axis=0), np.atleast_2d(np.cov(complete, rowvar=False)))


def moments_from_sums(n: int, sums: Sequence[Fraction], products: Sequence[Sequence[Fraction]]) -> Moments:
    """Moments from exact sums: `sums[i]` of item i, `products[i][j]` of item i times item j, over `n` complete rows.

    Rounded once, at the end: the order of rows cannot change a digit. Raises RefusedMeasure `too-few-answers` where
    n is below 2.
    """
    if n < 2:
        raise RefusedMeasure("too-few-answers", f"{n} complete sets of answers: a covariance needs two")
    mean = np.array([float(total / n) for total in sums])
    covariance = np.array(
        [
            [float((products[i][j] - sums[i] * sums[j] / n) / (n - 1)) for j in range(len(sums))]
            for i in range(len(sums))
        ]
    )
    return Moments(n, mean, covariance)
