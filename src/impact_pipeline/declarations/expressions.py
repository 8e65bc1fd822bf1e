"""SQL scalar expressions over field names: the one language of rules, dimensions and indicators.

An expression comes in as text, is parsed with sqlglot, checked against an allow-list of constructs that DuckDB and
Spark read the same way, and goes out as SQL for an engine. It knows no data: which names exist, and of what kind they
are, is the caller's (see `kinds`). One function is ours: `includes(field, 'code')`, true where a field of several
answers holds that code.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from pydantic import GetPydanticSchema
from pydantic_core import core_schema
from sqlglot import exp, parse
from sqlglot.errors import ParseError, SqlglotError

PREDICATES = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.And, exp.Or, exp.Not, exp.In, exp.Between, exp.Is,
    exp.Boolean,
)  # fmt: skip
ALLOWED = (
    *PREDICATES,
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Neg,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Case, exp.If, exp.Coalesce, exp.Nullif,
    exp.Abs, exp.Round, exp.Least, exp.Greatest, exp.Substring, exp.Left, exp.Right, exp.Length, exp.Upper, exp.Lower,
    exp.Year, exp.Month,
)  # fmt: skip
SELECT = "select "  # read as a column of a query: a field may then be called `comment`, which begins a command too
ALLOWED_IN_WORDS = (
    "comparisons, and, or, not, in, between, is null, + - * /, case, coalesce, nullif, abs, round, least, greatest, "
    "substring, left, right, length, upper, lower, year, month, includes"
)


@dataclass(frozen=True)
class Expression:
    """A checked scalar expression. Raises ValueError, in words fit for a declaration's author, when it is not one."""

    text: str
    tree: exp.Expression = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            statements = parse(SELECT + self.text, read="duckdb")
        except SqlglotError as error:
            raise ValueError(f"a SQL expression; {_syntax(error)}") from error
        selected = statements[0] if len(statements) == 1 else None
        told = {key for key, value in selected.args.items() if value} if isinstance(selected, exp.Select) else set()
        if not isinstance(selected, exp.Select) or told != {"expressions"} or len(selected.expressions) != 1:
            raise ValueError("one SQL expression, such as `age >= 18`")
        tree = selected.expressions[0].pop()
        for node in tree.walk():
            _check(node)
        object.__setattr__(self, "tree", tree)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The field names used, in their order of appearance, each once."""
        found = sorted(self.tree.find_all(exp.Column), key=lambda column: column.this.meta.get("start", 0))
        return tuple(dict.fromkeys(column.name for column in found))

    @cached_property
    def is_predicate(self) -> bool:
        """True where the value is a yes or no, so that its mean is a share."""
        tree = self.tree.unnest()
        return isinstance(tree, PREDICATES) or is_includes(tree)

    @cached_property
    def literals_by_name(self) -> dict[str, tuple[str, ...]]:
        """The text constants each name is compared with (`sex = 'f'`, `sex in ('f', 'h')`), to check codes."""
        compared: dict[str, list[str]] = {}
        for node in self.tree.find_all(exp.EQ, exp.NEQ, exp.In):
            sides = [node.this, *node.args.get("expressions", [])] if isinstance(node, exp.In) else node.flatten()
            parts = [part.unnest() for part in sides]
            columns = [part.name for part in parts if isinstance(part, exp.Column)]
            texts = [part.name for part in parts if isinstance(part, exp.Literal) and part.is_string]
            if len(columns) == 1:
                compared.setdefault(columns[0], []).extend(texts)
        return {name: tuple(texts) for name, texts in compared.items()}

    @cached_property
    def included_by_name(self) -> dict[str, tuple[str, ...]]:
        """The codes looked for in each field of several answers, by `includes`."""
        found: dict[str, list[str]] = {}
        for node in self.tree.find_all(exp.Anonymous):
            found.setdefault(node.expressions[0].name, []).append(node.expressions[1].name)
        return {name: tuple(codes) for name, codes in found.items()}

    @cached_property
    def results(self) -> tuple[str, ...]:
        """The text constants that a `case` may give (`case when age < 30 then 'young' end`), to check codes."""
        branches = [case.args.get("default") for case in self.tree.find_all(exp.Case)]
        for node in self.tree.find_all(exp.If):
            branches += [node.args["true"], node.args.get("false")]
        return tuple(b.name for b in branches if isinstance(b, exp.Literal) and b.is_string)

    def sql(self, *, table: str | None = None, dialect: str = "duckdb", absent_as_zero: Collection[str] = ()) -> str:
        """The expression for an engine: names quoted (and prefixed by `table`), every division guarded.

        `absent_as_zero` are names of numbers whose missing values count as 0.
        """

        def rewrite(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Column):
                column = exp.column(node.name, table=table, quoted=True)
                if node.name not in absent_as_zero:
                    return column
                return exp.Coalesce(this=column, expressions=[exp.Literal.number(0)])
            if is_includes(node):
                return _rendered_includes(node, table)
            if isinstance(node, exp.Div):
                # Spark divides a decimal number as one, with few digits; DuckDB never does
                node.set("this", exp.cast(node.this, "double"))
                node.set("expression", exp.Nullif(this=node.expression, expression=exp.Literal.number(0)))
            return node

        return self.tree.copy().transform(rewrite).sql(dialect=dialect, comments=False)

    def __str__(self) -> str:
        return self.text


def is_includes(node: exp.Expr) -> bool:
    """True for `includes(field, 'code')`."""
    if not isinstance(node, exp.Anonymous) or str(node.this).lower() != "includes" or len(node.expressions) != 2:
        return False
    name, code = node.expressions
    return isinstance(name, exp.Column) and isinstance(code, exp.Literal) and code.is_string


def _check(node: exp.Expr) -> None:
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "includes" and not is_includes(node):
        raise ValueError("`includes(field, 'code')`: a field of several answers, then one code in quotes")
    if not isinstance(node, ALLOWED) and not is_includes(node):
        found = node.sql(dialect="duckdb", comments=False)
        raise ValueError(f"an expression without `{found}`; what may stand in one: {ALLOWED_IN_WORDS}")
    if isinstance(node, exp.Column) and node.table:
        raise ValueError(f"field names without a table before them, not `{node.sql()}`")
    if isinstance(node, exp.Literal) and not node.is_string and not math.isfinite(float(node.name)):
        raise ValueError(f"numbers that a computer can hold, not {node.name}")


def _rendered_includes(node: exp.Expression, table: str | None) -> exp.Expression:
    """Codes are stored joined by one space: the code is looked for between spaces, so that no part of a code is."""
    name, code = node.expressions
    space = exp.Literal.string(" ")
    held = exp.DPipe(this=exp.DPipe(this=space, expression=exp.column(name.name, table=table, quoted=True)),
                     expression=space.copy())  # fmt: skip
    return exp.Paren(this=exp.GT(
        this=exp.StrPosition(this=exp.Paren(this=held), substr=exp.Literal.string(f" {code.name} ")),
        expression=exp.Literal.number(0),
    ))  # fmt: skip


def _syntax(error: SqlglotError) -> str:
    """Where the parser stopped, in a few words: its own sentences speak of its classes."""
    details = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    if "highlight" not in details:
        return "a quote or a bracket is not closed"
    place = max(details["col"] - len(SELECT), 1)
    return f"something is missing or misplaced near `{details['highlight']}`, character {place}"


def _text(value: object) -> object:
    """`true`, `1` and `0.5` are expressions too, though YAML reads them as a boolean and numbers."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.no_info_before_validator_function(
        _text,
        core_schema.no_info_after_validator_function(Expression, core_schema.str_schema()),
        serialization=core_schema.to_string_ser_schema(),
    )


def _json_schema(_core: core_schema.CoreSchema, _handler: Any) -> dict[str, Any]:
    return {"type": ["string", "number", "boolean"], "description": f"SQL over field names: {ALLOWED_IN_WORDS}"}


SqlExpression = Annotated[Expression, GetPydanticSchema(_schema, _json_schema)]
