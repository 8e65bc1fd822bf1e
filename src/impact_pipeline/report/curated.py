"""The curated tables of a release as the report reads them: rows with their texts in one language, looked up by key.

Frames come in; plain rows go out, where a missing cell is None. Nothing here computes a figure or opens a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from impact_pipeline.report.typography import Typography, is_period
from impact_pipeline.words import Language, catalogue, say

Row = Mapping[str, Any]


class Curated:
    """The tables of a release in one language."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], language: Language):
        self.language: Language = language
        self.typography = Typography(language)
        self._rows = {name: _records(table) for name, table in tables.items()}

    @property
    def tables(self) -> list[str]:
        """The names of all tables, in their order."""
        return list(self._rows)

    def rows(self, table: str, **key: object) -> list[Row]:
        """Rows of a table, in its order, whose columns hold the values given."""
        return [row for row in self._rows[table] if all(row[column] == value for column, value in key.items())]

    def text(self, row: Row, column: str) -> str:
        """The text of a row in the report's language; empty where it has none."""
        return str(row[f"{column}_{self.language}"] or "")

    def say(self, key: str, /, **values: object) -> str:
        """A sentence of the catalogue in the report's language."""
        return say(key, self.language, **values)

    def say_code(self, prefix: str, code: str | None) -> str:
        """The words for a code of the pipeline; the code itself where the catalogue does not know it."""
        return catalogue(self.language).get(f"{prefix}.{code}", str(code or ""))

    @cached_property
    def instruments(self) -> dict[str, Row]:
        """Instrument -> its row, in its latest version."""
        return {row["instrument"]: row for row in sorted(self._rows["instrument"], key=lambda row: int(row["version"]))}

    @cached_property
    def indicators(self) -> dict[str, Row]:
        return {row["indicator"]: row for row in self._rows["indicator"]}

    @cached_property
    def initiatives(self) -> dict[str, Row]:
        return {row["initiative"]: row for row in self._rows["initiative"]}

    @cached_property
    def _categories(self) -> dict[tuple[str, str, str], Row]:
        return {(row["instrument"], row["dimension"], row["category"]): row for row in self._rows["category"]}

    @cached_property
    def _units(self) -> dict[str, str]:
        return {row["code"]: self.text(row, "label") for row in self.rows("code", codelist="unit")}

    def unit(self, code: str | None) -> str:
        """The name of a unit of measure; nothing for a figure without one."""
        return self._units.get(code, code) if code else ""

    def dimension(self, instrument: str, dimension: str) -> str:
        """The name of a breakdown."""
        found = next((row for key, row in self._categories.items() if key[:2] == (instrument, dimension)), None)
        return self.text(found, "dimension") if found else dimension

    def category(self, instrument: str, dimension: str, category: str) -> str:
        """The label of a category of a breakdown."""
        row = self._categories.get((instrument, dimension, category))
        return (self.text(row, "label") if row else "") or category

    def wave(self, instrument: str, wave: str, *, short: bool = False) -> str:
        """The name of a wave: its label in a survey, the period in words elsewhere."""
        if is_period(wave):
            return self.typography.period(wave, short=short)
        return self.category(instrument, "wave", wave)

    def waves_in_order(self, instrument: str, waves: Iterable[str]) -> list[str]:
        """Each wave once: periods by time, moments of a survey as they are declared."""
        found = set(waves)
        return sorted(found) if all(map(is_period, found)) else self.in_order(instrument, "wave", list(found))

    def choice(self, instrument: str, code: str) -> str:
        """The words for an answer, whatever the question: a yes or no, or the label that all lists of the instrument
        give the code; the code itself otherwise."""
        if code in ("true", "false"):
            return self.say(f"report.{code}")
        lists = {row["codelist"] for row in self.rows("field", instrument=instrument)}
        labels = {self.text(row, "label") for row in self.rows("code", code=code) if row["codelist"] in lists}
        return labels.pop() if len(labels) == 1 else code

    def question(self, instrument: str, field: str) -> str:
        """The label of a question; its name where there is none."""
        labels = [self.text(row, "label") for row in self.rows("field", instrument=instrument, field=field)]
        return next(filter(None, reversed(labels)), field)

    def p_value(self, p: float | None) -> str:
        """A p value of three decimals; those below one thousandth are not told further."""
        if p is None:
            return "–"
        return self.say("report.study.p.small") if p < 0.001 else self.typography.number(p, 3)

    def in_order(self, instrument: str, dimension: str, categories: Sequence[str]) -> list[str]:
        """Each category once, in the declared order; unknown ones last, by name."""

        def place(category: str) -> tuple[int, str]:
            row = self._categories.get((instrument, dimension, category))
            return (int(row["position"]) if row else len(self._categories), category)

        return sorted(set(categories), key=place)


def _records(frame: pd.DataFrame) -> list[Row]:
    told = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in told]
