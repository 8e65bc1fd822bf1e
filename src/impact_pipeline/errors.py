"""Every error that Impact Pipeline raises on purpose: one root, a few children.

Bad data is never an exception: it is a `Finding`. An exception means that a declaration is wrong, that a
store cannot do what was asked, or that a promise of the pipeline was broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ImpactError(Exception):
    """Root of all errors raised on purpose; its text is fit to be shown to a person."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a declaration, with all that is needed to mend it.

    `line` is 1-based and None where the whole file is meant; `nearest` is the known name that looks most like
    what was read, or None.
    """

    file: str
    line: int | None
    key: str
    read: str
    expected: str
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        hint = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{place}: {self.key}: read {self.read}, expected {self.expected}.{hint}"


class DeclarationError(ImpactError):
    """One or more declarations are wrong; all problems are told at once."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0, p.key)))
        super().__init__("\n".join(map(str, self.problems)))


class UnknownName(ImpactError):
    """A name given on the way in (an instrument, an initiative, a release...) is not declared or not there."""

    def __init__(self, kind: str, name: str, known: Sequence[str], nearest: str | None = None):
        self.kind, self.name, self.known, self.nearest = kind, name, tuple(known), nearest
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        listed = ", ".join(known) if known else "none yet"
        super().__init__(f"There is no {kind} called {name!r}.{hint} Known: {listed}.")


class UnknownPeriod(ImpactError):
    """A period given on the way in that nobody can read as a year, a semester, a quarter, a month or a school year."""

    def __init__(self, period: str):
        self.period = period
        super().__init__(f"{period!r} is no period. Write for example 2026, 2026-S1, 2026-Q1, 2026-03 or 2025-2026.")


class ReadingError(ImpactError):
    """Bytes that cannot be read as a table; `code` is the code of the finding that tells the field actor."""

    def __init__(self, code: str, **details: object):
        self.code, self.details = code, details
        super().__init__(f"{code} {details}" if details else code)


class StoreError(ImpactError):
    """A store (raw, warehouse, release) cannot do what was asked without breaking a promise."""


class DecisionError(ImpactError):
    """Decisions about duplicates that cannot be replayed as they stand; all problems are told at once."""

    def __init__(self, problems: Sequence[str]):
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class RowsLost(ImpactError):
    """Rows in are not rows accepted + rows set aside. Never to be caught: it is a defect of the pipeline."""

    def __init__(self, where: str, rows_in: int, accepted: int, set_aside: int):
        super().__init__(f"{where}: {rows_in} rows in, but {accepted} accepted + {set_aside} set aside")


class RefusedEstimate(ImpactError):
    """A figure that would be wrong rather than uncertain (a stratum with a single unit under policy `fail`...)."""


class QueryError(ImpactError):
    """A query over a release that cannot be run; says why in one line."""
