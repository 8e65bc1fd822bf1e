"""The page says in words what blocks, where, and what to do; it stands alone, and can be read by everybody."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import pyarrow as pa
import pytest
from tests.giving_back.books import ASKS, HEADER, check, rich, row

from impact_pipeline.giving_back import page
from impact_pipeline.giving_back.excerpts import _headings
from impact_pipeline.reading.sheet import Row, Sheet

DAY = date(2026, 11, 25)


@pytest.fixture
def told(tmp_path):
    rows = [row(visits=""), row(name="CAFE-02", days="beaucoup", commune="7019"), ASKS]
    return page(check(rich(rows), tmp_path), on=DAY).replace("\u00a0", " ").replace("\u202f", " ")


class Outline(HTMLParser):
    """Headings in order, tables without titles of columns, and what is asked from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.outside: list[str] = []
        self.language = ""
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "html":
            self.language = told["lang"]
        if re.fullmatch(r"h\d", tag):
            self.levels.append(int(tag[1]))
        if tag == "th":
            assert told.get("scope") in ("col", "row")
        self.outside += [tag] * (tag in ("script", "link", "img", "iframe"))
        self.outside += [v for k, v in attrs if k in ("src", "href") and not v.startswith("#")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_it_is_one_whole_page_with_headings_in_order_that_asks_nothing_from_elsewhere(told):
    outline = Outline()
    outline.feed(told)
    assert outline.language == "fr"
    assert outline.outside == []
    assert outline.open == []
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
    assert "url(" not in told


def test_it_says_what_was_read_what_blocks_and_what_to_do(told):
    for words in (
        "suivi.xlsx", "25 novembre 2026", "Ce que nous avons lu", "L&#39;année", "Ce qui bloque", "Bloquant",
        "Cellule vide · Passages dans le mois", "« beaucoup » n’est pas un nombre.", "Ce qui est à vérifier",
        "Ce que nous avons corrigé pour vous", "« 7019 » a été lu Aubenas (07019)", "Et maintenant ?",
    ):  # fmt: skip
        assert words in told, words
    for jargon in ("dtype", "regex", "NaN", "None", "pandas", "null"):
        assert jargon not in told, jargon


def test_a_wrong_cell_stands_among_its_row_and_is_told_otherwise_than_by_colour(told):
    cells = re.findall(r'<td class="wrong">(.*?)</td>', told)
    texts = [re.sub(r"<.*?>", "", cell) for cell in cells]
    assert texts == ["À regarder : (vide)", "À regarder : beaucoup", "À regarder : 5", "À regarder : 120000"]
    assert '<th scope="row">L&#39;année!E3</th>' in told
    assert "CAFE-02" in told


def test_what_is_delicate_in_a_row_is_not_repeated(tmp_path):
    content = "\n".join([";".join([*HEADER, "Nom du gérant"]), "CAFE-01;2026-05;07019;24;;860;Awa Secret"]).encode()
    assert "Secret" not in page(check(content, tmp_path, "mai.csv"))


def test_a_text_is_shown_and_never_run(tmp_path):
    content = "\n".join([";".join(HEADER), "CAFE-01;2026-05;07019;24;<script>alert(1)</script>;860"]).encode()
    told = page(check(content, tmp_path, "<b>.csv".replace("<b>", "b")))
    assert "<script" not in told
    assert "&lt;script&gt;" in told


def test_counts_are_true_where_lines_are_cut(tmp_path):
    told = page(check(rich([row(name=f"CAFE-{n}", visits="") for n in range(230)]), tmp_path))
    assert "200 premières sur 230" in told
    assert told.count('class="wrong"') == 200


def test_a_clean_file_and_one_that_cannot_be_read_have_their_page(tmp_path):
    assert "Tout est bon" in page(check(rich([row()]), tmp_path))
    assert "Fichier illisible" in page(check(b"%PDF-1.4 nothing", tmp_path, "x.pdf"))


def test_english(tmp_path):
    told = page(check(rich([row(visits="")]), tmp_path, language="en"), on=DAY)
    for words in ('<html lang="en">', "What blocks", "Blocking", "25 November 2026"):
        assert words in told, words


def test_columns_of_a_cross_table_are_called_by_what_stands_above_them():
    rows = (
        Row(1, ("Tableau", "", "", ""), "ttt "), Row(2, ("", "Recyclerie", "", "Halte"), "tttt"),
        Row(3, ("Indicateur", "T1", "T2", "T1"), "tttt"), Row(4, ("Personnes", "4", "5", "6"), "tttt"),
    )  # fmt: skip
    values = pa.table({"sheet": ["T", "T"], "cell": ["T!B4", "T!D4"]})
    received = SimpleNamespace(checked=SimpleNamespace(values=SimpleNamespace(first=lambda limit: values)))
    assert _headings(received, Sheet("T", rows)) == {1: "Recyclerie · T1", 2: "Recyclerie · T2", 3: "Halte · T1"}
