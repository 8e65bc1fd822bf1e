"""The formulas of an XLSForm in the language of our rules: a subset of XPath to SQL over field names.

A formula and what is known of the questions come in; SQL text goes out, or `Unsupported`, which names the first thing
that has no equal. In a form, an empty answer makes a comparison false (or true for `!=`), where SQL knows nothing:
where `exactly` is asked, comparisons of answers that may be empty say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"\s*(?:(?P<name>\$\{\s*[^}]+?\s*\})|(?P<string>'[^']*'|\"[^\"]*\")|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<operator><=|>=|!=|=|<|>|\+|-|\*|\(|\)|,|\.(?!\.|/))|(?P<word>[A-Za-z_][\w:.-]*))"
)
COMPARED = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Unsupported(ValueError):
    """What a formula holds that our rules do not have."""


@dataclass(frozen=True)
class Known:
    """A question that formulas may name: its field, the kind of its values, its codes, whether it may be empty."""

    field: str
    type: str
    codes: tuple[str, ...] = ()
    may_be_empty: bool = True


@dataclass(frozen=True)
class Part:
    """A piece of SQL; `known` where it is one field, `text` where it is a literal text; `fields` all that it names."""

    sql: str
    known: Known | None = None
    text: str | None = None
    fields: tuple[Known, ...] = ()


@dataclass
class Formula:
    """One formula to be turned into SQL; `own` is the question of `.`."""

    text: str
    questions: Mapping[str, Known]
    own: Known | None = None
    exactly: bool = False
    tokens: list[tuple[str, str]] = field(default_factory=list)
    position: int = 0

    def sql(self) -> str:
        """The SQL of the formula. Raises Unsupported."""
        self.tokens = _tokens(self.text)
        part = self._or()
        if self.position < len(self.tokens):
            raise Unsupported(self.tokens[self.position][1])
        return part.sql

    def _peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def _take(self, *wanted: str) -> str:
        found = self._peek()
        if wanted and found not in wanted:
            raise Unsupported(found or self.text)
        self.position += 1
        return found

    def _or(self) -> Part:
        return self._joined("or", self._and)

    def _and(self) -> Part:
        return self._joined("and", self._compared)

    def _joined(self, word: str, below: Callable[[], Part]) -> Part:
        parts = [below()]
        while self._peek() == word:
            self._take()
            parts.append(below())
        if len(parts) == 1:
            return parts[0]
        return Part(f" {word} ".join(part.sql for part in parts), fields=_fields(*parts))

    def _compared(self) -> Part:
        left = self._added()
        while self._peek() in COMPARED:
            operator = self._take()
            left = self._comparison(left, operator, self._added())
        return left

    def _comparison(self, left: Part, operator: str, right: Part) -> Part:
        for one, other in ((left, right), (right, left)):
            if one.text == "" and other.known is not None and operator in ("=", "!="):
                return Part(f"{other.sql} is {'not ' if operator == '!=' else ''}null", fields=other.fields)
        for one, other in ((left, right), (right, left)):
            if one.known is not None and one.known.type == "categories" and other.text is not None:
                raise Unsupported(f"{one.known.field} {operator}")
        sides = [_as(left, right), _as(right, left)]
        sql = f"{sides[0]} {COMPARED[operator]} {sides[1]}"
        fields = _fields(left, right)
        if self.exactly and any(known.may_be_empty for known in fields):
            return Part(f"coalesce({sql}, {'true' if operator == '!=' else 'false'})", fields=fields)
        return Part(sql, fields=fields)

    def _added(self) -> Part:
        return self._computed(("+", "-"), self._multiplied)

    def _multiplied(self) -> Part:
        return self._computed(("*", "div", "mod"), self._signed)

    def _computed(self, operators: tuple[str, ...], below: Callable[[], Part]) -> Part:
        left = below()
        while self._peek() in operators:
            operator = self._take()
            if operator == "mod":
                raise Unsupported("mod")
            right = below()
            # a division by zero is no number in a form, and nothing in ours
            divisor = f"nullif({right.sql}, 0)" if operator == "div" else _bracketed(right.sql)
            sign = "/" if operator == "div" else operator
            multiplied = _bracketed(left.sql) if sign in "*/" else left.sql
            left = Part(f"{multiplied} {sign} {divisor}", fields=_fields(left, right))
        return left

    def _signed(self) -> Part:
        if self._peek() == "-":
            self._take()
            part = self._primary()
            return Part(f"-{_bracketed(part.sql)}", fields=part.fields)
        return self._primary()

    def _primary(self) -> Part:
        if self.position >= len(self.tokens):
            raise Unsupported(self.text)
        kind, told = self.tokens[self.position]
        self.position += 1
        if kind == "name":
            return self._named(told)
        if kind == "string":
            return Part(_literal(told[1:-1]), text=told[1:-1])
        if kind == "number":
            return Part(told if told[0] != "." else f"0{told}", text=told)
        if told == ".":
            if self.own is None:
                raise Unsupported(".")
            return Part(self.own.field, self.own, fields=(self.own,))
        if told == "(":
            part = self._or()
            self._take(")")
            return Part(f"({part.sql})", fields=part.fields)
        if kind == "word" and self._peek() == "(":
            return self._function(told)
        raise Unsupported(told)

    def _named(self, told: str) -> Part:
        name = told[2:-1].strip()
        known = self.questions.get(name)
        if known is None:
            raise Unsupported(told)
        return Part(known.field, known, fields=(known,))

    def _function(self, name: str) -> Part:
        self._take("(")
        arguments: list[Part] = []
        while self._peek() != ")":
            arguments.append(self._or())
            if self._peek() == ",":
                self._take()
        self._take(")")
        shape = (name.lower(), len(arguments))
        if shape in FUNCTIONS:
            return FUNCTIONS[shape](self, *arguments)
        raise Unsupported(f"{name}()")

    def _selected(self, question: Part, code: Part) -> Part:
        if question.known is None or code.text is None or question.known.type not in ("category", "categories"):
            raise Unsupported("selected()")
        if question.known.codes and code.text not in question.known.codes:
            raise Unsupported(f"'{code.text}'")
        if question.known.type == "category":
            return self._comparison(question, "=", code)
        sql = f"includes({question.sql}, {_literal(code.text)})"
        exact = self.exactly and question.known.may_be_empty
        return Part(f"coalesce({sql}, false)" if exact else sql, fields=question.fields)

    def _count_selected(self, question: Part) -> Part:
        known = question.known
        if known is None or known.type != "categories" or not known.codes:
            raise Unsupported("count-selected()")
        counted = " + ".join(
            f"case when includes({known.field}, {_literal(code)}) then 1 else 0 end" for code in known.codes
        )
        return Part(f"({counted})", fields=question.fields)

    def _not(self, part: Part) -> Part:
        return Part(f"not ({part.sql})", fields=part.fields)

    def _if(self, test: Part, then: Part, otherwise: Part) -> Part:
        fields = _fields(test, then, otherwise)
        return Part(f"case when {test.sql} then {then.sql} else {otherwise.sql} end", fields=fields)

    def _length(self, part: Part) -> Part:
        return Part(f"length({part.sql})", fields=part.fields)

    def _call(self, name: str, *parts: Part) -> Part:
        return Part(f"{name}({', '.join(part.sql for part in parts)})", fields=_fields(*parts))

    def _date(self, part: Part) -> Part:
        if part.text is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", part.text):
            raise Unsupported("date()")
        return part


FUNCTIONS: Mapping[tuple[str, int], Callable[..., Part]] = {
    ("selected", 2): Formula._selected,
    ("count-selected", 1): Formula._count_selected,
    ("not", 1): Formula._not,
    ("if", 3): Formula._if,
    ("string-length", 1): Formula._length,
    ("coalesce", 2): lambda formula, *parts: formula._call("coalesce", *parts),
    ("abs", 1): lambda formula, part: formula._call("abs", part),
    ("round", 2): lambda formula, *parts: formula._call("round", *parts),
    ("min", 2): lambda formula, *parts: formula._call("least", *parts),
    ("max", 2): lambda formula, *parts: formula._call("greatest", *parts),
    ("number", 1): lambda _, part: part,
    ("date", 1): Formula._date,
    ("true", 0): lambda _: Part("true"),
    ("false", 0): lambda _: Part("false"),
}  # fmt: skip


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, text = [], 0, text.strip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise Unsupported(text[position:].split()[0])
        found.append((str(match.lastgroup), match[match.lastgroup or 0]))
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
    return found


def _fields(*parts: Part) -> tuple[Known, ...]:
    return tuple(dict.fromkeys(known for part in parts for known in part.fields))


def _as(part: Part, beside: Part) -> str:
    """A literal as the field beside it needs it: `'18'` is a number beside an age, `1` a code beside a list."""
    if part.text is None or beside.known is None:
        return part.sql
    if beside.known.type in ("integer", "decimal"):
        if not re.fullmatch(r"-?\d+(\.\d+)?|\.\d+", part.text):
            raise Unsupported(f"'{part.text}'")
        return part.text if part.text[0] != "." else f"0{part.text}"
    if beside.known.type == "category" and beside.known.codes and part.text not in beside.known.codes:
        raise Unsupported(f"'{part.text}'")
    return _literal(part.text)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _bracketed(sql: str) -> str:
    return f"({sql})" if re.search(r" [+\-*/] | and | or ", sql) and not sql.startswith("(") else sql
