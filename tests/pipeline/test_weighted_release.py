"""A weighting declared in YAML, and nothing else, is in the release: weights, errors, the table that tells of them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from tests.programme import NOW, fill_inbox, new_home

from impact_pipeline import open_release, pipeline
from impact_pipeline.errors import RefusedEstimate
from impact_pipeline.home import Home
from impact_pipeline.release import Release

SEX = {"f": 10400, "h": 9600}
AGE = {"16-29": 3200, "30-64": 10000, "65-plus": 6800}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    home = new_home(tmp_path_factory.mktemp("weighted") / "home")
    fill_inbox(home)
    pipeline.run(home, now=NOW)
    return open_release(home.root)


def test_margins_are_reached_in_what_is_published(release: Release) -> None:
    told = pd.read_csv(release.path / "data" / "weighting.csv").set_index(["wave", "dimension", "category"])
    assert set(told.index.get_level_values("wave")) == {"baseline", "follow-up"}
    for wave in ("baseline", "follow-up"):
        for dimension, totals in (("sex", SEX), ("age-group", AGE)):
            found = told.loc[(wave, dimension)]
            known = found.drop("(missing)", errors="ignore")  # some do not say, and keep their share
            assert known["status"].tolist() == ["published"] * len(totals)
            kept = known["after"].sum() / sum(totals.values())
            assert 0.97 < kept <= 1
            assert known["after"].to_dict() == pytest.approx({code: n * kept for code, n in totals.items()})
            assert known["target"].to_dict() == pytest.approx(known["after"].to_dict())
            assert (known["before"] - known["target"]).abs().max() > 1
        assert told.loc[(wave, "all", "all"), "method"] == "raking"
    few = told.query("category == '(missing)'")
    assert len(few) > 0
    assert set(few["status"]) == {"suppressed"}
    assert few[["n", "target", "before", "after"]].isna().all(axis=None)


def test_the_codebook_tells_what_the_columns_mean(release: Release) -> None:
    package = json.loads((release.path / "datapackage.json").read_text(encoding="utf-8"))
    table = next(resource for resource in package["resources"] if resource["name"] == "weighting")
    described = {column["name"]: column["description"] for column in table["schema"]["fields"]}
    assert "Kish" in json.dumps(described["deff_after"])


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
