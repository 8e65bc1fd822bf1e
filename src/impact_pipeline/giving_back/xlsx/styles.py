"""The looks of a workbook's cells: a look of theirs with another fill, or a new one of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from impact_pipeline.giving_back.xlsx.markup import (
    Element,
    NotOrdinary,
    attribute,
    children,
    find,
    inside,
    prefix_of,
    quoted,
    with_attribute,
)

FIRST_FORMAT = 164  # numbers below are the spreadsheet's own


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell of ours looks. Colours are `RRGGBB`; `number_format` is a spreadsheet's code."""

    fill: str = ""
    colour: str = ""
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    size: float = 11
    border: str = ""
    wrap: bool = True
    centred: bool = False
    number_format: str = ""
    text: bool = False  # what stands in it is a text, even if it begins like a formula


class Styles:
    """The part `xl/styles.xml`, to which looks are added."""

    def __init__(self, xml: str):
        self._prefix = prefix_of(xml, "styleSheet")
        self._head = xml
        self._sections: dict[str, list[str]] = {}
        for name in ("numFmts", "fonts", "fills", "borders", "cellXfs"):
            self._sections[name] = self._children(name)
        if not self._sections["cellXfs"] or not self._sections["fills"] or not self._sections["fonts"]:
            raise NotOrdinary("styles")
        self._added: dict[tuple[object, ...], int] = {}

    @property
    def xml(self) -> str:
        """The part with what was added."""
        xml = self._head
        for name in ("cellXfs", "borders", "fills", "fonts", "numFmts"):
            held, tag = self._sections[name], f"{self._prefix}{name}"
            element = find(xml, tag)
            if element is None and held:
                opening = find(xml, f"{self._prefix}styleSheet")
                if opening is None or name != "numFmts":
                    raise NotOrdinary(name)
                at = opening.inner_start  # number formats stand first
                xml = f'{xml[:at]}<{tag} count="{len(held)}">{"".join(held)}</{tag}>{xml[at:]}'
            elif element is not None:
                counted = with_attribute(element.tag, "count", str(len(held)))
                xml = inside(xml, Element(element.start, element.inner_start, element.inner_end, element.end, counted),
                             tag, "".join(held))  # fmt: skip
        return xml

    def without_fills(self, colours: frozenset[str]) -> None:
        """Uncolour the cells that bear fills of exactly these colours (`RRGGBB`): marks of ours, from another time."""
        p = self._prefix
        for place, fill in enumerate(self._sections["fills"]):
            found = re.search(r'fgColor\b[^>]*rgb="(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})"', fill)
            if place > 1 and found and found[1].upper() in colours:
                self._sections["fills"][place] = f'<{p}fill><{p}patternFill patternType="none"/></{p}fill>'

    def filled(self, style: int, colour: str, *, number_format: str = "") -> int:
        """A look like theirs, with this fill, and where given with this number format."""
        key = (style, colour, number_format)
        if key not in self._added:
            looks = self._sections["cellXfs"]
            xf = looks[style] if style < len(looks) else looks[0]
            end = re.match(r"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", xf)
            if end is None:
                raise NotOrdinary("xf")
            tag = with_attribute(with_attribute(end[0], "fillId", str(self._fill(colour))), "applyFill", "1")
            if number_format:
                tag = with_attribute(tag, "numFmtId", str(self._format(number_format)))
                tag = with_attribute(with_attribute(tag, "applyNumberFormat", "1"), "quotePrefix", None)
            self._added[key] = self._add("cellXfs", tag + xf[end.end() :])
        return self._added[key]

    def made(self, look: Look) -> int:
        """A look of ours."""
        key = (look,)
        if key not in self._added:
            p = self._prefix
            flags = "".join(
                f"<{p}{name}/>" for name, on in (("b", look.bold), ("i", look.italic), ("u", look.underlined)) if on
            )
            colour = f'<{p}color rgb="FF{look.colour}"/>' if look.colour else ""
            name = f'<{p}name val="Calibri"/><{p}family val="2"/>'
            font = f'<{p}font>{flags}<{p}sz val="{look.size:g}"/>{colour}{name}</{p}font>'
            alignment = f'<{p}alignment vertical="{"center" if look.centred else "top"}" wrapText="{int(look.wrap)}"/>'
            xf = (
                f'<{p}xf numFmtId="{self._format(look.number_format)}" fontId="{self._add("fonts", font)}"'
                f' fillId="{self._fill(look.fill) if look.fill else 0}" borderId="{self._border(look.border)}" xfId="0"'
                f' quotePrefix="{int(look.text)}" applyNumberFormat="1" applyFont="1"'
                f' applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</{p}xf>'
            )
            self._added[key] = self._add("cellXfs", xf)
        return self._added[key]

    def _children(self, name: str) -> list[str]:
        element = find(self._head, f"{self._prefix}{name}")
        if element is None:
            return []
        held = self._head[element.inner_start : element.inner_end]
        return [held[start:end] for _, start, end in children(held)]

    def _add(self, section: str, xml: str) -> int:
        held = self._sections[section]
        if xml not in held:
            held.append(xml)
        return held.index(xml)

    def _fill(self, colour: str) -> int:
        p = self._prefix
        return self._add(
            "fills",
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="FF{colour}"/><{p}bgColor indexed="64"/>'
            f"</{p}patternFill></{p}fill>",
        )

    def _border(self, colour: str) -> int:
        if not colour:
            return 0
        p = self._prefix
        sides = "".join(
            f'<{p}{side} style="thin"><{p}color rgb="FF{colour}"/></{p}{side}>'
            for side in ("left", "right", "top", "bottom")
        )
        return self._add("borders", f"<{p}border>{sides}<{p}diagonal/></{p}border>")

    def _format(self, code: str) -> int:
        if code in ("", "General"):
            return 0
        if code == "@":
            return 49
        formats = self._sections["numFmts"]
        known = {attribute(xml, "formatCode"): int(attribute(xml, "numFmtId") or 0) for xml in formats}
        if code not in known:
            known[code] = max([FIRST_FORMAT - 1, *known.values()]) + 1
            formats.append(f'<{self._prefix}numFmt numFmtId="{known[code]}" formatCode="{quoted(code)}"/>')
        return known[code]
