"""An instrument: a questionnaire or an indicator form, in one version, and the fields that it asks."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Code, Declaration, FieldName, Slug, Text
from impact_pipeline.declarations.expressions import SqlExpression
from impact_pipeline.declarations.programme import SinglePsu, UnitType
from impact_pipeline.declarations.scale import Bounds

FieldType = Literal[
    "identifier", "text", "integer", "decimal", "boolean", "date", "category", "categories", "period",
    "commune", "postcode", "siret",
]  # fmt: skip
DisclosureClass = Literal["identifier", "quasi-identifier", "sensitive", "free-text", "safe"]
MissingStatus = Literal["refused", "unknown", "not-asked"]
RuleLevel = Literal["blocking", "to-check"]


class FieldDeclaration(Declaration):
    """One thing that the instrument asks; a column of a table, or a row of a matrix."""

    name: FieldName
    type: FieldType
    label: Text
    disclosure: DisclosureClass
    required: bool = False
    help: Text | None = Field(None, description="what to write in the cell, shown in the template and in messages")
    codes: Slug | None = Field(None, description="code list of a category")
    range: Bounds | None = None
    pattern: str | None = Field(None, description="regular expression that the whole text matches")
    unit: str | None = Field(None, description="unit of measure: years, EUR, hours...")
    period: Literal["month", "quarter", "semester", "year"] | None = None
    fill: Literal["period", "organisation"] | None = Field(
        None, description="taken from the submission where the file has no such column"
    )
    scale: Slug | None = None
    item: FieldName | None = Field(None, description="item of the scale; the field's own name unless given")
    synonyms: tuple[str, ...] = Field((), description="other spellings of the column's header")
    example: str | None = None

    @property
    def scale_item(self) -> str:
        """The item of the scale that this field holds."""
        return self.item or self.name

    @model_validator(mode="after")
    def _coherent(self) -> FieldDeclaration:
        if (self.type in ("category", "categories")) != (self.codes is not None):
            raise ValueError("`codes` for a category, and for nothing else")
        if self.range is not None and self.type not in ("integer", "decimal"):
            raise ValueError("`range` for a number, and for nothing else")
        if (self.type == "period") != (self.period is not None):
            raise ValueError("`period` (month, quarter, semester, year) for a period, and for nothing else")
        if self.scale is not None and self.type not in ("integer", "decimal"):
            raise ValueError("a number for the item of a scale")
        return self


class Design(Declaration):
    """How the units were drawn: names of fields; none means a simple random sample with equal weights."""

    weight: FieldName | None = None
    stratum: FieldName | None = None
    psu: FieldName | None = Field(None, description="primary sampling unit; the unit itself unless given")
    fpc: FieldName | None = Field(None, description="number of primary sampling units in the stratum's population")
    single_psu: SinglePsu | None = None


class Rule(Declaration):
    """A cross-field check; the expression is true where all is well, and unknown (null) passes."""

    code: Code
    expression: SqlExpression
    level: RuleLevel
    message: Text
    fields: tuple[FieldName, ...] = Field((), description="cells to point at; those of the expression unless given")


class Dimension(Declaration):
    """A breakdown computed from fields, such as age groups; a plain field is a breakdown without this."""

    name: Slug
    label: Text
    expression: SqlExpression
    codes: Slug | None = None


class Strictness(Declaration):
    """What happens to what the instrument did not ask for; never dropped in silence either way."""

    unknown_columns: Literal["tell", "refuse"] = "tell"
    empty_rows: Literal["ignore", "refuse"] = "ignore"


class Instrument(Declaration):
    """A questionnaire or an indicator form in one version.

    `key` is [unit] or [unit, wave]: the field that knows the respondent or reporting unit, and the one that knows
    the wave or period. Without the second, the submission's period is the wave.
    """

    instrument: Slug
    version: int = Field(ge=1)
    kind: Literal["survey", "indicators"]
    title: Text
    description: Text | None = None
    unit_type: UnitType = "person"
    key: tuple[FieldName, ...] = Field(min_length=1, max_length=2)
    layout: Literal["table", "matrix"] = "table"
    design: Design = Design()
    fields: tuple[FieldDeclaration, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = ()
    missing: dict[int, MissingStatus] = Field({}, description="codes of labelled missing answers, in number fields")
    rules: tuple[Rule, ...] = ()
    strictness: Strictness = Strictness()
    corresponds: dict[FieldName, FieldName] = Field({}, description="previous version's field -> this version's")

    def __str__(self) -> str:
        return f"{self.instrument}.v{self.version}"

    @cached_property
    def by_name(self) -> dict[str, FieldDeclaration]:
        return {field.name: field for field in self.fields}

    @property
    def unit_field(self) -> str:
        return self.key[0]

    @property
    def wave_field(self) -> str | None:
        return self.key[1] if len(self.key) > 1 else None

    @cached_property
    def meaning(self) -> str:
        """SHA-256 of what the data mean (names, types, codes, ranges, key): not of labels, help or synonyms."""
        kept = {"name", "type", "codes", "range", "unit", "period", "scale", "item", "required"}
        told = {
            "key": self.key,
            "layout": self.layout,
            "unit_type": self.unit_type,
            "missing": self.missing,
            "fields": [field.model_dump(mode="json", include=kept) for field in self.fields],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _coherent(self) -> Instrument:
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each field once, not {', '.join(twice)} twice")
        named = [*self.key, *(rule_field for rule in self.rules for rule_field in rule.fields)]
        named += [name for key, name in self.design if key != "single_psu" and name is not None]
        unknown = [name for name in dict.fromkeys(named) if name not in self.by_name]
        if unknown:
            raise ValueError(f"names of fields in key, design and rules; {', '.join(unknown)} is not one")
        optional = [name for name in self.key if not (self.by_name[name].required or self.by_name[name].fill)]
        if optional:
            raise ValueError(f"`required: true` for the fields of the key: {', '.join(optional)}")
        if self.layout == "matrix" and len(self.key) != 2:
            raise ValueError("a key of [perimeter, period] for a matrix")
        return self
