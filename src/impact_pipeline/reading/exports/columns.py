"""Columns of an export, whatever the tool: its header, other names without groups, options spread over columns.

Headers and rows come in as text; column numbers (0-based) and the types of `reading.survey` go out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from impact_pipeline.names import plain
from impact_pipeline.reading.sheet import Row, Sheet
from impact_pipeline.reading.survey import Choice, State, Submission

TICKED = frozenset(["1", "true", "1.0", "y", "yes", "oui"])
NOT_TICKED = frozenset(["0", "false", "0.0", "n", "no", "non"])
UNTOLD = frozenset(["", "n/a"])
OPTION_VALUES = TICKED | NOT_TICKED | UNTOLD


def header_of(sheet: Sheet) -> tuple[str, ...]:
    """The texts of the first row, where every tool writes its header; empty for a sheet without a row."""
    return tuple(text.strip() for text in sheet.rows[0].texts) if sheet.rows else ()


def texts_of(rows: Iterable[Row], column: int | None) -> Iterator[tuple[int, str]]:
    """(row number, text) down a column; nothing for a column that is not there."""
    if column is None:
        return
    for row in rows:
        yield row.number, row.texts[column].strip() if column < len(row.texts) else ""


def column_named(header: Sequence[str], *names: str) -> int | None:
    """The first column that bears one of the names, in their order."""
    return next((header.index(name) for name in names if name in header), None)


def without_groups(header: Sequence[str], separator: str, besides: Collection[int] = ()) -> dict[int, tuple[str, ...]]:
    """Column -> its names without one group or more, the longest first, where no other column is named so too."""
    names = {column: suffixes(text, separator) for column, text in enumerate(header) if text and column not in besides}
    times = Counter(name for found in names.values() for name in found) + Counter(
        text for column, text in enumerate(header) if text and column not in besides
    )
    return {
        column: tuple(name for name in found if times[name] == 1)
        for column, found in names.items()
        if any(times[name] == 1 for name in found)
    }


def suffixes(text: str, separator: str) -> tuple[str, ...]:
    """`a/b/c` -> `b/c`, `c`."""
    parts = text.split(separator)
    return tuple(separator.join(parts[place:]).strip() for place in range(1, len(parts)) if parts[-1].strip())


def options_under(
    header: Sequence[str], rows: Sequence[Row], groups: str = "/", separator: str = "/"
) -> Iterator[Choice]:
    """Questions whose options stand in columns `question/option`, next to each other.

    `groups` stands between a group and its question. A label may hold the separator: every way of cutting is proposed,
    those with a summary first. Whether a question is one of several answers is for the instrument to say; here it is
    enough that the columns hold nothing but ticks.
    """
    ticks = {column for column in range(len(header)) if separator in header[column] and _are_ticks(rows, column)}
    runs: dict[str, list[int]] = {}
    for column in sorted(ticks):
        parts = header[column].split(separator)
        for place in range(1, len(parts)):
            run = runs.setdefault(separator.join(parts[:place]), [])
            if not run or column - run[-1] == 1:
                run.append(column)
    place_of = {text: column for column, text in reversed(list(enumerate(header)))}
    found = []
    for question, columns in runs.items():
        options = tuple((column, (header[column][len(question) + len(separator) :].strip(),)) for column in columns)
        summary = place_of.get(question)
        if summary is None and not _told_together(rows, columns):
            continue
        headings = (question, *suffixes(question, groups))
        found.append(Choice(headings, columns[0] if summary is None else summary, summary is not None, options))
    yield from sorted(found, key=lambda choice: (not choice.summary, -len(choice.headings[0])))


def _are_ticks(rows: Iterable[Row], column: int) -> bool:
    return all(text.casefold() in OPTION_VALUES for _, text in texts_of(rows, column))


def _told_together(rows: Iterable[Row], columns: Sequence[int]) -> bool:
    """Whether the options of a question are answered all at once: others are yes-or-no questions beside each other."""
    return all(
        len({not row.texts[column].strip() if column < len(row.texts) else True for column in columns}) == 1
        for row in rows
    )


def renamed(names: Mapping[int, Iterable[str]]) -> dict[int, tuple[str, ...]]:
    """Other names by column, each once, columns without any left out."""
    told = {column: tuple(dict.fromkeys(name for name in found if name)) for column, found in names.items()}
    return {column: found for column, found in told.items() if found}


def submissions(
    header: Sequence[str], rows: Sequence[Row], named: Mapping[str, Sequence[str]], states: Mapping[str, State]
) -> dict[int, Submission]:
    """Row number -> what the tool says of it. `named`: the columns that may hold its id, sent, version and state;
    `states`: a state as the tool writes it, plainly -> as we have it."""
    told = {part: dict(texts_of(rows, column_named(header, *names))) for part, names in named.items()}
    state_of = {text: states.get(plain(text), "") for text in set(told["state"].values())}
    return {
        row.number: Submission(
            told["id"].get(row.number, ""),
            told["sent"].get(row.number, ""),
            told["version"].get(row.number, ""),
            state_of.get(told["state"].get(row.number, ""), ""),
        )
        for row in rows
    }
