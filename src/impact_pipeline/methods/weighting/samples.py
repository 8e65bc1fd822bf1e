"""The samples of a programme weighted as declared: from the records of a connection to `weighed` and `weighting`.

A sample is what an instrument drew for an initiative at a wave. SQL reduces its records to groups alike in categories
and declared weight, `weigh` finds the weight of each group, and SQL hands it to the records. Instruments that declare
no weighting are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from impact_pipeline.declarations import Indicator, Instrument, Schemas
from impact_pipeline.methods.engine import Engine, fill, put, run
from impact_pipeline.methods.weighting.refused import STOPS, RefusedWeighting
from impact_pipeline.methods.weighting.weigh import Floats, Group, Reported, Weighed, unweighted, weigh
from impact_pipeline.renderings import record_sql
from impact_pipeline.sql import text

DRAWN = {
    "record": "bigint", "instrument": "varchar", "initiative": "varchar", "wave": "varchar", "ended": "varchar",
    "told": "varchar", "weight": "double",
}  # fmt: skip
WHOLE_NUMBERS = ("n", "iterations", "trimmed", "classes", "collapsed")
TEXTS = ("dimension", "category", "method", "source", "date", "refused", "why")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A sample that was weighted to margins: the number of its first cell of margins (the others follow), and of each
    cell calibration variables x (c, p), initial weights (c,) and factors g (c,).

    One whose weighting is `refused` has a single cell, of which nothing is explained; no figure of it may be told."""

    first: int
    x: Floats
    initial: Floats
    g: Floats
    refused: str | None = None


Samples = Mapping[tuple[str, str, str], Calibrated]  # by instrument, initiative, wave


def weigh_samples(connection: Engine, schemas: Schemas, instruments: Sequence[Instrument]) -> Samples:
    """Create `weighed` (record, weight, post) and `weighting`, one row a category of a margin and one a sample.

    A sample that cannot be weighted as declared is `refused`, and no figure of it may be told: its declared weights are
    in `weighed` only so that what is refused is counted. Raises RefusedWeighting, which names instrument, initiative
    and wave, for weights that are not finite and for margins that disagree.
    """
    weighted = [item for item in instruments if item.weighting is not None]
    if not weighted:
        put(connection, "weighting", _table([], schemas))
        return {}
    selects = [record_sql.drawn(item, names_of(schemas, item)) for item in weighted]
    run(connection, "create table drawn_record as\n" + "\nunion all\n".join(selects))
    run(connection, f"create table drawn_group as\n{text('22_drawn_group')}")
    query = "select instrument, initiative, wave, number, ended, told, weight, records from drawn_group order by number"
    samples: dict[tuple[str, str, str], Calibrated] = {}
    weights: list[tuple[int, float, int | None]] = []
    report: list[dict[str, Any]] = []
    first = 0
    for key, rows in groupby(run(connection, query), key=lambda row: tuple(row[:3])):
        instrument, initiative, wave = key
        told = list(rows)
        found = _weighed(schemas, instrument, initiative, wave, told)
        numbers = [int(row[3]) for row in told]
        declared = schemas.instrument(instrument).weighting
        refused = found.report[0].refused
        if refused or (declared is not None and declared.margins):
            sample = _calibrated(found, first)
            samples[instrument, initiative, wave] = sample
            posts: list[int | None] = [first + max(int(post), 0) for post in found.posts]
            first += len(sample.g)
        else:
            posts = [None] * len(numbers)
        weights += [
            (number, float(weight), post)
            for number, weight, post in zip(numbers, found.weights, posts, strict=True)
            if weight > 0
        ]
        key_columns = {"instrument": instrument, "initiative": initiative, "wave": wave}
        report += [key_columns | row for row in _rows(found.report)]
    fill(connection, "group_weight(number bigint, weight double, post bigint)", weights)
    run(connection, f"create table weighed as\n{text('23_weighed')}")
    put(connection, "weighting", _table(report, schemas))
    return samples


def names_of(schemas: Schemas, instrument: Instrument) -> list[str]:
    """The breakdowns that a weighting looks at: those of margins and of classes, each once."""
    weighting = instrument.weighting
    if weighting is None:
        return []
    classes = weighting.response.classes if weighting.response is not None else ()
    margins = [name for margin in weighting.margins for name in schemas.margins[margin].dimension]
    return list(dict.fromkeys((*margins, *classes)))


def _weighed(schemas: Schemas, name: str, initiative: str, wave: str, rows: Sequence[tuple[Any, ...]]) -> Weighed:
    instrument = schemas.instrument(name)
    names = names_of(schemas, instrument)
    groups = [
        Group(ended, tuple(told.split(record_sql.APART)) if names else (), float(weight), int(records))
        for *_, ended, told, weight, records in rows
    ]
    if instrument.weighting is None:
        raise ValueError(f"{name} declares no weighting")
    try:
        return weigh(groups, names, instrument.weighting, schemas.margins_of(instrument, initiative, wave))
    except RefusedWeighting as refused:
        if refused.code in STOPS:
            raise RefusedWeighting(refused.code, f"{name}, {initiative}, {wave}: {refused}") from refused
        return unweighted(groups, instrument.weighting, refused)


def _calibrated(found: Weighed, first: int) -> Calibrated:
    """A wave without a margin where others have one is a single cell, of which nothing is explained."""
    if len(found.g) == 0:
        return Calibrated(first, np.zeros((1, 0)), np.ones(1), np.ones(1))
    return Calibrated(first, found.x, found.initial, found.g, found.report[0].refused)


def rests_on_refused(samples: Samples, indicator: Indicator, initiative: str, wave: str) -> bool:
    """Whether a figure would rest on a sample whose weighting is refused: at its wave, or at the other of a change."""
    waves = {wave} if indicator.waves is None else {wave, indicator.waves.from_, indicator.waves.to}
    told = [samples.get((indicator.instrument, initiative, each)) for each in waves]
    return any(sample is not None and sample.refused is not None for sample in told)


def _rows(report: Sequence[Reported]) -> Iterator[dict[str, Any]]:
    names = [column.name for column in fields(Reported)]
    for row in report:
        yield dict(zip(names, astuple(row), strict=True))


def _table(rows: Sequence[Mapping[str, Any]], schemas: Schemas) -> pa.Table:
    """The table `weighting`, figures at the declared precision."""
    digits = schemas.programme.statistics.significant_digits
    key = ("instrument", "initiative", "wave")
    names = [*key, *(column.name for column in fields(Reported))]
    columns = {}
    for name in names:
        told = [row[name] for row in rows]
        if name in (*key, *TEXTS):
            columns[name] = pa.array(told, pa.string())
        elif name in WHOLE_NUMBERS:
            columns[name] = pa.array(told, pa.int64())
        else:
            columns[name] = pa.array([None if v is None else float(f"{v:.{digits}g}") for v in told], pa.float64())
    return pa.table(columns)
