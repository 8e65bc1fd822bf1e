"""The table `reliability`: what each scale that was asked is worth, by initiative and wave.

The exact sums that `renderings.item_sql` and `sql/85_score_count.sql` make of the answers come in through the engine;
one row a score, instrument, initiative and wave goes out, not yet protected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

import pyarrow as pa

from impact_pipeline.declarations import Instrument, Schemas, Score
from impact_pipeline.methods.engine import Engine, put, run
from impact_pipeline.methods.measures.extremes import extremes
from impact_pipeline.methods.measures.moments import moments_from_sums
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.measures.reliability import cronbach_alpha, mcdonald_omega
from impact_pipeline.methods.measures.retest import Precision, precision
from impact_pipeline.renderings.item_sql import item_moments, pairs
from impact_pipeline.sql import text


class Place(NamedTuple):
    """Which answers a row is about."""

    score: str
    instrument: str
    initiative: str
    wave: str


class Sums(NamedTuple):
    """Exact sums over the complete sets of answers at a place: of each item, and of each product of two."""

    n: int
    totals: list[Fraction]
    products: list[list[Fraction]]


Counts = Mapping[float, int]  # how many people have each value of a score


@dataclass(frozen=True, slots=True)
class Reliability:
    """What the `n` complete sets of answers at a place say of a score.

    `sem` and `mdc95` are in the unit of the score and rest on alpha; `floor_share` and `ceiling_share` lie between 0
    and 1. `reason` tells why there is no figure at all (`refused`: `too-few-answers`, `no-variance`) or why some lack:
    `single-item` (neither alpha nor omega), `no-omega` (fewer than three items, or one factor does not hold),
    `alpha-below-zero` (no error of measurement).
    """

    scale: str
    score: str
    instrument: str
    initiative: str
    wave: str
    n: int
    items: int
    alpha: float | None = None
    alpha_low: float | None = None
    alpha_high: float | None = None
    omega: float | None = None
    omega_low: float | None = None
    omega_high: float | None = None
    sem: float | None = None
    mdc95: float | None = None
    floor_share: float | None = None
    ceiling_share: float | None = None
    status: Literal["published", "refused"] = "published"
    reason: str | None = None


RELIABILITY = pa.schema([
    *((name, pa.string()) for name in ("scale", "score", "instrument", "initiative", "wave")),
    ("n", pa.int64()), ("items", pa.int64()),
    *((name, pa.float64()) for name in (
        "alpha", "alpha_low", "alpha_high", "omega", "omega_low", "omega_high", "sem", "mdc95", "floor_share",
        "ceiling_share",
    )),
    ("status", pa.string()), ("reason", pa.string()),
])  # fmt: skip


def write_reliability(
    engine: Engine, schemas: Schemas, sums: Mapping[Place, Sums], counts: Mapping[Place, Counts]
) -> None:
    """Leave `reliability` in the engine, from `read_sums` and `read_counts`; sorted by place."""
    owner = {score.name: (scale.scale, score) for scale in schemas.scales.values() for score in scale.scores}
    confidence, digits = schemas.programme.statistics.confidence, schemas.programme.statistics.significant_digits
    rows = [
        asdict(_rounded(_row(place, *owner[place.score], sums[place], told, confidence), digits))
        for place, told in sorted(counts.items())
    ]
    put(engine, "reliability", pa.Table.from_pylist(rows, RELIABILITY))


def read_counts(engine: Engine) -> dict[Place, Counts]:
    """Of each place that has complete answers, from `scored` and `record_key`."""
    counts: dict[Place, dict[float, int]] = {}
    for *place, value, n in run(engine, text("85_score_count")):
        counts.setdefault(Place(*place), {})[float(value)] = int(n)
    return {**counts}


def error_of_measurement(sums: Sums | None, counts: Counts, retest: float | None = None) -> Precision | None:
    """Of a score at a place, by a correlation of test and retest, else by alpha; None where there is neither."""
    try:
        if retest is None and sums is not None:
            retest = cronbach_alpha(moments_from_sums(*sums)).value
        return None if retest is None or len(counts) < 2 else precision(_deviation(counts), retest)
    except RefusedMeasure:
        return None


def read_sums(engine: Engine, schemas: Schemas, instruments: Sequence[Instrument]) -> dict[Place, Sums]:
    """The sums of each place that has complete answers, for the newest versions of the instruments received."""
    found = {}
    for instrument in instruments:
        for name, (scale, score) in schemas.scores(instrument).items():
            k = len(score.items)
            for initiative, wave, n, *told in run(engine, item_moments(instrument, scale, score)):
                products = [[Fraction(0)] * k for _ in range(k)]
                for (a, b), product in zip(pairs(score), told[k:], strict=True):
                    products[a][b] = products[b][a] = Fraction(product)
                place = Place(name, instrument.instrument, initiative, wave)
                found[place] = Sums(int(n), [Fraction(total) for total in told[:k]], products)
    return found


def _row(place: Place, scale: str, score: Score, sums: Sums, counts: Counts, confidence: float) -> Reliability:
    """The row of a place, with all that its answers allow."""
    ends = extremes(counts, *score.range)
    bare = Reliability(
        scale, *place, n=ends.n, items=len(score.items), floor_share=ends.floor_share, ceiling_share=ends.ceiling_share
    )
    if len(score.items) == 1:
        return replace(bare, reason="single-item")
    try:
        moments = moments_from_sums(*sums)
        alpha = cronbach_alpha(moments, confidence)
    except RefusedMeasure as refused:
        return replace(bare, floor_share=None, ceiling_share=None, status="refused", reason=refused.code)
    found = replace(bare, alpha=alpha.value, alpha_low=alpha.low, alpha_high=alpha.high)
    try:
        omega = mcdonald_omega(moments, confidence)
        found = replace(found, omega=omega.value, omega_low=omega.low, omega_high=omega.high)
    except RefusedMeasure:
        found = replace(found, reason="no-omega")
    if alpha.value < 0:
        return replace(found, reason="alpha-below-zero")
    error = precision(_deviation(counts), alpha.value)
    return replace(found, sem=error.sem, mdc95=error.mdc95)


def _deviation(counts: Counts) -> float:
    """Standard deviation of the score, from how many people have each value (n - 1)."""
    n = sum(counts.values())
    mean = math.fsum(value * k for value, k in counts.items()) / n
    return math.sqrt(math.fsum((value - mean) ** 2 * k for value, k in counts.items()) / (n - 1))


def _rounded(row: Reliability, digits: int) -> Reliability:
    def told() -> Iterator[tuple[str, float]]:
        for name, value in asdict(row).items():
            if isinstance(value, float):
                yield name, float(f"{value:.{digits}g}")

    return replace(row, **dict(told()))  # type: ignore[arg-type]
