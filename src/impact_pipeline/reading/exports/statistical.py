"""Files of SPSS (`.sav`, `.zsav`) and Stata (`.dta`), by pyreadstat: values, with the labels that the file gives them.

Bytes come in; a `Book` of one sheet goes out: the names of the variables, then a row a case. Values that the file
declares to be no answer (user-missing) stay as they are, and are told as such.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import cell
from impact_pipeline.reading.exports import statistical_process
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Survey, Tool

SPSS = (b"$FL2", b"$FL3")
STATA = b"<stata_dta>"
OLD_STATA = range(104, 116)  # the first byte of Stata's files before version 13
MOST_CELLS = 20_000_000
LONGEST = 120  # seconds


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the file: its name and question, the labels of its values, and those that are no answer."""

    name: str
    label: str
    labels: Mapping[Any, str]
    ranges: Sequence[tuple[Any, Any]]
    letters: frozenset[str]  # Stata's `.a` to `.z`, without the point

    def text(self, value: Any) -> tuple[str, str]:
        """The text and the kind of a value, as the statistics tool shows it."""
        if isinstance(value, str) and value in self.letters:
            return f".{value}", "t"
        return cell(value)

    def is_absent(self, value: Any) -> bool:
        if isinstance(value, str) and value in self.letters:
            return True
        return any(_within(value, lowest, highest) for lowest, highest in self.ranges)


def is_statistical(content: bytes) -> bool:
    """Whether the bytes are a file of SPSS or Stata."""
    return _tool_of(content) is not None


def read_statistical(content: bytes, name: str) -> Book | None:
    """The one sheet of a file of SPSS or Stata; None for other files.

    Raises ReadingError with the code format-error or too-large.
    """
    tool = _tool_of(content)
    if tool is None:
        return None
    kind = "sav" if tool is Tool.SPSS else "dta"
    told = _read_apart(content, kind, name)
    variables = [_variable(one) for one in told]
    columns = [[_value(value) for value in one["values"]] for one in told]
    sheet = _sheet(variables, columns)
    return Book(kind, (sheet,), {"format": kind, "tool": tool.value}, tool=tool)


def _read_apart(content: bytes, kind: str, name: str) -> list[dict[str, Any]]:
    """The variables of a file, read by a process of its own, which a damaged file may end.

    The library reads paths alone, hence the temporary folder.
    """
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        path, target = Path(folder) / f"file.{kind}", Path(folder) / "told.json"
        path.write_bytes(content)
        command = [sys.executable, "-I", statistical_process.__file__, str(path), str(target), str(MOST_CELLS)]
        try:
            ended = subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired as error:
            raise ReadingError("too-large", name=name) from error
        if ended.returncode == statistical_process.TOO_LARGE:
            raise ReadingError("too-large", name=name)
        if ended.returncode != 0:
            raise ReadingError("format-error", name=name)
        told: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))
    return told


def _tool_of(content: bytes) -> Tool | None:
    if content.startswith(SPSS):
        return Tool.SPSS
    head = content[:3]
    is_old = len(head) == 3 and head[0] in OLD_STATA and head[1] in (1, 2) and head[2] == 1
    return Tool.STATA if content.startswith(STATA) or is_old else None


def _variable(told: Mapping[str, Any]) -> Variable:
    return Variable(
        told["name"],
        told["label"],
        {_value(value): label for value, label in told["labels"]},
        [(lowest, highest) for lowest, highest in told["ranges"]],
        frozenset(told["letters"]),
    )


def _value(told: Any) -> Any:
    if not isinstance(told, Mapping):
        return told
    text = str(told["date"])
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _sheet(variables: Sequence[Variable], columns: Sequence[Sequence[Any]]) -> Sheet:
    cells = [[variable.text(value) for value in values] for variable, values in zip(variables, columns, strict=True)]
    rows = [Row(1, tuple(variable.name for variable in variables), "t" * len(variables))]
    for number, told in enumerate(zip(*cells, strict=True), 2):
        rows.append(Row(number, tuple(text for text, _ in told), "".join(kind for _, kind in told)))
    labels = {
        place: {variable.text(value)[0]: str(label) for value, label in variable.labels.items()}
        for place, variable in enumerate(variables)
        if variable.labels
    }
    absent = {
        place: frozenset(variable.text(value)[0] for value in set(values) if variable.is_absent(value))
        for place, (variable, values) in enumerate(zip(variables, columns, strict=True))
        if variable.ranges or variable.letters
    }
    headings = {place: (variable.label,) for place, variable in enumerate(variables) if variable.label}
    return Sheet(None, tuple(rows), survey=Survey(headings=headings, labels=labels, absent=absent))


def _within(value: Any, lowest: Any, highest: Any) -> bool:
    try:
        return value is not None and bool(lowest <= value <= highest)
    except TypeError:  # a text among numbers
        return False
