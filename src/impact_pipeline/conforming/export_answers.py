"""What an instrument asks for among the columns of a survey tool, and how their cells are read.

A sheet with what its tool says of it, and the instrument, come in; a `Fitting` goes out: which column is which field,
which columns hold the options of a field of several answers, and row by row the cells as the plain way reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from impact_pipeline.conforming.answers import NO, YES, code_of
from impact_pipeline.conforming.segments import labels_of, segmented
from impact_pipeline.declarations import CodeList, FieldDeclaration, Instrument, Schemas
from impact_pipeline.names import plain
from impact_pipeline.reading.exports.columns import NOT_TICKED, OPTION_VALUES, TICKED
from impact_pipeline.reading.sheet import Kind, Row, Sheet
from impact_pipeline.reading.survey import Choice, Survey

Raw = tuple[str, str]
Reading = Callable[[str, str], Raw]
SCALE_END = re.compile(r"(?:.*\S)?\s+[-–—]\s+(-?\d+)|(-?\d+)\s+[-–—]\s+\S.*")
REFUSED = re.compile(r"\brefus|\bdecline|pas souhaite|prefer not")
NOT_ASKED = re.compile(r"non concerne|sans objet|n(on|ot) (pose|asked)|pas pose|not applicable|\bn a\b|filtre")


@dataclass
class Fitting:
    """`renamed`: column -> the field's name, where the header bears another one. `metadata`: columns of the tool.

    `choices`: field -> its options. `readings`: column -> how a cell of it is read, where not as it stands.
    """

    metadata: frozenset[int]
    renamed: dict[int, str] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    codes: dict[str, dict[int, str]] = field(default_factory=dict)
    points: dict[int, tuple[int, ...]] = field(default_factory=dict)
    readings: dict[int, Reading] = field(default_factory=dict)

    @property
    def set_apart(self) -> frozenset[int]:
        """Columns that the plain way does not see: those of the tool, and options that were put together."""
        options = {column for choice in self.choices.values() for column, _ in choice.options if column != choice.at}
        parts = {column for columns in self.points.values() for column in columns[1:]}
        return self.metadata | options | parts

    def applied(self, row: Row, set_apart: Collection[int]) -> Row:
        """The row as the plain way reads it; `set_apart` is that of the fitting, found once for all rows."""
        width = max(len(row.texts), *(c.at + 1 for c in self.choices.values()), 0) if self.choices else len(row.texts)
        texts = [*row.texts, *[""] * (width - len(row.texts))]
        kinds = [*row.kinds, *[Kind.TEXT.value] * (width - len(row.texts))]
        changed: dict[int, Raw] = {}
        for name, choice in self.choices.items():
            changed[choice.at] = _together(texts, kinds, choice, self.codes[name])
        for first, columns in self.points.items():
            parts = [texts[column].strip() if column < len(texts) else "" for column in columns[:2]]
            changed[first] = (" ".join(parts) if all(parts) else "".join(parts), Kind.TEXT.value)
        for column, read in self.readings.items():
            if column < len(texts) and column not in changed and texts[column].strip():
                changed[column] = read(texts[column].strip(), kinds[column])
        for column, (text, kind) in changed.items():
            texts[column], kinds[column] = text, kind
        for column in set_apart:
            if column < len(texts):
                texts[column], kinds[column] = "", "t"
        return Row(row.number, tuple(texts), "".join(kinds))


def fitting_of(
    sheet: Sheet, survey: Survey, instrument: Instrument, schemas: Schemas, known: Mapping[str, str]
) -> Fitting:
    """How a sheet fits an instrument; `known` is plain spelling of a header -> field."""
    header = [text.strip() for text in sheet.rows[0].texts]
    exact = {spelling for item in instrument.fields for spelling in (item.name, *item.synonyms)}
    # `_id` is the tool's, unless the instrument asks for it by this very name
    fitting = Fitting(frozenset(column for column in sheet.metadata_columns if header[column] not in exact))
    fields = {column: known.get(plain(text)) for column, text in enumerate(header) if column not in fitting.metadata}
    taken = {name for name in fields.values() if name}
    squeezed = {_squeezed(spelling): name for spelling, name in known.items()}
    _find_choices(fitting, survey, instrument, schemas, known, fields)
    taken |= set(fitting.choices)
    for column, text in enumerate(header):
        if column in fitting.set_apart or fields[column] or column in fitting.renamed:
            continue
        names = (text, *survey.headings.get(column, ()))
        name = _free(names, known, taken) or _free([_squeezed(name) for name in names], squeezed, taken)
        if name:
            fitting.renamed[column] = fields[column] = name
            taken.add(name)
    for point in survey.points:
        name = _free(point.headings, known, taken)
        if name and instrument.by_name[name].type in ("point", "text"):
            fitting.renamed[point.columns[0]] = name
            fitting.points[point.columns[0]] = point.columns
            taken.add(name)
    for column, name in fields.items():
        if name:
            reading = _reading(instrument.by_name[name], column, survey, instrument, schemas)
            if reading is not None:
                fitting.readings[column] = reading
    return fitting


def _free(names: Sequence[str], known: Mapping[str, str], taken: Collection[str]) -> str | None:
    """The field that one of the names means, and that no column is yet."""
    return next((known[word] for word in map(plain, names) if word in known and known[word] not in taken), None)


def _squeezed(text: str) -> str:
    """`visited_on` where the tool allows letters and digits alone: `visitedon`."""
    return plain(text).replace(" ", "")


def _find_choices(
    fitting: Fitting,
    survey: Survey,
    instrument: Instrument,
    schemas: Schemas,
    known: Mapping[str, str],
    fields: dict[int, str | None],
) -> None:
    """Options are put together only for a field of several answers; elsewhere their columns are what they are."""
    for choice in survey.choices:
        names = {known[word] for word in map(plain, choice.headings) if word in known}
        name = next((n for n in names if instrument.by_name[n].type == "categories" and n not in fitting.choices), None)
        if name is None or any(column in fitting.metadata for column, _ in choice.options):
            continue
        codelist = schemas.codelist(instrument.by_name[name].codes)
        fitting.choices[name] = choice
        fitting.codes[name] = {
            column: next((code for text in texts if (code := code_of(text, codelist))), texts[0])
            for column, texts in choice.options
        }
        for column, _ in choice.options:
            fields[column] = None
        fitting.renamed[choice.at] = name


def _together(texts: Sequence[str], kinds: Sequence[str], choice: Choice, codes: Mapping[int, str]) -> Raw:
    """The answers of a row: those ticked, none of them, or nothing where the question was not answered."""
    told = {column: texts[column].strip().casefold() if column < len(texts) else "" for column, _ in choice.options}
    # a text under an option, such as that of "other", says that it was chosen
    ticked = [codes[column] for column, text in told.items() if text in TICKED or text not in OPTION_VALUES]
    if ticked:
        return _joined(ticked), Kind.TEXT.value
    summary = texts[choice.at].strip() if choice.summary and choice.at < len(texts) else ""
    if summary and not any(text in NOT_TICKED for text in told.values()):
        return summary, kinds[choice.at]
    if any(text in NOT_TICKED for text in told.values()):
        return "0", Kind.NONE_CHOSEN.value
    if told and all(text == "n/a" for text in told.values()):
        return texts[choice.options[0][0]].strip(), Kind.NOT_ASKED.value
    return "", Kind.TEXT.value


def _joined(answers: Sequence[str]) -> str:
    """Codes are one word each; a label that the list does not know is kept whole, so that it can be told."""
    return (" " if all(len(answer.split()) == 1 for answer in answers) else "; ").join(answers)


def _reading(
    item: FieldDeclaration, column: int, survey: Survey, instrument: Instrument, schemas: Schemas
) -> Reading | None:
    """How the cells of a column are read where the tool has its own way; None where they are what they seem."""
    codelist = schemas.codelist(item.codes) if item.codes else None
    labels, absent = survey.labels.get(column, {}), survey.absent.get(column, frozenset())
    spelled = labels_of(codelist) if codelist is not None and item.type == "categories" else {}

    def read(text: str, kind: str) -> Raw:
        if text in survey.not_asked:
            return text, Kind.NOT_ASKED.value
        if text in absent:
            return _without_answer(text, kind, labels.get(text, ""), item, codelist, instrument)
        if text in labels:
            return _labelled(text, kind, labels[text], item, codelist)
        if survey.joined and codelist is not None and spelled:
            codes = segmented(text, survey.joined, spelled)
            return (" ".join(codes), kind) if codes else (text, kind)
        end = SCALE_END.fullmatch(text) if survey.not_asked and item.type == "integer" else None
        return ((end[1] or end[2]), kind) if end else (text, kind)

    # the same answers come again and again
    return cache(read) if survey.not_asked or labels or absent or (survey.joined and spelled) else None


def _labelled(text: str, kind: str, label: str, item: FieldDeclaration, codelist: CodeList | None) -> Raw:
    """A value or its label: whichever the field understands; the label says what is meant where both are."""
    if codelist is not None:
        return (label, Kind.TEXT.value) if code_of(label, codelist) else (text, kind)
    if item.type == "boolean":
        return (label, Kind.TEXT.value) if plain(label) in YES | NO else (text, kind)
    return (label, Kind.TEXT.value) if item.type == "text" else (text, kind)


def _without_answer(
    text: str, kind: str, label: str, item: FieldDeclaration, codelist: CodeList | None, instrument: Instrument
) -> Raw:
    """A value that its file declares to be no answer: as the instrument's own code says, else as its label does."""
    if codelist is not None:
        known = next((word for word in (label, text) if word and code_of(word, codelist)), None)
        if known:
            return known, Kind.TEXT.value
    declared = instrument.missing.get(int(text)) if re.fullmatch(r"-?\d{1,9}", text) else None
    words = plain(label)
    if declared is None and REFUSED.search(words):
        declared = "refused"
    if declared is None and NOT_ASKED.search(words):
        declared = "not-asked"
    kinds = {"refused": Kind.REFUSED, "not-asked": Kind.NOT_ASKED}
    return label or text, kinds.get(declared or "", Kind.UNKNOWN).value
