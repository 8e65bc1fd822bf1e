"""Rows of a sheet taken together as one header may be: the headings of each column, downwards.

A sheet comes in; each stack of rows that may be its header goes out, whatever the rows say. Headings may be merged over
several columns or rows, or stand over what is to their right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from impact_pipeline.reading.sheet import Sheet

SEARCHED = 60  # rows in which a header is looked for
TALLEST = 6  # rows that a header may take
UNMERGED = 3  # rows that a header may take where nothing is merged, as in a CSV


def stacks(sheet: Sheet) -> Iterator[tuple[int, int, dict[int, tuple[str, ...]]]]:
    """(first, last, column -> its texts downwards) for the rows that may be a header, short ones first.

    Where nothing is merged, as in a CSV, a heading may stand over the columns to its right up to the next heading.
    """
    merged = [set(range(top, bottom + 1)) for top, _, bottom, _ in sheet.merged]
    shown = [unmerged(sheet, position) for position in range(min(SEARCHED, len(sheet.rows)))]
    for last, texts in enumerate(shown):
        if not any(texts):
            continue
        for first in range(last, max(last - TALLEST, -1), -1):
            numbers = {row.number for row in sheet.rows[first : last + 1]}
            is_merged = any(numbers & rows for rows in merged)
            # a taller header is likely where cells are merged or where two rows of headings follow each other
            if first <= last - UNMERGED and not is_merged:
                break
            rows = shown[first : last + 1]
            found = [_stacked(rows)] if first >= last - 1 or is_merged else []
            if first < last and not is_merged:
                carried = _stacked([*_carried(rows), rows[-1]])
                lowest = [text for text in texts if text]
                # where a heading comes twice in the lowest row, what stands over it tells the two apart
                found.insert(0 if len(set(lowest)) < len(lowest) else 1, carried)
            yield from ((first, last, parts) for parts in found)


def unmerged(sheet: Sheet, position: int) -> tuple[str, ...]:
    """The texts of a row where every cell of a merged range shows the range's text."""
    row = sheet.rows[position]
    texts = list(row.texts)
    for top, left, bottom, right in sheet.merged:
        if top <= row.number <= bottom:
            shown = _text_at(sheet, position - (row.number - top), left)
            texts += [""] * (right + 1 - len(texts))
            texts[left : right + 1] = [shown] * (right + 1 - left)
    return tuple(" ".join(text.split()) for text in texts)


def _text_at(sheet: Sheet, position: int, column: int) -> str:
    texts = sheet.rows[position].texts if 0 <= position < len(sheet.rows) else ()
    return texts[column] if column < len(texts) else ""


def _carried(rows: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The upper rows of a header where each heading goes on to the right, over what stands lower, until the next."""
    for depth, row in enumerate(rows[:-1]):
        lower = rows[depth + 1 :]
        carried, heading = list(row) + [""] * (max(map(len, rows)) - len(row)), ""
        for column, text in enumerate(carried):
            heading = text or heading
            if any(column < len(under) and under[column] for under in lower):
                carried[column] = heading
        yield carried


def _stacked(rows: Iterable[Sequence[str]]) -> dict[int, tuple[str, ...]]:
    """The texts of each column downwards, without blanks and repetitions."""
    parts: dict[int, list[str]] = {}
    for row in rows:
        for column, text in enumerate(row):
            told = parts.setdefault(column, [])
            if text and (not told or told[-1] != text):
                told.append(text)
    return {column: tuple(told) for column, told in parts.items()}
