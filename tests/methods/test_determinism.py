"""Estimates do not depend on the order of the rows, the number of threads, or a constant put on all weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.made_programme import computed, declare, estimates, field, store

ROWS = 40_000  # enough for DuckDB to share the work between threads
DESIGNS: dict[str, dict[str, str]] = {
    "persons": {"weight": "weight", "stratum": "stratum"},
    "clusters": {"weight": "weight", "stratum": "stratum", "psu": "place"},
}
INDICATORS: list[dict[str, Any]] = [
    {"indicator": "amount", "value": "amount", "by": ["group"]},
    {"indicator": "much", "value": "amount > 30", "by": ["group"]},
    {"indicator": "rate", "estimator": "ratio", "value": "amount / 7", "base": "days", "by": ["group"]},
    {"indicator": "sum", "estimator": "total", "value": "amount * 0.1", "by": ["group"]},
    {"indicator": "change", "estimator": "change", "value": "amount / 3", "by": ["group"],
     "waves": {"from": "one", "to": "two"}},
    {"indicator": "middle", "estimator": "quantile", "probability": 0.5, "value": "amount / 3", "by": ["group"]},
]  # fmt: skip


def instrument(design: dict[str, str]) -> dict[str, Any]:
    texts = [field(name, "text", required=True) for name in ("unit", "wave", "stratum", "place")]
    return {"instrument": "panel", "version": 1, "kind": "survey", "title": "Panel", "key": ["unit", "wave"],
            "design": design,
            "fields": [*texts, field("weight", required=True), field("group", "text"), field("amount"), field("days")],
            }  # fmt: skip


def frame(rows: int, seed: int) -> pd.DataFrame:
    """Awkward numbers: long decimals, heavy tails, missing answers and groups."""
    draw = np.random.default_rng(seed)
    unit = np.arange(rows) // 2
    return pd.DataFrame({
        "unit": [f"u{n}" for n in unit],
        "wave": np.where(np.arange(rows) % 2 == 0, "one", "two"),
        "stratum": [f"s{n % 7}" for n in unit],
        "place": [f"p{n % 7}-{n // 7 % 11}" for n in unit],
        "weight": draw.lognormal(1, 0.7, rows),
        "group": draw.choice(np.array(["a", "b", "c", None], dtype=object), rows),
        "amount": np.where(draw.random(rows) < 0.05, np.nan, draw.lognormal(3, 1.2, rows)),
        "days": draw.uniform(0.1, 31, rows),
    })  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS)
def test_same_bytes_whatever_the_threads_and_the_order_of_rows(tmp_path: Path, design: str) -> None:
    schemas = declare(tmp_path / "schemas", instrument(DESIGNS[design]), INDICATORS)
    rows = frame(ROWS, seed=1)
    shuffled = rows.sample(frac=1, random_state=2)
    runs = []
    for place, (told, threads) in enumerate([(rows, 1), (rows, 2), (rows, 2), (shuffled, 1), (shuffled, 2)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        connection = computed(schemas, store(folder, schemas, [({}, told)]), threads=threads)
        runs.append(connection.sql("select * from estimate").fetchall())
    assert len(runs[0]) == 55  # five indicators of two waves and a change, for all, three groups and a missing one
    assert all(repr(run) == repr(runs[0]) for run in runs)


@settings(max_examples=15)
@given(factor=st.floats(1e-6, 1e6), seed=st.integers(0, 1000))
def test_weights_count_up_to_a_constant(tmp_path_factory: pytest.TempPathFactory, factor: float, seed: int) -> None:
    """All weights times a constant: means, shares, ratios, changes and their errors stay; totals are multiplied."""
    folder = tmp_path_factory.mktemp("weights")
    schemas = declare(folder / "schemas", instrument(DESIGNS["clusters"]), INDICATORS)
    rows = frame(200, seed)
    heavier = rows.assign(weight=rows["weight"] * factor)
    sources = store(folder, schemas, [({"submission": "a"}, rows), ({"submission": "b"}, heavier)])
    light, heavy = (estimates(computed(schemas, [source])) for source in sources)
    assert light.index.equals(heavy.index)
    total = light.index.get_level_values("indicator") == "sum"
    for figure in ("value", "se", "df", "low", "high", "deff", "n_effective"):
        by = np.where(total & (figure in ("value", "se", "low", "high")), factor, 1.0)
        np.testing.assert_allclose(heavy[figure].astype(float), light[figure].astype(float) * by, rtol=1e-8)


@settings(max_examples=15)
@given(shift=st.sampled_from([2025.0, 1e6, 1e9, -1e9]), seed=st.integers(0, 1000))
def test_far_from_zero_the_spread_is_kept(tmp_path_factory: pytest.TempPathFactory, shift: float, seed: int) -> None:
    """Years or instants: a shift moves the mean and leaves error and design effect, without a digit lost to squares."""
    folder = tmp_path_factory.mktemp("shift")
    schemas = declare(folder / "schemas", instrument(DESIGNS["clusters"]), INDICATORS[:1])
    rows = frame(200, seed).assign(amount=lambda d: d["amount"].round(3) % 4)
    moved = rows.assign(amount=rows["amount"] + shift)
    sources = store(folder, schemas, [({"submission": "a"}, rows), ({"submission": "b"}, moved)])
    near, far = (estimates(computed(schemas, [source])).sort_index() for source in sources)
    digits = 1e-6 if abs(shift) > 1e6 else 1e-8  # the shifted answers themselves hold no more
    np.testing.assert_allclose(far["value"] - shift, near["value"], atol=abs(shift) * 1e-14 + 1e-12)
    for figure in ("se", "deff"):
        np.testing.assert_allclose(far[figure].astype(float), near[figure].astype(float), rtol=digits)
