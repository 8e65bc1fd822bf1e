"""What an instrument expects of answers taken together: rules between fields, against the past, and between records.

A rule is written in one of six ways: an expression, two sides and an operator, a sum, shares, or a field against its
own past. Models only; names of fields are checked by the instrument, kinds of values by `references`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from impact_pipeline.declarations.common import (
    Code,
    Declaration,
    FieldName,
    Location,
    Said,
    Text,
    Wrong,
    refuse,
    repeated,
)
from impact_pipeline.declarations.expressions import Expression, SqlExpression

RuleLevel = Literal["blocking", "to-check"]
Operator = Literal[
    "equal-to", "not-equal-to", "greater-than", "greater-than-or-equal-to", "less-than", "less-than-or-equal-to",
    "compulsory-pair", "exclusive-pair",
]  # fmt: skip
PAIRS = ("compulsory-pair", "exclusive-pair")
Missing = Literal["skip-if-any", "skip-if-all", "never-skip"]
Importance = Literal["high", "medium", "low"]
Method = Literal["min-max", "modified-z-score", "change"]
FORMS = ("expression", "operator", "sum", "shares", "history")
Tolerance = Annotated[float, Field(ge=0, description="how far the two may be apart")]
FEWEST_POINTS = 8  # past values below which a field is not compared with them, unless declared
Z_THRESHOLD = 3.5  # Iglewicz and Hoaglin (1993)


class Sum(Declaration):
    """A total and the fields that make it up."""

    total: FieldName
    parts: tuple[FieldName, ...] = Field(min_length=1)
    tolerance: Tolerance = 0


class Shares(Declaration):
    """Fields that make up the whole: 100 (percent) or 1."""

    parts: tuple[FieldName, ...] = Field(min_length=2)
    to: Literal[1, 100] = 100
    tolerance: Tolerance = 0


class History(Declaration):
    """A field against the past values of the same unit; a question to the person, never a refusal."""

    method: Method
    threshold: float = Field(Z_THRESHOLD, gt=0, description="of the modified z-score: 3.5, or 3.0 to ask more often")
    relative: float | None = Field(None, gt=0, description="change that is asked about, as a share: 0.5 is half")
    absolute: float | None = Field(None, gt=0, description="change that is asked about, in the field's unit")
    least: int = Field(FEWEST_POINTS, ge=1, description="past values below which nothing is asked")

    @model_validator(mode="after")
    def _coherent(self) -> History:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        given = [name for name in ("relative", "absolute") if getattr(self, name) is not None]
        if self.method == "change" and not given:
            yield Wrong(("method",), self.method, "`relative` or `absolute` too: the change that is asked about")
        for name in given if self.method != "change" else ():
            yield Wrong((name,), Said(f"`{name}` with {self.method}"), "it with `method: change` alone")
        if "threshold" in self.model_fields_set and self.method != "modified-z-score":
            yield Wrong(("threshold",), Said(f"`threshold` with {self.method}"), "it with modified-z-score alone")


class FieldHistory(History):
    """The same, declared among the rules: it names its field."""

    field: FieldName


class Sides(NamedTuple):
    """What a rule compares, whatever the way in which it is written."""

    left: Expression
    operator: Operator
    right: Expression
    tolerance: float


class Rule(Declaration):
    """A check between fields; true where all is well, and unknown (null) passes.

    `left operator right` has the eight operators of DHIS2, and its strategies for missing values, side by side:
    `skip-if-any` leaves the rule out where a value of a side is missing, `skip-if-all` where all are (the others count
    as 0), `never-skip` counts each missing value as 0.
    """

    code: Code
    level: RuleLevel
    expression: SqlExpression | None = None
    left: SqlExpression | None = None
    operator: Operator | None = None
    right: SqlExpression | None = None
    sum: Sum | None = None
    shares: Shares | None = None
    history: FieldHistory | None = None
    missing: Missing = "skip-if-any"
    tolerance: Tolerance = 0
    importance: Importance = "medium"
    message: Text | None = Field(None, description="what is expected, in the words of the form")
    instruction: Text | None = Field(None, description="what to do about it, shown to the person")
    fields: tuple[FieldName, ...] = Field((), description="cells to point at; those of the expression unless given")

    @property
    def form(self) -> str:
        """Which one of FORMS it is written in."""
        return next(form for form in FORMS if getattr(self, form) is not None)

    @cached_property
    def sides(self) -> Sides | None:
        """The two sides of an operator, a sum or shares; None for the other forms."""
        if self.operator is not None and self.left is not None and self.right is not None:
            return Sides(self.left, self.operator, self.right, self.tolerance)
        if self.sum is not None:
            return Sides(_added(self.sum.parts), "equal-to", Expression(self.sum.total), self.sum.tolerance)
        if self.shares is not None:
            parts = _added(self.shares.parts)
            return Sides(parts, "equal-to", Expression(str(self.shares.to)), self.shares.tolerance)
        return None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The fields that the rule is about, in the order of its text."""
        if self.expression is not None:
            return self.expression.names
        if self.history is not None:
            return (self.history.field,)
        if self.sum is not None:
            return (self.sum.total, *self.sum.parts)  # the total is where a person looks first
        sides = self.sides
        return tuple(dict.fromkeys((*sides.left.names, *sides.right.names))) if sides else ()

    @model_validator(mode="after")
    def _coherent(self) -> Rule:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        given = [form for form in FORMS if getattr(self, form) is not None]
        one_form = "one of `expression`, `left` with `operator` and `right`, `sum`, `shares`, `history`"
        if len(given) != 1:
            read = Said(" and ".join(f"`{form}`" for form in given) or "none of them")
            yield Wrong((given[1],) if given else ("code",), read, one_form)
            return
        for side in ("left", "right"):
            if (getattr(self, side) is None) == (self.operator is not None):
                yield Wrong((side if self.operator is None else "operator",), Said(f"`{side}`"), _both_sides(side))
        if self.expression is not None and self.message is None:
            yield Wrong(("expression",), self.expression.text, "`message` too: what is expected, in the form's words")
        if self.history is not None and self.level == "blocking":
            yield Wrong(("level",), self.level, "to-check: an unusual value is a question")
        given_missing = "missing" in self.model_fields_set
        if given_missing and (self.sides is None or (self.operator in PAIRS and self.missing == "never-skip")):
            yield Wrong(("missing",), self.missing, "it for numbers that are compared, not here")
        if "tolerance" in self.model_fields_set and (self.operator is None or self.operator in PAIRS):
            yield Wrong(("tolerance",), self.tolerance, "it beside an operator that compares numbers")
        yield from self._wrongs_of_parts()

    def _wrongs_of_parts(self) -> Iterator[Wrong]:
        for key, group in (("sum", self.sum), ("shares", self.shares)):
            if group is None:
                continue
            parts: list[tuple[Location, str]] = [((key, "parts", n), name) for n, name in enumerate(group.parts)]
            yield from repeated(parts, "each part once")
            if self.sum is not None and self.sum.total in self.sum.parts:
                yield Wrong((key, "total"), self.sum.total, "a total that is none of its parts")

    @property
    def named_at(self) -> tuple[tuple[Location, str], ...]:
        """Where names of fields stand outside expressions."""
        found: list[tuple[Location, str]] = [(("fields", n), name) for n, name in enumerate(self.fields)]
        if self.sum is not None:
            found.append((("sum", "total"), self.sum.total))
            found += [(("sum", "parts", n), name) for n, name in enumerate(self.sum.parts)]
        if self.shares is not None:
            found += [(("shares", "parts", n), name) for n, name in enumerate(self.shares.parts)]
        if self.history is not None:
            found.append((("history", "field"), self.history.field))
        return tuple(found)


def _both_sides(side: str) -> str:
    return f"`left`, `operator` and `right` together; see `{side}`"


def _added(names: tuple[str, ...]) -> Expression:
    return Expression(" + ".join(names))


class Near(Declaration):
    """Records that may be about the same person: equal on some fields, alike on others (a name and its misspelling)."""

    same: tuple[FieldName, ...] = Field(min_length=1, description="fields that are equal in both: birth year, commune")
    like: tuple[FieldName, ...] = Field(min_length=1, description="fields of texts that are alike: name")
    at_least: float = Field(88, ge=50, le=100, description="likeness of the texts, of 100")


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


class Duplicates(Declaration):
    """How records that may be one are looked for; the same key twice in a file always is."""

    across: Literal["tell", "ignore"] = Field("tell", description="the same key in other files of the initiative")
    near: Annotated[tuple[Near, ...], BeforeValidator(_one_or_more)] = ()
