"""Text tables as spreadsheets and survey tools write them: every encoding and separator gives the same rows."""

from __future__ import annotations

import codecs
import csv
import io
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from impact_pipeline.errors import ReadingError, UnknownName
from impact_pipeline.findings import Level
from impact_pipeline.reading import Asked, read_book, sniff, table_hash

ROWS = [["Café", "Prix (€)", "Ville"], ["Le Lavoir", "1 234,50", "Aubenas"], ["L’Étape", "90,11", "Guéret"]]


def written(separator: str, encoding: str, *, first: str = "", line: str = "\r\n", table=ROWS) -> bytes:
    return (first + "".join(separator.join(row) + line for row in table)).encode(encoding)


ENCODINGS = {
    "utf-8": ("utf-8", b""),
    "utf-8 with BOM": ("utf-8", codecs.BOM_UTF8),
    "cp1252": ("cp1252", b""),
    "latin-1": ("latin-1", b""),
    "latin-9": ("iso8859-15", b""),
    "mac-roman": ("mac-roman", b""),
    "cp850": ("cp850", b""),
    "utf-16": ("utf-16", b""),
    "utf-16 LE with BOM": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16 BE with BOM": ("utf-16-be", codecs.BOM_UTF16_BE),
    "utf-16 LE without BOM": ("utf-16-le", b""),
    "utf-16 BE without BOM": ("utf-16-be", b""),
}
UTF8_TOO = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")  # `É’` of Windows is a letter of UTF-8
LINES = ("\r\n", "\n", "\r")
LATIN_ROWS = [[cell.replace("€", "eur").replace("’", "'") for cell in row] for row in ROWS]  # what latin-1 can write


@pytest.mark.parametrize("line", LINES, ids=repr)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("way", ENCODINGS)
def test_the_twelve_encodings_by_separators_of_one_table_give_the_same_rows(way, separator, line):
    encoding, bom = ENCODINGS[way]
    table = LATIN_ROWS if encoding in ("latin-1", "iso8859-15", "cp850") else ROWS
    text = "".join(separator.join(f'"{cell}"' if separator in cell else cell for cell in row) + line for row in table)
    book = read_book(bom + text.encode(encoding), "x.csv")

    assert [list(row.texts) for row in book.sheets[0].rows] == table
    assert [row.number for row in book.sheets[0].rows] == [1, 2, 3]
    assert table_hash(book) == table_hash(read_book(written(";", "utf-8", table=table), "y.csv"))
    assert book.findings == ()


@pytest.mark.parametrize("line", LINES, ids=repr)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_line_that_names_the_separator_is_obeyed_and_hidden_as_spreadsheets_do(encoding, line):
    book = read_book(written("|", encoding, first=f"sep=|{line}", line=line), "x.csv")

    assert [row.number for row in book.sheets[0].rows] == [1, 2, 3]
    assert book.sheets[0].rows[0].texts[0] == "Café"


def test_decimal_commas_do_not_pass_for_separators():
    assert sniff(b"a;b\n1,5;2,5\n3,25;4,5\n").separator == ";"


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("Suivi des cafés, avril 2026\n\nCafé;Prix\nLavoir;1,50\nÉtape;2,50\n", ";"),
        ("Notice\nà lire\navant tout\ndonc ici\nVille,Visites\nGuéret,12\n", ","),
        ("Nom;Note;Avis\nA;1,5\nB;2,5;bien\nC;3,5\nD;4,5;oui, bien\n", ";"),  # ragged: empty cells at the end left out
        ("Nom,Choix\nA,a;b;c\nB,a;c\nC,b;c\n", ","),
        ("a,b,c\n1,2,3\n4,5,6\n", ","),
        ("Commune\tMontant, en euros\nGuéret\t1,5\n", "\t"),
        ('"Nom";"Avis"\n"A";"bien, merci; à bientôt, donc"\n"B";"x, y, z"\n', ";"),
    ],
)
def test_a_plain_separator_is_never_missed(text, separator):
    assert sniff(text.encode()).separator == separator
    assert max(len(row.texts) for row in read_book(text.encode(), "x.csv").sheets[0].rows) > 1


@settings(max_examples=80)
@given(st.data())
def test_random_tables_come_back_as_they_were_written(data):
    separator = data.draw(st.sampled_from(";,\t|"))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]))
    line = data.draw(st.sampled_from(LINES))
    words = st.text("abcdefghijklmnopqrstuvwxyzéèàçùÉ ’€°", min_size=1, max_size=12)
    amounts = st.integers(0, 99_999).map(lambda cents: f"{cents // 100},{cents % 100:02}")
    width = data.draw(st.integers(2, 6))
    header = data.draw(st.lists(words.filter(str.strip), min_size=width, max_size=width))
    cells = st.one_of(words, amounts, st.integers(0, 10**6).map(str), st.just("oui, un peu; beaucoup"))
    body = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8))
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator=line).writerows([header, *body])
    content = stream.getvalue().encode(encoding)
    assume(encoding != "cp1252" or not UTF8_TOO.search(content))

    assert [list(row.texts) for row in read_book(content, "x.csv").sheets[0].rows] == [header, *body]


def test_utf8_with_a_few_broken_bytes_is_told_and_not_read_as_windows():
    content = "Ville;Note\nGuéret;été\nPrivas;né\nAubenas;déjà\n".encode() + "Périgueux;x\n".encode("cp1252")
    book = read_book(content, "x.csv")

    assert book.sheets[0].rows[1].texts == ("Guéret", "été")
    assert book.sheets[0].rows[4].texts == ("P\ufffdrigueux", "x")
    assert [(found.code, found.level, found.place.row, found.cells) for found in book.findings] == [
        ("broken-characters", Level.TO_CHECK, 5, 1)
    ]


def test_what_somebody_asks_for_goes_before_what_we_find():
    content = "a;b|c\né;1|2\n".encode("cp1252")
    assert read_book(content, "x.csv").read_as["separator"] == ";"
    book = read_book(content, "x.csv", Asked(encoding="mac-roman", separator="|"))
    assert [row.texts for row in book.sheets[0].rows] == [("a;b", "c"), ("È;1", "2")]
    assert book.read_as == {"format": "csv", "encoding": "mac-roman", "separator": "|"}
    assert sniff(b"a\tb;c", "", Asked(separator="tab")).separator == "\t"

    with pytest.raises(ReadingError, match="encoding-error"):
        read_book(content, "x.csv", Asked(encoding="utf-8"))
    with pytest.raises(UnknownName, match="cp1252"):
        read_book(content, "x.csv", Asked(encoding="cp1225"))
    with pytest.raises(UnknownName, match="separator"):
        read_book(content, "x.csv", Asked(separator=";;"))


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
        (b"PK\x03\x04 not a zip", "corrupt-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "corrupt-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected-file"),
    ],
)
def test_what_is_no_table_has_its_own_code(content, code):
    with pytest.raises(ReadingError) as told:
        read_book(content, "x.csv")
    assert told.value.code == code
