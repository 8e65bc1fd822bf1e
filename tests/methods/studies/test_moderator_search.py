"""A search among declared moderators finds one by chance no more often than its level says: a short run of
`benchmarks.moderator_search`, whose long one is told in benchmarks/README.md."""

from __future__ import annotations

import pytest
from benchmarks.moderator_search import LEVEL, false_positives

DRAWS = 300
WITHIN = 0.035  # nearly three standard errors of a share of 5 % over as many draws


@pytest.mark.parametrize("clustered", [False, True], ids=["units", "clusters"])
def test_chance_finds_a_moderator_no_more_often_than_declared(clustered: bool) -> None:
    adjusted, unadjusted = false_positives(DRAWS, 6, seed=2, clustered=clustered)
    assert adjusted <= LEVEL + WITHIN
    assert unadjusted > 2 * LEVEL  # which is what the adjustment is for
