"""Which instrument a file answers, and for whom, where nobody says: by the stamp of our template, else by its headers.

A path and the declarations come in; a `Recognised` goes out, and completes the key of a submission. Reads the head of a
large text table, checks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from impact_pipeline.conforming.conform import fit
from impact_pipeline.declarations import Instrument, Schemas
from impact_pipeline.errors import ReadingError
from impact_pipeline.landing import SubmissionKey
from impact_pipeline.reading import NOTHING, Asked, is_text, read_book
from impact_pipeline.reading.sheet import Book, Stamp

HEAD = 2**20  # bytes of a text table in which its header stands
ROWS = 200  # of each sheet, in which a header stands
ENOUGH = 3  # fields that headers must name
CLEARLY = 1.5  # times as many as in any other instrument


@dataclass(frozen=True, slots=True)
class Recognised:
    """`instrument` is None where nothing tells which one it is, or where several may be it."""

    instrument: Instrument | None
    by: Literal["stamp", "headers", ""] = ""
    stamp: Stamp | None = None


def completed(key: SubmissionKey, stamp: Stamp | None, schemas: Schemas) -> SubmissionKey:
    """A key whose empty parts are those that the stamp of our template says, and the only initiative that fits."""
    if stamp is not None and key.instrument in ("", stamp.instrument):
        key = replace(
            key, instrument=stamp.instrument, organisation=key.organisation or stamp.organisation,
            period=key.period or stamp.period,
        )  # fmt: skip
    fitting = [
        name for name, initiative in sorted(schemas.initiatives.items())
        if key.organisation in initiative.organisations and key.instrument in initiative.instruments
    ]  # fmt: skip
    return replace(key, initiative=fitting[0]) if not key.initiative and len(fitting) == 1 else key


def recognise(path: Path, schemas: Schemas, *, asked: Asked = NOTHING) -> Recognised:
    """The newest version of the instrument that a file answers; `asked` is how somebody wants the file read."""
    content = path.read_bytes()
    if is_text(content) and len(content) > HEAD:
        content = content[:HEAD].rpartition(b"\n")[0]
    try:
        book = read_book(content, path.name, asked)
    except ReadingError:
        return Recognised(None)
    if book.stamp is not None and book.stamp.instrument in schemas.versions:
        return Recognised(schemas.instrument(book.stamp.instrument), "stamp", book.stamp)
    instrument = clear_best(
        fits(book, schemas), {name: len(schemas.instrument(name).fields) for name in schemas.versions}
    )
    return Recognised(None) if instrument is None else Recognised(schemas.instrument(instrument), "headers")


def fits(book: Book, schemas: Schemas) -> dict[str, int]:
    """Fields that the headers of a book name, by instrument."""
    head = replace(book, sheets=tuple(replace(sheet, rows=sheet.rows[:ROWS]) for sheet in book.sheets))
    return {name: fit(head, schemas.instrument(name), schemas) for name in sorted(schemas.versions)}


def clear_best(fits: Mapping[str, int], asked: Mapping[str, int] = {}) -> str | None:
    """The name with far more fields than any other, or the only one with all that it asks and most; else None."""
    ordered = sorted(fits, key=lambda name: (-fits[name], name))
    if not ordered or fits[ordered[0]] < ENOUGH:
        return None
    best, others = ordered[0], ordered[1:]
    if not others or fits[best] >= CLEARLY * fits[others[0]]:
        return best
    whole = [name for name in ordered if fits[name] == asked.get(name)]
    return best if whole == [best] and fits[best] > fits[others[0]] else None
