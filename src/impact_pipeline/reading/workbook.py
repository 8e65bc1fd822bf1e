"""Workbooks of Excel and LibreOffice: which of the three formats they are in, and what our own templates hide in them.

Bytes come in, a `Book` goes out: every sheet at its absolute addresses, hidden ones told as such.
"""

from __future__ import annotations

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading.nature import OLE, no_table, seeming
from impact_pipeline.reading.ods import read_ods
from impact_pipeline.reading.package import Package
from impact_pipeline.reading.sheet import Book, Kind, Sheet, Stamp
from impact_pipeline.reading.xls import read_xls
from impact_pipeline.reading.xlsx import counts_from_1904, read_xlsx

STAMP = "_impact"  # the very hidden sheet of our own templates: A1 the instrument, B1 its version
OURS = frozenset({STAMP, "_listes"})
LOCKED = "EncryptedPackage".encode("utf-16-le")  # an encrypted XLSX is an OLE file, as an XLS is


def read_workbook(content: bytes, name: str) -> Book:
    """The sheets of an XLSX, XLS or ODS, our templates' own hidden ones aside.

    Raises ReadingError with the code format-error, corrupt-file, protected-file or too-large.
    """
    if content.startswith(OLE):
        if LOCKED in content:
            raise ReadingError("protected-file", name=name)
        if seeming(content):
            raise no_table(content, name)
        kind, (sheets, findings, from_1904) = "xls", read_xls(content, name)
    else:
        package = Package(content, name)
        kind = _kind(package)
        sheets, findings = read_xlsx(package) if kind == "xlsx" else read_ods(package)
        from_1904 = kind == "xlsx" and counts_from_1904(package)
    stamp = next((_stamp(sheet) for sheet in sheets if sheet.name == STAMP), None)
    kept = tuple(sheet for sheet in sheets if sheet.name not in OURS)
    return Book(kind, kept, {"format": kind}, stamp, findings=findings, from_1904=from_1904)


def _kind(package: Package) -> str:
    """What the zip holds."""
    names = package.names
    if "encrypted-package" in names:
        raise ReadingError("protected-file", name=package.name)
    if "META-INF/manifest.xml" in names and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise ReadingError("protected-file", name=package.name)
    if any(member.lower().startswith("xl/") for member in names):
        return "xlsx"
    mimetype = package.read("mimetype") if "mimetype" in names else b""
    if "content.xml" in names and (b"spreadsheet" in mimetype or not mimetype.strip()):
        return "ods"
    raise no_table(package.content, package.name, names, mimetype)


def _stamp(sheet: Sheet) -> Stamp | None:
    """What our hidden sheet says; None where somebody wrote into it."""
    row = sheet.rows[0] if sheet.rows else None
    if row is None or len(row.texts) < 2 or row.kinds[:2] != Kind.TEXT.value + Kind.NUMBER.value:
        return None
    organisation, period = (*row.texts[2:4], "", "")[:2]
    return Stamp(row.texts[0], int(float(row.texts[1])), organisation, period)
