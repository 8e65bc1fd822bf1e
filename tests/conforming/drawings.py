"""Cross tables drawn as field actors draw them, in every layout that we met, and saved by the libraries that they use.

A drawing remembers where it put each answer, so that a test knows the cell that each value must be read from.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from impact_pipeline.findings import column_letter

Answer = tuple[str, str, str]  # indicator, perimeter, period
SERVICES = {"artemis": "ARTEMIS", "ecole": "École", "halte": "La Halte-Saint-Jean"}
LABELS = {
    "people": "Personnes accompagnées",
    "women": "dont femmes",
    "hours": "Heures de formation",
    "satisfaction": "Taux de satisfaction",
    "staff": "Effectif moyen",
}
CODES = {"people": "I-01", "women": "I-02", "hours": "I-03", "satisfaction": "I-04", "staff": "I-05"}
OFTEN = {name: "Annuelle" if name == "staff" else "Trimestrielle" for name in LABELS}
QUARTERLY = [name for name in LABELS if name != "staff"]
ADDITIVE = ["people", "women", "hours"]


def answer(indicator: str, perimeter: str, quarter: int) -> float:
    """Distinct figures, so that a value read elsewhere is seen."""
    place = 1 + list(LABELS).index(indicator) * 100 + list(SERVICES).index(perimeter) * 10 + quarter
    return place / 4 if indicator in ("hours", "staff") else place % 100 if indicator == "satisfaction" else place


def long_table(year: int = 2025) -> dict[Answer, float]:
    """What every workbook of these says."""
    told = {
        (name, service, f"{year}-Q{quarter}"): answer(name, service, quarter)
        for name in QUARTERLY
        for service in SERVICES
        for quarter in range(1, 5)
    }
    return told | {("staff", service, str(year)): answer("staff", service, 0) for service in SERVICES}


@dataclass
class Drawing:
    """Cells by sheet, (row, column) from 1 and 1, merged ranges, and where the answers stand."""

    sheets: dict[str, dict[tuple[int, int], object]] = field(default_factory=dict)
    merged: dict[str, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    places: dict[Answer, str] = field(default_factory=dict)
    totals: list[tuple[str, int, int]] = field(default_factory=list)

    def put(self, sheet: str, row: int, column: int, *values: object) -> None:
        for n, value in enumerate(values):
            if value not in (None, ""):
                self.sheets.setdefault(sheet, {})[row, column + n] = value

    def answer(self, sheet: str, row: int, column: int, name: str, service: str, quarter: int) -> None:
        """Put an answer; `quarter` 0 is the year."""
        period = f"2025-Q{quarter}" if quarter else "2025"
        self.put(sheet, row, column, answer(name, service, quarter))
        self.places[name, service, period] = f"{sheet}!{column_letter(column - 1)}{row}"

    def total(self, sheet: str, row: int, column: int, *values: float) -> None:
        for n, value in enumerate(values):
            self.put(sheet, row, column + n, value)
            self.totals.append((sheet, row, column + n))

    def merge(self, sheet: str, *places: int) -> None:
        self.merged.setdefault(sheet, []).append(places)  # type: ignore[arg-type]

    def saved(self, kind: str) -> bytes:
        return SAVED[kind](self)


def total(name: str, services: Iterable[str] = SERVICES, quarters: Iterable[int] = range(1, 5)) -> float:
    quarters = list(quarters)
    return sum(answer(name, service, quarter) for service in services for quarter in quarters)


def _xlsx(drawing: Drawing) -> bytes:
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, cells in drawing.sheets.items():
        sheet = workbook.create_sheet(name)
        for (row, column), value in cells.items():
            sheet.cell(row, column, value)
        for top, left, bottom, right in drawing.merged.get(name, ()):
            sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _xls(drawing: Drawing) -> bytes:
    import xlwt

    workbook = xlwt.Workbook()
    for name, cells in drawing.sheets.items():
        sheet = workbook.add_sheet(name)
        tops = {(top, left): (bottom, right) for top, left, bottom, right in drawing.merged.get(name, ())}
        for (row, column), value in cells.items():
            if (row, column) in tops:
                bottom, right = tops[row, column]
                sheet.write_merge(row - 1, bottom - 1, column - 1, right - 1, value)
            else:
                sheet.write(row - 1, column - 1, value)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _ods(drawing: Drawing) -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    for name, cells in drawing.sheets.items():
        table = Table(name=name)
        ranges = drawing.merged.get(name, [])
        tops = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in ranges}
        for row in range(1, max(r for r, _ in cells) + 1):
            line = TableRow()
            for column in range(1, max(c for _, c in cells) + 1):
                covered = any(
                    t <= row <= b and left <= column <= right and (row, column) != (t, left)
                    for t, left, b, right in ranges
                )
                spans = dict(
                    zip(("numberrowsspanned", "numbercolumnsspanned"), tops.get((row, column), ()), strict=False)
                )
                value = cells.get((row, column))
                if covered:
                    cell = CoveredTableCell()
                elif isinstance(value, int | float):
                    cell = TableCell(valuetype="float", value=str(value), **spans)
                else:
                    cell = TableCell(valuetype="string", **spans) if value else TableCell()
                if value is not None and not covered:
                    cell.addElement(P(text=str(value)))
                line.addElement(cell)
            table.addElement(line)
        document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


SAVED: dict[str, Callable[[Drawing], bytes]] = {"xlsx": _xlsx, "xls": _xls, "ods": _ods}


def one_heading_each(spelled: Callable[[str, int], str] | None = None) -> Drawing:
    """Reference, name, periodicity, unit, then one column a service and a quarter, in free order and spelling."""
    ways = ("{s} T{q}", "T{q} {s}", "T{q}-{s}", "{s} / {q}e trim.", "{q}e trimestre {s}", "{s} (T{q} 2025)")
    drawing, sheet, column = Drawing(), "Indicateurs", 5
    drawing.put(sheet, 1, 1, "Tableau de bord du pôle 2025")
    drawing.put(sheet, 2, 1, "Source : rapports d'activité des services")
    drawing.put(sheet, 4, 1, "Réf.", "Indicateur", "Périodicité", "Unité")
    for row, name in enumerate(LABELS, 5):
        drawing.put(sheet, row, 1, CODES[name], LABELS[name], OFTEN[name], "heures" if name == "hours" else "")
    for n, quarter in enumerate((2, 1, 4, 3)):
        for m, service in enumerate(SERVICES):
            way = ways[(n * 3 + m) % len(ways)]
            heading = spelled(service, quarter) if spelled else way.format(s=SERVICES[service], q=quarter)
            drawing.put(sheet, 4, column, heading.replace("1e ", "1er "))
            for row, name in enumerate(LABELS, 5):
                if name != "staff":
                    drawing.answer(sheet, row, column, name, service, quarter)
            column += 1
    for service, heading in zip(
        SERVICES, ("Année ARTEMIS", "École année", "La Halte-Saint-Jean - Année 2025"), strict=True
    ):
        drawing.put(sheet, 4, column, heading)
        drawing.answer(sheet, 9, column, "staff", service, 0)
        for row, name in enumerate(ADDITIVE, 5):
            drawing.total(sheet, row, column, total(name, [service]))
        column += 1
    drawing.put(sheet, 4, column, "TOTAL GÉNÉRAL", "Commentaire")
    for row, name in enumerate(ADDITIVE, 5):
        drawing.total(sheet, row, column, total(name))
    drawing.put(sheet, 5, column + 1, "chiffres provisoires")
    drawing.put(sheet, 11, 1, "NB : les personnes sont comptées une fois par trimestre")
    return drawing


def two_rows_of_headings() -> Drawing:
    """Services merged over the year, over `T1 T2 T3 T4 T`."""
    drawing, sheet, column = Drawing(), "Feuil1", 3
    drawing.put(sheet, 3, 1, "Indicateurs", "Périodicité")
    drawing.merge(sheet, 1, 1, 2, 1)
    drawing.put(sheet, 1, 1, "Association X")
    for service, label in SERVICES.items():
        drawing.put(sheet, 1, column, label)
        drawing.merge(sheet, 1, column, 1, column + 4)
        drawing.put(sheet, 2, column, 2025)
        drawing.merge(sheet, 2, column, 2, column + 4)
        drawing.put(sheet, 3, column, "T1", "T2", "T3", "T4", "T")
        for row, name in enumerate(QUARTERLY, 4):
            drawing.put(sheet, row, 1, LABELS[name], OFTEN[name])
            for quarter in range(1, 5):
                drawing.answer(sheet, row, column + quarter - 1, name, service, quarter)
            if name in ADDITIVE:
                drawing.total(sheet, row, column + 4, total(name, [service]))
        column += 5
    drawing.put(sheet, 10, 1, "Indicateurs annuels")
    for n, (service, label) in enumerate(SERVICES.items()):
        drawing.put(sheet, 11, 3 + n, f"{label} année 2025")
        drawing.answer(sheet, 12, 3 + n, "staff", service, 0)
    drawing.put(sheet, 12, 1, LABELS["staff"], OFTEN["staff"])
    return drawing


def a_sheet_a_service() -> Drawing:
    """The name of the sheet is the service; the last sheet adds them up."""
    drawing = Drawing()
    for sheet in (*SERVICES.values(), "Récap association"):
        drawing.put(sheet, 1, 1, f"Suivi trimestriel – {sheet}")
        drawing.merge(sheet, 1, 1, 1, 8)
        drawing.put(sheet, 3, 1, "Code", "Libellé", "Périodicité", "T1", "T2", "T3", "T4", "Année")
        for row, name in enumerate(LABELS, 4):
            drawing.put(sheet, row, 1, CODES[name], LABELS[name], OFTEN[name])
    for service, sheet in SERVICES.items():
        for row, name in enumerate(LABELS, 4):
            if name == "staff":
                drawing.answer(sheet, row, 8, name, service, 0)
                continue
            for quarter in range(1, 5):
                drawing.answer(sheet, row, 3 + quarter, name, service, quarter)
            if name in ADDITIVE:
                drawing.total(sheet, row, 8, total(name, [service]))
    for row, name in enumerate(ADDITIVE, 4):
        drawing.total("Récap association", row, 4, *(total(name, quarters=[q]) for q in range(1, 5)), total(name))
    return drawing


def a_block_a_service() -> Drawing:
    """A sub-heading a service over its indicators, themes between them, and a block of totals at the end."""
    drawing, sheet, row = Drawing(), "Suivi", 5
    drawing.put(sheet, 1, 1, "Suivi de l'association")
    drawing.put(
        sheet, 3, 2, "Indicateur", "1er trim. 2025", "2e trim. 2025", "3e trim. 2025", "4e trim. 2025", "Année 2025"
    )
    for service, label in SERVICES.items():
        drawing.put(sheet, row, 1, f"Service {label}")
        row += 1
        for theme, names in (("Accompagnement", ["people", "women"]), ("Moyens", ["hours", "satisfaction", "staff"])):
            drawing.put(sheet, row, 2, theme)
            row += 1
            for name in names:
                drawing.put(sheet, row, 2, LABELS[name])
                if name == "staff":
                    drawing.answer(sheet, row, 7, name, service, 0)
                else:
                    for quarter in range(1, 5):
                        drawing.answer(sheet, row, 2 + quarter, name, service, quarter)
                if name in ADDITIVE:
                    drawing.total(sheet, row, 7, total(name, [service]))
                row += 1
        row += 1
    drawing.put(sheet, row, 1, "TOTAL ASSOCIATION")
    for name in ADDITIVE:
        row += 1
        drawing.put(sheet, row, 2, LABELS[name])
        drawing.total(sheet, row, 3, *(total(name, quarters=[q]) for q in range(1, 5)), total(name))
    return drawing


def perimeters_in_rows() -> Drawing:
    """A column says the service of each row; the indicator is merged over its services, with its total under them."""
    drawing, sheet, row = Drawing(), "Base", 4
    drawing.put(sheet, 1, 1, "Indicateurs 2025")
    drawing.put(sheet, 3, 1, "Indicateur", "Périmètre", "Périodicité", "T1", "T2", "T3", "T4", "Année")
    for name, label in LABELS.items():
        start = row
        drawing.put(sheet, row, 1, label)
        for service, told in SERVICES.items():
            drawing.put(sheet, row, 2, told, OFTEN[name])
            if name == "staff":
                drawing.answer(sheet, row, 8, name, service, 0)
            else:
                for quarter in range(1, 5):
                    drawing.answer(sheet, row, 3 + quarter, name, service, quarter)
            row += 1
        if name in ADDITIVE:
            drawing.put(sheet, row, 2, "Total", OFTEN[name])
            drawing.total(sheet, row, 4, *(total(name, quarters=[q]) for q in range(1, 5)), total(name))
            row += 1
        drawing.merge(sheet, start, 1, row - 1, 1)
    return drawing


def a_sheet_a_quarter() -> Drawing:
    """The name of the sheet is the quarter; services in columns; former codes; yearly figures in a sheet apart."""
    drawing = Drawing()
    for quarter in range(1, 5):
        sheet = f"T{quarter} 2025"
        drawing.put(sheet, 2, 1, "Référence", "Intitulé", *SERVICES.values(), "Total")
        for row, name in enumerate(QUARTERLY, 3):
            drawing.put(sheet, row, 1, "OLD-12" if name == "hours" else CODES[name])
            drawing.put(sheet, row, 2, "Formation suivie" if name == "hours" else LABELS[name])
            for column, service in enumerate(SERVICES, 3):
                drawing.answer(sheet, row, column, name, service, quarter)
            if name in ADDITIVE:
                drawing.total(sheet, row, 6, total(name, quarters=[quarter]))
    sheet = "Année 2025"
    drawing.put(sheet, 2, 1, "Référence", "Intitulé", *SERVICES.values())
    drawing.put(sheet, 3, 1, CODES["staff"], LABELS["staff"])
    drawing.put(sheet, 4, 1, CODES["hours"], LABELS["hours"])
    for column, service in enumerate(SERVICES, 3):
        drawing.answer(sheet, 3, column, "staff", service, 0)
        drawing.total(sheet, 4, column, total("hours", [service]))
    return drawing


DRAWINGS: dict[str, tuple[Callable[[], Drawing], str]] = {
    "one heading a service and a quarter": (one_heading_each, "xlsx"),
    "two rows of headings": (two_rows_of_headings, "xlsx"),
    "a sheet a service": (a_sheet_a_service, "ods"),
    "a block a service": (a_block_a_service, "xlsx"),
    "perimeters in rows": (perimeters_in_rows, "xls"),
    "a sheet a quarter": (a_sheet_a_quarter, "xlsx"),
}
