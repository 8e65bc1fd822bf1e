"""Which form a file answers, where nobody says."""

from __future__ import annotations

import pytest
from tests.programme import FILES, ROOT, SENT

from impact_pipeline.declarations import load_schemas
from impact_pipeline.pipeline import recognise
from impact_pipeline.pipeline.recognising import HEAD, clear_best
from impact_pipeline.renderings.template import template

SCHEMAS = load_schemas(ROOT / "schemas")


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize("name", sorted(SCHEMAS.versions))
def test_a_template_tells_by_its_stamp(name, kind, tmp_path):
    path = tmp_path / f"renamed.{kind}"
    path.write_bytes(template(SCHEMAS.instrument(name), SCHEMAS, kind=kind))
    found = recognise(path, SCHEMAS)
    assert (found.instrument, found.by) == (SCHEMAS.instrument(name), "stamp")


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: sent["file"])
def test_a_file_of_the_demo_is_of_its_form_or_of_none_but_never_of_another(sent):
    found = recognise(FILES / sent["file"], SCHEMAS)
    assert found.instrument in (None, SCHEMAS.instrument(sent["instrument"]))


def test_most_files_of_the_demo_are_recognised():
    recognised = [sent for sent in SENT if recognise(FILES / sent["file"], SCHEMAS).instrument is not None]
    assert len(recognised) >= 0.8 * len(SENT)


def test_a_large_table_is_recognised_by_its_head(tmp_path):
    path = tmp_path / "large.csv"
    line = "CAFE-01;2026-01;07019;24;860\n"
    path.write_text("Code du café;Mois;Commune;Jours d'ouverture;Passages\n" + line * (HEAD // len(line) + 9), "utf-8")
    found = recognise(path, SCHEMAS)
    assert (found.instrument, found.by) == (SCHEMAS.instrument("cafe-monthly"), "headers")


def test_what_nothing_tells_is_asked(tmp_path):
    for name, content in {"a.csv": b"a;b;c\n1;2;3\n", "b.pdf": b"%PDF-1.4 x", "c.csv": b""}.items():
        (tmp_path / name).write_bytes(content)
        assert recognise(tmp_path / name, SCHEMAS).instrument is None


def test_the_best_must_be_far_ahead_of_the_others():
    assert clear_best({"a": 6, "b": 4}) == "a"
    assert clear_best({"a": 6, "b": 5}) is None
    assert clear_best({"a": 2, "b": 0}) is None
    assert clear_best({"a": 3}) == "a"
    assert clear_best({}) is None


def test_a_form_that_is_whole_needs_not_be_far_ahead():
    assert clear_best({"a": 15, "b": 12}, {"a": 15, "b": 20}) == "a"
    assert clear_best({"a": 15, "b": 12}, {"a": 16, "b": 20}) is None  # a question is missing
    assert clear_best({"a": 15, "b": 12}, {"a": 15, "b": 12}) is None  # a small form may be a part of another
    assert clear_best({"a": 15, "b": 15}, {"a": 15, "b": 20}) is None
