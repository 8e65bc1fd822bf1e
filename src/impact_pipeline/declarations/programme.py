"""The programme (languages, themes, thresholds), its initiatives and its code lists."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator

from impact_pipeline.declarations.common import Code, Declaration, Slug, Text
from impact_pipeline.words import LANGUAGES, Language

SinglePsu = Literal["fail", "adjust", "certainty"]
UnitType = Literal["person", "business"]


class Theme(Declaration):
    """A field of action, under which initiatives and indicators are grouped in reports."""

    name: Slug
    label: Text


class Disclosure(Declaration):
    """House thresholds of the disclosure gate: an estimate on fewer units is published as suppressed."""

    person: int = Field(11, ge=1, description="fewest people behind a published figure")
    business: int = Field(3, ge=1, description="fewest businesses behind a published figure")
    dominance: float = Field(0.85, gt=0, le=1, description="largest share one business may have of a total")

    def threshold(self, unit_type: UnitType) -> int:
        """Fewest units of this type that a published figure rests on."""
        return int(getattr(self, unit_type))


class Statistics(Declaration):
    """How every figure is estimated unless an instrument says otherwise."""

    confidence: float = Field(0.95, gt=0.5, lt=1, description="confidence level of intervals")
    single_psu: SinglePsu = Field("adjust", description="what to do with a stratum that has a single sampling unit")
    significant_digits: int = Field(10, ge=4, le=15, description="precision at which figures are published")


class Programme(Declaration):
    """Everything that is measured together, reported together, and kept under one set of thresholds."""

    programme: Slug
    name: Text
    description: Text
    publisher: Text
    licence: str = Field("Etalab-2.0", description="SPDX identifier of the licence of releases")
    languages: tuple[Language, ...] = Field(LANGUAGES, min_length=1)
    timezone: str = "Europe/Paris"
    themes: tuple[Theme, ...] = Field(min_length=1)
    disclosure: Disclosure = Disclosure()
    statistics: Statistics = Statistics()


class Initiative(Declaration):
    """A social innovation under study."""

    initiative: Slug
    name: Text
    description: Text
    theme: Slug
    organisations: tuple[Slug, ...] = Field(min_length=1, description="who may send files for it")
    territories: tuple[str, ...] = ()
    start: date | None = None
    instruments: tuple[Slug, ...] = Field(min_length=1)


class CodeItem(Declaration):
    """A code, its label, and the other spellings that mean it."""

    code: Code
    label: Text
    synonyms: tuple[str, ...] = ()


class CodeList(Declaration):
    """A closed list of codes, in the order in which they are shown."""

    codelist: Slug
    title: Text
    codes: tuple[CodeItem, ...] = Field(min_length=1)

    @field_validator("codes", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`codes: {f: {fr: Femme, en: Woman}}` is short for the list of codes with their labels."""
        if isinstance(value, dict):
            return [{"code": code, "label": label} for code, label in value.items()]
        return value

    @field_validator("codes")
    @classmethod
    def _once(cls, value: tuple[CodeItem, ...]) -> tuple[CodeItem, ...]:
        codes = [item.code for item in value]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"each code once, not {', '.join(twice)} twice")
        return value

    @cached_property
    def by_code(self) -> dict[str, CodeItem]:
        return {item.code: item for item in self.codes}
