"""From a finding to sentences that a volunteer can act on, in French or English.

A finding and the declarations come in; place, what was read, what is expected, what to do and a valid example go out,
as plain text. Sentences stand in `catalogues/<language>/findings.po`; variants of a sentence bear a suffix (`.near`
where a known name looks like what was read, `.blocking`...). No page is laid out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from babel.dates import format_date
from babel.numbers import format_decimal

from impact_pipeline.conforming.calendar import length_of
from impact_pipeline.conforming.meant import meant_months, meant_number
from impact_pipeline.conforming.numbers import lone_number, two_readings
from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas, Text
from impact_pipeline.declarations.instrument import MissingStatus
from impact_pipeline.findings import Finding, Level, column_letter
from impact_pipeline.names import nearest
from impact_pipeline.renderings.template.cells import Cells
from impact_pipeline.validation.outcome import CELL_LEVEL, is_compulsory
from impact_pipeline.validation.places import QUESTIONS, place_name, place_words
from impact_pipeline.validation.rule_words import NEUTRAL, words_of_rules
from impact_pipeline.words import Language, catalogue, say

PARTS = ("title", "read", "expected", "todo")
LISTED_ANSWERS = 12  # answers of a list that a message names
NEAR_ANSWER = 60  # of 100; answers are short, and one slip weighs more than in a header
LONGEST_VALUE = 60  # characters of a cell that a message repeats
CELL_FAULTS = CELL_LEVEL | {
    "required", "not-a-number", "not-an-integer", "ambiguous-number", "number-range", "approximate-number",
    "date-not-number", "unit-in-doubt", "not-a-date", "impossible-date", "ambiguous-date", "several-dates",
    "date-without-day", "date-without-year", "not-a-boolean", "not-in-list", "out-of-range", "pattern", "lost-digits",
    "invalid-siren", "invalid-siret", "siren-not-siret", "invalid-rna", "rna-without-w", "invalid-commune",
    "invalid-postcode", "invalid-phone", "invalid-email", "invalid-point", "not-a-period", "period-length", *QUESTIONS,
}  # fmt: skip  # codes whose cell counts as empty, or whose row is set aside, until it is mended
NO_EXAMPLE = frozenset({
    "total-mismatch", "row-rule", "rule-compared", "sum-mismatch", "shares-mismatch", "rule-pair-incomplete",
    "rule-pair-both", "unusual-value", "unusual-change", "answered-not-asked", "duplicate-key", "duplicate-elsewhere",
    "duplicate-column", "near-duplicate",
})  # fmt: skip  # what is wrong is not how the cell is written: an example of one would only mislead
MEANT = frozenset({"not-a-number", "unit-in-doubt"})  # codes of cells of numbers that may mean one


@dataclass(frozen=True, slots=True)
class Message:
    """One finding in words. Texts are whole sentences, save `place` and `example`; empty where there is nothing."""

    code: str
    level: Level
    title: str
    place: str
    read: str
    expected: str
    todo: str
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause: same level, code and field. `count` is true even where only the first are listed."""

    level: Level
    code: str
    field: str | None
    count: int
    findings: tuple[Finding, ...]


def tell(finding: Finding, instrument: Instrument, schemas: Schemas, language: Language) -> Message:
    """The finding in words. Raises KeyError for a code or a blank that the catalogue does not know."""
    cells = Cells(instrument, schemas, language)
    field = instrument.by_name.get(finding.field or "")
    values = _values(finding, field, cells)
    sentences = {part: _sentence(finding, part, values, language) for part in PARTS}
    if counts_as_empty(finding):
        sentences["todo"] += " " + _meanwhile(finding, values, language)
    if finding.level is not Level.CORRECTED and values["instruction"]:
        sentences["todo"] += " " + values["instruction"]
    if values["justification"]:
        sentences["todo"] = say("message.justified", language, text=values["justification"])
    if values["justification"] and counts_as_empty(finding):
        sentences["todo"] += " " + say("message.still-empty", language)
    return Message(
        code=finding.code,
        level=finding.level,
        place=_place(finding, instrument, language),
        example=_example(field, cells) if field is not None and _has_example(finding) else "",
        **sentences,
    )


def counts_as_empty(finding: Finding) -> bool:
    """Whether the cell of a finding has no value, or its row is set aside, until somebody mends it."""
    return finding.code in CELL_FAULTS and finding.field is not None and not finding.details.get("as")


def _has_example(finding: Finding) -> bool:
    return finding.level is not Level.CORRECTED and finding.code not in NO_EXAMPLE


def title(code: str, language: Language) -> str:
    """What a code is called. Raises KeyError for an unknown one."""
    return say(f"finding.{code}.title", language)


def codes() -> tuple[str, ...]:
    """All codes that the catalogue can tell."""
    return tuple(
        sorted(
            key.split(".")[1]
            for key in catalogue("fr")
            if key.startswith("finding.") and key.count(".") == 2 and key.endswith(".title")
        )
    )


def group(
    findings: Iterable[Finding], counts: Mapping[tuple[str, Level, str | None], int] | None = None
) -> tuple[Group, ...]:
    """Findings by cause: blocking causes first, then in the order in which the file meets them."""
    causes: dict[tuple[str, Level, str | None], list[Finding]] = {}
    for finding in findings:
        causes.setdefault((finding.code, finding.level, finding.field), []).append(finding)
    groups = [
        Group(level, code, field, (counts or {}).get((code, level, field), sum(f.cells for f in found)), tuple(found))
        for (code, level, field), found in causes.items()
    ]
    order = list(Level)
    return tuple(sorted(groups, key=lambda cause: (order.index(cause.level), cause.findings[0].place.row or 0)))


def _sentence(finding: Finding, part: str, values: Mapping[str, str], language: Language) -> str:
    """The sentence of a part, in the variant that fits what is known."""
    key = f"finding.{finding.code}.{part}"
    fits = {
        "less": bool(values["less"]),
        "across": bool(finding.details.get("across")),
        "commune": values["type"] == "commune",
        "text-file": finding.place.sheet is None,
        "no-such-day": bool(values["no_such_day"]),
        "meant": bool(values["meant"]),
        "near": bool(values["nearest"]),
        "as": bool(values["as_read"]),
        "two": bool(values["thousands"]),
        "many": "," in values["rows"],
        "said": bool(values["message"]),
        "elsewhere": bool(values["organisation"]),
        "differing": bool(values["fields"]),
        "until": bool(values["until"]),
        "dated": bool(values["received_on"]),
        "places": bool(values["places"]),
        "fitting": bool(values["fitting"]),
        "named": bool(values["named"]),
        "blocking": finding.level is Level.BLOCKING,
    }
    known = catalogue(language)
    variant = next((f"{key}.{name}" for name, fit in fits.items() if fit and f"{key}.{name}" in known), key)
    return say(_of_layout(variant, values, language), language, **values).strip()


def _of_layout(key: str, values: Mapping[str, str], language: Language) -> str:
    """The key of a sentence in a cross table, where it differs: an answer is no row there."""
    return f"{key}.matrix" if values["layout"] == "matrix" and f"{key}.matrix" in catalogue(language) else key


def _values(finding: Finding, field: FieldDeclaration | None, cells: Cells) -> dict[str, str]:
    """Every named value that a sentence may ask for, in the language."""
    language, instrument = cells.language, cells.instrument
    told = {name: _text(value, language) for name, value in finding.details.items()}
    label = field.label[language] if field is not None else ""
    unit = instrument.by_name[instrument.unit_field].label[language]
    keys = [instrument.by_name[name].label[language] for name in instrument.key]
    lowest, highest = field.range if field is not None and field.range else (0.0, 0.0)
    values = {
        "value": _shortened(finding.value),
        "label": label,
        "header": label or say("message.untitled", language),
        "sheet": finding.place.sheet or "",
        "row": str(finding.place.row or ""),
        "rows": "",
        "twins": "",
        "layout": instrument.layout,
        "column": column_letter(finding.place.column) if finding.place.column is not None else "",
        "places": "",
        "fitting": "",
        "named": "",
        "unit": unit,
        "key": _joined(keys, language),
        "one_of_key": _joined(keys, language, "or"),
        "type": field.type if field is not None else "",
        "shown": _shortened(finding.value),
        "about": "",
        **_meant(finding, field, cells),
        "help": cells.help(field) if field is not None else "",
        "answers": _answers(field, cells),
        "lowest": format_decimal(lowest, locale=language),
        "highest": format_decimal(highest, locale=language),
        "nearest": _nearest_answer(finding, field, cells),
        **_two_readings(finding, language),
        **_two_lengths(finding, field, language),
        "cells": _counted(finding.cells, language),
        "required": _quoted(
            [f.label[language] for f in instrument.fields if is_compulsory(instrument, f.name)], language
        ),
        "as_read": _as_read(str(told.pop("as", "")), finding, field, cells),
        "message": "",
        "declared": "",
        "sum": "",
        "tool": _shortened(finding.value),
        "count": _number(finding.cells, language),
        "columns": _shortened(finding.value),
        "instruction": "",
        "justification": "",
        "until": "",
        "sent_for": "",
        "received_on": "",
        **words_of_rules(finding, cells),
    }
    if field is not None and field.type == "commune":
        values |= place_words(finding, language)
    for name in ("until", "received_on"):
        if told.get(name):
            told[name] = str(format_date(date.fromisoformat(told[name]), format="long", locale=language))
    for name in NEUTRAL:
        told.pop(name, None)
    names = str(told.pop("fields", "")).split()
    values["fields"] = _quoted([instrument.by_name[name].label[language] for name in names], language)
    values["less"] = "less" if _is_less(finding) else ""
    for name in ("declared", "sum"):
        if told.get(name):
            told[name] = str(format_decimal(told[name], locale=language, decimal_quantization=False))
    return values | {name: value for name, value in told.items() if value}


def _text(value: Any, language: Language) -> str:
    return value[language] if isinstance(value, Text) else str(value)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1] + "…"


def _counted(count: int, language: Language) -> str:
    return say("message.cells.one" if count == 1 else "message.cells.many", language, count=_number(count, language))


def _number(value: float, language: Language) -> str:
    return str(format_decimal(value, locale=language))


def _quoted(texts: Iterable[str], language: Language) -> str:
    return ", ".join(say("message.quoted", language, text=text) for text in texts)


def _joined(texts: Sequence[str], language: Language, word: str = "and") -> str:
    """The texts quoted, the last one after an "and", or an "or"."""
    if len(texts) < 2:
        return _quoted(texts, language)
    return say(f"message.{word}", language, texts=_quoted(texts[:-1], language), last=_quoted(texts[-1:], language))


def _answers(field: FieldDeclaration | None, cells: Cells) -> str:
    if field is None:
        return ""
    answers = cells.answers(field)
    listed = _quoted(answers[:LISTED_ANSWERS], cells.language)
    return f"{listed}…" if len(answers) > LISTED_ANSWERS else listed


def _nearest_answer(finding: Finding, field: FieldDeclaration | None, cells: Cells) -> str:
    """The answer of the list that looks most like what was written, or the only number in it."""
    if finding.code in ("not-a-number", "approximate-number"):
        number = lone_number(finding.value)
        return number if number != finding.value.strip() else ""
    if finding.code != "not-in-list" or field is None or field.codes is None:
        return ""
    spellings = {
        spelling: item.label[cells.language]
        for item in cells.schemas.codelist(field.codes).codes
        for spelling in (item.code, item.label.fr, item.label.en, *item.synonyms)
    }
    found = nearest(finding.value, spellings, at_least=NEAR_ANSWER)
    return spellings[found] if found else ""


def _meant(finding: Finding, field: FieldDeclaration | None, cells: Cells) -> dict[str, str]:
    """What a cell likely means, the way of the language, and whether it is a day that the calendar does not have."""
    told = {"meant": "", "no_such_day": ""}
    if field is None:
        return told
    if finding.code in MEANT:
        number = meant_number(finding.value, field)
        return told | ({"meant": _decimal(number, cells.language)} if number is not None else {})
    if finding.code == "period-length" and field.period == "month":
        months, is_day = meant_months(finding.value)
        texts = [cells.period(month) for month in months]
        either = say("message.or", cells.language, texts=texts[0], last=texts[1]) if len(texts) == 2 else "".join(texts)
        return {"meant": either, "no_such_day": "" if is_day else "yes"}
    return told


def _is_less(finding: Finding) -> bool:
    """Whether a written total is smaller than what it should be the sum of."""
    declared, summed = finding.details.get("declared"), finding.details.get("sum")
    return bool(declared and summed) and Decimal(str(declared)) < Decimal(str(summed))


def _decimal(number: Decimal, language: Language) -> str:
    return str(format_decimal(number.normalize(), locale=language, decimal_quantization=False))


def _two_readings(finding: Finding, language: Language) -> dict[str, str]:
    """The two numbers that `1.234` may be; empty texts where there is one only."""
    readings = two_readings(finding.value) if finding.code == "ambiguous-number" else None
    thousands, decimals = ("", "") if readings is None else (
        str(format_decimal(number, locale=language, decimal_quantization=False)) for number in readings
    )  # fmt: skip
    return {"thousands": thousands, "decimals": decimals}


def _two_lengths(finding: Finding, field: FieldDeclaration | None, language: Language) -> dict[str, str]:
    """The length of the period that was read, and of the one that is asked for: `a month`, `a quarter`."""
    if finding.code != "period-length" or field is None or field.period is None:
        return {"length": "", "asked_length": ""}
    # a spreadsheet keeps dates, whatever period they stand for
    lengths = {"length": length_of(finding.value) or "day", "asked_length": field.period}
    return {name: say(f"message.length.{length}", language) for name, length in lengths.items()}


def _as_read(text: str, finding: Finding, field: FieldDeclaration | None, cells: Cells) -> str:
    """A value as read, the way people of the language write it: `90.11` is 90,11 in French."""
    if not text or field is None:
        return text
    if finding.code == "missing-converted":
        return say(f"template.missing.{text}", cells.language) if text in get_args(MissingStatus) else text
    if field.type in ("integer", "decimal"):
        return str(format_decimal(text, locale=cells.language, decimal_quantization=False))
    if field.type == "date":
        told = str(format_date(date.fromisoformat(text), format="long", locale=cells.language))
        return re.sub("^1 ", "1er ", told) if cells.language == "fr" else told
    if field.type == "period":
        return cells.period(text)
    if field.type == "commune":
        return place_name(text)
    if field.type == "boolean":
        return say("message.yes" if text == "true" else "message.no", cells.language)
    if field.codes is not None:
        items = cells.schemas.codelist(field.codes).by_code
        return ", ".join(items[code].label[cells.language] if code in items else code for code in text.split())
    return text


def _example(field: FieldDeclaration, cells: Cells) -> str:
    example = cells.example(field)
    if isinstance(example, date):
        return example.strftime("%d/%m/%Y")
    return example if isinstance(example, str) else _number(example, cells.language)


def _meanwhile(finding: Finding, values: Mapping[str, str], language: Language) -> str:
    """What becomes of the rows or of the cells until somebody mends them."""
    what = "aside" if finding.level is Level.BLOCKING else "as-missing"
    key = f"message.{what}.many" if finding.cells > 1 else f"message.{what}"
    return say(_of_layout(key, values, language), language, **values)


def _place(finding: Finding, instrument: Instrument, language: Language) -> str:
    """`feuille « T1 », cellule B12 (colonne « Budget »)`; a cross table has its titles in rows."""
    place, parts = finding.place, []
    if place.sheet is not None:
        parts.append(say("message.place.sheet", language, sheet=place.sheet))
    letter = column_letter(place.column) if place.column is not None else ""
    if letter and place.row:
        parts.append(say("message.place.cell", language, cell=f"{letter}{place.row}"))
    elif letter:
        parts.append(say("message.place.column", language, column=letter))
    elif place.row:
        parts.append(say("message.place.row", language, row=place.row))
    told = ", ".join(parts) or say("message.place.file", language)
    header = str(finding.details.get("header", ""))
    if not (letter and header):
        return told
    is_indicator = instrument.layout == "matrix" and finding.field is not None
    key = "message.place.header.matrix" if is_indicator else "message.place.header"
    return say(key, language, place=told, header=_shortened(header))
