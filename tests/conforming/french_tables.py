"""Random tables as French people write them: values by type, the ways to write each, and files that hold them.

`tables()` draws a `Written` table: the rows as typed by somebody (texts, or a workbook's own numbers, dates and
booleans), and what each cell must be read as. `saved()` makes a file of it with the real libraries.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter
import xlwt
from babel.dates import format_date
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from stdnum import luhn
from tests.programme import ROOT

from impact_pipeline.declarations import load_schemas

SCHEMAS = load_schemas(ROOT / "tests" / "schemas" / "french")
INSTRUMENT = SCHEMAS.instrument("structures")
FREE = ("code", "remark")  # whatever is written there is the answer
Way = Callable[[Any], Any]
DIGITS = "0123456789"
ACTIVITIES = {item.code: item.label.fr for item in SCHEMAS.codelist("activity").codes}


@st.composite
def sirens(draw: st.DrawFn) -> str:
    digits = draw(st.text(DIGITS, min_size=8, max_size=8).filter(lambda d: not d.startswith(("00", "356"))))
    return digits + luhn.calc_check_digit(digits)


@st.composite
def sirets(draw: st.DrawFn) -> str:
    digits = draw(sirens()) + draw(st.text(DIGITS, min_size=4, max_size=4))
    return digits + luhn.calc_check_digit(digits)


VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "people": st.integers(0, 9_000_000),
    "balance": st.decimals(-(10**6), 10**6, places=2),
    "share": st.decimals(0, 100, places=1),
    "member": st.booleans(),
    "opened_on": st.dates(date(1990, 1, 1), date(2029, 12, 31)),
    "sex": st.sampled_from(["f", "m"]),
    "activities": st.sets(st.sampled_from(list(ACTIVITIES)), min_size=1).map(
        lambda codes: [code for code in ACTIVITIES if code in codes]
    ),
    "month": st.dates(date(2000, 1, 1), date(2029, 12, 31)).map(lambda day: day.replace(day=1)),
    "quarter": st.tuples(st.integers(2000, 2029), st.integers(1, 4)),
    "school_year": st.integers(2000, 2028),
    "commune": st.sampled_from(["07019", "2A004", "2B033", "69123", "75056", "01004", "33063", "26362"]),
    "postcode": st.sampled_from(["07200", "20200", "97400", "75012", "01000"]),
    "siren": sirens(),
    "siret": sirets(),
    "rna": st.text(DIGITS, min_size=9, max_size=9).map("W{}".format),
    "phone": st.from_regex(r"(6[0-2]|4[7-9]|7[67])[0-9]{7}", fullmatch=True),
    "email": st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{2,8}\.(org|fr)", fullmatch=True),
    "place": st.tuples(st.decimals(42, 51, places=4), st.decimals("0.1", 8, places=4)),
    "remark": st.lists(
        st.sampled_from(["fermé", "l’été", "à revoir", "12", "vélo", "ouvert ?", "(bis)", "n° 3"]), min_size=1
    ).map(" ".join),
}
EXPECTED: Mapping[str, Way] = {  # what is read, where it is not the value itself
    "balance": float,
    "share": float,
    "activities": " ".join,
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": lambda told: f"{told[0]}-Q{told[1]}",
    "school_year": lambda year: f"{year}-{year + 1}",
    "phone": "+33{}".format,
    "place": lambda told: f"{told[0]}, {told[1]}",
}


def grouped(number: Decimal, mark: str, group: str, places: int) -> str:
    return f"{abs(number):,.{places}f}".replace(",", "g").replace(".", mark).replace("g", group)


def without_zero(code: str) -> str:
    return code.removeprefix("0")


def spaced(*sizes: int) -> Way:
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    return lambda code: " ".join(code[at : at + size] for at, size in zip(starts, sizes, strict=True))


def yes_or_no(yes: str, no: str) -> Way:
    return lambda value: yes if value else no


def of_groups(group: str, after: str = "") -> Way:
    return lambda number: grouped(Decimal(number), ",", group, 0) + after


def of_points(number: int) -> str:
    """Thousands after points; `10.000` alone would rightly be asked about."""
    return str(number) if number < 10**6 and number % 1000 == 0 else of_groups(".")(number)


def of_money(mark: str, group: str, negative: str = "-{}", after: str = "") -> Way:
    def way(number: Decimal) -> str:
        text = grouped(number, mark, group, 2)
        return (negative.format(text) if number < 0 else text) + after

    return way


def of_day(form: str) -> Way:
    return lambda day: f"{day:{form}}"


def in_words(form: str) -> Way:
    return lambda day: format_date(day, form, locale="fr")


def days_kept(day: date) -> int:
    """The number that a spreadsheet keeps of a date."""
    return (day - date(1899, 12, 30)).days


def of_quarter(form: str) -> Way:
    return lambda told: form.format(y=told[0], n=told[1], s=told[0] % 100)


def of_school_year(form: str) -> Way:
    return lambda year: form.format(y=year, z=year + 1, a=year % 100, b=(year + 1) % 100)


def of_phone(form: str) -> Way:
    return lambda n: form.format(n=n, a=n[0], b=n[1:3], c=n[3:5], d=n[5:7], e=n[7:])


def of_place(form: str) -> Way:
    return lambda told: form.format(
        a=told[0], b=told[1], A=str(told[0]).replace(".", ","), B=str(told[1]).replace(".", ",")
    )


WAYS: Mapping[str, Sequence[Way]] = {
    "people": [str, of_groups(" "), of_groups("\u00a0"), of_groups("\u202f"), of_groups("'"), of_points,
               of_groups(" ", " personnes"), int],
    "balance": [of_money(",", " "), of_money(".", ""), of_money(",", ".", after=" €"), of_money(".", ","),
                of_money(",", "\u202f", after="\u00a0€"), of_money(",", " ", "({})"), of_money(",", "", "{}-"),
                of_money(",", "’", "−{}"), float],
    "share": [lambda n: f"{n} %".replace(".", ","), str, "{}%".format, "{} pour cent".format, float],
    "member": [yes_or_no("oui", "non"), yes_or_no("Oui", "NON"), yes_or_no("O", "N"), yes_or_no("vrai", "faux"),
               yes_or_no("1", "0"), yes_or_no("✓", "non"), yes_or_no("Coché", "Décoché"), yes_or_no("X", "n"), bool],
    "opened_on": [of_day("%d/%m/%Y"), of_day("%d-%m-%Y"), of_day("%d.%m.%y"), of_day("%d/%m/%y"), of_day("%Y-%m-%d"),
                  of_day("%d/%m/%Y 14:30"), of_day("%Y/%m/%d"), in_words("long"), in_words("full"),
                  in_words("d MMM y"), in_words("d-MMM-yy"), days_kept, lambda day: str(days_kept(day)),
                  lambda day: day],
    "sex": [str, str.upper, {"f": "Femme", "m": "Homme"}.get, {"f": "FEMME", "m": "HOMME"}.get,
            {"f": "woman", "m": "man"}.get],
    "activities": [" ".join, ";".join, ", ".join, lambda codes: " ; ".join(ACTIVITIES[code] for code in codes),
                   lambda codes: "\n".join(ACTIVITIES[code].lower() for code in reversed(codes))],
    "month": [of_day("%Y-%m"), of_day("%m/%Y"), of_day("%Y%m"), in_words("MMMM y"), in_words("MMM-yy"),
              in_words("MMM y"), lambda day: day],
    "quarter": [of_quarter(form) for form in ("T{n} {y}", "{y}-Q{n}", "{y}Q{n}", "{n}e trimestre {y}", "T{n}-{s:02}",
                                              "Trim. {n} {y}")],
    "school_year": [of_school_year(form) for form in ("{y}-{z}", "{y}/{z}", "{a:02}-{b:02}", "{y}-{b:02}",
                                                      "rentrée {y}", "année scolaire {y}-{z}", "{y}Sep")],
    "commune": [str, without_zero, str.lower],
    "postcode": [str, without_zero, spaced(2, 3), int],
    "siren": [str, without_zero, spaced(3, 3, 3), int],
    "siret": [str, without_zero, spaced(3, 3, 3, 5), int],
    "rna": [str, str.lower, spaced(4, 3, 3)],
    "phone": [of_phone(form) for form in ("0{n}", "0{a} {b} {c} {d} {e}", "0{a}.{b}.{c}.{d}.{e}", "+33{n}", "{n}",
                                          "+33 (0){a} {b} {c} {d} {e}", "0033{n}")] + [int],
    "email": [str, "mailto:{}".format, lambda text: text.replace("@", " @ ")],
    "place": [of_place(form) for form in ("{a}, {b}", "{a} {b}", "{A} ; {B}", "{a} {b} 120.5 4.9", "{b}, {a}")],
    "remark": [str],
}  # fmt: skip
MISSING = [
    ("NSP", "unknown"),
    ("Refus", "refused"),
    ("sans objet", "not-asked"),
    ("n/a", "not-asked"),
    ("-", "unknown"),
]
TITLES = ["Bilan des structures de l’année", "Document de travail"]


@dataclass(frozen=True)
class Written:
    """Rows as somebody wrote them, header included, and for each record what each field must be read as."""

    rows: list[list[Any]]
    values: list[dict[str, tuple[Any, str]]]  # field -> value and status

    @property
    def is_text(self) -> bool:
        """Whether all cells are texts, as in a CSV."""
        return all(isinstance(cell, str) for row in self.rows for cell in row)


@st.composite
def tables(draw: st.DrawFn) -> Written:
    """A table of some of the fields, in any order, each column written in one way."""
    drawn = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=4, max_size=10, unique=True))
    names = draw(st.permutations(["code", *drawn]))
    ways = {name: draw(st.sampled_from(WAYS[name])) for name in drawn}
    rows, values = [[_header(draw, INSTRUMENT.by_name[name].label.fr) for name in names]], []
    for number in range(draw(st.integers(1, 8))):
        record = {name: _cell(draw, name, ways.get(name, str), number) for name in names}
        rows.append([record[name][0] for name in names])
        values.append({name: read for name, (_, read) in record.items()})
    titles = [[title, *[""] * (len(names) - 1)] for title in TITLES[: draw(st.integers(0, 2))]]
    blank = [[""] * len(names)] * draw(st.integers(0, 1))
    return Written([*titles, *blank, *rows], values)


def _cell(draw: st.DrawFn, name: str, way: Way, number: int) -> tuple[Any, tuple[Any, str]]:
    """A cell as written, and what it must be read as."""
    if name == "code":
        return f"S-{number:03}", (f"S-{number:03}", "")
    sort = draw(st.integers(0, 9))
    if sort == 0:
        return "", (None, "blank")
    if sort == 1 and name not in FREE:
        text, status = draw(st.sampled_from(MISSING))
        return text, (None, status)
    value = draw(VALUES[name])
    return way(value), (EXPECTED.get(name, lambda same: same)(value), "")


def _header(draw: st.DrawFn, label: str) -> str:
    """The label as people come to write it."""
    if draw(st.booleans()):
        label = "".join(c for c in unicodedata.normalize("NFD", label) if not unicodedata.combining(c))
    label = label.replace("'", draw(st.sampled_from(["'", "’", " "])))
    return draw(st.sampled_from([str, str.upper, str.lower, "{} *".format, " {} ".format]))(label)


def saved(table: Written, kind: str, encoding: str, separator: str) -> bytes:
    """A file of the table: `csv`, `xlsx`, `xls` or `ods`."""
    if kind == "csv":
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=separator).writerows(table.rows)
        return stream.getvalue().encode(encoding)
    return {"xlsx": _xlsx, "xls": _xls, "ods": _ods}[kind](table.rows)


def _xlsx(rows: Sequence[Sequence[Any]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"default_date_format": "dd/mm/yyyy"}) as workbook:
        sheet = workbook.add_worksheet("Données")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                else:
                    sheet.write(number, column, value)
    return stream.getvalue()


def _xls(rows: Sequence[Sequence[Any]]) -> bytes:
    workbook = xlwt.Workbook(encoding="utf-8")
    sheet, dated = workbook.add_sheet("Données"), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value != "":
                sheet.write(number, column, value, *([dated] if isinstance(value, date) else []))
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _ods(rows: Sequence[Sequence[Any]]) -> bytes:
    document, sheet = OpenDocumentSpreadsheet(), Table(name="Données")
    document.spreadsheet.addElement(sheet)
    for row in rows:
        line = TableRow()
        sheet.addElement(line)
        for value in row:
            line.addElement(_ods_cell(value))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _ods_cell(value: Any) -> TableCell:
    if value == "":
        return TableCell()
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, int | float):
        return TableCell(valuetype="float", value=repr(value))
    if isinstance(value, date):
        return TableCell(valuetype="date", datevalue=value.isoformat())
    cell = TableCell(valuetype="string")
    for line in value.split("\n"):
        cell.addElement(P(text=line))
    return cell
