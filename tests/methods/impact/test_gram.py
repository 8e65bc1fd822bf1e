"""Gram matrices by cluster: those of a table equal those of arrays, to the last bit whatever threads and row order."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from impact_pipeline.methods.impact import robust
from impact_pipeline.methods.impact.effect import RefusedEffect
from impact_pipeline.methods.impact.gram import TableGrams, cluster_grams, table_grams

ROWS = 40_000  # twenty of the engine's vectors, which threads share
FIELDS = ("n", "xx", "xy", "yy", "plain_xx", "plain_xy", "squared_xx")


def rows(seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    village = draw.integers(0, 60, ROWS)
    return pd.DataFrame({
        "village": np.char.add("v", village.astype(str)),
        "code": village,
        "treated": (village % 2).astype(float),
        "age": draw.uniform(18, 90, ROWS),
        "year": 2000.0 + draw.integers(15, 25, ROWS),
        "income": draw.lognormal(7, 1, ROWS),
        "weight": draw.uniform(0.2, 5, ROWS),
    })  # fmt: skip


def read(frame: pd.DataFrame, threads: int = 1, weight: str | None = "weight") -> TableGrams:
    connection = duckdb.connect(config={"threads": threads})
    connection.register("handed", frame)
    connection.execute("create table survey as select * from handed")
    return table_grams(
        connection, "survey", outcome="income", regressors=["treated", "age", "year"], cluster="village", weight=weight
    )


@pytest.mark.parametrize("weight", [None, "weight"])
def test_same_bits_whatever_the_threads_and_the_order_of_rows(weight: str | None) -> None:
    frame = rows()
    shuffled = frame.sample(frac=1, random_state=2)
    first = read(frame, 1, weight)
    for other in (read(frame, 2, weight), read(shuffled, 1, weight), read(shuffled, 2, weight)):
        assert other.labels == first.labels
        for field in FIELDS:
            one, two = getattr(first.grams, field), getattr(other.grams, field)
            assert (one is None) == (two is None) == (weight is None and field[:2] in ("pl", "sq"))
            if one is not None:
                assert one.tobytes() == two.tobytes(), field


@pytest.mark.parametrize("weight", [None, "weight"])
def test_a_table_and_arrays_give_the_same_fit(weight: str | None) -> None:
    frame = rows()
    table = read(frame, 1, weight)
    assert table.centre.tolist() == [0.0, 0.0, 0.0, 2019.5]  # years are far from zero for their spread, ages are not
    x = np.column_stack([np.ones(ROWS), frame["treated"], frame["age"], frame["year"] - 2019.5])
    weights = None if weight is None else frame[weight].to_numpy()
    arrays = cluster_grams(x, frame["income"].to_numpy(), frame["village"].to_numpy(), weights)
    for field in FIELDS:
        one, two = getattr(table.grams, field), getattr(arrays, field)
        if one is not None:
            np.testing.assert_allclose(one, two, rtol=1e-11, atol=1e-11 * np.abs(two).max(), err_msg=field)
    fits = robust.fit(table.grams), robust.fit(arrays)
    np.testing.assert_allclose(fits[0].coefficients, fits[1].coefficients, rtol=1e-9)
    for rule in ("CR1", "CR2", "CR3"):
        np.testing.assert_allclose(*(np.diag(robust.covariance(f, rule)) for f in fits), rtol=1e-9)


def test_a_column_far_from_zero_keeps_its_digits() -> None:
    """Instants in seconds: the slope is that of the same column taken near zero."""
    frame = rows().drop(columns="weight")
    near = robust.fit(read(frame, 1, None).grams)
    moved = frame.assign(year=frame["year"] + 1e9, income=frame["income"])
    far = robust.fit(read(moved, 1, None).grams)
    np.testing.assert_allclose(far.coefficients[1:], near.coefficients[1:], rtol=1e-9)


def test_rows_without_a_value_are_left_out_and_counted() -> None:
    connection = duckdb.connect()
    connection.execute("create table survey (village varchar, age double, income double)")
    connection.execute("insert into survey values ('a', 1, 2), ('a', null, 3), (null, 4, 5), ('b', 3, 7), ('b', 2, 1)")
    found = table_grams(connection, "survey", outcome="income", regressors=["age"], cluster="village")
    assert found.left_out == 2
    assert found.labels == ("a", "b")
    assert found.grams.n.tolist() == [1, 2]
    assert found.grams.xy.tolist() == [[2.0, 2.0], [8.0, 23.0]]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("no-rows", "('a', null, 1.0, 1.0)"),
        ("not-finite", "('a', 'nan'::double, 1.0, 1.0), ('b', 1.0, 1.0, 1.0)"),
        ("not-finite", "('a', 1.0, 'inf'::double, 1.0)"),
        ("bad-weights", "('a', 1.0, 1.0, 0.0)"),
    ],
)
def test_refusals(code: str, values: str) -> None:
    connection = duckdb.connect()
    connection.execute("create table survey (village varchar, age double, income double, weight double)")
    connection.execute(f"insert into survey values {values}")
    with pytest.raises(RefusedEffect) as refused:
        table_grams(connection, "survey", outcome="income", regressors=["age"], cluster="village", weight="weight")
    assert refused.value.code == code
