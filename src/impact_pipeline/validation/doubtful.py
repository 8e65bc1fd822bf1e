"""Which columns of a typed table may hold a cell that fails a check: the others are not looked at cell by cell.

Typed records and their instrument come in; names of fields go out. A column may be named for nothing, since its own
schema decides about each cell; one that holds a fault always is.
"""

from __future__ import annotations

import pandas as pd

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.renderings.columns import frame_types


def doubtful_fields(data: pd.DataFrame, instrument: Instrument, schemas: Schemas) -> list[str]:
    """The fields that may fail, in the instrument's order, with those of the key where two records may share it."""
    types = frame_types(instrument)
    if list(data.columns) != list(types):
        return list(types)
    twins = bool(data.duplicated(list(instrument.key), keep=False).any())
    return [
        field.name
        for field in instrument.fields
        if (twins and field.name in instrument.key)
        or str(data[field.name].dtype) != types[field.name]
        or _may_fail(data[field.name], field, instrument, schemas)
    ]


def _may_fail(values: pd.Series, field: FieldDeclaration, instrument: Instrument, schemas: Schemas) -> bool:
    if values.hasnans:
        if field.required or field.name in instrument.key:
            return True
        values = values.dropna()
    if values.empty:
        return False
    if field.pattern is not None or field.type == "categories":
        return True
    if field.type == "category" and not set(values.unique()) <= schemas.codelist(field.codes).by_code.keys():
        return True
    return field.range is not None and not (field.range[0] <= values.min() and values.max() <= field.range[1])
