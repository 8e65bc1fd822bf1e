"""What a survey tool says of a sheet beyond its cells: other names of its columns, options, repeats, submissions.

Only types stand here. `reading.exports` fills them by each tool's conventions, without knowing any instrument;
`conforming.exported` uses what an instrument asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

State = Literal["", "rejected", "incomplete", "to-review"]  # what the tool itself says of a submission


class Tool(StrEnum):
    """Tools whose exports are recognised, as people call them."""

    KOBO = "KoboToolbox"
    ODK = "ODK Central"
    LIMESURVEY = "LimeSurvey"
    GOOGLE_FORMS = "Google Forms"
    DHIS2 = "DHIS2"
    SPSS = "SPSS"
    STATA = "Stata"


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with several answers that the tool spread over columns, one an option.

    `headings` are the names of the question; `at` is the column where its answer stands once put together: that of the
    tool's own summary where there is one (`summary`), else that of the first option. `options` are the columns, each
    with the names of its option.
    """

    headings: tuple[str, ...]
    at: int
    summary: bool
    options: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map that the tool spread over columns: latitude, longitude, and what else it measured."""

    headings: tuple[str, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """What the tool says of a row: its identifier, when it was sent (as written), in which version of the form."""

    id: str = ""
    sent: str = ""
    version: str = ""
    state: State = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A sheet of repeated questions: the `group` that repeats, the sheet of its `parent`, and row -> parent's row.

    A row without its parent in the file is an orphan and is not in `rows`.
    """

    group: str
    parent: str | None
    rows: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Survey:
    """All that a tool's conventions say of one sheet whose first row is its header; columns are 0-based, rows 1-based.

    `headings`: other names of a column, the surest first. `labels`: value -> label of a column's values. `absent`:
    values of a column that its file declares to be no answer. `not_asked`: what the tool writes where a question was
    not asked. `joined`: what stands between the answers of one cell. `tags`: rows of tags under the header.
    """

    headings: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    points: tuple[Point, ...] = ()
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    absent: Mapping[int, frozenset[str]] = field(default_factory=dict)
    not_asked: frozenset[str] = frozenset()
    joined: str = ""
    tags: frozenset[int] = frozenset()
    submissions: Mapping[int, Submission] = field(default_factory=dict)
    repeat: Repeat | None = None
