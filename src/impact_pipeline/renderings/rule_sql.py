"""From an instrument's rules and relevance to SQL over its typed records; nothing is executed here.

Rules of every form but `history` become predicates that are true where all is well and unknown where they are left
out; relevance becomes one column a field that is not always asked. DuckDB and Spark read them the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.declarations import Expression, Instrument, Rule
from impact_pipeline.declarations.kinds import kind_of, kind_of_type
from impact_pipeline.renderings.engine_sql import failures, quoted

FUZZ = "1e-9"  # relative: sums of decimals are not exact, and a rule is not about their last digit
COMPARED = {  # over the difference of the sides, the size of what does not count as one, and the tolerance
    "equal-to": "abs({difference}) <= {slack}",
    "not-equal-to": "abs({difference}) > {slack}",
    "greater-than": "{difference} > {slack}",
    "greater-than-or-equal-to": "{difference} >= -{slack}",
    "less-than": "{difference} < -{slack}",
    "less-than-or-equal-to": "{difference} <= {slack}",
}
SIGNS = {
    "equal-to": "=", "not-equal-to": "<>", "greater-than": ">", "greater-than-or-equal-to": ">=",
    "less-than": "<", "less-than-or-equal-to": "<=",
}  # fmt: skip


def rule_failures(instrument: Instrument, table: str) -> str:
    """A query of (_record, rule): positions of the instrument's rules that are false in a record of `table`.

    Rules about the past are left out: they are not within a record. Without any other rule it gives no row.
    """
    within = [(place, rule) for place, rule in enumerate(instrument.rules) if rule.history is None]
    return failures([(str(place), predicate(rule, instrument)) for place, rule in within], table, name="rule")


def predicate(rule: Rule, instrument: Instrument) -> str:
    """The SQL of one rule: false where it is broken, null where it is left out."""
    if rule.expression is not None:
        return rule.expression.sql()
    sides = rule.sides
    if sides is None:
        raise ValueError(f"{instrument}: rule {rule.code} compares nothing within a record")
    if sides.operator in ("compulsory-pair", "exclusive-pair"):
        left, right = _is_there(sides.left, rule), _is_there(sides.right, rule)
        return f"({left}) = ({right})" if sides.operator == "compulsory-pair" else f"not (({left}) and ({right}))"
    left, right = side(rule, sides.left, instrument), side(rule, sides.right, instrument)
    if not _is_number(sides.left, instrument):
        return f"{left} {SIGNS[sides.operator]} {right}"
    left, right = f"cast({left} as double)", f"cast({right} as double)"
    slack = f"({sides.tolerance!r} + {FUZZ} * greatest(1, abs({left}), abs({right})))"
    return COMPARED[sides.operator].format(difference=f"({left} - {right})", slack=slack)


def side(rule: Rule, expression: Expression, instrument: Instrument) -> str:
    """The SQL of one side of a rule, missing values counted as the rule says; null where the rule is left out."""
    names = [quoted(name) for name in expression.names]
    if rule.missing == "skip-if-any":
        gone = " or ".join(f"{name} is null" for name in names)
        return f"(case when {gone} then null else {expression.sql()} end)" if gone else f"({expression.sql()})"
    numbers = [item.name for item in instrument.fields if kind_of_type(item.type) == "number"]
    counted = expression.sql(absent_as_zero=numbers)
    if rule.missing == "never-skip" or not names:
        return f"({counted})"
    return f"(case when {' and '.join(f'{name} is null' for name in names)} then null else {counted} end)"


def _is_there(expression: Expression, rule: Rule) -> str:
    """Whether a side of a pair is answered."""
    word = " or " if rule.missing == "skip-if-all" else " and "
    return word.join(f"{quoted(name)} is not null" for name in expression.names) or "true"


def _is_number(expression: Expression, instrument: Instrument) -> bool:
    return kind_of(expression, {item.name: kind_of_type(item.type) for item in instrument.fields}) == "number"


def relevance(instrument: Instrument, table: str) -> str | None:
    """A query of (_record, _asked_0, _asked_1...), one column a field of `instrument.asked_in_order`: true where it is
    asked, false where it is not, null where nobody can tell. None where every field is always asked.

    A field that depends on one which was not asked, and was left empty, is not asked either.
    """
    if not instrument.asked_in_order:
        return None
    columns = ", ".join(_asked(instrument))
    return f"select _record, {columns} from {table} order by _record"


def _asked(instrument: Instrument) -> Iterator[str]:
    place = {name: number for number, name in enumerate(instrument.asked_in_order)}
    for name, number in place.items():
        condition = instrument.by_name[name].relevant
        if condition is None:
            continue
        unasked = " or ".join(
            f"(not _asked_{place[other]} and {quoted(other)} is null)" for other in condition.names if other in place
        )
        otherwise = f" when {unasked} then false" if unasked else ""
        told = f"({condition.sql()})"
        yield f"case when {told} then true when not {told} then false{otherwise} end as _asked_{number}"
