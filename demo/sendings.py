"""Every file of the demo, in the order in which it is sent."""

from __future__ import annotations

from collections.abc import Iterator

from demo import send_cafes, send_pole, send_residents, send_studies, send_youth
from demo.sending import Sending
from impact_pipeline.declarations import Schemas


def sendings(schemas: Schemas) -> list[Sending]:
    """All files, in order."""
    return list(_all(schemas))


def _all(schemas: Schemas) -> Iterator[Sending]:
    yield from send_residents.before(schemas)
    yield from send_youth.files_of(schemas)
    yield from send_pole.files_of(schemas)
    yield from send_cafes.files_of(schemas)
    yield from send_residents.after(schemas)
    yield from send_studies.files_of(schemas)
