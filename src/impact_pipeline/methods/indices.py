"""From published estimates to the composite indices that a programme declares.

Rows of the curated table `estimate`, protected, come in; rows of `index_score` go out, sorted. What was suppressed is
not used: a group without all its figures has no score, and is named with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from impact_pipeline.declarations import CompositeIndex, Schemas
from impact_pipeline.methods.composite import Choices, Index, RefusedIndex, build

Row = Mapping[str, Any]
FIGURES = ("score", "low", "high", "rank", "rank_low", "rank_high")


def index_scores(schemas: Schemas, estimates: Sequence[Row]) -> list[dict[str, Any]]:
    """One row an index and group: score (on the scale of the declared normalisation), rank and their intervals."""
    rows = [row for _, item in sorted(schemas.indices.items()) for row in _of_index(item, schemas, estimates)]
    return sorted(rows, key=lambda row: (row["index"], row["category"]))


def _of_index(item: CompositeIndex, schemas: Schemas, estimates: Sequence[Row]) -> Iterator[dict[str, Any]]:
    figures = {name: _figures(name, item, schemas, estimates) for name in item.indicators}
    categories = sorted({category for told in figures.values() for category in told} - {"(missing)"})
    whole = [c for c in categories if all(_is_told(figures[name].get(c)) for name in item.indicators)]
    found, refused = _built(item, schemas, figures, whole)
    for category in categories:
        bare = {
            "index": item.index, "label_fr": item.label.fr, "label_en": item.label.en, "initiative": item.initiative,
            "dimension": item.by, "category": category, "indicators": len(item.indicators), "units": None,
        } | dict.fromkeys(FIGURES)  # fmt: skip
        if category not in whole:
            published = all(_value(figures[name].get(category)) is not None for name in item.indicators)
            yield bare | {"status": "refused", "reason": "no-error" if published else "missing-indicator"}
        elif found is None:
            yield bare | {"status": "refused", "reason": refused}
        else:
            nth = whole.index(category)
            told = {
                "score": found.scores, "low": found.low, "high": found.high, "rank": found.ranks,
                "rank_low": found.rank_low, "rank_high": found.rank_high,
            }  # fmt: skip
            digits = schemas.programme.statistics.significant_digits
            rounded = {name: float(f"{values[nth]:.{digits}g}") for name, values in told.items()}
            units = min(int(figures[name][category]["units"]) for name in item.indicators)
            yield bare | rounded | {"units": units, "status": "published", "reason": None}


def _figures(indicator: str, item: CompositeIndex, schemas: Schemas, estimates: Sequence[Row]) -> dict[str, Row]:
    """Estimates of an indicator by category, at the wave asked for or its latest."""
    own = [
        row for row in estimates
        if (row["indicator"], row["initiative"], row["dimension"]) == (indicator, item.initiative, item.by)
    ]  # fmt: skip
    instrument = schemas.instrument(schemas.indicators[indicator].instrument)
    wave = item.wave if item.wave is not None else schemas.latest_wave(instrument, (row["wave"] for row in own))
    return {row["category"]: row for row in own if row["wave"] == wave}


def _value(row: Row | None) -> float | None:
    return row["value"] if row is not None and row["status"] == "published" else None


def _is_told(row: Row | None) -> bool:
    return row is not None and _value(row) is not None and row["se"] is not None


def _built(
    item: CompositeIndex, schemas: Schemas, figures: Mapping[str, Mapping[str, Row]], whole: Sequence[str]
) -> tuple[Index | None, str | None]:
    turns = [-1.0 if schemas.indicators[name].polarity == "lower-is-better" else 1.0 for name in item.indicators]
    shape = (len(whole), len(item.indicators))
    values = np.array([[figures[name][c]["value"] for name in item.indicators] for c in whole], dtype=float)
    errors = np.array([[figures[name][c]["se"] for name in item.indicators] for c in whole], dtype=float)
    domains = [place for place, domain in enumerate(item.domains) for _ in domain.indicators]
    weights = tuple(domain.weight for domain in item.domains)
    told = item.alternatives
    alternatives: dict[str, Sequence[object]] = {
        "normalise": told.normalise, "within": told.within, "across": told.across,
        "weights": (tuple(1.0 for _ in weights),) if told.equal_weights else (),
        "without": range(len(item.indicators)) if told.leave_one_out and len(item.indicators) > 2 else (),
    }  # fmt: skip
    declared = Choices(item.normalise, item.within, item.across, weights)
    try:
        return build(
            values.reshape(shape) * turns, errors.reshape(shape), domains, declared, alternatives,
            draws=item.samples, seed=item.seed, confidence=schemas.programme.statistics.confidence,
        ), None  # fmt: skip
    except RefusedIndex as refusal:
        return None, refusal.code
