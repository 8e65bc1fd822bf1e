"""Expressions: what may stand in one, what it means, and that an engine binds every one that is accepted."""

from __future__ import annotations

import re
from typing import get_args

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact_pipeline.declarations import Expression
from impact_pipeline.declarations.kinds import Kind, kind_of

KINDS: dict[str, Kind] = {"age": "number", "hours": "number", "sex": "text", "uses": "text", "seen": "date",
                          "works": "truth", "comment": "text"}  # fmt: skip
RECORDS = """
create table record as select * from (values
    (17, 0.0, 'f', 'meals games', date '2024-02-29', true, 'x'),
    (45, 35.5, 'h', 'boardgames', date '2025-01-31', false, null),
    (null, null, null, null, null, null, null)
) r(age, hours, sex, uses, seen, works, comment)
"""


@pytest.fixture(scope="module")
def records() -> duckdb.DuckDBPyConnection:
    with duckdb.connect() as connection:
        connection.execute(RECORDS).fetchall()
        yield connection


def values(records: duckdb.DuckDBPyConnection, text: str) -> list[object]:
    return [row[0] for row in records.sql(f"select {Expression(text).sql()} from record").fetchall()]


def test_values_are_those_of_sql(records):
    assert values(records, "age >= 18 and sex = 'h'") == [False, True, None]
    assert values(records, "case when age < 30 then 'young' when age >= 30 then 'old' end") == ["young", "old", None]
    assert values(records, "left(sex, 1) in ('f', 'g')") == [True, False, None]
    assert values(records, "year(seen) * 100 + month(seen)") == [202402, 202501, None]
    assert values(records, "coalesce(comment, '-') = 'x'") == [True, False, False]


def test_a_division_by_zero_is_unknown_whatever_is_written_under_the_line(records):
    assert values(records, "age / hours") == [None, pytest.approx(45 / 35.5), None]
    assert values(records, "1 / (age - nullif(age, 3))") == [None, None, None]
    assert values(records, "2 / nullif(age - 17, 28)") == [None, None, None]


def test_includes_looks_for_a_whole_code_among_several_answers(records):
    assert values(records, "includes(uses, 'games')") == [True, False, None]
    assert values(records, "not includes(uses, 'meals')") == [False, True, None]
    expression = Expression("includes(uses, 'games') or INCLUDES(uses, 'meals')")
    assert expression.included_by_name == {"uses": ("games", "meals")}
    assert Expression("includes(uses, 'games')").is_predicate


def test_names_come_in_order_of_appearance_each_once():
    assert Expression("works or (hours > 2 and age > hours)").names == ("works", "hours", "age")


def test_codes_compared_with_a_field_are_known():
    expression = Expression("sex in ('f', 'h') or 'x' = comment or not sex <> 'g' or age = 3")
    assert expression.literals_by_name == {"sex": ("f", "h", "g"), "comment": ("x",), "age": ()}


def test_results_of_a_case_are_known():
    text = "case when age < 3 then 'a' when sex = 'f' then 'b' else case when works then 'c' else 'd' end end"
    assert set(Expression(text).results) == {"a", "b", "c", "d"}


@pytest.mark.parametrize("text", ["age > 3", "(sex = 'f')", "not works", "age is null", "sex in ('f')", "true"])
def test_a_yes_or_no_is_known_as_one(text):
    assert Expression(text).is_predicate


@pytest.mark.parametrize("text", ["age", "works", "age + 1", "case when works then 1 else 0 end"])
def test_another_value_is_not_taken_for_a_yes_or_no(text):
    assert not Expression(text).is_predicate


def test_names_are_prefixed_and_quoted_for_the_engine():
    assert Expression("age > 3").sql(table="r") == '"r"."age" > 3'
    assert Expression("includes(uses, 'a')").sql(table="r").count('"r"."uses"') == 1
    assert Expression("age > 3").sql(dialect="spark") == "`age` > 3"


REFUSED = [
    "", "  ", "age >", "(age", "age, sex", "age; sex", "age sex", "*", "age from record", "age where works",
    "select age", "(select age from record)", "sex in (select sex from record)", "count(*)", "sum(age)",
    "row_number() over ()", "r.age > 3", "age::text", "cast(age as text)", "sex like 'f%'", "sex || 'f'", "$1", "?",
    "read_csv('x')", "getenv('HOME')", "[age]", "{'a': age}", "age[1]", "age % 2", "age // 2", "random()",
    "current_date", "interval 1 day", "drop table record", "includes(uses)", "includes(uses, sex)",
    "includes('a', uses)", "excludes(uses, 'a')", "1e999", "age = 'x", "a) or (1",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_a_scalar_expression_over_names_is_refused(text):
    with pytest.raises(ValueError, match=r"expression|field|function|includes|numbers"):
        Expression(text)


UNFIT = [
    ("age + sex", "`sex` is a text"),
    ("sex > 3", "`sex` is a text, `3` is a number"),
    ("age = null", "`is null`"),
    ("not age", "true or false"),
    ("sex in (1, 2)", "one kind"),
    ("sex in comment", "a list in brackets"),
    ("case when age then 1 end", "true or false"),
    ("case when works then 1 else 'a' end", "one kind"),
    ("case sex when 1 then 2 end", "one kind"),
    ("left(sex, age)", "a whole number"),
    ("left(age, 2)", "`age` is a number"),
    ("round(sex)", "`sex` is a text"),
    ("year(sex)", "a date"),
    ("seen > '31/01/2025'", "a date such as"),
    ("seen > '2025-02-30'", "a date such as"),
    ("seen > 3", "one kind"),
    ("age is true", "true or false"),
    ("age is works", "`is null`"),
    ("coalesce(age, 'x')", "one kind"),
    ("upper(null)", "null"),
]


@pytest.mark.parametrize(("text", "told"), UNFIT)
def test_parts_that_do_not_fit_together_are_refused_with_what_they_are(text, told):
    with pytest.raises(ValueError, match=told):
        kind_of(Expression(text), KINDS)


def column(kind: Kind) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, of in KINDS.items() if of == kind])


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4).map(lambda t: t.replace("'", "''"))


def leaf(kind: Kind) -> st.SearchStrategy[str]:
    constants = {
        "number": st.one_of(st.integers(0, 10**6).map(str), st.decimals(0, 100, places=2).map(str)),
        "text": texts.map(lambda text: f"'{text}'"),
        "truth": st.sampled_from(["true", "false"]),
        "date": column("date"),
    }
    return st.one_of(column(kind), constants[kind])


def grown(child: st.SearchStrategy[tuple[str, str, str, str]]) -> st.SearchStrategy[tuple[str, str, str, str]]:
    """From one (number, text, truth, date) to larger ones: every construct of the allow-list has its place."""

    def combine(a: tuple[str, ...], b: tuple[str, ...], pick: int) -> tuple[str, str, str, str]:
        (n, t, p, d), (m, u, q, e) = a, b
        numbers = [f"({n} + {m})", f"{n} - ({m})", f"({n}) * {m}", f"({n}) / ({m})", f"-({n})", f"abs({n})",
                   f"round({n}, 2)", f"least({n}, {m})", f"greatest({n}, {m}, null)", f"nullif({n}, {m})",
                   f"length({t})", f"year({d})", f"month({d})", f"case when {p} then {n} else {m} end"]  # fmt: skip
        texts = [f"upper({t})", f"lower({t})", f"left({t}, 2)", f"right({t}, 1)", f"substring({t}, 1, 2)",
                 f"coalesce({t}, {u})", f"case when {p} then {t} when {q} then {u} end",
                 f"if({q}, {t}, {u})"]  # fmt: skip
        truths = [f"{p} and {q}", f"({p} or {q})", f"not ({p})", f"({n}) < ({m})", f"({t}) = ({u})", f"{d} >= {e}",
                  f"({n}) between {m} and 7", f"({t}) in ({u}, 'f')", f"({t}) is not null", f"({p}) is true",
                  "includes(uses, 'meals')", f"({p}) = ({q})", f"{d} > '2025-01-31'"]  # fmt: skip
        dates = [f"coalesce({d}, {e})", f"greatest({d}, {e})", f"case when {p} then {d} end"]
        return tuple(f"({group[pick % len(group)]})" for group in (numbers, texts, truths, dates))  # type: ignore[return-value]

    return st.builds(combine, child, child, st.integers(0, 10**6))


expressions = st.recursive(
    st.tuples(leaf("number"), leaf("text"), leaf("truth"), leaf("date")), grown, max_leaves=8
).flatmap(st.sampled_from)


@given(expressions)
@settings(max_examples=200)
def test_every_accepted_expression_is_bound_by_the_engine_and_of_the_kind_told(records, text):
    expression = Expression(text)
    kind = kind_of(expression, KINDS)

    (column_type,) = records.sql(f"select {expression.sql(table='record')} as value from record").types

    told = {"VARCHAR": "text", "BOOLEAN": "truth", "DATE": "date"}.get(str(column_type), "number")
    assert told == kind
    assert set(expression.names) <= set(KINDS)


@given(st.text(max_size=30))
@settings(max_examples=200)
def test_any_text_is_an_expression_or_a_refusal_in_words(text):
    try:
        told = kind_of(Expression(text), dict.fromkeys(Expression(text).names, "number"))
    except ValueError as error:
        told = str(error)

    assert told in get_args(Kind) or re.search(r"expression|field|function|includes|number|kind|text|date|null", told)
