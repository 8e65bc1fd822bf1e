"""The sheet that explains: how to fill, what each column means, which answers there are, whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlsxwriter.format import Format

from impact_pipeline.declarations import FieldDeclaration
from impact_pipeline.renderings.template.cells import Cells
from impact_pipeline.renderings.template.drawing import AnySheet
from impact_pipeline.renderings.template.styles import Styles
from impact_pipeline.renderings.template.table import A4
from impact_pipeline.words import say

STEPS = {
    "table": ("row", "example", "choose", "paste", "keep", "send"),
    "matrix": ("cell", "example", "zero", "codes", "send"),
}
WIDTHS = (32, 11, 62, 42, 26)  # characters of each column
LINE = 15.0  # height of a line of text, in points


def write_notice(sheet: AnySheet, cells: Cells, styles: Styles, *, organisation: str, period: str) -> None:
    """Draw the sheet."""
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    page = _Page(sheet, styles)
    instrument, language = cells.instrument, cells.language
    sheet.set_row(0, 30)
    page.line(instrument.title[language], styles.title)
    if instrument.description:
        page.paragraph(instrument.description[language])
    for key, value in (("organisation", organisation), ("period", cells.period(period))):
        if value:
            page.line(say(f"template.notice.{key}", language, value=value), styles.line)
    page.section(say("template.notice.how", language))
    for number, step in enumerate(STEPS[instrument.layout], start=1):
        page.paragraph(f"{number}. {say(f'template.step.{step}', language)}")
    page.section(say("template.notice.fields", language))
    words = ("field", "required", "meaning", "accepted", "example")
    page.row([say(f"template.notice.{word}", language) for word in words], [styles.header] * len(words))
    for field in instrument.fields:
        page.row(_told(cells, field), [styles.strong, styles.centred, *[styles.body] * 3])
    _write_answers(page, cells)
    page.section(say("template.notice.ask", language))
    page.paragraph(say("template.notice.contact", language, publisher=cells.schemas.programme.publisher[language]))


class _Page:
    """A sheet written from top to bottom."""

    def __init__(self, sheet: AnySheet, styles: Styles):
        self._sheet, self._styles, self._next = sheet, styles, 0

    def line(self, text: str, style: Format) -> None:
        self._sheet.write_string(self._next, 0, text, style)
        self._next += 1

    def section(self, title: str) -> None:
        self._next += 1
        self._sheet.set_row(self._next, 22)
        for column in range(len(WIDTHS)):
            self._sheet.write_string(self._next, column, title if column == 0 else "", self._styles.section)
        self._next += 1

    def paragraph(self, text: str) -> None:
        """A text over the whole width, as high as it needs."""
        self._sheet.merge_range(self._next, 0, self._next, len(WIDTHS) - 1, text, self._styles.paragraph)
        self._sheet.set_row(self._next, LINE * _lines(text, sum(WIDTHS)))
        self._next += 1

    def definition(self, term: str, text: str) -> None:
        """A term in the first column, its text over the others."""
        self._sheet.write_string(self._next, 0, term, self._styles.strong)
        self._sheet.merge_range(self._next, 1, self._next, len(WIDTHS) - 1, text, self._styles.body)
        height = max(_lines(term, WIDTHS[0]), _lines(text, sum(WIDTHS[1:])))
        self._sheet.set_row(self._next, LINE * height + 3)
        self._next += 1

    def row(self, texts: Sequence[str], styles: Sequence[Format]) -> None:
        for column, (text, style) in enumerate(zip(texts, styles, strict=True)):
            self._sheet.write_string(self._next, column, text, style)
        height = max(_lines(text, width) for text, width in zip(texts, WIDTHS, strict=True))
        self._sheet.set_row(self._next, LINE * height + 3)
        self._next += 1


def _told(cells: Cells, field: FieldDeclaration) -> list[str]:
    required = say("template.yes", cells.language) if field.required else ""
    told = field.help[cells.language] if field.help else ""
    return [field.label[cells.language], required, told, cells.expectation(field), cells.shown(cells.example(field))]


def _answers(cells: Cells) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each code list that the instrument uses, once: its title, and its answers with their codes."""
    names = dict.fromkeys(field.codes for field in cells.instrument.fields if field.codes is not None)
    for name in names:
        codelist = cells.schemas.codelist(name)
        yield codelist.title[cells.language], [(item.label[cells.language], item.code) for item in codelist.codes]


def _write_answers(page: _Page, cells: Cells) -> None:
    listed = list(_answers(cells))
    if not listed:
        return
    page.section(say("template.notice.answers", cells.language))
    page.paragraph(say("template.notice.codes", cells.language))
    for title, answers in listed:
        page.definition(title, " ; ".join(f"{label} ({code})" for label, code in answers))


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a cell of this width, in characters."""
    return max(1, -(-int(len(text) * 0.95) // int(width)))
