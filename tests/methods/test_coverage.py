"""Intervals cover the truth about as often as they say: a short run of `benchmarks.coverage_surveys`, whose long one is
told in benchmarks/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.coverage_surveys import ASKED, coverage

SAMPLES = 200
STANDARD_ERRORS = 3.5  # how far the coverage of that many samples may be from 95 %: about 5.4 points


@pytest.mark.parametrize("case", ASKED)
def test_intervals_cover_the_truth_in_a_clustered_design(tmp_path: Path, case: str) -> None:
    """Of means, shares, ratios, totals, medians, Gini's coefficient, changes and contrasts; ignoring that people of a
    place are alike would show."""
    held = coverage(case, SAMPLES, 20260101, tmp_path)
    assert held.pop("deff") > 1.1
    margin = STANDARD_ERRORS * (0.95 * 0.05 / SAMPLES) ** 0.5
    assert {name: share for name, share in held.items() if abs(share - 0.95) > margin} == {}
