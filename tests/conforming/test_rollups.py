"""A total that no word names is recognised by its numbers, and suggested: it stays a record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conforming.books import HEADER, addresses, codes, monthly

from impact_pipeline.conforming.rollups import rollups

NAN = float("nan")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([[10, 1], [20, 2], [30, 3]], [2]),  # a total of all
        ([[10, 1], [20, 2], [30, 3], [5, 4], [6, 5], [11, 9]], [2, 5]),  # by group
        ([[10, 1], [20, 2], [30, 3], [5, 4], [6, 5], [11, 9], [41, 12]], [2, 5, 6]),  # and of all groups
        ([[10, 1], [20, 2], [30, NAN]], []),  # one number alone is chance
        ([[10, 1], [10, 1]], []),  # a record is not the total of another
        ([[1, 1], [1, 1], [2, 2]], []),  # nor are ones and twos
        ([[10, 1], [20, 2], [30, 4]], []),
        ([[0.1, 100.5], [0.2, 100.25], [0.3, 200.75]], [2]),
    ],
)
def test_which_records_look_like_totals(rows, found):
    assert rollups([np.array(column, dtype=float) for column in zip(*rows, strict=True)]) == found


@given(
    groups=st.lists(st.lists(st.tuples(st.integers(11, 999), st.integers(11, 999)), min_size=2, max_size=5), min_size=1,
                    max_size=6),
)  # fmt: skip
def test_totals_by_group_are_all_found(groups):
    rows, totals = [], []
    for group in groups:
        rows += group
        totals.append(len(rows))
        rows.append((sum(a for a, _ in group), sum(b for _, b in group)))
    found = rollups([np.array(column, dtype=float) for column in zip(*rows, strict=True)])
    assert found[0] <= totals[0]
    if found[0] == totals[0]:
        assert set(totals) <= set(found) or len(found) > len(totals)


def test_such_a_record_is_told_with_its_first_word_and_stays_accepted():
    rows = [["CAFE-01", "2026-05", "07019", "24", "860"], ["CAFE-02", "2026-05", "07019", "6", "140"]]
    table = monthly(HEADER, *rows, ["Ardèche", "2026-05", "07019", "30", "1 000"])

    assert addresses(table, "row-like-a-total") == ["4"]
    assert codes(table)["row-like-a-total"] == 1
    assert next(f for f in table.findings if f.code == "row-like-a-total").value == "Ardèche"
    assert len(table.data) == 3
