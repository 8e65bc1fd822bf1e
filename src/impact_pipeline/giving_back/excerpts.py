"""The rows around wrong cells, as a few columns of the sheet: enough to find them, and no more than that.

Findings of one cause come in; a small table goes out, with the cells that are wrong. Beside them stand the columns that
say which row it is and their neighbours, save those that hold what is delicate about a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impact_pipeline.findings import Finding, column_letter, place_of
from impact_pipeline.giving_back.received import Received
from impact_pipeline.reading.sheet import Row, Sheet
from impact_pipeline.validation.outcome import rule_fields

SHOWN = 5  # columns of an excerpt, unless more of them are wrong
LONGEST = 60  # characters of a cell
CELLS = 20_000  # cells of a cross table that are looked at for what its columns are called
DELICATE = frozenset(("sensitive", "free-text"))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`columns`: (letters, label) of the columns shown; `rows`: by finding, (text, whether it is wrong) of each cell,
    None for a finding that has no row."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[tuple[str, bool], ...] | None, ...]


def excerpt(received: Received, findings: Sequence[Finding]) -> Excerpt | None:
    """The rows of some findings; None where none of them is about a row of the file."""
    sheets = {sheet.name: sheet for sheet in received.book.sheets} if received.book else {}
    rows = [received.rows.get(f.place.sheet, {}).get(f.place.row or 0) for f in findings]
    if not any(rows) or all(finding.place.column is None for finding in findings):
        return None
    wrong = [_wrong(finding, received) for finding in findings]
    sheet = next(sheets[f.place.sheet] for f, row in zip(findings, rows, strict=True) if row)
    shown = _columns(received, sheet, sorted({column for columns in wrong for column in columns}))
    labels = _labels(received, sheet)
    return Excerpt(
        tuple((column_letter(column), labels.get(column, "")) for column in shown),
        tuple(
            None if row is None else tuple((_text(row, column), column in at) for column in shown)
            for row, at in zip(rows, wrong, strict=True)
        ),
    )


def _wrong(finding: Finding, received: Received) -> set[int]:
    """The columns that a finding is about: its own, or those that a rule compares."""
    columns = {finding.place.column} if finding.place.column is not None else set()
    if received.instrument.layout == "table":
        codes = [rule.code for rule in received.instrument.rules]
        code = finding.details.get("rule")
        names = rule_fields(received.instrument, codes.index(code)) if code in codes else ()
        if finding.code == "duplicate-key":  # what differs between its rows
            names = tuple(str(finding.details.get("fields", "")).split())
        columns |= {c.column for c in received.checked.columns if c.field in names and c.column is not None}
    return columns


def _columns(received: Received, sheet: Sheet, wrong: Sequence[int]) -> list[int]:
    """The wrong columns, those that tell rows apart, then the nearest neighbours, in the sheet's order."""
    others: Sequence[int]
    if received.instrument.layout == "matrix":
        titles = {c.column for c in received.checked.columns if c.column is not None}
        width = max((len(row.texts) for row in sheet.rows), default=0)
        others, first = range(min(titles, default=0), width), sorted(titles)[:1]
    else:
        places = {c.field: c.column for c in received.checked.columns if c.column is not None}
        fields = received.instrument.by_name
        others = sorted(at for name, at in places.items() if fields[name].disclosure not in DELICATE)
        first = [places[name] for name in received.instrument.key if name in places]
    kept = list(dict.fromkeys([*first, *wrong]))
    near = sorted(others, key=lambda column: min((abs(column - at) for at in wrong), default=0))
    for column in near:
        if len(kept) >= SHOWN:
            break
        if column not in kept:
            kept.append(column)
    return sorted(kept)


def _labels(received: Received, sheet: Sheet) -> dict[int, str]:
    """What the columns are called; in a cross table, by what stands above its first cells: perimeter and period."""
    if received.instrument.layout == "matrix":
        return _headings(received, sheet)
    return {column.column: column.header for column in received.checked.columns if column.column is not None}


def _headings(received: Received, sheet: Sheet) -> dict[int, str]:
    """The two last rows of headings in the sender's words; those of the upper one hold until the next."""
    table = received.checked.values.first(CELLS).select(["sheet", "cell"])
    of, cells = (table[name].to_pylist() for name in table.column_names)
    places = [place_of(cell) for name, cell in zip(of, cells, strict=True) if name == sheet.name and cell]
    if not places:
        return {}
    first_row = min(place.row or 0 for place in places)
    first_column = min(place.column or 0 for place in places)
    above = [row for row in sheet.rows if row.number < first_row and sum(bool(t.strip()) for t in row.texts) > 1][-2:]
    told: dict[int, list[str]] = {}
    for row in above:
        text = ""
        for column, written in enumerate(row.texts):
            text = _text(row, column) if written.strip() or row is above[-1] else text
            if column >= first_column and text:
                told.setdefault(column, []).append(text)
    return {column: " · ".join(texts) for column, texts in told.items()}


def _text(row: Row, column: int) -> str:
    text = " ".join(row.texts[column].split()) if column < len(row.texts) else ""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
