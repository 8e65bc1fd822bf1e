"""The codebook: what each field of each instrument means, one entry a field, in the order of the declarations.

Comes in: the declarations. Goes out: plain entries, which a release writes as its table `field`. Knows no data.
"""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.declarations import Schemas


@dataclass(frozen=True, slots=True)
class CodebookEntry:
    """One field; `minimum` and `maximum` are both allowed, and None where the field has no bounds."""

    instrument: str
    version: int
    position: int  # 1 is the first field of the instrument
    field: str
    type: str
    label_fr: str
    label_en: str
    help_fr: str | None
    help_en: str | None
    unit: str | None
    codes: str | None  # the code list of a category
    minimum: float | None
    maximum: float | None
    required: bool
    disclosure: str
    scale: str | None
    item: str | None  # the item of the scale that the field holds


def codebook(schemas: Schemas) -> list[CodebookEntry]:
    """An entry for every field of every version of every instrument, by instrument, version and position."""
    return [
        CodebookEntry(
            instrument=instrument.instrument,
            version=instrument.version,
            position=position,
            field=field.name,
            type=field.type,
            label_fr=field.label.fr,
            label_en=field.label.en,
            help_fr=field.help.fr if field.help else None,
            help_en=field.help.en if field.help else None,
            unit=field.unit,
            codes=field.codes,
            minimum=field.range[0] if field.range else None,
            maximum=field.range[1] if field.range else None,
            required=field.required,
            disclosure=field.disclosure,
            scale=field.scale,
            item=field.scale_item if field.scale else None,
        )
        for instrument in schemas.instruments
        for position, field in enumerate(instrument.fields, start=1)
    ]
