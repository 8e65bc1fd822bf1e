"""SQL scalar expressions over field names: the one language of rules, dimensions and indicators.

An expression comes in as text, is parsed with sqlglot, checked against an allow-list of constructs that DuckDB and
Spark read the same way, and goes out as SQL for an engine. It knows no data: which names exist is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from pydantic import GetPydanticSchema
from pydantic_core import core_schema
from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

PREDICATES = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.And, exp.Or, exp.Not, exp.In, exp.Between, exp.Is,
    exp.Boolean,
)  # fmt: skip
ALLOWED = (
    *PREDICATES,
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Neg, exp.Tuple,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Case, exp.If, exp.Coalesce, exp.Nullif,
    exp.Abs, exp.Round, exp.Least, exp.Greatest, exp.Substring, exp.Left, exp.Right, exp.Length, exp.Upper, exp.Lower,
    exp.Year, exp.Month,
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """A checked scalar expression. Raises ValueError, in words fit for a declaration's author, when it is not one."""

    text: str
    tree: exp.Expression = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            statements = parse(self.text, read="duckdb")
        except SqlglotError as error:
            raise ValueError(f"a SQL expression; {str(error).splitlines()[0]}") from error
        tree = statements[0] if len(statements) == 1 else None
        if not isinstance(tree, exp.Expression):
            raise ValueError("one SQL expression")
        for node in tree.walk():
            if not isinstance(node, ALLOWED):
                raise ValueError(f"an expression without {node.sql(dialect='duckdb')!r} ({node.key} is not allowed)")
            if isinstance(node, exp.Column) and node.table:
                raise ValueError(f"field names without a table before them, not {node.sql()!r}")
        object.__setattr__(self, "tree", tree)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The field names used, in their order of appearance, each once."""
        found = sorted(self.tree.find_all(exp.Column), key=lambda column: column.this.meta.get("start", 0))
        return tuple(dict.fromkeys(column.name for column in found))

    @cached_property
    def is_predicate(self) -> bool:
        """True where the value is a yes or no, so that its mean is a share."""
        return isinstance(self.tree.unnest(), PREDICATES)

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

    def sql(self, *, table: str | None = None, dialect: str = "duckdb") -> str:
        """The expression for an engine: names quoted (and prefixed by `table`), every division guarded."""

        def rewrite(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Column):
                return exp.column(node.name, table=table, quoted=True)
            if isinstance(node, exp.Div) and not isinstance(node.expression, exp.Nullif):
                node.set("expression", exp.Nullif(this=node.expression, expression=exp.Literal.number(0)))
            return node

        return self.tree.copy().transform(rewrite).sql(dialect=dialect)

    def __str__(self) -> str:
        return self.text


def _schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    text = core_schema.union_schema(
        [core_schema.str_schema(), core_schema.float_schema(), core_schema.bool_schema()], mode="smart"
    )
    return core_schema.no_info_after_validator_function(
        lambda value: Expression(str(value)), text, serialization=core_schema.to_string_ser_schema()
    )


SqlExpression = Annotated[Expression, GetPydanticSchema(_schema)]
