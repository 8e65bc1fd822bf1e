"""What a check found is kept under the hash of all that it follows from, and nothing is lost on the way."""

from __future__ import annotations

import dataclasses
import json

import pytest
from tests.programme import FILES, NOW, fill_inbox, new_home

from impact_pipeline import pipeline
from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import RowsLost, StoreError, UnknownName
from impact_pipeline.landing import RawStore, SubmissionKey
from impact_pipeline.warehouse import Warehouse

KEY = SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", "2026-06")


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path)


@pytest.fixture
def kept(home):
    pipeline.submit(home, FILES / "cafes juin 2026.ods", KEY, now=NOW)
    schemas = load_schemas(home.schemas)
    (submission,) = RawStore(home.raw).current()
    return Warehouse(home.warehouse), submission, schemas.instrument("cafe-monthly"), schemas


def test_an_outcome_is_found_again_whole(kept):
    warehouse, submission, instrument, schemas = kept
    stored = warehouse.load(submission, instrument, schemas)

    assert (stored.rows_in, stored.accepted, stored.set_aside, stored.exit_code) == (12, 10, 2, 1)
    assert {finding.code for finding in stored.findings} >= {"lost-digits", "required", "number-converted"}
    place = next(finding.place for finding in stored.findings if finding.code == "lost-digits")
    assert place.address == "Juin!A5"
    assert all(stored.part(name).is_file() for name in ("records", "statuses", "extra", "set_aside", "conversions"))


def test_other_declarations_ask_for_another_check(home, kept):
    warehouse, submission, _, _ = kept
    place = home.schemas / "instruments" / "cafe-monthly.v1.yaml"
    place.write_text(place.read_text(encoding="utf-8").replace("60 * visits", "61 * visits"), encoding="utf-8")
    changed = load_schemas(home.schemas)

    assert warehouse.load(submission, changed.instrument("cafe-monthly"), changed) is None
    assert pipeline.unchecked(home) == [submission.submission]
    with pytest.raises(StoreError, match="impact run"):
        pipeline.build(home)
    pipeline.check_submissions(home, pipeline.unchecked(home), now=NOW)
    assert pipeline.unchecked(home) == []


def test_a_row_that_vanished_stops_the_line(kept):
    warehouse, submission, instrument, schemas = kept
    stored = warehouse.load(submission, instrument, schemas)
    with pytest.raises(RowsLost):
        dataclasses.replace(stored, accepted=9)
    told = json.loads((stored.folder / "checked.json").read_text(encoding="utf-8"))
    (stored.folder / "checked.json").write_text(json.dumps(told | {"accepted": 11}), encoding="utf-8")
    with pytest.raises(RowsLost):
        warehouse.load(submission, instrument, schemas)


def test_a_candidate_is_published_by_the_declarations_that_built_it_alone(home):
    fill_inbox(home, "cafes mai.csv")
    pipeline.land_inbox(home, now=NOW)
    candidate = pipeline.build(home)
    place = home.schemas / "indicators" / "cafe-visits.yaml"
    place.write_text(place.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")

    with pytest.raises(StoreError, match="build again"):
        pipeline.publish(home, candidate, now=NOW)
    with pytest.raises(UnknownName, match=candidate):
        pipeline.publish(home, candidate[:-1] + "x", now=NOW)


def test_one_build_at_a_time(home):
    warehouse = Warehouse(home.warehouse)
    with (
        warehouse.building(),
        pytest.raises(StoreError, match="Another build"),
        Warehouse(home.warehouse).building(wait=0.1),
    ):
        pass


def test_files_of_the_inbox_whose_folders_name_nothing_stay_there_and_are_told(home):
    fill_inbox(home, "cafes mai.csv")
    lost = home.inbox / "mille-cafe" / "cafe-monthly" / "x" / "2026"
    lost.mkdir(parents=True)
    (lost / "a.csv").write_text("a;b")
    (home.inbox / "stray.csv").write_text("a;b")

    with pytest.raises(StoreError, match="stray") as told:
        pipeline.land_inbox(home, now=NOW)

    assert "mille-cafes" in str(told.value)
    assert (lost / "a.csv").is_file()
    assert len(RawStore(home.raw).current()) == 1
