"""The page of a release made from the demo's files, and of a release whose texts would break a careless page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from tests.programme import NOW, fill_inbox, new_home

from impact_pipeline import pipeline
from impact_pipeline.release import Release
from impact_pipeline.report import render


class Outline(HTMLParser):
    """Tags in order, addresses that the page would fetch or follow, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []  # those of charts aside: words are wrapped differently in each language
        self.drawing = 0
        self.every_tag: set[str] = set()
        self.links: list[str] = []
        self.identifiers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.every_tag.add(tag)
        self.drawing += tag == "svg"
        if not self.drawing:
            self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "xlink:href", "srcset") and value]
        self.identifiers += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag):
        self.drawing -= tag == "svg"

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    home = new_home(tmp_path_factory.mktemp("report") / "home")
    fill_inbox(home)
    return pipeline.run(home, now=NOW)


@pytest.fixture(scope="module")
def pages(release: Release) -> dict[str, Outline]:
    return {name: Outline(release.report(name).read_text(encoding="utf-8")) for name in ("fr", "en")}


def test_it_opens_from_the_disk_without_a_network(release, pages):
    for page in pages.values():
        files = [link for link in page.links if not link.startswith("#")]
        assert files
        for link in files:
            assert (release.path / "report" / link).resolve().is_file(), link
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.identifiers)
        assert not {"script", "link", "iframe", "img", "image"} & page.every_tag
    for language in ("fr", "en"):
        source = release.report(language).read_text(encoding="utf-8")
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", source)
        assert "@import" not in source


def test_each_thing_has_one_identifier(pages):
    for page in pages.values():
        assert len(page.identifiers) == len(set(page.identifiers))


def test_both_languages_show_the_same_things(pages):
    assert pages["fr"].tags == pages["en"].tags
    assert "Part des" not in pages["en"].text
    assert "hidden to protect people" in pages["en"].text


def test_every_published_figure_is_there_and_no_hidden_one(release, pages):
    estimates, indicators = release.table("estimate"), release.table("indicator").set_index("indicator")
    published = estimates[estimates["status"] == "published"]
    page = release.report("fr").read_text(encoding="utf-8")
    estimated = Outline(re.split('<section id="(?:impact|syntheses|targets|conditions|trust|quality)"', page)[0])
    rows = re.findall("\\[[^\\[\\]]+\u00a0; [^\\[\\]]+\\]", estimated.text)
    with_interval = published[published["low"].notna()]
    headlines = with_interval[with_interval["dimension"] == "all"].groupby(["indicator", "initiative"]).ngroups
    contrasts = release.table("contrast")
    differences = (contrasts["status"] == "published") & contrasts["low"].notna()
    assert len(rows) == len(with_interval) + headlines + differences.sum()
    hidden = estimates[estimates["status"] != "published"]
    assert len(hidden) > 10
    assert hidden[["n", "value", "se", "low", "high"]].isna().all(axis=None)
    told = published[(published["indicator"] == "cafe-wellbeing") & (published["dimension"] == "all")].iloc[-1]
    assert f"{told['value']:.{indicators.loc['cafe-wellbeing', 'decimals']}f}".replace(".", ",") in pages["fr"].text


def test_the_same_release_gives_the_same_page_and_a_name_is_never_markup(release):
    tables = {name: release.table(name) for name in release.tables()}
    assert render(tables, release.manifest, "fr") == release.report("fr").read_text(encoding="utf-8")

    tables["initiative"] = tables["initiative"].assign(name_fr="<script>alert(1)</script>")
    assert "<script>" not in render(tables, release.manifest, "fr")
