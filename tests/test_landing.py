"""What was received is kept as it is, told in receipts, and never lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.programme import ROOT, new_home

from impact_pipeline.declarations import load_schemas
from impact_pipeline.errors import DeclarationError, UnknownName
from impact_pipeline.landing import RawStore, SubmissionKey, freeze

INSTRUMENT = load_schemas(ROOT / "schemas").instrument("cafe-monthly")
KEY = SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", "2026-05")
NOW = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["disk", "memory"])
def raw(request, tmp_path) -> RawStore:
    return RawStore(tmp_path / "raw" if request.param == "disk" else f"memory://{tmp_path.name}/raw")


@pytest.fixture
def send(raw, tmp_path):
    def landed(text: str, *, key=KEY, name="mai.csv", table=None, after=timedelta(), usable=True):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return raw.land(
            path, key, original_name=name, instrument=INSTRUMENT, table_sha256=table, now=NOW + after, usable=usable
        )

    return landed


def test_the_same_bytes_twice_are_one_submission(raw, send):
    first = send("a;b")
    again = send("a;b", name="copie de mai.csv", after=timedelta(days=1))

    assert (first.outcome, again.outcome) == ("new", "already-received")
    assert again.submission == first.submission
    assert again.previous_at == NOW
    assert len(raw.submissions()) == 1


def test_the_same_table_merely_saved_again_is_one_submission(raw, send):
    first = send("a;b", table="t1")
    again = send("a;b\r\n", table="t1")

    assert again.outcome == "already-received"
    assert [event["event"] for event in raw.events(first.submission)] == ["received", "resaved"]


def test_another_file_for_the_same_key_supersedes_and_the_history_shows_both(raw, send):
    first, second = send("a;b"), send("a;c", after=timedelta(days=2))

    assert (second.outcome, second.previous) == ("supersedes", first.submission)
    assert [(s.submission, s.status) for s in raw.submissions()] == [
        (first.submission, "superseded"),
        (second.submission, "current"),
    ]
    assert [event["event"] for event in raw.events(first.submission)] == ["received", "superseded"]
    assert [s.submission for s in raw.current()] == [second.submission]


def test_a_file_without_a_usable_row_is_kept_and_replaces_nothing(raw, send):
    good, wrong = send("a;b"), send("x", after=timedelta(days=1), usable=False)

    assert (wrong.outcome, wrong.previous, wrong.previous_at) == ("set-aside", good.submission, NOW)
    assert {s.submission: s.status for s in raw.submissions()} == {
        good.submission: "current", wrong.submission: "set-aside",
    }  # fmt: skip
    assert [event["event"] for event in raw.events(good.submission)] == ["received"]
    assert [event["usable"] for event in raw.events(wrong.submission)] == [False]
    with raw.local(raw.submission(wrong.submission)) as path:
        assert path.read_text(encoding="utf-8") == "x"


def test_what_was_set_aside_counts_once_it_can_be_used(raw, send):
    good, wrong = send("a;b"), send("x", usable=False)
    again = send("x", after=timedelta(days=1))
    assert (again.outcome, again.submission, again.previous) == ("supersedes", wrong.submission, good.submission)
    assert [s.submission for s in raw.current()] == [wrong.submission]


def test_a_first_file_without_a_usable_row_is_replaced_by_any_other(raw, send):
    assert send("x", usable=False).outcome == "new"
    second = send("y", usable=False)
    assert (second.outcome, [s.submission for s in raw.current()]) == ("supersedes", [second.submission])
    good = send("a;b")
    assert (good.outcome, [s.submission for s in raw.current()]) == ("supersedes", [good.submission])


def test_what_was_superseded_can_come_back(raw, send):
    first = send("a;b")
    send("a;c")
    send("a;b")
    assert [s.submission for s in raw.current()] == [first.submission]


def test_another_period_is_another_submission(raw, send):
    send("a;b")
    send("a;b", key=SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", "2026-06"))
    assert len(raw.current()) == 2


def test_the_bytes_are_kept_as_they_were(raw, send):
    landing = send("é;b")
    with raw.local(raw.submission(landing.submission)) as path:
        assert path.read_text(encoding="utf-8") == "é;b"


def test_a_withdrawn_submission_counts_no_more_and_keeps_its_story(raw, send):
    landing = send("a;b")
    raw.withdraw(landing.submission, reason="Mauvais fichier", now=NOW)

    assert raw.current() == []
    assert raw.submissions()[0].status == "withdrawn"
    assert raw.events(landing.submission)[-1]["reason"] == "Mauvais fichier"


def test_an_unknown_number_is_told_with_the_nearest(raw, send):
    landing = send("a;b")
    with pytest.raises(UnknownName, match=landing.submission):
        raw.submission(landing.submission[:-1] + "x")


def test_the_same_outcome_is_noted_once(raw, send):
    landing = send("a;b")
    for rows in (3, 3, 4):
        raw.note_checked(landing.submission, {"accepted": rows, "set_aside": 0}, now=NOW)
    assert [e["accepted"] for e in raw.events(landing.submission) if e["event"] == "accepted"] == [3, 4]


SENDER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from impact_pipeline.declarations import load_schemas
from impact_pipeline.landing import RawStore, SubmissionKey
home, number = Path(sys.argv[1]), sys.argv[2]
instrument = load_schemas(home / "schemas").instrument("cafe-monthly")
for period in range(10):
    path = home / f"{number}-{period}.csv"
    path.write_text(f"{number};{period}")
    key = SubmissionKey("mille-cafes", "cafe-monthly", "reseau-demo-des-cafes", f"2026-{period + 1:02}")
    RawStore(home / "raw").land(path, key, original_name=path.name, instrument=instrument, table_sha256=None,
                                now=datetime.now(UTC))
"""


def test_two_senders_at_once_lose_nothing(tmp_path: Path):
    home = new_home(tmp_path / "home").root
    senders = [subprocess.Popen([sys.executable, "-c", SENDER, str(home), str(n)], cwd=ROOT) for n in range(2)]
    assert [sender.wait(timeout=60) for sender in senders] == [0, 0]

    raw = RawStore(home / "raw")
    assert len(raw.submissions()) == 20
    assert len(raw.current()) == 10


def test_an_instrument_that_received_data_cannot_change_its_meaning(tmp_path):
    home = new_home(tmp_path / "home")
    lock = home.schemas / "instruments.lock"
    schemas = load_schemas(home.schemas)
    freeze(schemas, schemas.instrument("cafe-monthly"), lock)
    place = home.schemas / "instruments" / "cafe-monthly.v1.yaml"
    told = place.read_text(encoding="utf-8")

    place.write_text(told.replace("Passages dans le mois", "Passages du mois"), encoding="utf-8")
    changed = load_schemas(home.schemas)
    freeze(changed, changed.instrument("cafe-monthly"), lock)  # a label means nothing to the data

    place.write_text(told.replace("range: [0, 31]", "range: [0, 30]"), encoding="utf-8")
    changed = load_schemas(home.schemas)
    with pytest.raises(DeclarationError, match="version 2"):
        freeze(changed, changed.instrument("cafe-monthly"), lock)
