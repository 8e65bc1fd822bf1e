"""Notes on cells: what a person reads when the pointer stands on one.

A sheet's part and texts by cell come in; its notes and the drawing that shows them are added to, or made. Notes that
other people wrote stay, ours from another time go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

from impact_pipeline.findings import column_letter
from impact_pipeline.giving_back.xlsx.cells import ADDRESS, column_of
from impact_pipeline.giving_back.xlsx.markup import (
    MAIN,
    RELATIONSHIPS,
    NotOrdinary,
    attribute,
    children,
    find,
    inside,
    prefix_of,
    shown,
)
from impact_pipeline.giving_back.xlsx.parts import Parts

AUTHOR = "Impact Pipeline"
COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
AFTER_DRAWING = frozenset(
    (
        "legacyDrawingHF",
        "drawingHF",
        "picture",
        "oleObjects",
        "controls",
        "AlternateContent",
        "webPublishItems",
        "tableParts",
        "extLst",
    )
)  # what stands after a legacyDrawing in a sheet
WIDTH, LINE, CHARACTERS = 340, 17, 50  # pixels of a note, of its line, and characters of a line
COLUMN, ROW = 64, 20  # pixels, unless the sheet says otherwise
NO_COMMENTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{MAIN}"><authors></authors><commentList></commentList></comments>'
)
NO_DRAWING = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    '<o:idmap v:ext="edit" data="{block}"/>'
    '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/>'
    "</v:shapetype></xml>"
)
NAMESPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)

Cell = tuple[int, int]  # row (1-based), column (0-based)
Note = tuple[str, str]  # its title, and its text


def add_notes(parts: Parts, sheet: str, notes: Mapping[Cell, Note]) -> None:
    """Put notes on the cells of a sheet (its part). One on a cell that has another is written under it."""
    if not notes:
        return
    xml = parts.text(sheet)
    relations = parts.relations(sheet)
    comments = next((target for kind, target in relations.values() if kind == "comments"), None)
    if comments is None or comments not in parts:
        comments = parts.free("xl/comments{}.xml")
        parts.add(comments, NO_COMMENTS, COMMENTS_TYPE)
        parts.relate(sheet, f"{RELATIONSHIPS}/comments", comments)
    told, shapes = _with_comments(parts.text(comments), notes)
    parts.set(comments, told)
    drawing = _drawing(parts, sheet, xml)
    drawn = parts.text(drawing)
    first = max((int(n) for n in re.findall(r"_x0000_s(\d+)", drawn)), default=_block(drawn) * 1024)
    widths = _widths(xml)
    new = "".join(
        _shape(number, cell, notes[cell], widths) for number, cell in zip(count(first + 1), shapes, strict=False)
    )
    at = drawn.rindex("</")
    parts.set(drawing, f"{drawn[:at]}{new}{drawn[at:]}")


def remove_notes(parts: Parts, sheet: str) -> None:
    """Take our own notes away from a sheet."""
    relations = parts.relations(sheet)
    for kind, comments in relations.values():
        if kind != "comments" or comments not in parts:
            continue
        xml = parts.text(comments)
        prefix = prefix_of(xml, "comments")
        listed = find(xml, f"{prefix}commentList")
        if listed is None or AUTHOR not in xml:
            continue
        kept, cells = [], set()
        for text, ref, is_ours in _comments(xml, prefix):
            place = ADDRESS.fullmatch(ref)
            if is_ours and place:
                cells.add((int(place[2]), column_of(place[1])))
            else:
                kept.append(text)
        parts.set(comments, inside(xml, listed, f"{prefix}commentList", "".join(kept)))
        for of, drawing in relations.values():
            if of == "vmlDrawing" and drawing in parts:
                parts.set(drawing, _without_shapes(parts.text(drawing), cells))


def _comments(xml: str, prefix: str) -> Iterator[tuple[str, str, bool]]:
    """(its XML, the cell, whether it is ours) of each comment. Ours begin with our name, whoever saved them since."""
    listed = find(xml, f"{prefix}commentList")
    held = xml[listed.inner_start : listed.inner_end] if listed else ""
    for _, start, end in children(held):
        text = held[start:end]
        words = "".join(re.findall(rf"<{prefix}t(?:\s[^>]*)?>([^<]*)</{prefix}t>", text))
        yield text, attribute(text[: text.index(">") + 1], "ref") or "", words.startswith(AUTHOR)


def _with_comments(xml: str, notes: Mapping[Cell, Note]) -> tuple[str, list[Cell]]:
    """The comments with ours, and the cells that had none yet."""
    p = prefix_of(xml, "comments")
    authors, listed = find(xml, f"{p}authors"), find(xml, f"{p}commentList")
    if authors is None or listed is None:
        raise NotOrdinary("comments")
    known = [xml[authors.inner_start : authors.inner_end][s:e] for _, s, e in
             children(xml[authors.inner_start : authors.inner_end])]  # fmt: skip
    ours = f"<{p}author>{AUTHOR}</{p}author>"
    author = known.index(ours) if ours in known else len(known)
    held = {ref: text for text, ref, _ in _comments(xml, p)}
    new: list[Cell] = []
    for cell in sorted(notes):
        ref = f"{column_letter(cell[1])}{cell[0]}"
        title, text = notes[cell]
        runs = (
            f'<{p}r><{p}rPr><{p}b/><{p}sz val="9"/><{p}rFont val="Tahoma"/></{p}rPr>'
            f'<{p}t xml:space="preserve">{shown(f"{AUTHOR} · {title}")}\n</{p}t></{p}r>'
            f'<{p}r><{p}rPr><{p}sz val="9"/><{p}rFont val="Tahoma"/></{p}rPr>'
            f'<{p}t xml:space="preserve">{shown(text)}</{p}t></{p}r>'
        )
        if ref in held and f"</{p}text>" in held[ref]:
            gap = f'<{p}r><{p}t xml:space="preserve">\n\n</{p}t></{p}r>'
            held[ref] = held[ref].replace(f"</{p}text>", f"{gap}{runs}</{p}text>")
        else:
            held[ref] = f'<{p}comment ref="{ref}" authorId="{author}"><{p}text>{runs}</{p}text></{p}comment>'
            new.append(cell)
    xml = inside(xml, listed, f"{p}commentList", "".join(held.values()))
    if author == len(known):
        xml = inside(xml, authors, f"{p}authors", "".join([*known, ours]))
    return xml, new


def _drawing(parts: Parts, sheet: str, xml: str) -> str:
    """The part that draws the sheet's notes, made where there is none."""
    prefix = prefix_of(xml, "worksheet")
    known = find(xml, f"{prefix}legacyDrawing")
    if known is not None:
        identifier = next(iter(re.findall(r':id="([^"]*)"', known.tag)), "")
        target = parts.relations(sheet).get(identifier, ("", ""))[1]
        if target not in parts:
            raise NotOrdinary("legacyDrawing")
        return target
    drawing = parts.free("xl/drawings/vmlDrawing{}.vml")
    block = int(re.sub(r"\D", "", drawing)) + 500  # far from the blocks of shapes that others number
    parts.add(drawing, NO_DRAWING.format(block=block), DRAWING_TYPE)
    identifier = parts.relate(sheet, f"{RELATIONSHIPS}/vmlDrawing", drawing)
    told = f'<{prefix}legacyDrawing xmlns:r="{RELATIONSHIPS}" r:id="{identifier}"/>'
    end = xml.rindex(f"</{prefix}worksheet>")
    data = find(xml, f"{prefix}sheetData")
    since = data.end if data else end
    at = next((since + start for name, start, _ in children(xml[since:end]) if name in AFTER_DRAWING), end)
    parts.set(sheet, f"{xml[:at]}{told}{xml[at:]}")
    return drawing


def _block(drawn: str) -> int:
    return max((int(n) for n in re.findall(r'idmap\b[^>]*\bdata="(\d+)', drawn)), default=900)


def _widths(xml: str) -> dict[int, float]:
    """Pixels of each column that the sheet sizes."""
    widths: dict[int, float] = {}
    for tag in re.findall(r"<(?:\w+:)?col\s[^>]*>", xml[: xml.find("sheetData")]):
        low, high, width = (attribute(tag, name) for name in ("min", "max", "width"))
        if low and high and width:
            pixels = 0 if attribute(tag, "hidden") in ("1", "true") else float(width) * 7 + 5
            widths |= dict.fromkeys(range(int(low) - 1, min(int(high), int(low) + 400)), pixels)
    return widths


def _shape(number: int, cell: Cell, note: Note, widths: Mapping[int, float]) -> str:
    """The box of a note: right of its cell, wide enough to read and high enough for its text."""
    row, column = cell[0] - 1, cell[1]
    title, text = note
    lines = sum(1 + len(line) // CHARACTERS for line in (f"{AUTHOR} · {title}", *text.split("\n")))
    right, left = column + 1, WIDTH + 15.0
    while left > (wide := widths.get(right, COLUMN)):
        left, right = left - wide, right + 1
    bottom, over = divmod(row * ROW + (lines + 1) * LINE, ROW)
    anchor = f"{column + 1}, 15, {max(row - 1, 0)}, 4, {right}, {int(left)}, {max(bottom, row + 3)}, {over}"
    return (
        f'<v:shape {NAMESPACES} id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
        "</x:ClientData></v:shape>"
    )


def _without_shapes(drawn: str, cells: set[Cell]) -> str:
    def kept(shape: re.Match[str]) -> str:
        row = re.search(r"Row>\s*(\d+)\s*<", shape[0])
        column = re.search(r"Column>\s*(\d+)\s*<", shape[0])
        is_note = "ObjectType=" in shape[0] and "Note" in shape[0]
        ours = is_note and row and column and (int(row[1]) + 1, int(column[1])) in cells
        return "" if ours else shape[0]

    return re.sub(r"<v:shape\s.*?</v:shape>", kept, drawn, flags=re.DOTALL)
