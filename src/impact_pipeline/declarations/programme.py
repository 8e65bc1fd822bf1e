"""The programme (languages, themes, thresholds), its initiatives and its code lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic_core import CoreSchema

from impact_pipeline.declarations.common import Code, Declaration, Slug, Text, Wrong, refuse, repeated
from impact_pipeline.names import plain
from impact_pipeline.words import LANGUAGES, Language

SinglePsu = Literal["fail", "adjust", "certainty"]
ShareInterval = Literal["logit", "beta", "wilson"]
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

    def has_small_arm(self, unit_type: UnitType, *arms: int | None) -> bool:
        """Whether an arm with units in it has fewer; a study without a comparison has one arm."""
        return any(0 < (n or 0) < self.threshold(unit_type) for n in arms)


class Statistics(Declaration):
    """How every figure is estimated unless an instrument says otherwise."""

    confidence: float = Field(0.95, gt=0.5, lt=1, description="confidence level of intervals")
    single_psu: SinglePsu = Field("adjust", description="what to do with a stratum that has a single sampling unit")
    interval: ShareInterval | None = Field(
        None, description="interval of shares; unless given logit, and beta where fewer than 10 are expected"
    )
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

    @field_validator("timezone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("a time zone such as Europe/Paris or Indian/Reunion") from None
        return value

    @model_validator(mode="after")
    def _coherent(self) -> Programme:
        names = [(("themes", place, "name"), theme.name) for place, theme in enumerate(self.themes)]
        refuse(repeated(names, "a theme that is not declared twice"))
        return self


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

    @model_validator(mode="after")
    def _coherent(self) -> CodeList:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        codes = [(("codes", place, "code"), item.code) for place, item in enumerate(self.codes)]
        yield from repeated(codes, "a code that the list does not have yet")
        owner = {plain(item.code): item.code for item in self.codes}
        for place, item in enumerate(self.codes):
            for spelling in (item.label.fr, item.label.en, *item.synonyms):
                other = owner.setdefault(plain(spelling), item.code)
                if plain(spelling) and other != item.code:
                    yield Wrong(("codes", place), spelling, f"a spelling that does not mean {other!r} already")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """An editor accepts the short form too."""
        schema = handler.resolve_ref_schema(handler(core))
        codes = schema["properties"]["codes"]
        label = handler.resolve_ref_schema(codes["items"])["properties"]["label"]
        schema["properties"]["codes"] = {
            "anyOf": [codes, {"type": "object", "minProperties": 1, "additionalProperties": label}]
        }
        return schema

    @cached_property
    def by_code(self) -> dict[str, CodeItem]:
        return {item.code: item for item in self.codes}
