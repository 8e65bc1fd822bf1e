"""How one organisation writes one instrument: confirmed by a person once, then used at each of its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Declaration, FieldName, Slug, Wrong, refuse
from impact_pipeline.names import plain

Decision = Literal["day-first", "month-first", "comma", "point"]
IGNORED = "ignored"  # stands for a field, where a column answers none of our questions
SECTIONS = ("columns", "values", "decisions")
DECIDES: dict[Decision, tuple[str, ...]] = {  # the types of field about which each decision says something
    "day-first": ("date",),
    "month-first": ("date",),
    "comma": ("integer", "decimal"),
    "point": ("integer", "decimal"),
}


class ColumnMapping(Declaration):
    """How an organisation writes an instrument: its own headers and words, and what it means where two readings are
    possible."""

    organisation: Slug
    instrument: Slug
    sheet: str | None = Field(None, min_length=1, description="the sheet that holds the table, where several might")
    header_row: int | None = Field(None, ge=1, description="the last row of the header, as in the margin")
    columns: dict[str, FieldName] = Field(
        {}, description="header as written, `colonne C` for one without -> field, or `ignored`"
    )
    values: dict[FieldName, dict[str, str]] = Field({}, description="field -> {text as written: code or value}")
    decisions: dict[FieldName, Decision] = Field(
        {}, description="field -> day-first or month-first for dates, comma or point before the decimals of numbers"
    )

    def __str__(self) -> str:
        return f"{self.organisation}.{self.instrument}"

    @property
    def fields_of_columns(self) -> dict[str, str | None]:
        """Header as written -> field, None for a column to ignore."""
        return {header: None if name == IGNORED else name for header, name in self.columns.items()}

    @model_validator(mode="before")
    @classmethod
    def _written_as_texts(cls, value: object) -> object:
        """A header or an answer may be a number (`2026`, `1`), or what YAML takes for yes or no."""
        if isinstance(value, dict):
            # a section where every line waits to be confirmed is empty
            value = {key: {} if told is None and key in SECTIONS else told for key, told in value.items()}
            if isinstance(value.get("columns"), dict):
                value["columns"] = {_text(header): name for header, name in value["columns"].items()}
            if isinstance(value.get("values"), dict):
                value["values"] = {name: _texts(told) for name, told in value["values"].items()}
        return value

    @model_validator(mode="after")
    def _coherent(self) -> ColumnMapping:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        headers: dict[str, str] = {}
        owners: dict[str, str] = {}
        for header, name in self.columns.items():
            if headers.setdefault(plain(header), header) != header:
                yield Wrong(("columns", header), header, "each header once, whatever its case and accents")
            if name != IGNORED and owners.setdefault(name, header) != header:
                yield Wrong(("columns", header), name, f"a field that no other header means: {owners[name]!r} does")


def _texts(told: object) -> object:
    told = {} if told is None else told
    return {_text(read): _text(meant) for read, meant in told.items()} if isinstance(told, dict) else told


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
