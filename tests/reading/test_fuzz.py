"""A few of the damaged files of `benchmarks.fuzz`: an answer each, in time and within memory, and no row lost."""

from __future__ import annotations

from benchmarks import fuzz


def test_damaged_files_get_an_answer_and_lose_no_row():
    report = fuzz.run(files=60, seed=7)

    assert report.failures == []
    assert sum(report.counts.values()) == 60
    assert {outcome for _, outcome in report.counts} == {"read", "told"}


def test_the_same_seed_damages_the_same_files_in_the_same_way():
    assert fuzz.damaged(12, 7) == fuzz.damaged(12, 7)
    assert fuzz.damaged(12, 7)[2] != fuzz.damaged(12, 8)[2]
    assert {fuzz.damaged(number, 7)[0] for number in range(120)} == set(fuzz.KINDS)
