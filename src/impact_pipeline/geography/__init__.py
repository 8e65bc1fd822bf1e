"""Communes of France: what a code means at a date, which communes bear a name or a postcode, where each of them is.

`table` holds the tables shipped with the package and answers; `building` makes those tables out of the official lists,
and is not needed to read them. `origin.yaml` says where they come from, when they were built and what to beware of.
"""

from impact_pipeline.geography.table import (
    LEVELS,
    Commune,
    Standing,
    area_codes,
    area_name,
    commune,
    current,
    departement_of,
    groups,
    is_postcode,
    kind_of,
    named,
    nearest_communes,
    origin,
    standing,
    with_postcode,
)

__all__ = [
    "LEVELS",
    "Commune",
    "Standing",
    "area_codes",
    "area_name",
    "commune",
    "current",
    "departement_of",
    "groups",
    "is_postcode",
    "kind_of",
    "named",
    "nearest_communes",
    "origin",
    "standing",
    "with_postcode",
]
