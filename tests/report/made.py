"""Curated tables made by hand: rows of some columns, the others missing; tables not given are empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from impact_pipeline.release import TABLES
from impact_pipeline.report.curated import Curated
from impact_pipeline.words import Language


def curated(language: Language = "fr", **tables: Sequence[Mapping[str, Any]]) -> Curated:
    return Curated(
        {told.name: pa.Table.from_pylist(list(tables.get(told.name, ())), told.schema).to_pandas() for told in TABLES},
        language,
    )


def named(table: str, name: str, **more: Any) -> dict[str, Any]:
    """A row of a table named after it, with its name in both languages."""
    return {table: name, "name_fr": name.capitalize(), "name_en": name.capitalize(), **more}


def moments(*codes: str, dimension: str = "wave", instrument: str = "survey") -> list[dict[str, Any]]:
    """Categories of a breakdown in the order declared, labelled by their code in capitals."""
    return [
        {"instrument": instrument, "dimension": dimension, "dimension_fr": dimension.capitalize(),
         "dimension_en": dimension.capitalize(), "category": code, "position": n, "label_fr": code.upper(),
         "label_en": code.upper()}
        for n, code in enumerate(codes, start=1)
    ]  # fmt: skip
