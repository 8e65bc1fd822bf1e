"""A workbook as people see it: sheets by name, cells to change, notes to put, a sheet of ours to add or take away."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from xml.parsers.expat import ExpatError, ParserCreate

from impact_pipeline.giving_back.xlsx.cells import Change, rewrite
from impact_pipeline.giving_back.xlsx.markup import (
    RELATIONSHIPS,
    NotOrdinary,
    attribute,
    children,
    find,
    inside,
    prefix_of,
    quoted,
    shown,
)
from impact_pipeline.giving_back.xlsx.notes import Cell, Note, add_notes, remove_notes
from impact_pipeline.giving_back.xlsx.parts import Parts
from impact_pipeline.giving_back.xlsx.styles import Styles

SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
BEFORE_NAMES = ("functionGroups", "externalReferences", "sheets")
FILTERED = "_xlnm._FilterDatabase"  # the name by which a spreadsheet knows what its filter is about
STRICT = "http://purl.oclc.org/ooxml"

__all__ = ["NotOrdinary", "Workbook"]


class Workbook:
    """An XLSX or XLSM open to be changed; raises NotOrdinary where it is not written as spreadsheets write it."""

    def __init__(self, content: bytes):
        self._parts = Parts(content)
        main = [target for kind, target in self._parts.relations("").values() if kind == "officeDocument"]
        self._path = main[0] if main else "xl/workbook.xml"
        xml = self._parts.text(self._path)
        if STRICT in xml[:2000]:
            raise NotOrdinary("strict")
        self._p = prefix_of(xml, "workbook")
        styles = [target for kind, target in self._parts.relations(self._path).values() if kind == "styles"]
        if not styles:
            raise NotOrdinary("no styles")
        self._styles_path = styles[0]
        self.styles = Styles(self._parts.text(self._styles_path))
        properties = re.search(r"<[\w:]*workbookPr\b[^>]*>", xml)
        self.from_1904 = properties is not None and attribute(properties[0], "date1904") in ("1", "true")

    @property
    def sheets(self) -> dict[str, str]:
        """Name of each sheet -> its part, in the order of the tabs."""
        relations = self._parts.relations(self._path)
        found = {}
        for tag in self._sheet_tags():
            identifier = next(iter(re.findall(r':id="([^"]*)"', tag)), "")
            found[html.unescape(attribute(tag, "name") or "")] = relations.get(identifier, ("", ""))[1]
        return found

    @property
    def has_macros(self) -> bool:
        return any(kind == "vbaProject" for kind, _ in self._parts.relations(self._path).values())

    def change(self, sheet: str, changes: Mapping[int, Mapping[int, Change]]) -> None:
        """Change cells, by row (1-based) and column (0-based). Raises NotOrdinary for a sheet that is not there."""
        if changes:
            path = self._part(sheet)
            self._parts.set(path, rewrite(self._parts.text(path), changes, from_1904=self.from_1904))

    def note(self, sheet: str, notes: Mapping[Cell, Note]) -> None:
        """Put notes on cells."""
        add_notes(self._parts, self._part(sheet), notes)

    def colour_tab(self, sheet: str, colour: str) -> None:
        """Colour a tab; "" takes the colour away."""
        path = self._part(sheet)
        xml = self._parts.text(path)
        p = prefix_of(xml, "worksheet")
        head = xml[: xml.index(f"<{p}sheetData")]
        bare = re.sub(rf"<{p}tabColor\b[^>]*/>", "", head)
        told = f'<{p}tabColor rgb="FF{colour}"/>' if colour else ""
        properties = find(bare, f"{p}sheetPr")
        if properties is not None:  # the tab's colour stands first among what it holds
            held = bare[properties.inner_start : properties.inner_end]
            bare = inside(bare, properties, f"{p}sheetPr", told + held)
        elif told:
            root = find(xml, f"{p}worksheet")
            at = root.inner_start if root else 0
            bare = f"{bare[:at]}<{p}sheetPr>{told}</{p}sheetPr>{bare[at:]}"
        self._parts.set(path, bare + xml[len(head) :])

    def forget(self, sheets: Iterable[str], colours: frozenset[str]) -> None:
        """Take away what we put in at another time: our sheets, our notes, fills and tabs of these colours."""
        for sheet in sheets:
            if sheet in self.sheets:
                self._remove(sheet)
        self.styles.without_fills(colours)
        for name, path in self.sheets.items():
            if path not in self._parts:
                continue
            remove_notes(self._parts, path)
            tab = re.search(r'tabColor\b[^>]*rgb="(?:\w\w)?(\w{6})"', self._parts.text(path)[:4000])
            if tab and tab[1].upper() in colours:
                self.colour_tab(name, "")

    def add_sheet(self, name: str, xml: str, *, first: bool, names: Mapping[str, str]) -> str:
        """Add a sheet, first or last of the tabs, shown when the file opens; returns its name, which may bear a number.

        `names` are the names defined for it (`_xlnm.Print_Titles`...), where `{sheet}` stands for the sheet's own.
        """
        taken = {known.casefold() for known in self.sheets}
        final = next(n for k in range(1, 1000) if (n := name if k == 1 else f"{name} ({k})").casefold() not in taken)
        path = self._parts.free("xl/worksheets/sheet{}.xml")
        self._parts.add(path, xml, SHEET_TYPE)
        relation = self._parts.relate(self._path, f"{RELATIONSHIPS}/worksheet", path)
        for other in self.sheets.values():
            if other in self._parts:
                self._deselect(other)
        p, book = self._p, self._parts.text(self._path)
        numbers = [int(attribute(tag, "sheetId") or 0) for tag in self._sheet_tags()]
        tag = (
            f'<{p}sheet xmlns:r="{RELATIONSHIPS}" name="{quoted(final)}" sheetId="{max(numbers, default=0) + 1}"'
            f' r:id="{relation}"/>'
        )
        tags = self._sheet_tags()
        position = 0 if first else len(tags)
        listed = find(book, f"{p}sheets")
        if listed is None:
            raise NotOrdinary("no sheets")
        book = inside(book, listed, f"{p}sheets", "".join([tag, *tags] if first else [*tags, tag]))
        if first:
            book = _shifted(book, lambda place: place + 1)
        book = re.sub(r'(<[\w:]*workbookView\b[^>]*?)\s(?:activeTab|firstSheet)="\d+"', r"\1", book)
        book = re.sub(r'(<[\w:]*workbookView\b[^>]*?)\s(?:activeTab|firstSheet)="\d+"', r"\1", book)
        if position:
            book = re.sub(r"(<[\w:]*workbookView\b)", rf'\1 activeTab="{position}"', book, count=1)
        self._parts.set(self._path, self._named(book, final, position, names))
        return final

    def save(self) -> bytes:
        """The workbook's bytes. Raises NotOrdinary where a part that was changed is no XML any more."""
        self._parts.set(self._styles_path, self.styles.xml)
        for name, content in self._parts.changed.items():
            if name.endswith(".vml"):
                continue  # of old, spreadsheets write there what is not quite XML
            try:
                ParserCreate().Parse(content, True)
            except ExpatError as error:
                raise NotOrdinary(name) from error
        return self._parts.save()

    def _part(self, sheet: str) -> str:
        path = self.sheets.get(sheet, "")
        if path not in self._parts:
            raise NotOrdinary(f"no sheet {sheet}")
        return path

    def _sheet_tags(self) -> list[str]:
        book = self._parts.text(self._path)
        listed = find(book, f"{self._p}sheets")
        held = book[listed.inner_start : listed.inner_end] if listed else ""
        return [held[start:end] for _, start, end in children(held)]

    def _deselect(self, path: str) -> None:
        """A workbook with two sheets selected writes in both what is typed in one."""
        xml = self._parts.text(path)
        cut = max(xml.find("sheetData"), 0)
        head = re.sub(r'\stabSelected="(?:1|true)"', "", xml[:cut])
        if len(head) != cut:
            self._parts.set(path, head + xml[cut:])

    def _remove(self, sheet: str) -> None:
        path, names = self.sheets[sheet], list(self.sheets)
        position = names.index(sheet)
        p, book = self._p, self._parts.text(self._path)
        tags = self._sheet_tags()
        listed = find(book, f"{p}sheets")
        if listed is None or len(tags) < 2:
            return
        book = inside(book, listed, f"{p}sheets", "".join(tags[:position] + tags[position + 1 :]))
        book = re.sub(rf'<{p}definedName\b[^>]*\blocalSheetId="{position}"[^>]*>.*?</{p}definedName>', "", book)
        book = _shifted(book, lambda place: place - (place > position))
        book = re.sub(r'\s(?:activeTab|firstSheet)="\d+"', "", book)
        empty = find(book, f"{p}definedNames")
        if empty is not None and not book[empty.inner_start : empty.inner_end].strip():
            book = book[: empty.start] + book[empty.end :]
        self._parts.set(self._path, book)
        relation = next(i for i, (_, target) in self._parts.relations(self._path).items() if target == path)
        self._parts.unrelate(self._path, relation)
        for of in (path, path.replace("worksheets/", "worksheets/_rels/") + ".rels"):
            if of in self._parts:
                self._parts.remove(of)

    def _named(self, book: str, sheet: str, position: int, names: Mapping[str, str]) -> str:
        p = self._p
        of = "'" + sheet.replace("'", "''") + "'"
        told = ""
        for name, target in names.items():
            hidden = ' hidden="1"' if name == FILTERED else ""
            told += f'<{p}definedName name="{name}" localSheetId="{position}"{hidden}>'
            told += f"{shown(target.format(sheet=of))}</{p}definedName>"
        known = find(book, f"{p}definedNames")
        if known is not None:
            return inside(book, known, f"{p}definedNames", book[known.inner_start : known.inner_end] + told)
        for name in BEFORE_NAMES:
            before = find(book, f"{p}{name}")
            if before is not None:
                return f"{book[: before.end]}<{p}definedNames>{told}</{p}definedNames>{book[before.end :]}"
        raise NotOrdinary("no sheets")


def _shifted(book: str, place: Callable[[int], int]) -> str:
    """Names that belong to a sheet know it by its position."""
    return re.sub(r'localSheetId="(\d+)"', lambda found: f'localSheetId="{place(int(found[1]))}"', book)
