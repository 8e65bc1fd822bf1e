"""What one cell of a field accepts in a workbook: its format, its check as one types, its help and an example.

Comes in: a field, its instrument, the declarations and a language. Goes out: plain values that `template` gives to
xlsxwriter. Writes nothing, and decides nothing about where the field stands in the sheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.numbers import format_decimal
from xlsxwriter.utility import xl_rowcol_to_cell

from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.words import Language, catalogue, say

TEXT, DATE, INTEGER, GENERAL = "@", "dd/mm/yyyy", "0", "General"
NUMBER_FORMATS: Mapping[str, str] = {
    "identifier": TEXT,
    "text": TEXT,
    "commune": TEXT,
    "postcode": TEXT,
    "siret": TEXT,
    "period": TEXT,  # a spreadsheet would turn 2026-01 into a date
    "date": DATE,
    "integer": INTEGER,
}
FIXED_LENGTH: Mapping[str, int] = {"commune": 5, "postcode": 5, "siret": 14}
PERIOD_EXAMPLES: Mapping[str, str] = {"month": "2026-01", "quarter": "2026-Q1", "semester": "2026-S1", "year": "2026"}
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


@dataclass(frozen=True)
class Cells:
    """Cells of an instrument's fields in one language."""

    instrument: Instrument
    schemas: Schemas
    language: Language

    def header(self, field: FieldDeclaration) -> str:
        """The column's header: its label, starred where an answer is required."""
        return field.label[self.language] + (" *" if field.required else "")

    def unit(self, field: FieldDeclaration) -> str:
        """The unit as people read it; one that the catalogue does not know stands as it was declared."""
        return catalogue(self.language).get(f"unit.{field.unit}", field.unit) if field.unit else ""

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
            told = self._number(field)
            kept = ", ".join(
                say_it("template.missing.item", code=code, meaning=say_it(f"template.missing.{status}"))
                for code, status in sorted(self.instrument.missing.items(), reverse=True)
            )
            return f"{told} {say_it('template.missing', codes=kept)}" if kept else told
        return say_it(f"template.expect.{field.type}")

    def help(self, field: FieldDeclaration) -> str:
        """The field's own help, then what to write."""
        own = [field.help[self.language]] if field.help else []
        return " ".join([*own, self.expectation(field)])

    def example(self, field: FieldDeclaration, *, organisation: str = "", period: str = "") -> str | float | date:
        """A believable value, of the type that the cell holds."""
        if field.fill == "organisation" and organisation:
            return organisation
        if field.type == "period":
            return self.period(period or field.example or PERIOD_EXAMPLES[str(field.period)])
        if field.type in ("integer", "decimal"):
            return _number_example(field)
        if field.type == "date":
            return date.fromisoformat(field.example) if field.example else date(2026, 3, 12)
        answers = self.answers(field)
        if field.type == "categories":
            return " ; ".join(answers[:2])
        return field.example or (answers[0] if answers else _TEXT_EXAMPLES[field.type])

    def shown(self, value: str | float | date) -> str:
        """A value as people of the language read it."""
        if isinstance(value, date):
            return value.strftime("%d/%m/%Y")
        return value if isinstance(value, str) else str(format_decimal(value, locale=self.language))

    def period(self, period: str) -> str:
        """A period as people write it: `T1 2026` for the quarter 2026-Q1; years and months as they are."""
        year, _, part = period.partition("-")
        if not part or part.isdigit():
            return period
        kind = {"Q": "quarter", "S": "semester"}.get(part[0])
        return self._say(f"template.{kind}", number=part[1:], year=year).strip() if kind else period

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

    def _number(self, field: FieldDeclaration) -> str:
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


_TEXT_EXAMPLES: Mapping[str, str] = {
    "identifier": "A001",
    "text": "…",
    "commune": "07019",
    "postcode": "07200",
    "siret": "21010034300016",
}


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


def _number_example(field: FieldDeclaration) -> float:
    if field.example:
        return float(field.example.replace(",", "."))
    low, high = field.range or (0, 20)
    middle = low + (min(high, low + 100) - low) * 0.4
    return round(middle) if field.type == "integer" else round(middle, 1)
