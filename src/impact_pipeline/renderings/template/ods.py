"""A drawn workbook as an OpenDocument spreadsheet, with its lists, its help and its checks as one types.

A `Drawing` comes in, bytes go out: the same bytes for the same drawing. Checks stand on ranges, which the format writes
as rows and cells repeated.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from itertools import groupby
from typing import Any

from odf import config, meta, number, style, table, text
from odf.element import Element
from odf.namespaces import nsdict
from odf.opendocument import OpenDocumentSpreadsheet

from impact_pipeline.renderings.template.drawing import Area, Drawing, DrawnSheet, Look, Value

BORN = (2026, 1, 1, 0, 0, 0)  # always the same, so that the same drawing gives the same bytes
ZERO = date(1899, 12, 30)  # from which spreadsheets count days
POINTS_A_CHARACTER = 6.0
FONT, SIZE = "Liberation Sans", 10  # what a free office suite has everywhere
REFERENCE = re.compile(r"(?<![A-Za-z])(\$?[A-Z]{1,3}\$?\d+)\b(?!\()")
ROOT = re.compile(r"<(?P<name>office:document-[a-z]+)(?P<rest>[^>]*)>")
XMLNS = re.compile(r'\s+xmlns:[\w-]+="[^"]*"')
RANGE = re.compile(r"=(?P<sheet>[^!]+)!(?P<top>[$A-Z0-9]+):(?P<bottom>[$A-Z0-9]+)")


def ods(drawing: Drawing) -> bytes:
    """The bytes of the spreadsheet."""
    document = OpenDocumentSpreadsheet()
    made = _Document(document)
    document.meta.addElement(meta.InitialCreator(text="Impact Pipeline"))
    for name, value in drawing.custom.items():
        document.meta.addElement(meta.UserDefined(name=name, valuetype="string", text=str(value)))
    made.lay_out(drawing.language)
    checks = table.ContentValidations()
    document.spreadsheet.addElement(checks)
    for sheet in drawing.sheets:
        document.spreadsheet.addElement(made.sheet(sheet, checks))
    document.settings.addElement(_settings(drawing))
    stream = BytesIO()
    document.save(stream)
    return _same_every_time(stream.getvalue())


class _Document:
    """The styles that cells of one document share, each made once."""

    def __init__(self, document: OpenDocumentSpreadsheet):
        self._document, self._made = document, dict[str, Element]()

    def lay_out(self, language: str) -> None:
        """Numbers are written the way of the language, whatever the computer's own."""
        usual = style.DefaultStyle(family="table-cell")
        country = {"fr": "FR", "en": "GB"}[language]
        usual.addElement(
            style.TextProperties(language=language, country=country, fontsize=f"{SIZE}pt", fontfamily=FONT)
        )
        self._document.styles.addElement(usual)

    def _page(self, pages: int) -> str:
        """A4 printed across, on as many pages side by side as can be read."""
        name = f"Across{pages}"
        if name not in self._made:
            self._made[name] = layout = style.PageLayout(name=name)
            layout.addElement(
                style.PageLayoutProperties(
                    pagewidth="297mm", pageheight="210mm", printorientation="landscape", margin="12mm",
                    scaletox=str(pages), scaletoy="0",
                )
            )  # fmt: skip
            self._document.automaticstyles.addElement(layout)
            self._document.masterstyles.addElement(style.MasterPage(name=name, pagelayoutname=layout))
        return name

    def sheet(self, sheet: DrawnSheet, checks: Element) -> Element:
        """One sheet; what its cells check goes to `checks`."""
        made = table.Table(name=sheet.name, stylename=self._sheet_style(not sheet.is_hidden, sheet.pages))
        covered = {area: f"{sheet.name} {place}" for place, (area, _) in enumerate(sheet.checks)}
        for area, options in sheet.checks:
            checks.addElement(_check(covered[area], sheet.name, area, options))
        width = 1 + max([column for _, column in sheet.cells], default=0)
        for column in range(width):
            look = sheet.columns.get(column)
            cell = {"defaultcellstylename": self._cell_style(look)} if look else {}
            made.addElement(table.TableColumn(stylename=self._column_style(sheet.widths.get(column)), **cell))
        height = 1 + max([row for row, _ in sheet.cells] + [area[2] for area in covered])
        rows = [(self._row(sheet, row, width, covered), sheet.heights.get(row)) for row in range(height)]
        for (cells, points), alike in groupby(rows):
            drawn = table.TableRow(stylename=self._row_style(points), numberrowsrepeated=len(list(alike)))
            for (value, look, check, spans, runs), same in groupby(cells):
                drawn.addElement(self._cell(value, look, check, spans, runs, len(list(same))))
            made.addElement(drawn)
        return made

    def _row(self, sheet: DrawnSheet, row: int, width: int, covered: Mapping[Area, str]) -> tuple[Any, ...]:
        """What each cell of a row is: its value, look, check, the cells that it spans, and the runs of its text."""
        spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in sheet.merged}
        hidden = {
            (line, column)
            for top, left, bottom, right in sheet.merged
            for line in range(top, bottom + 1)
            for column in range(left, right + 1)
        } - set(spans)
        cells = []
        for column in range(width):
            value, look = sheet.cells.get((row, column), (None, None))
            check = next(
                (name for (t, left, b, r), name in covered.items() if t <= row <= b and left <= column <= r), None
            )
            span = (0, 0) if (row, column) in hidden else spans.get((row, column), (1, 1))
            cells.append((value, look, check, span, sheet.rich.get((row, column))))
        return tuple(cells)

    def _cell(
        self,
        value: Value,
        look: Look | None,
        check: str | None,
        spans: tuple[int, int],
        runs: tuple[tuple[str, Look | None], ...] | None,
        repeated: int,
    ) -> Element:
        told: dict[str, Any] = {"numbercolumnsrepeated": repeated}
        if look is not None:
            told["stylename"] = self._cell_style(look)
        if check is not None:
            told["contentvalidationname"] = check
        if spans == (0, 0):
            return table.CoveredTableCell(**told)
        if spans != (1, 1):
            told |= {"numberrowsspanned": spans[0], "numbercolumnsspanned": spans[1]}
        if value is None:
            return table.TableCell(**told)
        if isinstance(value, date):
            cell = table.TableCell(valuetype="date", datevalue=value.isoformat(), **told)
            shown = value.strftime("%d/%m/%Y")
        elif isinstance(value, str):
            cell, shown = table.TableCell(valuetype="string", **told), value
        else:
            cell, shown = table.TableCell(valuetype="float", value=f"{value:.15g}", **told), f"{value:.15g}"
        for line in shown.split("\n") if runs is None else [""]:
            paragraph = text.P(text=line)
            for run, of_run in runs or ():
                named = {"stylename": self._run_style(of_run)} if of_run else {}
                paragraph.addElement(text.Span(text=run, **named))
            cell.addElement(paragraph)
        return cell

    def _cell_style(self, look: Look) -> Element:
        def make(name: str) -> Element:
            options = look.options
            kept = {"datastylename": self._number_style(options["num_format"])} if "num_format" in options else {}
            made = style.Style(name=name, family="table-cell", **kept)
            made.addElement(style.TableCellProperties(**_box(options)))
            made.addElement(style.TextProperties(**_letters(options)))
            if options.get("align"):
                made.addElement(style.ParagraphProperties(textalign=options["align"]))
            return made

        return self._once(f"cell {sorted(look.options.items())}", make)

    def _run_style(self, look: Look) -> Element:
        def make(name: str) -> Element:
            made = style.Style(name=name, family="text")
            made.addElement(style.TextProperties(**_letters(look.options)))
            return made

        return self._once(f"run {sorted(look.options.items())}", make)

    def _column_style(self, characters: float | None) -> Element:
        def make(name: str) -> Element:
            made = style.Style(name=name, family="table-column")
            points = (characters or 11) * POINTS_A_CHARACTER
            made.addElement(style.TableColumnProperties(columnwidth=f"{points:.1f}pt"))
            return made

        return self._once(f"column {characters}", make)

    def _row_style(self, points: float | None) -> Element:
        def make(name: str) -> Element:
            made = style.Style(name=name, family="table-row")
            height = {"rowheight": f"{points:.1f}pt", "useoptimalrowheight": "false"} if points else {}
            made.addElement(style.TableRowProperties(**(height or {"useoptimalrowheight": "true"})))
            return made

        return self._once(f"row {points}", make)

    def _sheet_style(self, is_shown: bool, pages: int) -> Element:
        def make(name: str) -> Element:
            made = style.Style(name=name, family="table", masterpagename=self._page(pages))
            made.addElement(style.TableProperties(display="true" if is_shown else "false"))
            return made

        return self._once(f"sheet {is_shown} {pages}", make)

    def _number_style(self, written: str) -> Element:
        def make(name: str) -> Element:
            if written == "@":
                made = number.TextStyle(name=name)
                made.addElement(number.TextContent())
            elif written == "dd/mm/yyyy":
                made = number.DateStyle(name=name)
                for part in (number.Day, number.Month, number.Year):
                    if part is not number.Day:
                        made.addElement(number.Text(text="/"))
                    made.addElement(part(style="long"))
            else:
                made = number.NumberStyle(name=name)
                decimals = {"decimalplaces": "0"} if written == "0" else {}
                made.addElement(number.Number(minintegerdigits="1", **decimals))
            return made

        return self._once(f"number {written}", make)

    def _once(self, key: str, make: Any) -> Element:
        if key not in self._made:
            made = make(f"s{len(self._made)}")
            self._made[key] = made
            self._document.automaticstyles.addElement(made)
        return self._made[key]


def _box(options: Mapping[str, Any]) -> dict[str, str]:
    told = {"verticalalign": {"vcenter": "middle"}.get(options.get("valign", ""), "top")}
    if options.get("border"):
        told["border"] = f"0.5pt solid {options['border_color']}"
    if options.get("bottom"):
        told["borderbottom"] = f"1.5pt solid {options['bottom_color']}"
    if options.get("bg_color"):
        told["backgroundcolor"] = options["bg_color"]
    if options.get("text_wrap"):
        told["wrapoption"] = "wrap"
    return told


def _letters(options: Mapping[str, Any]) -> dict[str, str]:
    told = {"fontsize": f"{options.get('font_size', SIZE)}pt", "fontfamily": FONT}
    if options.get("bold"):
        told["fontweight"] = "bold"
    if options.get("italic"):
        told["fontstyle"] = "italic"
    if options.get("font_color"):
        told["color"] = {"white": "#ffffff"}.get(options["font_color"], options["font_color"])
    return told


def _check(name: str, sheet: str, area: Area, options: Mapping[str, Any]) -> Element:
    """What a range accepts, its help, and the words that refuse."""
    condition = _condition(options)
    told = {"condition": f"of:{condition}"} if condition else {}
    if options["validate"] == "list":
        told["displaylist"] = "unsorted"
    made = table.ContentValidation(
        name=name, allowemptycell="true", basecelladdress=f"'{sheet}'.{_address(area[0], area[1])}", **told
    )
    help_message = table.HelpMessage(title=options["input_title"], display="true")
    help_message.addElement(text.P(text=options["input_message"]))
    made.addElement(help_message)
    kind = "warning" if options.get("error_type") == "warning" else "stop"
    error = table.ErrorMessage(title=options["error_title"], display="true", messagetype=kind)
    error.addElement(text.P(text=options["error_message"]))
    made.addElement(error)
    return made


def _condition(options: Mapping[str, Any]) -> str:
    """xlsxwriter's check in the words of OpenDocument; empty where anything goes."""
    kind = options["validate"]
    if kind == "list":
        found = RANGE.fullmatch(options["source"])
        if found is None:
            raise ValueError(f"a range of cells to choose from, not {options['source']!r}")
        return f"cell-content-is-in-list([$'{found['sheet']}'.{found['top']}:.{found['bottom']}])"
    if kind == "custom":
        formula = REFERENCE.sub(r"[.\1]", options["value"].removeprefix("=")).replace(",", ";")
        return f"is-true-formula({formula})"
    if kind == "date":
        days = ((options[end] - ZERO).days for end in ("minimum", "maximum"))
        return "cell-content-is-date() and cell-content-is-between({},{})".format(*days)
    return f"cell-content-text-length()={options['value']}" if kind == "length" else ""


def _address(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def _settings(drawing: Drawing) -> Element:
    """Which rows and columns stay in sight, and which sheet opens."""
    views = config.ConfigItemMapIndexed(name="Views")
    view = config.ConfigItemMapEntry()
    view.addElement(config.ConfigItem(name="ViewId", type="string", text="view1"))
    view.addElement(config.ConfigItem(name="ActiveTable", type="string", text=drawing.sheets[0].name))
    tables = config.ConfigItemMapNamed(name="Tables")
    for sheet in drawing.sheets:
        entry = config.ConfigItemMapEntry(name=sheet.name)
        entry.addElement(config.ConfigItem(name="ShowGrid", type="boolean", text="true" if sheet.has_grid else "false"))
        for word, other, at in (("Horizontal", "Right", sheet.frozen[1]), ("Vertical", "Bottom", sheet.frozen[0])):
            if at:
                entry.addElement(config.ConfigItem(name=f"{word}SplitMode", type="short", text="2"))
                entry.addElement(config.ConfigItem(name=f"{word}SplitPosition", type="int", text=str(at)))
                entry.addElement(config.ConfigItem(name=f"Position{other}", type="int", text=str(at)))
        tables.addElement(entry)
    view.addElement(tables)
    views.addElement(view)
    made = config.ConfigItemSet(name="ooo:view-settings")
    made.addElement(views)
    return made


def _same_every_time(content: bytes) -> bytes:
    """The same archive with one date for all, `mimetype` first and stored as the format asks.

    odfpy declares in each part the namespaces that the process has met so far: here every part declares all of them.
    """
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as archive, zipfile.ZipFile(stream, "w") as written:
        for name in sorted(archive.namelist(), key=lambda entry: (entry != "mimetype", entry)):
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            part = ROOT.sub(_with_all_namespaces, archive.read(name).decode(), count=1)
            written.writestr(zipfile.ZipInfo(name, BORN), part, kind)
    return stream.getvalue()


def _with_all_namespaces(root: re.Match[str]) -> str:
    declared = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in sorted(nsdict.items()))
    return f"<{root['name']}{declared}{XMLNS.sub('', root['rest'])}>"
