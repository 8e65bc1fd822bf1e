"""The table `invariance`: whether a scale measures the same thing at both waves of a declared change or study.

The exact sums of `reliability_table` and counts by level that the engine makes of the records come in; one row a score,
initiative and pair of waves goes out, not yet protected. People present at both waves count in each as if they were
others: the fits are judged by how they change, not by their p values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa

from impact_pipeline.declarations import Instrument, Scale, Schemas, Score
from impact_pipeline.methods.engine import Engine, put, run
from impact_pipeline.methods.measures.invariance import compare_groups
from impact_pipeline.methods.measures.item_bias import ItemCounts, screen_items
from impact_pipeline.methods.measures.moments import moments_from_sums
from impact_pipeline.methods.measures.refused import RefusedMeasure
from impact_pipeline.methods.measures.reliability_table import Place, Sums
from impact_pipeline.renderings.item_sql import item_by_level


class Pair(NamedTuple):
    """A score between two waves of an initiative."""

    score: str
    instrument: str
    initiative: str
    wave_from: str
    wave_to: str


@dataclass(frozen=True, slots=True)
class InvarianceRow:
    """What `n_from` and `n_to` complete sets of answers say.

    `holds` is the furthest step of one factor that holds (Chen 2007): `scalar` lets means be compared, `none` says that
    one factor does not even fit each wave. `biased_items` are those that people of equal score answer otherwise from
    wave to wave (joined by `; `, empty where there is none; None where the screen was refused). `reason` tells what is
    lacking: `single-item` (nothing to compare items with), or the code of the refusal.
    """

    scale: str
    score: str
    instrument: str
    initiative: str
    wave_from: str
    wave_to: str
    items: int
    n_from: int
    n_to: int
    holds: str | None = None
    cfi_configural: float | None = None
    cfi_metric: float | None = None
    cfi_scalar: float | None = None
    rmsea_configural: float | None = None
    rmsea_metric: float | None = None
    rmsea_scalar: float | None = None
    biased_items: str | None = None
    status: Literal["published", "refused"] = "published"
    reason: str | None = None


FITS = ("cfi_configural", "cfi_metric", "cfi_scalar", "rmsea_configural", "rmsea_metric", "rmsea_scalar")
INVARIANCE = pa.schema([
    *((name, pa.string()) for name in ("scale", *Pair._fields)),
    *((name, pa.int64()) for name in ("items", "n_from", "n_to")),
    ("holds", pa.string()), *((name, pa.float64()) for name in FITS),
    *((name, pa.string()) for name in ("biased_items", "status", "reason")),
])  # fmt: skip


def write_invariance(
    engine: Engine, schemas: Schemas, instruments: Sequence[Instrument], sums: Mapping[Place, Sums]
) -> None:
    """Leave `invariance` in the engine: one row a score that a declared change or study reads, sorted by pair."""
    rows = []
    for instrument in instruments:
        scores = schemas.scores(instrument)
        for name, wave_from, wave_to in sorted(_asked(schemas, instrument)):
            scale, score = scores[name]
            counts = _count(engine, instrument, scale, score, (wave_from, wave_to))
            for initiative in sorted({place.initiative for place in sums if place.score == name}):
                ends = [sums.get(Place(name, instrument.instrument, initiative, w)) for w in (wave_from, wave_to)]
                both = [told for told in ends if told is not None]
                if len(both) == len(ends):
                    pair = Pair(name, instrument.instrument, initiative, wave_from, wave_to)
                    rows.append(_row(pair, scale.scale, score, both, counts.get(initiative, {})))
    digits = schemas.programme.statistics.significant_digits
    told = [_rounded(row, digits) for row in sorted(rows, key=_place)]
    put(engine, "invariance", pa.Table.from_pylist(told, INVARIANCE))


def _place(row: InvarianceRow) -> tuple[str, ...]:
    return row.score, row.instrument, row.initiative, row.wave_from, row.wave_to


def _asked(schemas: Schemas, instrument: Instrument) -> set[tuple[str, str, str]]:
    """Scores whose change some indicator tells, or that a study reads before and after, each with its two waves."""
    scores = schemas.scores(instrument)
    asked = {
        (name, indicator.waves.from_, indicator.waves.to)
        for indicator in schemas.indicators_of(instrument)
        if indicator.waves is not None
        for name in indicator.value.names
        if name in scores
    }
    for study in schemas.studies.values():
        if study.instrument == instrument.instrument and study.baseline_wave is not None:
            asked |= {
                (name, study.baseline_wave, wave)
                for outcome in study.outcomes
                for wave in study.waves_of(outcome)
                for name in study.scores_followed(outcome, scores)
            }
    return asked


def _count(
    engine: Engine, instrument: Instrument, scale: Scale, score: Score, waves: tuple[str, str]
) -> dict[str, dict[str, ItemCounts]]:
    """Initiative -> item -> how many people gave which answer at which level and wave; none for a single item."""
    if len(score.items) == 1:
        return {}
    rows: dict[str, dict[str, list[tuple[float, float, int, int]]]] = {}
    for place, item in enumerate(score.items):
        for initiative, wave, answer, level, n in run(engine, item_by_level(instrument, scale, score, place, waves)):
            told = (float(answer), float(level), waves.index(wave), int(n))
            rows.setdefault(initiative, {}).setdefault(item, []).append(told)
    return {initiative: {item: _counts(told) for item, told in items.items()} for initiative, items in rows.items()}


def _counts(rows: Sequence[tuple[float, float, int, int]]) -> ItemCounts:
    """Sorted, so that no order of rows changes a sum."""
    answer, level, group, count = (np.array(column) for column in zip(*sorted(rows), strict=True))
    return ItemCounts(answer, level, group, count.astype(np.float64))


def _row(pair: Pair, scale: str, score: Score, ends: Sequence[Sums], counts: Mapping[str, ItemCounts]) -> InvarianceRow:
    bare = InvarianceRow(scale, *pair, items=len(score.items), n_from=ends[0].n, n_to=ends[1].n)
    if bare.items == 1:
        return replace(bare, status="refused", reason="single-item")
    fitted, no_fit = _fitted(ends)
    biased, no_screen = _screened(counts)
    found = replace(bare, biased_items=biased, reason=no_fit or no_screen, **fitted)  # type: ignore[arg-type]
    return replace(found, status="refused") if no_fit and no_screen else found


def _fitted(ends: Sequence[Sums]) -> tuple[dict[str, object], str | None]:
    """`holds` and the fits, or why there are none."""
    try:
        found = compare_groups([moments_from_sums(*told) for told in ends])
    except RefusedMeasure as refused:
        return {}, refused.code
    fits = (found.configural, found.metric, found.scalar)
    told = dict(zip(FITS, [*(fit.cfi for fit in fits), *(fit.rmsea for fit in fits)], strict=True))
    return {"holds": found.holds or "none", **told}, None


def _screened(counts: Mapping[str, ItemCounts]) -> tuple[str | None, str | None]:
    """The biased items, or why they cannot be told."""
    try:
        found = screen_items(counts)
    except RefusedMeasure as refused:
        return None, refused.code
    return "; ".join(item for item, told in found.items() if told.flagged), None


def _rounded(row: InvarianceRow, digits: int) -> dict[str, object]:
    def told() -> Iterator[tuple[str, object]]:
        for name, value in asdict(row).items():
            yield name, float(f"{value:.{digits}g}") if isinstance(value, float) else value

    return dict(told())
