"""From the columns of a regression to the SQL that reduces a table to sums of products by cluster.

Two queries: how far the columns reach, from which the scales of exact sums are chosen, and the sums. Both read the
table once and are the same text for DuckDB and Spark. Nothing is executed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impact_pipeline.renderings.engine_sql import quoted


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that a regression reads, by name."""

    outcome: str
    regressors: tuple[str, ...]
    cluster: str
    weight: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The outcome, the regressors, the weight if any."""
        return (self.outcome, *self.regressors, *(() if self.weight is None else (self.weight,)))


def extent(relation: str, columns: Columns) -> str:
    """One row: rows of the table, complete rows, then the least and the greatest value of each number column."""
    reach = ", ".join(f"min(c{i}) as low{i}, max(c{i}) as high{i}" for i in range(len(columns.numbers)))
    return f"""
with complete as (
{_complete(relation, columns)}
)
select (select count(*) from {relation}) as n_rows, count(*) as n, {reach}
from complete
"""


def grams(
    relation: str, columns: Columns, centre: Sequence[float], scales: Mapping[tuple[int, int, int], float]
) -> str:
    """One row a cluster, sorted: the cluster, its rows, and a sum of quanta for each of `scales` in their order.

    A key of `scales` is (power of the weight, i, j) over the columns constant, regressors, outcome; its sum is that of
    weight^power a_i a_j in quanta of 1/scale. `centre` is what is taken from the outcome, then from each regressor.
    """
    outcome = len(columns.regressors) + 1
    taken = {i + 1: f"c{i + 1}" for i in range(len(columns.regressors))} | {outcome: "c0"}
    middles = [0.0, *centre[1:], centre[0]]
    shifted = ", ".join(
        f"{name} - {double(middles[i])} as a{i}" if middles[i] else f"{name} as a{i}"
        for i, name in sorted(taken.items())
    )
    weight = "" if columns.weight is None else f", c{len(columns.numbers) - 1} as w"
    quanta = ",\n           ".join(
        f"cast(round({_product(power, i, j)} * {double(scale)}) as decimal(16, 0)) as g{place}"
        for place, ((power, i, j), scale) in enumerate(scales.items())
    )
    sums = ", ".join(f"cast(sum(g{place}) as double) as g{place}" for place in range(len(scales)))
    return f"""
with complete as (
{_complete(relation, columns)}
),
centred as (
    select cluster, {shifted}{weight}
    from complete
),
quanta as (
    select cluster,
           {quanta}
    from centred
)
select cluster, count(*) as n, {sums}
from quanta
group by cluster
order by cluster
"""


def double(number: float) -> str:
    """A SQL number, read from its text so that no engine goes through a decimal of its own."""
    return f"cast('{number!r}' as double)"


def _product(power: int, i: int, j: int) -> str:
    """w^power a_i a_j, the constant (0) being 1."""
    factors = ["w"] * power + [f"a{column}" for column in (i, j) if column]
    return " * ".join(factors) or double(1.0)


def _complete(relation: str, columns: Columns) -> str:
    """The rows that have every column, numbers as c0 (the outcome), c1...; the cluster as `cluster`."""
    numbers = ", ".join(f"cast({quoted(name)} as double) as c{i}" for i, name in enumerate(columns.numbers))
    present = " and ".join(f"{quoted(name)} is not null" for name in (*columns.numbers, columns.cluster))
    return f"    select {quoted(columns.cluster)} as cluster, {numbers}\n    from {relation}\n    where {present}"
