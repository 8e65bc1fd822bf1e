"""What one cell of a field accepts in a workbook: its format, its check as one types, its help and an example.

Comes in: a field, its instrument, the declarations and a language. Goes out: plain values that `template` gives to
xlsxwriter. Writes nothing, and decides nothing about where the field stands in the sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.numbers import format_decimal
from xlsxwriter.utility import xl_rowcol_to_cell

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.words import Language, say

TEXT, DATE, INTEGER, GENERAL = "@", "dd/mm/yyyy", "0", "General"
NUMBER_FORMATS: Mapping[str, str] = {
    "identifier": TEXT,
    "text": TEXT,
    "commune": TEXT,
    "postcode": TEXT,
    "point": TEXT,
    "siren": TEXT,
    "siret": TEXT,
    "rna": TEXT,
    "phone": TEXT,  # a spreadsheet would take its first zero
    "email": TEXT,
    "period": TEXT,  # a spreadsheet would turn 2026-01 into a date
    "date": DATE,
    "integer": INTEGER,
}
FIXED_LENGTH: Mapping[str, int] = {"postcode": 5, "siren": 9, "siret": 14, "rna": 10}
PERIOD_EXAMPLES: Mapping[str, str] = {
    "month": "2026-01",
    "quarter": "2026-Q1",
    "semester": "2026-S1",
    "year": "2026",
    "school-year": "2025-2026",
}
PARTS: Mapping[str, Sequence[str]] = {
    "month": tuple(f"-{month:02}" for month in range(1, 13)),
    "quarter": ("-Q1", "-Q2", "-Q3", "-Q4"),
    "semester": ("-S1", "-S2"),
    "year": ("",),
}
TEXT_EXAMPLES: Mapping[str, str] = {
    "identifier": "A001",
    "text": "…",
    "commune": "07019",
    "postcode": "07200",
    "point": "44.7352, 4.5986",
    "siren": "210100343",
    "siret": "21010034300016",
    "rna": "W072001234",
    "phone": "04 65 71 00 00",  # of those that are given to nobody
    "email": "contact@example.org",
}
DATE_EXAMPLE = date(2026, 3, 12)
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
LARGEST = 10**12  # beyond it a number in a form is a slip of the keyboard, whatever it counts
TITLE_LIMIT, MESSAGE_LIMIT = 32, 255  # what a spreadsheet shows of a help or error message
LISTS = "_listes"


@dataclass(frozen=True, slots=True)
class Choices:
    """The answers that a drop-down offers, standing in one column of the hidden sheet of lists."""

    column: int
    labels: tuple[str, ...]

    @property
    def source(self) -> str:
        """The range of cells that holds them."""
        top = xl_rowcol_to_cell(0, self.column, row_abs=True, col_abs=True)
        bottom = xl_rowcol_to_cell(len(self.labels) - 1, self.column, row_abs=True, col_abs=True)
        return f"={LISTS}!{top}:{bottom}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom and which period a template is for; empty where it is for anybody."""

    organisation: str = ""
    period: str = ""


@dataclass(frozen=True)
class Cells:
    """Cells of an instrument's fields in one language."""

    instrument: Instrument
    schemas: Schemas
    language: Language
    asked: Asked = Asked()

    def header(self, field: FieldDeclaration) -> str:
        """The column's header: its label, starred where an answer is required."""
        return field.label[self.language] + ("\u00a0*" if field.required else "")

    def unit(self, field: FieldDeclaration) -> str:
        """The unit as people read it, where the programme lists its units; else as it was declared."""
        units = self.schemas.codelists.get("unit")
        known = units.by_code.get(field.unit or "") if units else None
        return known.label[self.language] if known else field.unit or ""

    def answers(self, field: FieldDeclaration) -> tuple[str, ...]:
        """Labels of the answers to choose from; none where the answer is free."""
        if field.type == "boolean":
            return say("template.yes", self.language), say("template.no", self.language)
        if field.codes is None:
            return ()
        return tuple(item.label[self.language] for item in self.schemas.codelist(field.codes).codes)

    def lists(self) -> dict[str, Choices]:
        """The drop-down of each field that has one, by field name; fields with the same answers share a column."""
        columns: dict[tuple[str, ...], int] = {}
        found: dict[str, Choices] = {}
        for field in self.instrument.fields:
            labels = self.answers(field)
            if labels:
                found[field.name] = Choices(columns.setdefault(labels, len(columns)), labels)
        return found

    def expectation(self, field: FieldDeclaration) -> str:
        """One sentence: what to write in the cell, whatever the field is about."""
        say_it = self._say
        if self.instrument.layout == "matrix" and field.name in self.instrument.key:
            part = "wave" if field.name == self.instrument.wave_field else "unit"
            return say_it(f"template.expect.matrix.{part if field.codes is None else 'listed'}")
        if field.type in ("boolean", "category"):
            return say_it("template.expect.category")
        if field.type == "period":
            return say_it(
                f"template.expect.period.{field.period}", example=self.period(PERIOD_EXAMPLES[str(field.period)])
            )
        if field.type in ("integer", "decimal"):
            told = self._number_told(field)
            kept = ", ".join(
                say_it("template.missing.item", code=code, meaning=say_it(f"template.missing.{status}"))
                for code, status in sorted(self.instrument.missing.items(), reverse=True)
            )
            return f"{told} {say_it('template.missing', codes=kept)}" if kept else told
        return say_it(f"template.expect.{field.type}")

    def help(self, field: FieldDeclaration) -> str:
        """What the declaration says to write; else what the type expects. What is known already may be left blank."""
        told = field.help[self.language] if field.help else self.expectation(field)
        known = self.known(field)
        return f"{told} {self._say('template.known', value=known)}" if known else told

    def known(self, field: FieldDeclaration) -> str:
        """What the template itself says of a field, so that nobody has to; empty for any other."""
        if field.fill == "organisation":
            return self.asked.organisation
        if field.fill == "period" and self.asked.period:
            periods = self.periods(field, self.asked.period)
            return periods[0] if len(periods) == 1 else ""
        return ""

    def example(self, field: FieldDeclaration, *, organisation: str = "", period: str = "") -> str | float | date:
        """A believable value, of the type that the cell holds: the declared example, else one that fits."""
        if field.fill == "organisation" and organisation:
            return organisation
        if field.type == "period":
            declared = field.example or PERIOD_EXAMPLES[str(field.period)]
            return self.periods(field, period)[0] if period else self.period(declared)
        if field.type in ("integer", "decimal"):
            return _number(field.example) if field.example else _middle(field)
        if field.type == "date":
            return _date(field.example) if field.example else DATE_EXAMPLE
        answers = self.answers(field)
        if field.type == "boolean":
            return answers[0]
        if field.codes is None:
            return field.example or TEXT_EXAMPLES[field.type]
        labels = {item.code: item.label[self.language] for item in self.schemas.codelist(field.codes).codes}
        if field.type == "categories":
            return " ; ".join(labels[code] for code in (field.example or "").split() if code in labels) or answers[0]
        return labels.get(field.example or "", answers[0])

    def shown(self, value: str | float | date) -> str:
        """A value as people of the language read it."""
        if isinstance(value, date):
            return value.strftime("%d/%m/%Y")
        return value if isinstance(value, str) else str(format_decimal(value, locale=self.language))

    def period(self, period: str) -> str:
        """A period as people write it: `T1 2026` for the quarter 2026-Q1; years and months as they are."""
        year, _, part = period.partition("-")
        kind = {"Q": "quarter", "T": "quarter", "S": "semester"}.get(part[:1])
        return self._say(f"template.{kind}", number=part[1:], year=year).strip() if kind else period

    def periods(self, field: FieldDeclaration, period: str) -> tuple[str, ...]:
        """The periods of the field's length that the one asked for holds (2026: its four quarters), or that hold it."""
        return tuple(self.period(each) for each in _parts(period, str(field.period)))

    def validation(self, field: FieldDeclaration, choices: Choices | None, row: int, column: int) -> dict[str, Any]:
        """Options of xlsxwriter's `data_validation` for a range whose first cell is (row, column), both 0-based."""
        told = {
            "input_title": clipped(field.label[self.language], TITLE_LIMIT),
            "input_message": clipped(self.help(field), MESSAGE_LIMIT),
            "error_title": clipped(self._say("template.error.title"), TITLE_LIMIT),
            "error_message": clipped(self._error(field), MESSAGE_LIMIT),
        }
        return told | self._check(field, choices, xl_rowcol_to_cell(row, column))

    def _check(self, field: FieldDeclaration, choices: Choices | None, cell: str) -> dict[str, Any]:
        if field.type in ("category", "boolean") and choices is not None:
            return {"validate": "list", "source": choices.source}
        if field.type in ("integer", "decimal"):
            return {"validate": "custom", "value": self._number_formula(field, cell)}
        if field.type == "date":
            return {"validate": "date", "criteria": "between", "minimum": EARLIEST, "maximum": LATEST}
        if field.type in FIXED_LENGTH:
            length = FIXED_LENGTH[field.type]
            return {"validate": "length", "criteria": "equal to", "value": length, "error_type": "warning"}
        return {"validate": "any"}

    def _number_formula(self, field: FieldDeclaration, cell: str) -> str:
        lowest, highest = field.range or (-LARGEST, LARGEST)
        tests = [f"ISNUMBER({cell})", f"{cell}>={lowest:.15g}", f"{cell}<={highest:.15g}"]
        if field.type == "integer":
            tests.append(f"{cell}=INT({cell})")
        allowed = [f"AND({','.join(tests)})", *(f"{cell}={code}" for code in sorted(self.instrument.missing))]
        return f"=OR({','.join(allowed)})"

    def _number_told(self, field: FieldDeclaration) -> str:
        unit = self._say("template.unit", unit=self.unit(field)) if field.unit else ""
        if field.range is None:
            return self._say(f"template.expect.{field.type}", unit=unit)
        low, high = (format_decimal(end, locale=self.language) for end in field.range)
        return self._say(f"template.expect.{field.type}.range", low=low, high=high, unit=unit)

    def _error(self, field: FieldDeclaration) -> str:
        key = "template.error.length" if field.type in FIXED_LENGTH else "template.error.cell"
        return self._say(key, expectation=self.expectation(field))

    def _say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)


def _parts(period: str, length: str) -> list[str]:
    """The periods of a length that the one asked for holds, or that hold it; itself where there is none."""
    year, _, part = period.partition("-")
    if part and len(part) == len(year):  # a school year, from September to August
        months = [f"{year}-{month:02}" for month in range(9, 13)] + [f"{part}-{month:02}" for month in range(1, 9)]
        return months if length == "month" else [period]
    if part and length in PARTS:
        parts = PARTS[length]
        held = dict.fromkeys(parts[(month - 1) * len(parts) // 12] for month in _months(part))
        return [f"{year}{each}" for each in held]
    if part:
        return [period]
    if length == "school-year":  # a calendar year has the end of one and the beginning of another
        return [f"{int(year) - 1}-{year}", f"{year}-{int(year) + 1}"] if year.isdigit() else [period]
    return [f"{year}{each}" for each in PARTS[length]]


def _months(part: str) -> range:
    """The months of a part of a year, from 1 to 12: those of `Q2` are 4 to 6."""
    length = {"Q": 3, "T": 3, "S": 6}.get(part[0], 1)
    last = length * int(part.lstrip("QTS"))
    return range(last - length + 1, last + 1)


def clipped(text: str, limit: int) -> str:
    """The text in at most `limit` UTF-16 units, cut between words."""
    if _units(text) <= limit:
        return text
    kept = ""
    for word in text.split(" "):
        if _units(f"{kept} {word}".strip()) > limit - 1:
            break
        kept = f"{kept} {word}".strip()
    return kept + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _number(text: str) -> float:
    """A number as an example declares it, in the French way or not: `9 450,50`."""
    return float("".join(text.split()).replace(",", "."))


def _date(text: str) -> date:
    """A date as an example declares it: `14/03/2025` or `2025-03-14`."""
    parts = [int(part) for part in text.replace("/", "-").split("-")]
    return date(*parts) if parts[0] > LATEST.day else date(*reversed(parts))


def _middle(field: FieldDeclaration) -> float:
    low, high = field.range or (0, 20)
    middle = low + (min(high, low + 100) - low) * 0.4
    return round(middle) if field.type == "integer" else round(middle, 1)
