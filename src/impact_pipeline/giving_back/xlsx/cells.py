"""Cells of a sheet rewritten where they stand: another look, another value; blank ones are put in their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from impact_pipeline.findings import column_letter
from impact_pipeline.giving_back.xlsx.markup import NotOrdinary, attribute, find, inside, prefix_of, shown

ADDRESS = re.compile(r"([A-Z]+)(\d+)")
EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}

Value = str | float | int | date


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a cell: the look that it gets, from the one it has; and its value, where that changes."""

    style: Callable[[int], int]
    value: Value | None = None


def rewrite(xml: str, changes: Mapping[int, Mapping[int, Change]], *, from_1904: bool = False) -> str:
    """The XML of a sheet with changed cells, by row (1-based) and column (0-based).

    A cell that holds a formula keeps it, whatever its new value. Raises NotOrdinary.
    """
    prefix = prefix_of(xml, "worksheet")
    name = f"{prefix}sheetData"
    data = find(xml, name)
    if data is None:
        raise NotOrdinary("no sheetData")
    row_tag = re.compile(rf"<{prefix}row(?=[\s/>])[^>]*>")
    held = xml[data.inner_start : data.inner_end]
    write = _Writer(prefix, from_1904)
    waiting = sorted(changes)
    out: list[str] = []
    done = number = 0
    for tag in row_tag.finditer(held):
        number = int(attribute(tag[0], "r") or number + 1)
        if not waiting:
            break
        while waiting and waiting[0] < number:
            out += [held[done : tag.start()], write.new_row(waiting[0], changes[waiting[0]])]
            done = tag.start()
            waiting.pop(0)
        if not waiting or waiting[0] != number:
            continue
        waiting.pop(0)
        if tag[0].endswith("/>"):
            end, cells = tag.end(), ""
        else:
            close = held.find(f"</{prefix}row>", tag.end())
            if close < 0:
                raise NotOrdinary("a row without its end")
            end, cells = close + len(prefix) + 6, held[tag.end() : close]
        opening = f"{tag[0][:-2]}>" if tag[0].endswith("/>") else tag[0]
        opening = re.sub(r'\sspans="[^"]*"', "", opening)  # a hint that a new cell would belie
        out += [held[done : tag.start()], opening, write.cells(number, cells, changes[number]), f"</{prefix}row>"]
        done = end
    out.append(held[done:])
    out += [write.new_row(number, changes[number]) for number in waiting]
    return inside(xml, data, name, "".join(out))


class _Writer:
    def __init__(self, prefix: str, from_1904: bool):
        self._p, self._from_1904 = prefix, from_1904
        self._cell = re.compile(rf"<{prefix}c(?=[\s/>])([^>]*?)(?:/>|>(.*?)</{prefix}c>)", re.DOTALL)

    def new_row(self, number: int, changes: Mapping[int, Change]) -> str:
        return f'<{self._p}row r="{number}">{self.cells(number, "", changes)}</{self._p}row>'

    def cells(self, number: int, xml: str, changes: Mapping[int, Change]) -> str:
        """The cells of a row, changed ones among them, in order."""
        found: dict[int, str] = {}
        column = -1
        for cell in self._cell.finditer(xml):
            address = ADDRESS.fullmatch(attribute(cell[0], "r") or "")
            column = column_of(address[1]) if address else column + 1
            found[column] = cell[0] if address else self._placed(cell[0], number, column)
        for column, change in changes.items():
            found[column] = self._changed(found.get(column, ""), number, column, change)
        return "".join(found[column] for column in sorted(found))

    def _placed(self, xml: str, number: int, column: int) -> str:
        return f'<{self._p}c r="{column_letter(column)}{number}"{xml[len(self._p) + 2 :]}'

    def _changed(self, xml: str, number: int, column: int, change: Change) -> str:
        p = self._p
        old = self._cell.fullmatch(xml)
        style = change.style(int(attribute(f"<c{old[1]}>", "s") or 0) if old else 0)
        head = f'<{p}c r="{column_letter(column)}{number}" s="{style}"'
        held = (old[2] or "") if old else ""
        if change.value is None or re.search(rf"<{p}f[\s/>]", held):
            rest = re.sub(r'\s(r|s)="[^"]*"', "", old[1]) if old else ""
            return f"{head}{rest.rstrip()}>{held}</{p}c>" if held else f"{head}{rest.rstrip()}/>"
        return f"{head}{value_xml(change.value, p, self._from_1904)}"


def value_xml(value: Value, prefix: str = "", from_1904: bool = False) -> str:
    """The rest of a cell's XML after its address and style, for a value of its type."""
    p = prefix
    if isinstance(value, date):
        return f"><{p}v>{(value - EPOCHS[from_1904]).days}</{p}v></{p}c>"
    if isinstance(value, str):
        return f' t="inlineStr"><{p}is><{p}t xml:space="preserve">{shown(value)}</{p}t></{p}is></{p}c>'
    return f"><{p}v>{value!r}</{p}v></{p}c>"


def column_of(letters: str) -> int:
    """0-based column of spreadsheet letters."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1
