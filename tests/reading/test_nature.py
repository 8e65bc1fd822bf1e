"""A file sent by mistake is named for what it seems to be; a damaged one and a locked one have their own words."""

from __future__ import annotations

import io
import zipfile

import pytest
from tests.programme import ROOT
from tests.reading.hostile import ods_of, xlsx_of

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import read_book
from impact_pipeline.validation import unreadable
from impact_pipeline.validation.messages import tell

SCHEMAS = load_schemas(ROOT / "schemas")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(members: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return stream.getvalue()


def told(content: bytes) -> tuple[str, str]:
    """The code, and what is said in French."""
    with pytest.raises(ReadingError) as error:
        read_book(content, "x")
    instrument = SCHEMAS.instrument("cafe-monthly")
    finding = unreadable(error.value, instrument).findings[0]
    return finding.code, tell(finding, instrument, SCHEMAS, "fr").read


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "document PDF"),
        (b"\xff\xd8\xff\xe0....JFIF", "une image"),
        (b"\x00\x00\x00\x18ftypheic....", "une image"),
        (b"{\\rtf1 bonjour}", "traitement de texte"),
        (zipped({"word/document.xml": "<x/>"}), "traitement de texte"),
        (zipped({"ppt/presentation.xml": "<x/>"}), "une présentation"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}), "traitement de texte"),
        (zipped({"Index/Document.iwa": "x"}), "Numbers"),
        (zipped({"a.jpg": "x", "b.jpg": "x"}), "dossier compressé"),
        (OLE + "WordDocument".encode("utf-16-le"), "traitement de texte"),
        (b"<!DOCTYPE html><html><table></table></html>", "page web"),
        (b'<?xml version="1.0"?><a/>', "fichier XML"),
    ],
)
def test_what_is_no_table_is_named(content, words):
    code, sentence = told(content)
    assert code == "format-error"
    assert words in sentence


def in_an_unknown_encoding(content: bytes) -> bytes:
    """The workbook whose list of sheets says that it is written in an encoding that nobody knows."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    members["xl/workbook.xml"] = '<?xml version="1.0" encoding="unheard-of"?>' + members["xl/workbook.xml"]
    return zipped(members)


@pytest.mark.parametrize(
    "content",
    [
        xlsx_of("<row><c/></row>")[:-100],
        xlsx_of("<row><c></row>"),
        ods_of("<table:table-row>"),
        ods_of("")[:200],
        OLE,
        xlsx_of('<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'),
        in_an_unknown_encoding(xlsx_of("<row><c><v>1</v></c></row>")),
    ],
    ids=["cut xlsx", "broken xlsx", "broken ods", "cut ods", "empty ole", "rows out of order", "unknown encoding"],
)
def test_a_damaged_workbook_is_told_as_damaged(content):
    code, sentence = told(content)
    assert code == "corrupt-file"
    assert "abîmé" in sentence


@pytest.mark.parametrize(
    "content",
    [
        OLE + "EncryptedPackage".encode("utf-16-le"),
        zipped({"META-INF/manifest.xml": "<m:encryption-data/>", "content.xml": "x"}),
        zipped({"encrypted-package": "x", "META-INF/manifest.xml": "x"}),
    ],
    ids=["xlsx", "ods", "recent ods"],
)
def test_a_locked_workbook_is_told_as_locked(content):
    code, sentence = told(content)
    assert code == "protected-file"
    assert "mot de passe" in sentence


def test_a_sheet_whose_structure_is_protected_is_read():
    content = xlsx_of(
        '<row r="1"><c r="A1"><v>1</v></c></row>', after='<sheetProtection sheet="1" objects="1" password="CC1A"/>'
    )
    assert read_book(content, "x").sheets[0].rows[0].texts == ("1",)
