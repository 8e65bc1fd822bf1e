"""What of a form becomes an instrument, and what does not.

A form comes in; instruments (one, and one more a repeat) and code lists go out as plain declarations, checked one by
one as the loader would, with the list of what could not be carried. Nothing is guessed: a formula that our rules do not
have is left, told, and its question is asked of everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.kinds import kind_of, kind_of_type
from impact_pipeline.names import plain
from impact_pipeline.words import LANGUAGES
from impact_pipeline.xlsform.constraints import Constraint, constraint_of
from impact_pipeline.xlsform.form import Choice, Form, Group, Question
from impact_pipeline.xlsform.xpath import Formula, Known

TYPES = {
    "text": "text", "integer": "integer", "decimal": "decimal", "range": "decimal", "date": "date",
    "geopoint": "point", "select_one": "category", "select_multiple": "categories", "barcode": "text",
    "rank": "text", "dateTime": "text", "time": "text", "select_one_from_file": "text", "select_one_external": "text",
    "select_multiple_from_file": "text", "acknowledge": "text", "trigger": "text", "hidden": "text",
    "geotrace": "text", "geoshape": "text",
}  # fmt: skip
AS_TEXT = frozenset(  # kept, but as a text that nothing checks
    ["rank", "dateTime", "time", "select_one_from_file", "select_one_external", "select_multiple_from_file",
     "acknowledge", "trigger", "hidden", "geotrace", "geoshape"]
)  # fmt: skip
METADATA = frozenset(
    ["start", "end", "today", "deviceid", "username", "simserial", "phonenumber", "email", "audit", "start-geopoint",
     "background-audio", "subscriberid", "enumerator", "background-geopoint"]
)  # fmt: skip
ASIDE = frozenset(["note", *METADATA])  # nothing that a person answers
COLUMNS_LEFT = (  # what a question may say beside, and we do not
    "choice_filter", "default", "trigger", "save_to", "required_message", "read_only", "parameters",
)  # fmt: skip
IDENTIFYING = re.compile(
    r"\b(nom|prenom|name|surname|firstname|lastname|tel|telephone|phone|portable|mobile|mail|email|courriel|adresse"
    r"|address|naissance|birth|nir|secu|iban|siret)\b"
)
KEY = "submission"
SUBMISSION = {  # the key that every tool gives, under a name of its own
    "name": KEY, "type": "identifier", "required": True, "disclosure": "identifier",
    "label": {"fr": "Numéro de la réponse", "en": "Number of the answer"},
    "synonyms": ["_uuid", "KEY"],
}  # fmt: skip
PLACE = {  # the key of a row of a repeated group
    "name": "place", "type": "identifier", "required": True, "disclosure": "identifier",
    "label": {"fr": "Rang dans le groupe répété", "en": "Place in the repeated group"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Left:
    """Something of the form that the instrument does not carry: where, why (a code), and what stands there."""

    sheet: str
    row: int | None
    code: str
    told: str = ""
    part: str = ""
    is_aside: bool = False  # nothing to do about it: a note, a column that the tool fills


@dataclass
class Carried:
    """Declarations by their name, and what was left."""

    instruments: dict[str, dict[str, Any]] = field(default_factory=dict)
    codelists: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def carry(form: Form, name: str) -> Carried:
    """The declarations of a form called `name`."""
    return _Carrying(form, name).carried()


class _Carrying:
    def __init__(self, form: Form, name: str):
        self.form, self.name, self.out = form, name, Carried()
        self.fields: dict[str, str] = {}  # question -> field
        self.lists = {told: f"{name}-{slug(told)}" for told in form.choices}
        self.codes = {told: self._codelist(told, choices) for told, choices in form.choices.items()}

    def carried(self) -> Carried:
        form, out = self.form, self.out
        repeats = [group for group in form.groups if group.is_repeat]
        taken: set[str] = set()
        for group in (None, *repeats):
            taken = {KEY} | ({"place"} if group else set())
            for question in self._asked(group):
                self.fields[question.name] = _field_name(question.name, taken)
        for group in (None, *repeats):
            self._instrument(group)
        out.left += [Left(sheet, row, "no-question", told) for sheet, row, told in form.lost]
        out.left += [Left(sheet, None, "sheet") for sheet in form.other_sheets]
        used = {question.choices for question in form.questions}
        out.codelists = {
            self.lists[told]: out.codelists[self.lists[told]]
            for told in form.choices
            if told in used and self.codes[told]
        }
        out.left.sort(key=lambda left: (left.is_aside, left.sheet != "survey", left.sheet, left.row or 0))
        return out

    def _asked(self, repeat: Group | None) -> Iterator[Question]:
        """The questions that a person answers, within a repeat or outside of them all."""
        for question in self.form.questions:
            if question.repeat == repeat and question.type in TYPES:
                yield question

    def _known(self, repeat: Group | None) -> dict[str, Known]:
        found = {}
        for question in self._asked(repeat):
            kind, codes = TYPES[question.type], self.codes.get(question.choices, ())
            may_be_empty = not question.is_required or bool(self._relevances(question))
            found[question.name] = Known(self.fields[question.name], kind, tuple(codes), may_be_empty)
        return found

    def _instrument(self, repeat: Group | None) -> None:
        known = self._known(repeat)
        name = f"{self.name}-{slug(repeat.name)}" if repeat else self.name
        fields: list[dict[str, Any]] = [PLACE if repeat else SUBMISSION]
        rules: list[dict[str, Any]] = []
        if repeat is not None:
            fields.append(SUBMISSION)
            self._texts_of(repeat)
        for question in self.form.questions:
            if question.repeat != repeat:
                continue
            if question.type in TYPES:
                fields.append(self._field(question, known, rules))
                fields += self._other(question)
            elif question.type in ASIDE:
                self._leave(question, question.type if question.type == "note" else "metadata", is_aside=True)
            else:
                self._leave(question, "calculation" if question.type == "calculate" else "type")
        if len(fields) == (2 if repeat else 1):
            self.out.left.append(Left("survey", repeat.row if repeat else None, "nothing-asked", name))
            return
        title = self.form.title if repeat is None else f"{self.form.title} – {repeat.name}"
        declared: dict[str, Any] = {
            "instrument": name, "version": 1, "kind": "survey", "title": title,
            **({"repeat": {"parent": self.name, "group": repeat.name, "index": "place"}} if repeat else {}),
            "key": ["place" if repeat else KEY], "fields": fields,
        }  # fmt: skip
        if rules:
            declared["rules"] = rules
        self.out.instruments[name] = declared

    def _texts_of(self, group: Group) -> None:
        outer = next((g for g in reversed(self._around(group)) if g.is_repeat), None)
        if outer is not None:
            self.out.left.append(Left("survey", group.row, "repeat-in-repeat", group.name))
        if group.relevant:
            self.out.left.append(Left("survey", group.row, "formula", group.relevant, "relevant"))
        if group.count:
            self.out.left.append(Left("survey", group.row, "column", group.count, "repeat_count"))

    def _around(self, group: Group) -> Sequence[Group]:
        within = next((q.within for q in self.form.questions if group in q.within), ())
        return within[: within.index(group)] if group in within else ()

    def _field(self, question: Question, known: Mapping[str, Known], rules: list[dict[str, Any]]) -> dict[str, Any]:
        own = known[question.name]
        kind = own.type
        if kind in ("category", "categories") and not own.codes:
            self._leave(question, "no-choices", question.choices)
            kind = "text"
        if kind == "categories" and any(" " in code for code in own.codes):
            self._leave(question, "codes-of-several-words", question.choices)
            kind = "text"
        if question.type in AS_TEXT:
            self._leave(question, "as-text", question.type)
        told: dict[str, Any] = {
            "name": own.field,
            "type": kind,
            "label": self._text(question, "label") or question.name,
        }
        if kind in ("category", "categories"):
            told["codes"] = self.lists[question.choices]
        told["disclosure"] = _disclosure(question, kind, told["label"])
        if question.is_required:
            told["required"] = True
        elif question.told.get("required", "").strip().lower() not in ("", "no", "false", "false()", "non", "0"):
            self._leave(question, "formula", question.told["required"], "required")
        relevant = self._relevant(question, known)
        if relevant:
            told["relevant"] = relevant
        if question.type == "range":
            told |= _range_parameters(question)
        help_text = self._text(question, "hint")
        message = self._text(question, "constraint_message")
        constraint = self._constraint(question, own, known)
        if constraint.range:
            told["range"] = [int(n) if float(n).is_integer() else n for n in constraint.range]
        if constraint.pattern:
            told["pattern"] = constraint.pattern
        if constraint.rule:
            words = message or {
                "fr": f"Vérifiez « {_in(told['label'], 'fr')} ».",
                "en": f"Check “{_in(told['label'], 'en')}”.",
            }
            rules.append({
                "code": f"C{question.row:02}", "level": "blocking", "expression": constraint.rule,
                "fields": [own.field], "message": words,
            })  # fmt: skip
        elif message:
            help_text = _joined(help_text, message)
        if help_text:
            told["help"] = help_text
        if question.name != own.field:
            told["synonyms"] = [question.name]
        self._left_columns(question)
        return told

    def _other(self, question: Question) -> Iterator[dict[str, Any]]:
        """The text of another answer, which the tool asks where the form says `or_other`."""
        if question.or_other and question.choices in self.codes:
            name = f"{self.fields[question.name]}_other"
            yield {
                "name": name, "type": "text", "disclosure": "free-text",
                "label": {"fr": f"{_in(self._text(question, 'label') or question.name, 'fr')} : autre",
                          "en": f"{_in(self._text(question, 'label') or question.name, 'en')}: other"},
                "synonyms": [f"{question.name}_other"] if f"{question.name}_other" != name else [],
            }  # fmt: skip

    def _relevances(self, question: Question) -> list[tuple[int, str]]:
        """The formulas that say whether a question is asked: of the groups around it within its repeat, and its own."""
        within = question.within
        if question.repeat is not None:
            within = within[within.index(question.repeat) + 1 :]
        told = [(group.row, group.relevant) for group in within if group.relevant]
        own = question.told.get("relevant", "")
        return [*told, *([(question.row, own)] if own else [])]

    def _relevant(self, question: Question, known: Mapping[str, Known]) -> str | None:
        parts = []
        for row, text in self._relevances(question):
            sql = self._relevance(row, text, known)
            if sql is None:
                return None  # a part of it would ask too little
            parts.append(sql)
        inside = [f"({part})" if len(parts) > 1 and " or " in part else part for part in parts]
        return " and ".join(inside) or None

    def _constraint(self, question: Question, own: Known, known: Mapping[str, Known]) -> Constraint:
        text = question.told.get("constraint", "")
        if not text:
            return Constraint()
        try:
            found = constraint_of(text, own, known)
            if found.rule:
                _checked(found.rule, known)
        except ValueError:
            self._leave(question, "formula", text, "constraint")
            return Constraint()
        return found

    def _relevance(self, row: int, text: str, known: Mapping[str, Known]) -> str | None:
        """The formula of a question, or of a group, which is told once for all the questions in it."""
        try:
            return _checked(Formula(text, known, exactly=True).sql(), known)
        except ValueError:
            left = Left("survey", row, "formula", text, "relevant")
            if left not in self.out.left:
                self.out.left.append(left)
            return None

    def _left_columns(self, question: Question) -> None:
        told = question.told
        for column in COLUMNS_LEFT:
            if column in told and not (column == "parameters" and question.type == "range"):
                self.out.left.append(Left("survey", question.row, "column", told[column], column))
        if "calculation" in told:
            self.out.left.append(Left("survey", question.row, "column", told["calculation"], "calculation"))
        for column in ("guidance_hint", "image", "audio", "video"):
            if question.text(column):
                shown = next(iter(question.text(column).values()))
                self.out.left.append(Left("survey", question.row, "column", shown, column, is_aside=True))
        if "appearance" in told:
            self.out.left.append(
                Left("survey", question.row, "column", told["appearance"], "appearance", is_aside=True)
            )

    def _leave(self, question: Question, code: str, told: str = "", part: str = "", *, is_aside: bool = False) -> None:
        self.out.left.append(Left("survey", question.row, code, told or question.name, part or question.type, is_aside))

    def _text(self, question: Question, column: str) -> dict[str, str] | str | None:
        return self._in_both(question.text(column))

    def _in_both(self, texts: Mapping[str, str]) -> dict[str, str] | str | None:
        """In French and English; what the form has in one language stands for both."""
        said = {language: self.form.said(texts, language) for language in LANGUAGES}
        any_text = next((text for text in said.values() if text), None) or next(
            (" ".join(text.split()) for text in texts.values() if text), None
        )
        if any_text is None:
            return None
        both: dict[str, str] = {language: said[language] or any_text for language in LANGUAGES}
        return any_text if len(set(both.values())) == 1 else both

    def _codelist(self, told: str, choices: Sequence[Choice]) -> tuple[str, ...]:
        """Declare the codes of a list; a label that two choices share is told apart by its code."""
        codes: dict[str, Any] = {}
        spellings: dict[str, str] = {plain(choice.name): choice.name for choice in choices}
        for choice in choices:
            if choice.name in codes:
                self.out.left.append(Left("choices", choice.row, "choice-twice", choice.name))
                continue
            label = self._in_both(choice.label) or choice.name
            if any(spellings.setdefault(plain(_in(label, la)), choice.name) != choice.name for la in LANGUAGES):
                self.out.left.append(Left("choices", choice.row, "label-twice", _in(label, "fr")))
                label = {la: f"{_in(label, la)} ({choice.name})" for la in LANGUAGES}
            codes[choice.name] = label
        filters = {column: choice.row for choice in reversed(choices) for column in choice.filters}
        for column, row in filters.items():
            self.out.left.append(Left("choices", row, "column", told, column, is_aside=True))
        if (
            any(question.or_other and question.choices == told for question in self.form.questions)
            and "other" not in codes
        ):
            codes["other"] = {"fr": "Autre", "en": "Other"}
        self.out.codelists[self.lists[told]] = {"codelist": self.lists[told], "title": told, "codes": codes}
        return tuple(codes)


def slug(text: str) -> str:
    """`Yes_No` as the name of a declaration: `yes-no`."""
    return plain(text).replace(" ", "-").replace("%", "").replace("€", "") or "form"


def _field_name(name: str, taken: set[str]) -> str:
    """A name that SQL takes: `Q1-Age` is `q1_age`."""
    bare = re.sub(r"[^a-z0-9]+", "_", plain(name.replace("_", " "))).strip("_") or "question"
    bare = bare if bare[0].isalpha() else f"q_{bare}"
    found, number = bare if _is_free(bare) else f"{bare}_value", 2
    while found in taken:
        found, number = f"{bare}_{number}", number + 1
    taken.add(found)
    return found


def _is_free(name: str) -> bool:
    try:
        return name != "row" and Expression(name).names == (name,)
    except ValueError:
        return False


def _disclosure(question: Question, kind: str, label: dict[str, str] | str) -> str:
    """Rather too careful: a person decides afterwards."""
    words = plain(f"{question.name.replace('_', ' ')} {_in(label, 'fr')} {_in(label, 'en')}")
    if kind == "point" or (kind in ("text", "date", "integer") and IDENTIFYING.search(words)):
        return "identifier"
    return "free-text" if kind == "text" else "sensitive"


def _range_parameters(question: Question) -> dict[str, Any]:
    """`start=0 end=10 step=1` is a range of whole numbers."""
    told = dict(re.findall(r"(start|end|step)\s*=\s*(-?\d+(?:\.\d+)?)", question.told.get("parameters", "")))
    lowest, highest, step = (float(told.get(key, given)) for key, given in (("start", 1), ("end", 10), ("step", 1)))
    whole = all(number.is_integer() for number in (lowest, highest, step))
    bounds = [int(n) if n.is_integer() else n for n in sorted((lowest, highest))]
    return {"type": "integer" if whole else "decimal", "range": bounds}


def _checked(sql: str, known: Mapping[str, Known]) -> str:
    """The formula, if our rules take it: its parts fit together and it is true or false. Raises ValueError."""
    expression = Expression(sql)
    kinds = {item.field: kind_of_type(item.type) for item in known.values()}
    if kind_of(expression, kinds) != "truth":
        raise ValueError(sql)
    return sql


def _joined(first: dict[str, str] | str | None, then: dict[str, str] | str) -> dict[str, str] | str:
    if first is None:
        return then
    return {language: f"{_in(first, language)} {_in(then, language)}" for language in LANGUAGES}


def _in(text: dict[str, str] | str, language: str) -> str:
    return text if isinstance(text, str) else text[language]
