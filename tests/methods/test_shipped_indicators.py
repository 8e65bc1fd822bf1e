"""Every indicator that ships gives figures from records of its instrument, for all and for its own breakdowns."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.methods.made_programme import computed, store

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas, load_schemas
from impact_pipeline.disclosure import protect
from impact_pipeline.renderings.columns import frame_types

SHIPPED = load_schemas(Path(__file__).parents[2] / "schemas")
UNITS = 200


def records(instrument: Instrument, schemas: Schemas, wave: str, draw: random.Random) -> pd.DataFrame:
    """Made-up records: an answer that each field allows, one in twenty left empty where it may be."""
    rows = []
    for number in range(UNITS):
        row = {item.name: answer(item, schemas, draw) for item in instrument.fields}
        row[instrument.unit_field] = f"unit-{number:03d}"
        if instrument.wave_field:
            row[instrument.wave_field] = wave
        rows.append(row)
    return pd.DataFrame(rows).astype(frame_types(instrument))


def answer(item: FieldDeclaration, schemas: Schemas, draw: random.Random) -> Any:
    if not item.required and draw.random() < 0.05:
        return None
    low, high = item.range or (0, 100)
    kinds: dict[str, Any] = {
        "integer": lambda: draw.randint(int(low), int(high)),
        "decimal": lambda: round(draw.uniform(low + 0.1, high), 2),
        "boolean": lambda: draw.random() < 0.4,
        "category": lambda: draw.choice(list(schemas.codelist(item.codes).by_code)),
        "categories": lambda: " ".join(sorted(draw.sample(list(schemas.codelist(item.codes).by_code), 2))),
        "commune": lambda: draw.choice(["07019", "23096", "26058", "97105"]),
        "date": lambda: pd.Timestamp("2026-01-31"),
    }
    return kinds.get(item.type, lambda: "text")()


def waves(instrument: Instrument, schemas: Schemas) -> list[str]:
    field = instrument.by_name[instrument.wave_field] if instrument.wave_field else None
    return list(schemas.codelist(field.codes).by_code) if field is not None and field.codes else ["2026-01", "2026-02"]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    draw = random.Random(20260101)
    told: list[tuple[dict[str, Any], pd.DataFrame]] = [
        ({"instrument": name, "initiative": initiative, "period": wave, "submission": f"{initiative}-{name}-{wave}"},
         records(SHIPPED.instrument(name), SHIPPED, wave, draw))
        for initiative, declared in sorted(SHIPPED.initiatives.items())
        for name in declared.instruments
        for wave in waves(SHIPPED.instrument(name), SHIPPED)
    ]  # fmt: skip
    connection = computed(SHIPPED, store(tmp_path_factory.mktemp("shipped"), SHIPPED, told))
    protect(connection, SHIPPED)
    return connection.sql("select * from estimate").df()


@pytest.mark.parametrize("name", sorted(SHIPPED.indicators))
def test_indicator_has_a_figure_with_its_error_for_all_and_every_breakdown(figures: pd.DataFrame, name: str) -> None:
    indicator = SHIPPED.indicators[name]
    ours = figures[figures["indicator"] == name]
    everybody = ours[ours["dimension"] == "all"]
    assert set(everybody["initiative"]) == set(SHIPPED.initiatives_of(indicator))
    if indicator.reliable is not None:  # answers drawn at random measure nothing: what error they have cannot be told
        assert set(everybody["reason"]) == {"no-reliability"}
        return
    assert set(everybody["status"]) == {"published"}
    assert (everybody["se"] > 0).all()
    assert ((everybody["low"] < everybody["value"]) & (everybody["value"] < everybody["high"])).all()
    assert set(ours["dimension"]) == {"all", *indicator.by}
    if indicator.is_share:
        assert everybody["low"].between(0, 1).all()
        assert everybody["high"].between(0, 1).all()
