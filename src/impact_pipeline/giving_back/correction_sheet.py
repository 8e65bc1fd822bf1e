"""The sheet « À corriger »: one line a finding, with a link to its cell and room to justify what is right as it is.

Causes in words come in; the XML of a sheet goes out. Hidden columns hold what identifies each finding, by which the
sheet is known when it comes back (`reading.correction_list`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from impact_pipeline.findings import Level, Place, column_letter
from impact_pipeline.giving_back import summary
from impact_pipeline.giving_back.listing import JUSTIFIED, Cause, Line
from impact_pipeline.giving_back.received import BLOCKING, TO_CHECK, Received
from impact_pipeline.giving_back.xlsx.cells import value_xml
from impact_pipeline.giving_back.xlsx.markup import MAIN, quoted
from impact_pipeline.giving_back.xlsx.styles import Look, Styles
from impact_pipeline.reading.correction_list import HIDDEN, JUSTIFICATION
from impact_pipeline.validation.justified import key_of
from impact_pipeline.words import say

LISTED = 5_000  # lines of one cause; its count is told in full
FREE = "_"
COLUMNS = (
    ("number", 5), ("level", 12), ("cause", 21), ("place", 16), ("read", 32), ("expected", 28), ("todo", 40),
    ("example", 13), ("justification", 28),
)  # fmt: skip  # name and width in characters
LINE_HEIGHT = 15.5  # points; programs do not all fit the height of a row to its text
TITLES = 6  # row of the titles; above it what the file is, the verdict, the counts, how to go on
LAST = column_letter(len(COLUMNS) + len(HIDDEN) - 1)
LONGEST = 32_000  # characters that a cell can hold, some left
LINE = "B8CDD0"
TAB = {1: "B3261E", 2: "B26A00", 0: "1B6E3C"}  # by exit code

Cell = tuple[str | float, int]  # value and style


def correction_sheet(
    received: Received, causes: Sequence[Cause], styles: Styles, names: Mapping[str | None, str] | None
) -> tuple[str, dict[str, str]]:
    """The XML of the sheet, and the names to define for it.

    `names` says what the sheets are called in the workbook; None where it has none of them.
    """
    sheet = _Sheet(received, styles, names)
    for row, (text, look) in enumerate(_head(received, names is not None), 1):
        sheet.add(row, {0: (text, look)}, height={1: 24}.get(row, 17))
    titles = [say(f"giving_back.column.{name}", received.language) for name, _ in COLUMNS]
    titles[-1] = JUSTIFICATION
    sheet.add(TITLES, {column: (text, TITLE) for column, text in enumerate([*titles, *HIDDEN])}, height=30)
    row, number = TITLES, 0
    for cause in causes:
        for line in cause.lines:
            row, number = row + 1, number + 1
            sheet.line(row, number, cause, line)
        if cause.listed < cause.count:
            row += 1
            sheet.cut(row, cause)
    last = max(row, TITLES + 1)
    defined = {
        "_xlnm.Print_Titles": f"{{sheet}}!${TITLES}:${TITLES}",
        "_xlnm._FilterDatabase": f"{{sheet}}!$A${TITLES}:${LAST}${last}",
    }
    return sheet.xml(last), defined


TITLE = Look(fill="12505B", colour="FFFFFF", bold=True, border=LINE, centred=True)
BODY = Look(border=LINE, text=True)
LEVELS = {
    Level.BLOCKING.value: Look(fill=BLOCKING, bold=True, border=LINE),
    Level.TO_CHECK.value: Look(fill=TO_CHECK, bold=True, border=LINE),
    JUSTIFIED: Look(fill="E3F0F1", border=LINE),
}
LINK = Look(border=LINE, colour="0A5C63", underlined=True)
TO_FILL = Look(border=LINE, fill="FFFBE8", text=True)
NOT_TO_FILL = Look(border=LINE, fill="EEF1F2", text=True)
MUTED = Look(border=LINE, italic=True, colour="566270")


def _head(received: Received, is_copy: bool) -> Iterator[tuple[str, Look]]:
    """What stands above the list."""
    language, checked = received.language, received.checked
    plain = Look(wrap=False)
    heading = say("giving_back.heading", language, file=received.name, title=received.instrument.title[language])
    yield heading, Look(wrap=False, bold=True, size=15, colour="12505B")
    yield summary.verdict(checked, language), Look(wrap=False, bold=True)
    yield " ".join(filter(None, [summary.totals(checked, language), summary.read(checked, language)])), plain
    if not checked.exit_code:
        yield say("giving_back.how.clean", language), plain
        return
    yield say("giving_back.how.copy" if is_copy else "giving_back.how.alone", language), plain
    yield say("giving_back.how.justify", language), plain


class _Sheet:
    """Rows and links, written from top to bottom."""

    def __init__(self, received: Received, styles: Styles, names: Mapping[str | None, str] | None):
        self._received, self._names = received, names
        self._style: Callable[[Look], int] = styles.made
        self._rows: list[str] = []
        self._links: list[str] = []

    def add(self, row: int, cells: Mapping[int, tuple[str | float, Look]], height: float = 0) -> None:
        told = "".join(
            f'<c r="{column_letter(column)}{row}" s="{self._style(look)}"'
            + value_xml(value[:LONGEST] if isinstance(value, str) else value)
            for column, (value, look) in cells.items()
        )
        size = f' ht="{height}" customHeight="1"' if height else ""
        self._rows.append(f'<row r="{row}"{size}>{told}</row>')

    def line(self, row: int, number: int, cause: Cause, line: Line) -> None:
        language, finding, message = self._received.language, line.finding, line.message
        asks = cause.level in (Level.TO_CHECK.value, JUSTIFIED)
        name = self._names.get(finding.place.sheet) if self._names else None
        link = _target(finding.place, name)
        place = told_place(finding.place, name, message.place)
        shown: list[tuple[str | float, Look]] = [
            (number, BODY), (say(f"giving_back.level.{cause.level}", language), LEVELS[cause.level]),
            (cause.title, BODY), (place, LINK if link else BODY), (message.read, BODY), (message.expected, BODY),
            (message.todo, BODY), (message.example, BODY), (line.justification, TO_FILL if asks else NOT_TO_FILL),
        ]  # fmt: skip
        # where the file has no named sheet the workbook gives it one, under which it will be read
        sheet = name or finding.place.sheet or ""
        keys: tuple[str, ...] = (finding.code, sheet, str(finding.place.row or ""), finding.field or "", finding.value)
        keys += (key_of(finding, self._received.keys),)
        lines = max(
            1 + int(len(str(text)) / (0.92 * width)) for (text, _), (_, width) in zip(shown, COLUMNS, strict=True)
        )
        cells: dict[int, tuple[str | float, Look]] = dict(enumerate(shown))
        cells |= {column: (key, BODY) for column, key in enumerate(keys, len(COLUMNS))}
        self.add(row, cells, height=min(lines * LINE_HEIGHT + 3, 400))
        if link:
            at = f"{column_letter(3)}{row}"
            self._links.append(f'<hyperlink ref="{at}" location="{quoted(link)}" display="{quoted(place)}"/>')

    def cut(self, row: int, cause: Cause) -> None:
        """Told under the lines of a cause of which there are more."""
        language = self._received.language
        first = say(
            "check.first", language, listed=summary.number(cause.listed, language),
            count=summary.number(cause.count, language),
        )  # fmt: skip
        level = (say(f"giving_back.level.{cause.level}", language), LEVELS[cause.level])
        self.add(row, {1: level, 2: (cause.title, BODY), 3: (f"… {first}", MUTED)})

    def xml(self, last: int) -> str:
        widths = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, (_, width) in enumerate(COLUMNS, 1)
        )
        low, high = len(COLUMNS) + 1, len(COLUMNS) + len(HIDDEN)
        links = f"<hyperlinks>{''.join(self._links)}</hyperlinks>" if self._links else ""
        top = f"A{TITLES + 1}"
        tab = TAB[self._received.checked.exit_code]
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<worksheet xmlns="{MAIN}"><sheetPr><tabColor rgb="FF{tab}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
            '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
            f'<pane ySplit="{TITLES}" topLeftCell="{top}" activePane="bottomLeft" state="frozen"/>'
            f'<selection pane="bottomLeft" activeCell="{top}" sqref="{top}"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}'
            f'<col min="{low}" max="{high}" width="12" hidden="1" customWidth="1"/></cols>'
            f"<sheetData>{''.join(self._rows)}</sheetData>"
            f'<autoFilter ref="A{TITLES}:{LAST}{last}"/>{links}'
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
        )


def told_place(place: Place, sheet: str | None, told: str) -> str:
    """An address for a cell or a row of a sheet, short enough for a link that does not wrap; words for the rest."""
    if place.row and (place.column is not None or sheet or place.sheet):
        return Place(sheet or place.sheet, place.row, place.column).address
    return told[:1].upper() + told[1:]


def _target(place: Place, sheet: str | None) -> str:
    """Where a link leads: the cell, the first of the row, the top of the column or of the sheet."""
    if sheet is None:
        return ""
    column = column_letter(place.column) if place.column is not None else "A"
    name = sheet.replace("'", "''")
    return f"'{name}'!{column}{place.row or 1}"
