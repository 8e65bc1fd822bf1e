"""One order for the rows of a sample, whatever the order in which they came: sums of floats then have one value.

A `Sample` comes in, the same rows sorted by all that is known of them go out, with the places that they had. Rows alike
in everything may stand for each other, so that nothing computed from sorted rows depends on the order of arrival.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.methods.impact.sample import Integers, Sample

Number = TypeVar("Number", bound=np.generic)


def sorted_rows(s: Sample, *others: NDArray[Number]) -> tuple[Sample, Integers]:
    """The sample sorted, and the place (n,) in the given arrays of each sorted row; `others` (n,) take part in sorting.

    Codes of clusters and blocks stay what they were.
    """
    keys = [s.outcome, *s.covariates.T, *(k for k in (s.weights, s.clusters, s.blocks) if k is not None), *others]
    order: Integers = np.lexsort([*keys, s.treated]).astype(np.int64)
    return rows_of(s, order), order


def rows_of(s: Sample, rows: Integers | NDArray[np.bool_]) -> Sample:
    """Some rows of a sample, in the order asked for."""
    return Sample(
        s.outcome[rows], s.treated[rows], s.covariates[rows], _of(s.clusters, rows), _of(s.blocks, rows),
        _of(s.weights, rows),
    )  # fmt: skip


def back(values: NDArray[Number], order: Integers) -> NDArray[Number]:
    """Values (n,) of sorted rows, in the order of arrival."""
    found = np.empty_like(values)
    found[order] = values
    return found


def _of(array: NDArray[Number] | None, rows: Integers | NDArray[np.bool_]) -> NDArray[Number] | None:
    return None if array is None else array[rows]
