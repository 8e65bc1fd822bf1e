"""What all declarations share: strict models, names, and texts in both languages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from impact_pipeline.words import Language

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="lower case, digits and dashes")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="lower case, digits and underscores")]
Code = Annotated[str, Field(min_length=1, max_length=60, coerce_numbers_to_str=True)]


class Declaration(BaseModel):
    """Base of every declared thing: unknown keys are refused, and nothing changes once loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Text(Declaration):
    """A text in French and English; a plain string in YAML stands for both."""

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return {"fr": value, "en": value} if isinstance(value, str) else value

    def __getitem__(self, language: Language) -> str:
        return str(getattr(self, language))


class Reference(Declaration):
    """Where a fact comes from, so that a reader can check it."""

    citation: str
    doi: str | None = None
    url: str | None = None
