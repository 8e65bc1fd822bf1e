"""A sender's own names of indicators, as its mapping has them, in a cross table."""

from __future__ import annotations

from collections.abc import Iterable

from impact_pipeline.conforming.grid import Grid
from impact_pipeline.declarations import ColumnMapping, Instrument
from impact_pipeline.findings import Finding, Level, Place
from impact_pipeline.names import plain


def with_words_of(mapping: ColumnMapping | None, instrument: Instrument) -> Instrument:
    """The instrument that knows its sender's own names of indicators too."""
    told: dict[str, list[str]] = {}
    for header, name in mapping.columns.items() if mapping else ():
        told.setdefault(name, []).append(header)
    fields = (
        item.model_copy(update={"synonyms": (*item.synonyms, *told.get(item.name, ()))}) for item in instrument.fields
    )
    return instrument.model_copy(update={"fields": tuple(fields)}) if told else instrument


def mapped_indicators(grid: Grid, mapping: ColumnMapping) -> Iterable[Finding]:
    """The indicators that were recognised by their sender's own name."""
    names = {plain(header): name for header, name in mapping.columns.items()}
    for column in grid.columns:
        if column.header and names.get(plain(column.header)) == column.field:
            told, place = column.header, Place(grid.sheet)
            yield Finding("mapped-column", Level.CORRECTED, place, told, column.field, details={"header": told})
