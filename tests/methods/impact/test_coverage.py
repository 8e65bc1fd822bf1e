"""Intervals of differences in differences hold the truth as often as they say: short runs of
`benchmarks.coverage_impact` and `few_clusters_staggered`, whose long ones are told in benchmarks/README.md."""

from __future__ import annotations

import pytest
from benchmarks import few_clusters_staggered
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


def test_intervals_of_staggered_treatments_of_few_villages_hold_the_truth() -> None:
    held = few_clusters_staggered.coverage(12, DRAWS, seed=4, names=("callaway_santanna",))
    assert abs(held["callaway_santanna"] - 0.95) <= WITHIN
    assert held["callaway_santanna, large samples"] < held["callaway_santanna"]
