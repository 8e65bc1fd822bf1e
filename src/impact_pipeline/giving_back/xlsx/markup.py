"""The few words of XML that a workbook is changed with, as text: whoever wrote a part keeps its prefixes and its order.

A tree library would rename prefixes that other attributes name (`mc:Ignorable`), which spreadsheets take for damage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z_][\w.:-]*)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<empty>/?)>"
)
ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


class NotOrdinary(Exception):
    """A part that is not written as spreadsheets write it: it is not changed in place."""


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element stands in a text: its whole span, and that of what it holds."""

    start: int
    inner_start: int
    inner_end: int
    end: int
    tag: str  # its opening tag

    @property
    def is_empty(self) -> bool:
        return self.inner_start == self.end


def text_of(part: bytes) -> str:
    """A part as text. Raises NotOrdinary for an encoding other than UTF-8."""
    try:
        return part.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotOrdinary("not UTF-8") from error


def prefix_of(xml: str, root: str) -> str:
    """`x:` where the part writes `<x:worksheet>`; mostly nothing."""
    found = re.search(rf"<([\w.-]+:)?{root}\b", xml)
    if not found:
        raise NotOrdinary(f"no {root}")
    return found[1] or ""


def find(xml: str, name: str, since: int = 0) -> Element | None:
    """The first element of that name (prefix and all), which does not hold another of its name."""
    opening = re.compile(rf"<{re.escape(name)}(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>").search(xml, since)
    if opening is None:
        return None
    if opening[0].endswith("/>"):
        return Element(opening.start(), opening.end(), opening.end(), opening.end(), opening[0])
    closing = xml.find(f"</{name}>", opening.end())
    if closing < 0:
        raise NotOrdinary(f"{name} without its end")
    return Element(opening.start(), opening.end(), closing, closing + len(name) + 3, opening[0])


def inside(xml: str, element: Element, name: str, content: str) -> str:
    """The text with the element holding `content` instead, its opening tag kept."""
    tag = f"{element.tag[:-2].rstrip()}>" if element.is_empty else element.tag
    return f"{xml[: element.start]}{tag}{content}</{name}>{xml[element.end :]}"


def children(inner: str) -> Iterator[tuple[str, int, int]]:
    """(name without prefix, start, end) of each element at the top of a text."""
    depth, start, name = 0, 0, ""
    for tag in TAG.finditer(inner):
        if tag["close"]:
            depth -= 1
        elif depth == 0:
            start, name = tag.start(), tag["name"].rpartition(":")[2]
        if not tag["close"] and not tag["empty"]:
            depth += 1
        if depth == 0:
            yield name, start, tag.end()


def attribute(tag: str, name: str) -> str | None:
    """The value of an attribute of an opening tag, as written."""
    return next((a[2] if a[2] is not None else a[3] for a in ATTRIBUTE.finditer(tag) if a[1] == name), None)


def with_attribute(tag: str, name: str, value: str | None) -> str:
    """The opening tag with the attribute set, or without it for None."""
    bare = re.sub(rf"\s{re.escape(name)}\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", tag)
    if value is None:
        return bare
    end = "/>" if bare.endswith("/>") else ">"
    return f'{bare[: -len(end)].rstrip()} {name}="{value}"{end}'


def shown(text: str) -> str:
    """A text as XML holds it, without the characters that XML cannot."""
    return escape(ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text))


def quoted(text: str) -> str:
    """A text as an attribute's value holds it."""
    return escape(ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text), {'"': "&quot;", "\n": "&#10;"})
