"""A weighting that cannot be had: what becomes of the build. One that can be is in tests/demo/test_run.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.programme import NOW, fill_inbox, new_home

from impact_pipeline import open_release, pipeline
from impact_pipeline.errors import RefusedEstimate
from impact_pipeline.home import Home
from impact_pipeline.release import Release


def test_bounds_that_cannot_hold_stop_the_build(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    path = home.schemas / "instruments" / "cafe-residents.v1.yaml"
    declared = path.read_text(encoding="utf-8")
    path.write_text(declared.replace("method: raking,", "method: raking, bounds: [0.99, 1.01],"), encoding="utf-8")
    fill_inbox(home)
    with pytest.raises(RefusedEstimate, match="cafe-residents, mille-cafes, "):
        pipeline.run(home, now=NOW)
    assert open_release_or_none(home) is None


def open_release_or_none(home: Home) -> Release | None:
    return open_release(home.root) if (home.curated / "releases").exists() else None
