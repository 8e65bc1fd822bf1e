"""The answers that every tool exports in its own way, and the records that each of its files must give."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.programme import ROOT

from impact_pipeline.conforming import TypedTable, conform
from impact_pipeline.declarations import load_schemas
from impact_pipeline.reading import read_book
from impact_pipeline.reading.sheet import Book

SCHEMAS = load_schemas(ROOT / "tests" / "schemas" / "households")
HOUSEHOLD = SCHEMAS.instrument("household")
NEEDS = SCHEMAS.codelist("need").by_code
SEX = SCHEMAS.codelist("sex").by_code
FIELDS = [item.name for item in HOUSEHOLD.fields]


@dataclass(frozen=True)
class Answers:
    """What a household said; None is a question left without an answer, `()` one of which no option was chosen."""

    household: str
    visited_on: date | None = None
    sex: str | None = None
    age: int | None = None
    needs: tuple[str, ...] | None = None
    member: bool | None = None
    satisfaction_1: int | None = None
    remark: str | None = None

    def told(self, name: str) -> str:
        """A field's answer as neutral text, codes as they are; dates ISO."""
        value: Any = getattr(self, name)
        if value is None:
            return ""
        if name == "needs":
            return " ".join(value)
        if name == "member":
            return "yes" if value else "no"
        return str(value)

    def labelled(self, name: str) -> str:
        """The same with the French labels of the answers."""
        if name == "sex" and self.sex:
            return SEX[self.sex].label.fr
        if name == "needs" and self.needs:
            return " ".join(NEEDS[code].label.fr for code in self.needs)
        if name == "member" and self.member is not None:
            return "Oui" if self.member else "Non"
        return self.told(name)


SAID = (
    Answers("HH-01", date(2026, 3, 2), "f", 34, ("mobility", "childcare"), True, 7, "Passe le permis ; en mars"),
    Answers("HH-02", date(2026, 3, 14), "h", 0, (), False, 0, None),
    Answers("HH-03", None, None, None, None, None, None, 'Ligne une\nligne "deux"'),
    Answers("HH-04", date(2026, 12, 1), "f", 71, ("health", "housing", "other"), None, 10, "N° 12, rue Neuve"),
)


def records(content: bytes, name: str = "export.csv") -> list[dict[str, Any]]:
    """The records that a file gives, with the reasons of the cells that have no value."""
    return records_of(table_of(content, name))


def table_of(content: bytes, name: str = "export.csv") -> TypedTable:
    return conform(book_of(content, name), HOUSEHOLD, SCHEMAS, fill={})


def book_of(content: bytes, name: str = "export.csv") -> Book:
    return read_book(content, name)


def records_of(table: TypedTable) -> list[dict[str, Any]]:
    found = []
    for place in range(len(table.data)):
        record = {}
        for field in table.data.columns:
            status = table.status.at[place, field]
            record[field] = status or str(table.data.at[place, field])
        found.append(record)
    return found


def expected(said: Iterable[Answers]) -> list[dict[str, Any]]:
    """The records of a plain table of the same answers; none of the options is what a plain table cannot tell."""
    said = list(said)
    found = records(csv_of([FIELDS, *([a.told(name) for name in FIELDS] for a in said)]))
    for answers, record in zip(said, found, strict=True):
        if answers.needs == ():
            record["needs"] = ""
    return found


def csv_of(rows: Iterable[Sequence[str]], separator: str = ";", line: str = "\r\n", bom: bool = False) -> bytes:
    """A text table with every cell quoted."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=line).writerows(rows)
    return stream.getvalue().encode("utf-8-sig" if bom else "utf-8")


def codes(table: TypedTable) -> set[str]:
    return {finding.code for finding in table.findings}
