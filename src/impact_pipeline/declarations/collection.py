"""How the answers of an instrument are collected: in a repeated group of another form, from a day on, by a tool."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from impact_pipeline.declarations.common import Declaration, FieldName, Slug


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
