"""Of what kind the value of an expression is: a number, a text, a date, or a yes or no (`truth`).

An expression and the kinds of its names come in, its kind goes out. A comparison of an age with a text, or a sum of
sexes, is refused here in the author's words, before any engine meets it. Knows no data and no engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from sqlglot import exp

from impact_pipeline.declarations.expressions import Expression, is_includes

Kind = Literal["number", "text", "date", "truth", "null"]
IN_WORDS: Mapping[Kind, str] = {
    "number": "a number",
    "text": "a text",
    "date": "a date",
    "truth": "true or false",
    "null": "null",
}
OF_TYPES: Mapping[str, Kind] = {"integer": "number", "decimal": "number", "boolean": "truth", "date": "date"}
NUMBERS = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs)
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
ALIKE = (exp.Coalesce, exp.Nullif, exp.Least, exp.Greatest)
TEXTS = (exp.Upper, exp.Lower)


def kind_of_type(field_type: str) -> Kind:
    """The kind of the values of a field of that type; what is no number, date, yes or no is a text."""
    return OF_TYPES.get(field_type, "text")


def kind_of(expression: Expression, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of an expression's value, given that of each of its names.

    Raises ValueError, saying what was expected and what stands there, where the parts do not fit together.
    """
    return _kind(expression.tree, kinds)


def _kind(node: exp.Expr, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of a node; the order of the cases is that of the allow-list, from leaves to branches."""
    if isinstance(node, exp.Column):
        return kinds[node.name]
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, exp.Boolean):
        return "truth"
    if isinstance(node, exp.Null):
        return "null"
    if isinstance(node, exp.Paren):
        return _kind(node.this, kinds)
    if is_includes(node):
        return "truth"
    if isinstance(node, exp.And | exp.Or | exp.Not):
        return _all(node, "truth", kinds, gives="truth")
    if isinstance(node, NUMBERS):
        return _all(node, "number", kinds, gives="number")
    if isinstance(node, (*COMPARISONS, exp.Between, exp.In)):
        return _compared(node, kinds)
    if isinstance(node, exp.Is):
        return _is(node, kinds)
    if isinstance(node, ALIKE):
        return _alike(node, list(node.iter_expressions()), kinds)
    if isinstance(node, exp.Case):
        return _case(node, kinds)
    if isinstance(node, exp.If):
        _need(node.this, "truth", kinds)
        return _alike(node, [part for part in (node.args["true"], node.args.get("false")) if part], kinds)
    return _function(node, kinds)


def _function(node: exp.Expr, kinds: Mapping[str, Kind]) -> Kind:
    if isinstance(node, exp.Year | exp.Month):
        return _all(node, "date", kinds, gives="number")
    if isinstance(node, exp.Length):
        return _all(node, "text", kinds, gives="number")
    if isinstance(node, TEXTS):
        return _all(node, "text", kinds, gives="text")
    number = isinstance(node, exp.Round)
    first, *counts = node.iter_expressions()
    _need(first, "number" if number else "text", kinds)
    for count in counts:
        if not (isinstance(count, exp.Literal) and count.name.isdigit() and not count.is_string):
            raise ValueError(f"a whole number, not `{_sql(count)}`, in `{_sql(node)}`")
    return "number" if number else "text"


def _compared(node: exp.Expr, kinds: Mapping[str, Kind]) -> Kind:
    """Both sides of a comparison are of one kind; a date may be compared with a text that is a date."""
    parts = list(node.iter_expressions())
    if isinstance(node, exp.In) and not node.expressions:
        raise ValueError(f"a list in brackets after `in`, as in `sex in ('f', 'h')`, not `{_sql(node)}`")
    if isinstance(node, COMPARISONS) and any(isinstance(part.unnest(), exp.Null) for part in parts):
        raise ValueError(f"`is null` or `is not null`, not `{_sql(node)}`, which is never true")
    found = [_kind(part, kinds) for part in parts]
    if "date" in found:
        for part, kind in zip(parts, found, strict=True):
            if kind == "text" and not (isinstance(part, exp.Literal) and _is_date(part.name)):
                raise ValueError(f"a date such as '2025-01-31', not `{_sql(part)}`, in `{_sql(node)}`")
        found = ["date" if kind == "text" else kind for kind in found]
    _same(node, parts, found)
    return "truth"


def _is(node: exp.Is, kinds: Mapping[str, Kind]) -> Kind:
    if isinstance(node.expression, exp.Boolean):
        _need(node.this, "truth", kinds)
    elif not isinstance(node.expression, exp.Null):
        raise ValueError(f"`is null`, `is not null`, `is true` or `is false`, not `{_sql(node)}`")
    else:
        _kind(node.this, kinds)
    return "truth"


def _case(node: exp.Case, kinds: Mapping[str, Kind]) -> Kind:
    branches = node.args["ifs"]
    for branch in branches:
        if node.this is None:
            _need(branch.this, "truth", kinds)
        else:
            _alike(node, [node.this, branch.this], kinds)
    results = [branch.args["true"] for branch in branches]
    otherwise = node.args.get("default")
    return _alike(node, [*results, otherwise] if otherwise else results, kinds)


def _alike(node: exp.Expr, parts: list[exp.Expr], kinds: Mapping[str, Kind]) -> Kind:
    return _same(node, parts, [_kind(part, kinds) for part in parts])


def _same(node: exp.Expr, parts: list[exp.Expr], found: list[Kind]) -> Kind:
    known = [(part, kind) for part, kind in zip(parts, found, strict=True) if kind != "null"]
    for part, kind in known[1:]:
        first, expected = known[0]
        if kind != expected:
            raise ValueError(
                f"things of one kind in `{_sql(node)}`: `{_sql(first)}` is {IN_WORDS[expected]}, "
                f"`{_sql(part)}` is {IN_WORDS[kind]}"
            )
    return known[0][1] if known else "null"


def _all(node: exp.Expr, expected: Kind, kinds: Mapping[str, Kind], *, gives: Kind) -> Kind:
    for part in node.iter_expressions():
        _need(part, expected, kinds)
    return gives


def _need(part: exp.Expr, expected: Kind, kinds: Mapping[str, Kind]) -> None:
    kind = _kind(part, kinds)
    if kind != expected:
        parent = part.parent if isinstance(part.parent, exp.Expr) else part
        raise ValueError(f"{IN_WORDS[expected]} in `{_sql(parent)}`; `{_sql(part)}` is {IN_WORDS[kind]}")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _sql(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb", comments=False)
