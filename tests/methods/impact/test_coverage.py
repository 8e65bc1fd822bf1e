"""Intervals of differences in differences hold the truth as often as they say: a short run of
`benchmarks.coverage_impact`, whose long one is told in benchmarks/README.md."""

from __future__ import annotations

import pytest
from benchmarks.coverage_impact import CLUSTERS, coverage

DRAWS = 250
WITHIN = 0.04  # three standard errors of a share of 95 % over as many draws
RULES = ("difference_in_differences", "difference_in_differences, CR1")


@pytest.mark.parametrize("clusters", CLUSTERS)
def test_intervals_hold_the_truth(clusters: int) -> None:
    held = coverage(clusters, DRAWS, seed=4, names=RULES)
    assert abs(held["difference_in_differences"] - 0.95) <= WITHIN
    if clusters == min(CLUSTERS):  # with few clusters the usual formula promises too much, which is why it is not ours
        assert held["difference_in_differences, CR1"] < held["difference_in_differences"]
