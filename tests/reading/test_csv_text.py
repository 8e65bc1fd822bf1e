"""Text tables as spreadsheets and survey tools write them: every encoding and separator gives the same rows."""

from __future__ import annotations

import codecs

import pytest

from impact_pipeline.errors import ReadingError
from impact_pipeline.reading import read_book, sniff, table_hash

ROWS = [["Café", "Prix (€)", "Ville"], ["Le Lavoir", "1 234,50", "Aubenas"], ["L’Étape", "90,11", "Guéret"]]


def written(separator: str, encoding: str, *, bom: bytes = b"", first: str = "", line: str = "\r\n") -> bytes:
    text = first + "".join(separator.join(row) + line for row in ROWS)
    return bom + text.encode(encoding)


WAYS = [
    (separator, *way)
    for separator in (";", "\t", "|")
    for way in (
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("cp1252", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    )
]


@pytest.mark.parametrize(("separator", "encoding", "bom"), WAYS)
def test_encodings_and_separators_give_the_same_rows(separator, encoding, bom):
    book = read_book(written(separator, encoding, bom=bom), "x.csv")

    assert [list(row.texts) for row in book.sheets[0].rows] == ROWS
    assert table_hash(book) == table_hash(read_book(written(";", "utf-8"), "y.csv"))


def test_a_line_that_names_the_separator_is_obeyed_and_hidden_as_spreadsheets_do():
    book = read_book(written("|", "utf-8", first="sep=|\r\n"), "x.csv")

    assert [row.number for row in book.sheets[0].rows] == [1, 2, 3]
    assert book.sheets[0].rows[0].texts[0] == "Café"


def test_decimal_commas_do_not_pass_for_separators():
    assert sniff(b"a;b\n1,5;2,5\n3,25;4,5\n").separator == ";"


def test_a_quoted_line_break_makes_no_row():
    book = read_book(b'a;b\n"one\ntwo";2\n3;4\n', "x.csv")

    assert [(row.number, row.texts) for row in book.sheets[0].rows] == [
        (1, ("a", "b")),
        (2, ("one\ntwo", "2")),
        (3, ("3", "4")),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\xef\xbb\xbf \r\n", "empty-file"),
        (b";;;\n;;;\n", "empty-file"),
        (b"%PDF-1.7 ...", "format-error"),
        (b"\x89PNG\r\n\x1a\n....", "format-error"),
        (b"a;b\n\x00\x01\x02;3\n", "format-error"),
        (b"a;b\n\x81\x8d\xe9;3\n", "encoding-error"),
        (b"PK\x03\x04 not a zip", "format-error"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "format-error"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected-file"),
    ],
)
def test_what_is_no_table_has_its_own_code(content, code):
    with pytest.raises(ReadingError) as told:
        read_book(content, "x.csv")
    assert told.value.code == code
