"""`docs/findings.md` lists every finding that can be told, as the catalogues and the code have them today."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.declarations import load_schemas
from impact_pipeline.findings import Level
from impact_pipeline.validation.catalogue_page import levels, page_of
from impact_pipeline.validation.messages import codes
from impact_pipeline.words import LANGUAGES, say

ROOT = Path(__file__).parents[1]
MAKE = "python -m impact_pipeline.validation.catalogue_page docs/findings.md"


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(load_schemas(ROOT / "schemas"))


def test_the_committed_page_is_the_generated_one(page):
    assert (ROOT / "docs" / "findings.md").read_text(encoding="utf-8") == page, f"out of date; run: {MAKE}"


def test_every_code_has_its_section_in_both_languages(page):
    sections = {part.split("\n", 1)[0]: part for part in page.split("\n## ")[1:]}
    assert sorted(sections) == sorted(codes())
    for code, section in sections.items():
        for language in LANGUAGES:
            assert f"**{say(f'finding.{code}.title', language)}** ({language})" in section, code


def test_levels_come_from_where_the_code_makes_findings():
    assert levels()["header-not-found"] == {Level.BLOCKING}
    assert levels()["hidden-sheet"] == {Level.CORRECTED}
    assert levels()["sheet-not-read"] == {Level.TO_CHECK}


def test_examples_are_whole_sentences(page):
    quoted = [line for line in page.splitlines() if line.startswith("> ")]
    assert len(quoted) > len(codes())
    assert not [line for line in quoted if "{" in line or "None" in line]
