"""Two rebuilds from the same raw files and declarations: the same bytes, whatever the number of threads."""

from __future__ import annotations

import shutil
from datetime import timedelta

from tests.programme import NOW, fill_inbox, new_home

from impact_pipeline import pipeline
from impact_pipeline.home import Home


def test_rebuilds_with_one_and_with_two_threads_give_byte_identical_tables(tmp_path):
    home = new_home(tmp_path / "home")
    fill_inbox(home)
    first = pipeline.run(home, now=NOW, threads=1)
    again = Home(tmp_path / "again")
    shutil.copytree(home.schemas, again.schemas)
    shutil.copytree(home.raw, again.raw)

    second = pipeline.run(again, now=NOW + timedelta(days=40), threads=2)

    tables = sorted(path.name for path in (first.path / "data").iterdir())
    assert len(tables) > 20
    for name in tables:
        assert (first.path / "data" / name).read_bytes() == (second.path / "data" / name).read_bytes(), name


def test_nothing_new_publishes_nothing_new_unless_it_is_asked_for(tmp_path):
    home = new_home(tmp_path)
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
