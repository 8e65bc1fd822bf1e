"""From an instrument to the pandera schema that checks its records.

Cells come typed: what could not be typed is missing by then and told elsewhere, so that one bad cell never hides the
others of its column. Each check bears the code of the finding that tells it, and works cell by cell; only the key's
uniqueness looks at the whole table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import pandas as pd
import pandera.pandas as pa

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.renderings.columns import frame_types


def pandera_schema(instrument: Instrument, schemas: Schemas, only: Collection[str] | None = None) -> pa.DataFrameSchema:
    """One column a field, in the declared order; a required one and the key are not nullable. `only`: the schema of
    these fields, where the others are known to pass; without the whole key its uniqueness is not looked at.

    Checks tell `not-in-list`, `out-of-range`, `pattern` by cell and `duplicate-key` by row (every member of the
    group). Validate with `lazy=True` to have them all at once.
    """
    types = frame_types(instrument)
    columns = {
        field.name: pa.Column(
            types[field.name],
            checks=_checks(field, schemas),
            nullable=not field.required and field.name not in instrument.key,
            title=field.label.fr,
            description=field.help.fr if field.help else None,
        )
        for field in instrument.fields
        if only is None or field.name in only
    }
    unique = pa.Check(_is_alone(list(instrument.key)), name="unique_key", error="duplicate-key")
    has_key = columns.keys() >= set(instrument.key)
    return pa.DataFrameSchema(
        columns, checks=unique if has_key else None, ordered=True, strict=True, name=str(instrument)
    )


def _checks(field: FieldDeclaration, schemas: Schemas) -> list[pa.Check]:
    checks = []
    if field.type == "category":
        checks.append(pa.Check.isin(list(schemas.codelist(field.codes).by_code), error="not-in-list"))
    if field.type == "categories":
        codes = frozenset(schemas.codelist(field.codes).by_code)
        checks.append(pa.Check(lambda cell: codes.issuperset(cell.split()), element_wise=True, error="not-in-list"))
    if field.range is not None:
        lowest, highest = field.range
        checks.append(pa.Check.in_range(lowest, highest, error="out-of-range"))
    if field.pattern is not None:
        # ASCII classes, as the engine's expressions have them: both paths must find the same
        pattern = re.compile(field.pattern, re.ASCII)
        checks.append(
            pa.Check(lambda cell: pattern.fullmatch(str(cell)) is not None, element_wise=True, error="pattern")
        )
    return checks


def _is_alone(key: list[str]) -> Callable[[pd.DataFrame], pd.Series]:
    def alone(frame: pd.DataFrame) -> pd.Series:
        complete = frame[key].notna().all(axis=1)
        return ~(complete & frame.duplicated(key, keep=False))

    return alone
