"""What a cell that cannot be read likely means is asked, and only where its field could hold it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from impact_pipeline.conforming.meant import meant_months, meant_number
from impact_pipeline.declarations import load_schemas

MONTHLY = load_schemas(Path(__file__).parents[2] / "schemas").instrument("cafe-monthly")
HOURS, JOBS, VISITS = (MONTHLY.by_name[name] for name in ("volunteer_hours", "jobs_fte", "visits"))


@pytest.mark.parametrize(
    ("text", "field", "number"),
    [
        ("1/2", JOBS, "0.5"), ("3 / 4", JOBS, "0.75"), ("1/0", JOBS, None), ("½", JOBS, "0.5"), ("1/2", VISITS, None),
        ("90%", JOBS, "0.9"), ("80 %", JOBS, "0.8"), ("12h30", HOURS, "12.5"), ("12 h 45 min", HOURS, "12.75"),
        ("12h30", JOBS, None), ("12h75", HOURS, None), ("deux", VISITS, "2"), ("Dix-sept", VISITS, "17"),
        ("vingt et un", VISITS, "21"), ("trente-deux", VISITS, "32"), ("cent", VISITS, "100"),
        ("beaucoup", VISITS, None), ("mille", JOBS, None), ("", JOBS, None), ("un" * 30, JOBS, None),
    ],
)  # fmt: skip
def test_a_number(text, field, number):
    found = meant_number(text, field)

    assert found == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "months", "is_day"),
    [
        ("31/02/2026", ("2026-02", "2026-03"), False), ("15/02/2026", ("2026-02",), True),
        ("29/02/2024", ("2024-02",), True),
        ("02/15/2026", ("2026-02",), True), ("2026-11-31", ("2026-11", "2026-12"), False), ("45/02/2026", (), False),
        ("janvier", (), True),
    ],
)  # fmt: skip
def test_a_day_written_for_a_month(text, months, is_day):
    assert meant_months(text) == (months, is_day)
