"""What a file is about, as a person says it: names that are declared, and a period written our way.

The declarations and a key come in; the instrument, or the key with its period in our notation, goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from impact_pipeline.conforming.calendar import period_of
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import UnknownName, UnknownPeriod
from impact_pipeline.landing import SubmissionKey
from impact_pipeline.names import nearest


def check_key(schemas: Schemas, key: SubmissionKey) -> Instrument:
    """The instrument that a key names. Raises UnknownName, with the nearest, for what nobody declared."""
    initiative = schemas.initiative(key.initiative)
    _known(f"organisation of {key.initiative}", key.organisation, initiative.organisations)
    instrument = schemas.instrument(key.instrument)
    _known(f"instrument of {key.initiative}", instrument.instrument, initiative.instruments)
    return instrument


def read_key(schemas: Schemas, key: SubmissionKey) -> SubmissionKey:
    """The key with its period as we write it: `T1 2026` is `2026-Q1`. What is empty is not asked for.

    Raises UnknownName, with the nearest, for what nobody declared, UnknownPeriod for what is no period.
    """
    if key.initiative:
        initiative = schemas.initiative(key.initiative)
        organisations, kind = initiative.organisations, f"organisation of {key.initiative}"
        instrument = schemas.instrument(key.instrument).instrument
        _known(f"instrument of {key.initiative}", instrument, initiative.instruments)
    else:
        declared = schemas.initiatives.values()
        organisations, kind = tuple(sorted({name for item in declared for name in item.organisations})), "organisation"
    if key.organisation:
        _known(kind, key.organisation, organisations)
    period = period_of(key.period) if key.period else ""
    if period is None:
        raise UnknownPeriod(key.period)
    return replace(key, period=period)


def _known(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise UnknownName(kind, name, known, nearest(name, known))
