"""An XLSForm as it is written: its questions in order, the groups and repeats around them, its choices and settings.

Bytes come in and are read by pyxform's own reader; the spellings that XLSForm accepts for a column, a type or a yes are
brought to one. Rows keep the numbers of the sheet. What the form means is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.words import Language

Texts = Mapping[str, str]  # language as the form has it ("" where it has none) -> text
TRANSLATED = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "image", "audio", "video")
COLUMNS = {  # spellings of a column that pyxform takes too -> the column
    "relevance": "relevant", "constraining_message": "constraint_message", "jr:constraintmsg": "constraint_message",
    "calculate": "calculation", "caption": "label", "value": "name", "tag": "name", "list name": "list_name",
    "readonly": "read_only", "requiredmsg": "required_message", "count": "repeat_count", "jr:count": "repeat_count",
    "command": "type", "set form id": "form_id", "set_form_id": "form_id", "set form title": "form_title",
    "set_form_title": "form_title", "title": "form_title", "id_string": "form_id", "body": "control",
}  # fmt: skip
SELECTS = (  # spellings of a type -> the type; the longest first
    ("add select multiple prompt using", "select_multiple"), ("select all that apply from", "select_multiple"),
    ("select all that apply", "select_multiple"), ("add select one prompt using", "select_one"),
    ("select_multiple_from_file", "select_multiple_from_file"), ("select_one_from_file", "select_one_from_file"),
    ("select multiple from file", "select_multiple_from_file"), ("select one from file", "select_one_from_file"),
    ("select_one_external", "select_one_external"), ("select one external", "select_one_external"),
    ("select_multiple", "select_multiple"), ("select multiple", "select_multiple"), ("select one from", "select_one"),
    ("select_one", "select_one"), ("select one", "select_one"), ("select1", "select_one"), ("rank", "rank"),
)  # fmt: skip
TYPES = {
    "int": "integer", "string": "text", "datetime": "dateTime", "q string": "text", "q int": "integer",
    "q decimal": "decimal", "q date": "date", "q geopoint": "geopoint", "location": "geopoint", "gps": "geopoint",
    "photo": "image", "phone number": "phonenumber", "start time": "start", "end time": "end",
    "get start time": "start", "get end time": "end", "get today": "today", "hidden value": "hidden",
}  # fmt: skip
GROUPS = {"group": "group", "lgroup": "repeat", "repeat": "repeat", "loop": "repeat", "looped group": "repeat"}
YES = frozenset(["yes", "true", "true()", "1", "oui", "vrai"])


@dataclass(frozen=True)
class Group:
    """A group or a repeat, which may stand in others."""

    name: str
    row: int
    label: Texts
    relevant: str
    is_repeat: bool
    count: str = ""


@dataclass(frozen=True)
class Question:
    """A row of the survey. `told` holds its other columns as written; `within` the groups around it, from outside."""

    row: int
    type: str
    choices: str
    or_other: bool
    name: str
    texts: Mapping[str, Texts]
    told: Mapping[str, str]
    within: tuple[Group, ...]

    @property
    def repeat(self) -> Group | None:
        """The innermost repeat around it."""
        return next((group for group in reversed(self.within) if group.is_repeat), None)

    def text(self, column: str) -> Texts:
        return self.texts.get(column, {})

    @property
    def is_required(self) -> bool:
        return self.told.get("required", "").strip().lower() in YES


@dataclass(frozen=True)
class Choice:
    """A choice of a list; `filters` are the columns by which the form narrows it."""

    row: int
    name: str
    label: Texts
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Form:
    """`lost` are rows that could not be read as questions: (sheet, row, what stands there)."""

    title: str
    form_id: str
    questions: tuple[Question, ...]
    groups: tuple[Group, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    default_language: str = ""
    other_sheets: tuple[str, ...] = ()
    lost: tuple[tuple[str, int, str], ...] = ()

    def said(self, texts: Texts, language: Language) -> str | None:
        """The text in one of our languages; None where the form does not have it."""
        found = next((text for name, text in texts.items() if _language(name) == language and text), None)
        if found is None and "" in texts and _language(self.default_language) in (language, None):
            found = texts[""]
        return _plainly(found) if found else None


def read_form(content: bytes, name: str) -> Form:
    """The form that a workbook holds. Raises ReadingError (format-error) for bytes that pyxform cannot read."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import get_xlsform

    try:
        data = get_xlsform(content)
    except (PyXFormError, ValueError, KeyError, TypeError, OSError) as error:
        raise ReadingError("format-error", name=name) from error
    if not data.survey:
        raise ReadingError("format-error", name=name)
    settings = _row(next(iter(data.settings or ()), {}))[0]
    questions, groups, lost = _questions(data.survey)
    others = [sheet for sheet in ("external_choices", "entities", "osm") if getattr(data, sheet)]
    others += [sheet for sheet in data.sheet_names or () if sheet.lower().startswith("kobo--")]
    title = settings.get("form_title") or settings.get("form_id") or name.rpartition(".")[0] or name
    return Form(
        title, settings.get("form_id", ""), tuple(questions), tuple(groups), _choices(data.choices or ()),
        settings.get("default_language", ""), tuple(others), tuple(lost),
    )  # fmt: skip


def _questions(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Question], list[Group], list[tuple[str, int, str]]]:
    within: list[Group] = []
    questions: list[Question] = []
    groups: list[Group] = []
    lost: list[tuple[str, int, str]] = []
    for number, cells in enumerate(rows, 2):
        told, texts = _row(cells)
        written = " ".join(told.get("type", "").split())
        if told.get("disabled", "").strip().lower() in YES or not (written or told.get("name")):
            continue
        control = re.fullmatch(r"(begin|end)[ _]?(looped group|lgroup|group|repeat|loop)(?: .*)?", written.lower())
        if control and control[1] == "begin":
            is_repeat = GROUPS[control[2]] == "repeat"
            name, count = told.get("name", ""), told.get("repeat_count", "")
            label, relevant = texts.get("label", {}), told.get("relevant", "")
            group = Group(name, number, label, relevant, is_repeat, count)
            within.append(group)
            groups.append(group)
        elif control:
            if within:
                within.pop()
        elif not (written and (told.get("name") or written.lower() in UNNAMED)):
            lost.append(("survey", number, written or told.get("name", "")))
        else:
            kind, choices, or_other = _type(written)
            name = told.get("name", "") or kind
            questions.append(Question(number, kind, choices, or_other, name, texts, told, tuple(within)))
    return questions, groups, lost


UNNAMED = frozenset(["start", "end", "today", "deviceid", "username", "audit", "simserial", "phonenumber", "email"])


def _type(written: str) -> tuple[str, str, bool]:
    """Type, code list and whether another answer may be given: `select one from yes_no or other`."""
    lower = written.lower()
    for spelling, kind in SELECTS:
        if lower == spelling or lower.startswith(spelling + " "):
            rest = written[len(spelling) :].strip()
            bare = re.sub(r"(?i)\s+or[ _](specify[ _])?other$", "", rest)
            return kind, bare, bare != rest
    return TYPES.get(lower, lower if lower != "datetime" else "dateTime"), "", False


def _choices(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    for number, cells in enumerate(rows, 2):
        told, texts = _row(cells)
        if told.get("list_name") and told.get("name"):
            filters = {key: value for key, value in told.items() if key not in ("list_name", "name", "order")}
            choice = Choice(number, told["name"], texts.get("label", {}), filters)
            lists.setdefault(told["list_name"], []).append(choice)
    return {name: tuple(choices) for name, choices in lists.items()}


def _row(cells: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Columns by their one name, and the translated ones by language."""
    told: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    for header, value in cells.items():
        text = str(value).strip() if value is not None else ""
        if not text:
            continue
        column, language = _column(str(header))
        if column in TRANSLATED:
            texts.setdefault(column, {})[language] = text
        else:
            told[column] = text
    return told, texts


def _column(header: str) -> tuple[str, str]:
    """`label::Français (fr)` is the label, in French; `bind::relevant` is `relevant`."""
    parts = [part.strip() for part in re.split(r"::|(?<!jr):(?!:)", header.strip())]
    if parts[0].lower() in ("bind", "control", "media", "body") and len(parts) > 1:
        parts = parts[1:]
    bare = parts[0].lower()
    column = COLUMNS.get(bare) or COLUMNS.get(bare.replace(" ", "_")) or bare.replace(" ", "_").replace("-", "_")
    return column, parts[1] if len(parts) > 1 else ""


def _language(name: str) -> Language | None:
    """`Français (fr)`, `French`, `fr` are French."""
    lower = name.lower()
    if re.search(r"\(fr\b|\bfr\b|fran[cç]ais|french", lower):
        return "fr"
    return "en" if re.search(r"\(en\b|\ben\b|english|anglais", lower) else None


def _plainly(text: str) -> str:
    """Without what only a screen shows: marks of headings and bold, tags, values of other questions."""
    bare = re.sub(r"<[^>]+>|\*\*|__|^#+ ", "", text)
    bare = re.sub(r"\$\{[^}]+\}", "…", bare)
    return " ".join(bare.split())
