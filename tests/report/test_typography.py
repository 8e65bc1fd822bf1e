"""Periods as a reader expects them, school years among them, and those that are missing between two."""

from __future__ import annotations

from impact_pipeline.report.typography import Typography, is_period, with_gaps


def test_a_school_year_is_a_period():
    assert is_period("2025-2026")
    assert Typography("fr").period("2025-2026") == "2025-2026"
    assert Typography("fr").period("2025-2026", short=True) == "25-26"


def test_missing_periods_between_the_first_and_the_last():
    assert with_gaps(["2022-2023", "2025-2026"]) == ["2022-2023", "2023-2024", "2024-2025", "2025-2026"]
    assert with_gaps(["2025-Q3", "2026-Q1"]) == ["2025-Q3", "2025-Q4", "2026-Q1"]
    assert with_gaps(["2024", "2026"]) == ["2024", "2025", "2026"]
    assert with_gaps(["2025-11", "2026-02"]) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert with_gaps(["2025-2026", "2026"]) == ["2025-2026", "2026"], "of two kinds"
