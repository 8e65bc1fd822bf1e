"""An instrument: a questionnaire or an indicator form, in one version, and the fields that it asks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic_core import CoreSchema

from impact_pipeline.declarations.collection import Collection, Mode, Repeat
from impact_pipeline.declarations.common import (
    Bounds,
    Code,
    Declaration,
    FieldName,
    Location,
    Said,
    Slug,
    Text,
    Wrong,
    refuse,
    repeated,
    unknown,
)
from impact_pipeline.declarations.design import ROLES, Design
from impact_pipeline.declarations.expressions import Expression, SqlExpression
from impact_pipeline.declarations.programme import UnitType
from impact_pipeline.declarations.rules import Duplicates, History, Rule
from impact_pipeline.declarations.weighting import Weighting
from impact_pipeline.names import plain

FieldType = Literal[
    "identifier", "text", "integer", "decimal", "boolean", "date", "category", "categories", "period",
    "commune", "postcode", "point", "siren", "siret", "rna", "phone", "email",
]  # fmt: skip
DisclosureClass = Literal["identifier", "quasi-identifier", "sensitive", "free-text", "safe"]
MissingStatus = Literal["refused", "unknown", "not-asked"]
RESERVED = ("row",)  # the column of a record that tells its row in the sheet
NEEDED_BY = {  # keys that belong to some types only
    "codes": ("category", "categories"),
    "range": ("integer", "decimal"),
    "period": ("period",),
    "scale": ("integer", "decimal"),
}
ALWAYS = ("codes", "period")  # those without which the type means nothing


class FieldDeclaration(Declaration):
    """One thing that the instrument asks; a column of a table, or a row of a matrix."""

    name: FieldName
    type: FieldType
    label: Text
    disclosure: DisclosureClass
    required: bool = False
    relevant: SqlExpression | None = Field(None, description="where false the field is not asked; always asked without")
    help: Text | None = Field(None, description="what to write in the cell, shown in the template and in messages")
    codes: Slug | None = Field(None, description="code list of a category")
    range: Bounds | None = None
    pattern: str | None = Field(None, description="regular expression that the whole text matches")
    unit: str | None = Field(None, description="unit of measure: years, EUR, hours...")
    period: Literal["month", "quarter", "semester", "year", "school-year"] | None = None
    fill: Literal["period", "organisation"] | None = Field(
        None, description="taken from the submission where the file has no such column"
    )
    scale: Slug | None = None
    item: FieldName | None = Field(None, description="item of the scale; the field's own name unless given")
    history: tuple[History, ...] = Field((), description="comparisons with the past values of the same unit")
    synonyms: tuple[str, ...] = Field((), description="other spellings of the column's header")
    reference: Code | None = Field(None, description="code of the indicator in its funder's table, such as I-07")
    periodicity: Literal["month", "quarter", "semester", "year"] | None = Field(
        None, description="how often an indicator of a matrix is due; as often as the key's period unless given"
    )
    additive: bool = Field(
        True, description="false for a rate, a mean, or people counted once: its totals are not checked"
    )
    example: str | None = None

    @property
    def scale_item(self) -> str:
        """The item of the scale that this field holds."""
        return self.item or self.name

    @field_validator("name")
    @classmethod
    def _can_stand_in_an_expression(cls, value: str) -> str:
        try:
            free = value not in RESERVED and Expression(value).names == (value,)
        except ValueError:
            free = False
        if not free:
            raise ValueError("a name that SQL and the store do not keep for themselves, such as " + f"{value}_value")
        return value

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"a regular expression; {error}") from None
        return value

    @model_validator(mode="after")
    def _coherent(self) -> FieldDeclaration:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        for key, types in NEEDED_BY.items():
            given = getattr(self, key) is not None
            if given and self.type not in types:
                yield Wrong(
                    (key,), Said(f"`{key}` for a field of type {self.type}"), f"it for {' or '.join(types)} alone"
                )
            if not given and self.type in types and key in ALWAYS:
                yield Wrong(("type",), self.type, f"`{key}` too, for a field of this type")
        if self.item is not None and self.scale is None:
            yield Wrong(("item",), self.item, "`scale` too: an item belongs to one")
        if self.relevant is not None and self.fill is not None:
            yield Wrong(("relevant",), self.relevant.text, "no `fill` then: what is filled is always known")
        if self.relevant is not None and self.name in self.relevant.names:
            yield Wrong(("relevant",), self.relevant.text, "other fields in it: what an answer depends on")
        if self.history and self.type not in ("integer", "decimal"):
            yield Wrong(("history",), Said(f"`history` for a field of type {self.type}"), "it for a field of numbers")


class Dimension(Declaration):
    """A breakdown computed from fields, such as age groups; a plain field is a breakdown without this.

    Either an `expression`, or the `level` at which the communes of a field are grouped.
    """

    name: Slug
    label: Text
    expression: SqlExpression | None = None
    codes: Slug | None = None
    of: FieldName | None = Field(None, description="field of type commune whose places are grouped")
    level: Literal["departement", "region", "epci", "population"] | None = Field(
        None, description="what communes are grouped by; population: in bands of inhabitants"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Dimension:
        if (self.expression is None) == (self.of is None):
            refuse([Wrong((), Said("a dimension"), "either `expression`, or `of` with its `level`")])
        if (self.of is None) != (self.level is None):
            refuse([Wrong((), Said("a dimension"), "`of` and `level` together")])
        if self.of is not None and self.codes is not None:
            refuse([Wrong(("codes",), self.codes, "no code list: the groups of communes have their own names")])
        return self


class Former(Declaration):
    """What a former code of an indicator means; a plain field name in YAML stands for one without a date."""

    field: FieldName
    until: date | None = Field(None, description="last day on which the code was in use")

    @model_validator(mode="before")
    @classmethod
    def _named_alone(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """An editor accepts both forms."""
        both = handler.resolve_ref_schema(handler(core))
        return {"anyOf": [{"type": "string"}, both], "description": cls.__doc__ or ""}


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
    weighting: Weighting | None = Field(None, description="how the sample is made to agree with its population")
    fields: tuple[FieldDeclaration, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = ()
    missing: dict[int, MissingStatus] = Field({}, description="codes of labelled missing answers, in number fields")
    rules: tuple[Rule, ...] = ()
    duplicates: Duplicates = Duplicates()
    strictness: Strictness = Strictness()
    repeat: Repeat | None = None
    collection: Collection = Collection()
    mode: Mode | None = Field(None, description="how people answer, or {field: ...} that tells it of each")
    former: dict[Code, Former] = Field({}, description="former code of an indicator -> its field today")
    corresponds: dict[FieldName, FieldName] = Field({}, description="previous version's field -> this version's")
    reworded: tuple[FieldName, ...] = Field(
        (), description="fields whose wording or answers changed since the previous version: they do not compare"
    )

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
        told: dict[str, object] = {
            "key": self.key,
            "layout": self.layout,
            "unit_type": self.unit_type,
            "missing": self.missing,
            "fields": [field.model_dump(mode="json", include=kept) | _later(field) for field in self.fields],
        }
        if self.repeat is not None:  # most instruments have none, and keep the meaning that they had
            told["repeat"] = self.repeat.model_dump(mode="json")
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _coherent(self) -> Instrument:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        yield from repeated([(("fields", n, "name"), f.name) for n, f in enumerate(self.fields)], "each field once")
        yield from repeated([(("rules", n, "code"), r.code) for n, r in enumerate(self.rules)], "each rule once")
        dimensions = [(("dimensions", n, "name"), d.name) for n, d in enumerate(self.dimensions)]
        yield from repeated(dimensions, "each dimension once")
        yield from self._wrongs_of_names()
        if self.design.errors is not None and self.weighting is not None:
            expected = "no `weighting`: every sample made up would have to be weighted again"
            yield Wrong(("design", "errors", "method"), self.design.errors.method, expected)
        yield from self._wrongs_of_key()
        yield from self._wrongs_of_headers()
        yield from self._wrongs_of_relevance()
        for place, item in enumerate(self.fields):
            inside = [code for code in self.missing if item.range and item.range[0] <= code <= item.range[1]]
            if inside:
                expected = f"a range without {inside[0]}, which `missing` says is no answer"
                yield Wrong(("fields", place, "range"), list(item.range or ()), expected)

    def _wrongs_of_names(self) -> Iterator[Wrong]:
        """Names of fields, wherever the instrument uses them."""
        for place, name in enumerate(self.key):
            yield from unknown(("key", place), name, self.by_name, "a field")
        for role in ROLES:
            name = getattr(self.design, role)
            if name is None:
                continue
            yield from unknown(("design", role), name, self.by_name, "a field")
            item = self.by_name.get(name)
            if item is not None and role not in ("stratum", "psu") and item.type not in ("integer", "decimal"):
                yield Wrong(("design", role), name, f"a field of numbers; it is of type {item.type}")
            if item is not None and not item.required:
                yield Wrong(("design", role), name, f"a field with `required: true`: a row counts by its {role}")
        for place, rule in enumerate(self.rules):
            for at, name in rule.named_at:
                yield from unknown(("rules", place, *at), name, self.by_name, "a field")
        for place, near in enumerate(self.duplicates.near):
            for key in ("same", "like"):
                for n, name in enumerate(getattr(near, key)):
                    yield from unknown(("duplicates", "near", place, key, n), name, self.by_name, "a field")
        for code, former in self.former.items():
            yield from unknown(("former", code), former.field, self.by_name, "a field")
        for old, new in self.corresponds.items():
            yield from unknown(("corresponds", old), new, self.by_name, "a field of this version")
        for place, name in enumerate(self.reworded):
            yield from unknown(("reworded", place), name, self.by_name, "a field of this version")
        if self.mode is not None and self.mode.field is not None:
            yield from unknown(("mode", "field"), self.mode.field, self.by_name, "a field")
            item = self.by_name.get(self.mode.field)
            if item is not None and item.type != "category":
                yield Wrong(("mode", "field"), item.name, f"a field of type category; it is of type {item.type}")

    def _wrongs_of_key(self) -> Iterator[Wrong]:
        if self.repeat is not None and self.repeat.index is not None:
            at: Location = ("repeat", "index")
            yield from unknown(at, self.repeat.index, self.by_name, "a field")
            item = self.by_name.get(self.repeat.index)
            if item is not None and item.type not in ("integer", "identifier"):
                yield Wrong(at, item.name, f"a field of type integer or identifier; it is of type {item.type}")
        yield from repeated([(("key", n), name) for n, name in enumerate(self.key)], "two different fields")
        for place, name in enumerate(self.key):
            item = self.by_name.get(name)
            if item is not None and not (item.required or item.fill):
                yield Wrong(("key", place), name, "a field with `required: true`: it is part of the key")
        if self.layout == "matrix":
            last = self.by_name.get(self.key[-1])
            lengths = ("month", "quarter", "semester", "year")
            base = last.period if last is not None else None
            for place, item in enumerate(self.fields):
                if item.periodicity and base in lengths and lengths.index(item.periodicity) < lengths.index(base):
                    yield Wrong(("fields", place, "periodicity"), item.periodicity, f"{base}, the key's, or longer")
            if len(self.key) != 2 or (last is not None and last.type != "period"):
                yield Wrong(("key",), list(self.key), "[perimeter, period] for a matrix, the second of type period")

    def _wrongs_of_relevance(self) -> Iterator[Wrong]:
        """What identifies or weighs a row is always asked, and no field waits for itself."""
        roles = {*self.key, *filter(None, (getattr(self.design, role) for role in ROLES))}
        for place, item in enumerate(self.fields):
            if item.relevant is None:
                continue
            at: Location = ("fields", place, "relevant")
            if item.name in roles:
                yield Wrong(at, item.relevant.text, "none here: a field of the key or of the design is always asked")
            elif item.name not in self.asked_in_order:
                yield Wrong(at, item.relevant.text, f"a condition that does not wait for {item.name} itself")

    @cached_property
    def asked_in_order(self) -> tuple[str, ...]:
        """The fields that are not always asked, each after those that its relevance names; circles are left out."""
        waiting = {item.name: item.relevant for item in self.fields if item.relevant is not None}
        ordered: list[str] = []
        while ready := [n for n, of in waiting.items() if not any(m in waiting for m in of.names)]:
            ordered += ready
            for name in ready:
                del waiting[name]
        return tuple(ordered)

    def _wrongs_of_headers(self) -> Iterator[Wrong]:
        """A header must tell its field: no two fields may share a spelling."""
        owner = {plain(item.name): item.name for item in self.fields}
        for place, item in enumerate(self.fields):
            spellings: list[tuple[Location, str]] = [(("label",), item.label.fr), (("label",), item.label.en)]
            spellings += [(("synonyms", n), synonym) for n, synonym in enumerate(item.synonyms)]
            spellings += [(("reference",), item.reference)] if item.reference else []
            for at, spelling in spellings:
                other = owner.setdefault(plain(spelling), item.name)
                if other != item.name:
                    yield Wrong(("fields", place, *at), spelling, f"a header that does not mean {other!r} already")
        for code, former in self.former.items():
            other = owner.get(plain(code), former.field)
            if other != former.field:
                yield Wrong(("former", code), code, f"a code that does not mean {other!r} today")


def _later(field: FieldDeclaration) -> dict[str, str]:
    """Keys that came later and change what the data mean; told only where declared, so that older hashes hold."""
    relevant = {"relevant": field.relevant.text} if field.relevant is not None else {}
    return relevant | ({"periodicity": field.periodicity} if field.periodicity else {})
