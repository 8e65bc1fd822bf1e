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
