"""What all declarations share: strict models, names, texts in both languages, and how a model says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from impact_pipeline.names import nearest
from impact_pipeline.words import Language

Location = tuple[int | str, ...]
WRONG = "wrong_declaration"  # type of the pydantic error that carries what `refuse` was told

Slug = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="lower-case letters without accents, digits and dashes"),
]
FieldName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="lower-case letters without accents, digits and underscores, a letter first",
    ),
]
Code = Annotated[
    str,
    Field(min_length=1, max_length=60, coerce_numbers_to_str=True),
    WithJsonSchema({"type": ["string", "number"], "description": "a text or a number, kept as it is written"}),
]


class Said(str):
    """Our words about what was read (`a metric table`), shown without the quotes of a value."""

    __slots__ = ()


class Wrong(NamedTuple):
    """One thing that a model finds wrong in itself: where (from the model down), what was read, what is expected."""

    at: Location
    read: object
    expected: str
    nearest: str | None = None


def refuse(wrong: Iterable[Wrong]) -> None:
    """Refuse a declaration for all its wrongs at once, so that each is told at its own line."""
    told = tuple(wrong)
    if told:
        raise PydanticCustomError(WRONG, "{expected}", {"expected": "; ".join(w.expected for w in told), "wrong": told})


def unknown(at: Location, name: str, known: Iterable[str], expected: str) -> Iterator[Wrong]:
    """A name that is not among those known, with the nearest of them; nothing where it is known."""
    known = list(known)
    if name not in known:
        listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "") if known else "none is declared"
        yield Wrong(at, name, f"{expected} ({listed})", nearest(name, known, at_least=60))


def repeated(at: Iterable[tuple[Location, str]], expected: str) -> Iterator[Wrong]:
    """Names that come a second time, where each may come once."""
    seen: set[str] = set()
    for place, name in at:
        if name in seen:
            yield Wrong(place, name, expected)
        seen.add(name)


def _bounds(value: Any) -> Any:
    numbers = isinstance(value, list | tuple) and [v for v in value if isinstance(v, int | float)]
    if not numbers or len(value) != 2 or len(numbers) != 2 or value[0] > value[1]:
        raise ValueError("[lowest, highest], two numbers in that order")
    return tuple(value)


Bounds = Annotated[
    tuple[float, float],
    BeforeValidator(_bounds),
    Field(description="[lowest, highest], both allowed"),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]


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

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """An editor accepts both forms."""
        both = handler.resolve_ref_schema(handler(core))
        return {"anyOf": [{"type": "string", "minLength": 1}, both], "description": cls.__doc__ or ""}

    def __getitem__(self, language: Language) -> str:
        return str(getattr(self, language))


class Reference(Declaration):
    """Where a fact comes from, so that a reader can check it."""

    citation: str = Field(min_length=1)
    doi: str | None = Field(None, pattern=r"^10\.\d{4,9}/\S+$", description="a DOI, such as 10.1159/000376585")
    url: str | None = Field(None, pattern=r"^https?://\S+$", description="an address that begins with https://")
