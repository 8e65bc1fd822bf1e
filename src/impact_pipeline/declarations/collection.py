"""How the answers of an instrument are collected: in what mode, in a repeated group of another form, from a day on."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, get_args

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from impact_pipeline.declarations.common import Declaration, FieldName, Said, Slug, Wrong, refuse

ModeName = Literal["interview", "phone", "web", "paper", "mixed"]
MODES: tuple[str, ...] = get_args(ModeName)


class Mode(Declaration):
    """How people answer: one mode (a plain `web` in YAML), or the field of each answer's mode, a category of modes."""

    always: ModeName | None = None
    field: FieldName | None = None

    def __str__(self) -> str:
        return self.always or self.field or ""

    @model_validator(mode="before")
    @classmethod
    def _named_alone(cls, value: Any) -> Any:
        return {"always": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> Mode:
        if (self.always is None) == (self.field is None):
            refuse([Wrong((), Said("a mode"), f"one of {', '.join(MODES)}, or `field` with the field that tells it")])
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """An editor accepts both forms."""
        both = handler.resolve_ref_schema(handler(core))
        return {"anyOf": [{"type": "string", "enum": list(MODES)}, both], "description": cls.__doc__ or ""}


class Repeat(Declaration):
    """The instrument asks what a group of another one repeats: the members of a household, the lots of a building.

    In an export of the parent, a row of the group carries the key of its parent, in the fields of the same names.
    """

    parent: Slug = Field(description="the instrument within which the group repeats")
    group: str = Field(min_length=1, description="name or label of the group in the form")
    index: FieldName | None = Field(
        None,
        description="field that tells the rows of a parent apart: their order (integer), or parent/order (identifier)",
    )


class Collection(Declaration):
    """When answers are collected, and which ones count where the survey tool itself says that they do not."""

    start: date | None = Field(None, description="day before which an answer was given to try the form")
    set_aside: tuple[Literal["rejected", "incomplete"], ...] = Field(
        (), description="answers that the survey tool calls so are set aside, not accepted with a remark"
    )
