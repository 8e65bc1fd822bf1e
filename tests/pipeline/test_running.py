"""The whole line in one call, on folders as people name them, and what is left to do when there is nothing to do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.programme import FILES, NOW, fill_inbox, new_home

from impact_pipeline import open_release, pipeline
from impact_pipeline.errors import StoreError
from impact_pipeline.landing import RawStore, SubmissionKey

KEY = SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", "2026-05")


def test_nothing_new_publishes_nothing_new_unless_it_is_asked_for(tmp_path):
    home = new_home(tmp_path / "l'équipe, été 2026")
    fill_inbox(home, "cafes mai.csv")
    first = pipeline.run(home, now=NOW)

    assert pipeline.run(home, now=NOW + timedelta(days=1)).version == first.version
    assert pipeline.run(home, now=NOW + timedelta(days=1), force=True).version != first.version


def test_rows_in_are_rows_accepted_and_rows_set_aside_in_the_release(tmp_path):
    home = new_home(tmp_path)
    fill_inbox(home)
    release = pipeline.run(home, now=NOW)

    counted = release.query(
        "select sum(rows_in) as rows_in, sum(accepted) as accepted, sum(set_aside) as set_aside "
        "from submission where status = 'current'"
    ).to_pylist()[0]
    counts = release.manifest["counts"]
    assert counted == {name: counts[name] for name in ("rows_in", "accepted", "set_aside")}
    assert counted["rows_in"] == counted["accepted"] + counted["set_aside"]
    assert counted["set_aside"] > 0


def test_a_programme_that_received_nothing_says_what_to_do(tmp_path):
    with pytest.raises(StoreError, match="impact submit"):
        pipeline.run(new_home(tmp_path), now=NOW)


def test_a_file_that_cannot_be_read_is_kept_told_and_stops_nothing(tmp_path):
    home = new_home(tmp_path)
    picture = tmp_path / "photo.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    receipt = pipeline.submit(home, picture, KEY, now=NOW)

    assert [finding.code for finding in receipt.checked.findings] == ["format-error"]
    release = pipeline.run(home, now=NOW)
    assert release.query("select code from quality").to_pylist() == [{"code": "format-error"}]
    with RawStore(home.raw).local(RawStore(home.raw).current()[0]) as path:
        assert path.read_bytes() == picture.read_bytes()


def test_a_withdrawn_file_is_in_no_figure_of_the_next_release(tmp_path):
    home = new_home(tmp_path)
    receipt = pipeline.submit(home, FILES / "cafes mai.csv", KEY, now=NOW)
    assert len(pipeline.run(home, now=NOW).table("estimate")) > 5

    RawStore(home.raw).withdraw(receipt.landing.submission, reason="Envoyé par erreur", now=NOW)
    pipeline.run(home, now=NOW)

    release = open_release(home.root)
    assert release.table("estimate").empty
    assert release.table("submission")["status"].tolist() == ["withdrawn"]


def test_a_new_version_of_an_instrument_reads_what_was_sent_for_the_one_before(tmp_path):
    home = new_home(tmp_path)
    pipeline.submit(home, FILES / "cafes mai.csv", KEY, now=NOW)
    first = pipeline.run(home, now=NOW).table("estimate")
    old = home.schemas / "instruments" / "cafe-monthly.v1.yaml"
    told = re.sub(r"(?<!unit: )\bvisits\b", "clients", old.read_text(encoding="utf-8"))
    told = told.replace("version: 1", "version: 2")
    told = told.replace("layout: table", "layout: table\ncorresponds: {visits: clients}")
    (home.schemas / "instruments" / "cafe-monthly.v2.yaml").write_text(told, encoding="utf-8")
    for path in (home.schemas / "indicators").glob("cafe-*.yaml"):
        text = path.read_text(encoding="utf-8")
        if "instrument: cafe-monthly" in text:
            path.write_text(text.replace("value: visits", "value: clients"), encoding="utf-8")

    second = pipeline.run(home, now=NOW).table("estimate")

    assert second["value"].fillna(-1).tolist() == first["value"].fillna(-1).tolist()
