"""Files of SPSS (`.sav`, `.zsav`) and Stata (`.dta`), by pyreadstat: values, with the labels that the file gives them.

Bytes come in; a `Book` of one sheet goes out: the names of the variables, then a row a case. Values that the file
declares to be no answer (user-missing) stay as they are, and are told as such.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.cells import cell
from impact_pipeline.reading.sheet import Book, Row, Sheet
from impact_pipeline.reading.survey import Survey, Tool

SPSS = (b"$FL2", b"$FL3")
STATA = b"<stata_dta>"
OLD_STATA = range(104, 116)  # the first byte of Stata's files before version 13
MOST_CELLS = 20_000_000


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the file: its name and question, the labels of its values, and those that are no answer."""

    name: str
    label: str
    labels: Mapping[Any, str]
    ranges: Sequence[Mapping[str, Any]]
    letters: frozenset[str]  # Stata's `.a` to `.z`, without the point

    def text(self, value: Any) -> tuple[str, str]:
        """The text and the kind of a value, as the statistics tool shows it."""
        if isinstance(value, str) and value in self.letters:
            return f".{value}", "t"
        return cell(value)

    def is_absent(self, value: Any) -> bool:
        if isinstance(value, str) and value in self.letters:
            return True
        return any(_within(value, one.get("lo"), one.get("hi")) for one in self.ranges)


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
    import pyreadstat  # takes a third of a second, which other files need not wait for

    read: Callable[..., tuple[Any, Any]] = pyreadstat.read_sav if tool is Tool.SPSS else pyreadstat.read_dta
    # the library reads paths alone
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        path = Path(folder) / ("file.sav" if tool is Tool.SPSS else "file.dta")
        path.write_bytes(content)
        try:
            _, known = read(str(path), metadataonly=True)
            if max(known.number_rows or 0, 1) * len(known.column_names) > MOST_CELLS:
                raise ReadingError("too-large", name=name)
            columns, known = read(str(path), user_missing=True, output_format="dict")
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError, OSError) as error:
            raise ReadingError("format-error", name=name) from error
    variables = [_variable(name, known) for name in known.column_names]
    sheet = _sheet(variables, [list(columns[variable.name]) for variable in variables])
    format_of = path.suffix[1:]
    return Book(format_of, (sheet,), {"format": format_of, "tool": tool.value}, tool=tool)


def _tool_of(content: bytes) -> Tool | None:
    if content.startswith(SPSS):
        return Tool.SPSS
    head = content[:3]
    is_old = len(head) == 3 and head[0] in OLD_STATA and head[1] in (1, 2) and head[2] == 1
    return Tool.STATA if content.startswith(STATA) or is_old else None


def _variable(name: str, known: Any) -> Variable:
    return Variable(
        name,
        str(known.column_names_to_labels.get(name) or ""),
        known.variable_value_labels.get(name, {}),
        known.missing_ranges.get(name, ()),
        frozenset(map(str, known.missing_user_values.get(name, ()))),
    )


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
