"""Cells of an XLSX that calamine shows as empty though they are not: errors, and formulas whose value was not stored.

The bytes of an XLSX come in; by sheet, row and column, the text and kind of each such cell goes out.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.etree.ElementTree import Element, ParseError, fromstring, iterparse

from impact_pipeline.reading.sheet import Kind

Faults = dict[int, dict[int, tuple[str, str]]]  # row (1-based) -> column (0-based) -> (text, kind)

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
ADDRESS = re.compile(r"([A-Z]+)(\d+)")


def xlsx_faults(content: bytes) -> dict[str, Faults]:
    """Faulty cells by sheet; a sheet without any is left out. Raises BadZipFile or ValueError for a broken file."""
    found: dict[str, Faults] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name, path in _sheet_paths(archive).items():
                xml = archive.read(path)
                # most sheets hold neither; to look costs a hundredth of parsing
                if b't="e"' in xml or b"<f" in xml or b":f>" in xml:
                    faults = _faults(xml)
                    if faults:
                        found[name] = faults
    except (ParseError, KeyError) as error:
        raise ValueError(str(error)) from error
    return found


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return {}
    relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    paths = {}
    for sheet in fromstring(archive.read("xl/workbook.xml")).iter():
        target = targets.get(sheet.get(RELATION)) if _tag(sheet) == "sheet" else None
        if target:
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            if path in names:
                paths[sheet.get("name", "")] = path
    return paths


def _faults(xml: bytes) -> Faults:
    found: Faults = {}
    for _, element in iterparse(io.BytesIO(xml)):
        tag = _tag(element)
        if tag == "c":
            fault = _fault(element)
            place = ADDRESS.fullmatch(element.get("r", ""))
            if fault and place:
                found.setdefault(int(place[2]), {})[_column(place[1])] = fault
        if tag in ("c", "row"):
            element.clear()
    return found


def _fault(element: Element) -> tuple[str, str] | None:
    parts = {_tag(child): child.text or "" for child in element}
    if element.get("t") == "e":
        return parts.get("v", "#REF!"), Kind.ERROR.value
    # a formula that gives an empty text stores it, as `<v></v>` with t="str"
    if "f" in parts and not parts.get("v") and element.get("t") != "str":
        return "", Kind.FORMULA.value
    return None


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
