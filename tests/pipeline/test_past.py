"""A file is compared with what was accepted before it, never with what it replaces; what is kept follows from that."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from tests.programme import NOW, ROOT

from impact_pipeline import pipeline
from impact_pipeline.findings import Level
from impact_pipeline.home import Home
from impact_pipeline.landing import RawStore, SubmissionKey

QUARTERS = [f"{year}-Q{part}" for year in (2024, 2025) for part in (1, 2, 3, 4)]
HEADER = "Lieu;Trimestre;Femmes;Hommes;Participants\n"


@pytest.fixture
def home(tmp_path):
    shutil.copytree(ROOT / "tests" / "schemas" / "rules", tmp_path / "schemas")
    return Home(tmp_path)


class Sender:
    """Sends files one after the other."""

    def __init__(self, home):
        self.home, self.sent = home, 0

    def send(self, period, people, organisation="lavoir", place="L1"):
        self.sent += 1
        path = self.home.root / f"{organisation} {period} {self.sent}.csv"
        path.write_text(HEADER + f"{place};{period};;;{people}\n", encoding="utf-8")
        key = SubmissionKey("village", "workshops", organisation, period)
        return pipeline.submit(self.home, path, key, now=NOW + timedelta(minutes=self.sent))


@pytest.fixture
def sender(home):
    return Sender(home)


def asked(receipt):
    return {code for code, level, _ in receipt.checked.counts if level is Level.TO_CHECK}


def test_history_comes_from_earlier_files_of_the_same_organisation(sender):
    for quarter, people in zip(QUARTERS, [85, 92, 110, 101, 140, 97, 120, 99], strict=True):
        assert asked(sender.send(quarter, people)) == set()
    assert asked(sender.send("2026-Q1", 1240)) == {"unusual-value"}
    assert asked(sender.send("2026-Q1", 1240, organisation="tilleuls", place="L2")) == set()


def test_a_file_is_not_compared_with_the_one_it_replaces_nor_with_later_ones(sender):
    for quarter, people in zip(QUARTERS, [85, 92, 110, 101, 140, 97, 120, 99], strict=True):
        sender.send(quarter, people)
    sender.send("2026-Q1", 5000)
    again = sender.send("2026-Q1", 130)
    assert asked(again) == set()
    late = sender.send("2023-Q4", 5000)  # all the others are later
    assert asked(late) == set()


def test_a_corrected_past_asks_for_another_check_and_a_rebuild_finds_the_same(sender, home):
    for quarter, people in zip(QUARTERS, [85, 92, 110, 101, 140, 97, 120, 99], strict=True):
        sender.send(quarter, people)
    receipt = sender.send("2026-Q1", 1240)
    first = receipt.landing.submission
    assert pipeline.unchecked(home) == []

    sender.send("2025-Q4", 1300)  # it arrives after the first quarter of 2026, which has seven points by now
    assert pipeline.unchecked(home) == [first]
    (again,) = pipeline.check_submissions(home, [first], now=NOW + timedelta(days=1))
    assert {code for code, level, _ in again.counts if level is Level.TO_CHECK} == set()

    told = {
        s.submission: pipeline.check_submissions(home, [s.submission], now=NOW)[0] for s in RawStore(home.raw).current()
    }
    shutil.rmtree(home.warehouse)
    waiting = pipeline.unchecked(home)
    rebuilt = pipeline.check_submissions(home, waiting[::-1], now=NOW + timedelta(days=2))
    assert {c.submission: (c.key, c.findings) for c in rebuilt} == {n: (c.key, c.findings) for n, c in told.items()}


def test_the_same_bytes_again_are_what_they_were(sender, home):
    sender.send("2025-Q1", 85)
    receipt = sender.send("2025-Q2", 90)
    sender.send("2025-Q3", 95)
    path = home.root / receipt.checked.folder.name
    with RawStore(home.raw).local(RawStore(home.raw).submission(receipt.landing.submission)) as kept:
        shutil.copy(kept, path)
    again = pipeline.submit(home, path, SubmissionKey("village", "workshops", "lavoir", "2025-Q2"), now=NOW)
    assert again.landing.outcome == "already-received"
    assert again.checked.key == receipt.checked.key


def test_a_file_only_looked_at_knows_its_past_too(sender, home, tmp_path):
    from impact_pipeline.declarations import load_schemas

    for quarter, people in zip(QUARTERS, [85, 92, 110, 101, 140, 97, 120, 99], strict=True):
        sender.send(quarter, people)
    path = tmp_path / "draft.csv"
    path.write_text(HEADER + "L1;2026-Q1;;;1240\n", encoding="utf-8")
    schemas, key = load_schemas(home.schemas), SubmissionKey("village", "workshops", "lavoir", "2026-Q1")
    shutil.rmtree(home.warehouse)  # as where older code had checked them
    with pipeline.engine() as connection:
        past = pipeline.past_of(home, connection, key, path, now=NOW)
        checked, _ = pipeline.check_file(path, schemas.instrument("workshops"), schemas, connection, key, past=past)
    assert ("unusual-value", Level.TO_CHECK, "people") in checked.counts


def test_a_file_already_received_is_told_once_where_nobody_says_whose_it_is(home, tmp_path):
    from impact_pipeline.declarations import load_schemas
    from impact_pipeline.validation.messages import tell

    rows = "".join(f"L{n};2026-Q1;;;{80 + n}\n" for n in range(15))
    path = tmp_path / "envoi.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    pipeline.submit(home, path, SubmissionKey("village", "workshops", "lavoir", "2026-Q1"), now=NOW)
    schemas = load_schemas(home.schemas)
    workshops = schemas.instrument("workshops")

    def look(content, organisation):
        path.write_text(HEADER + content, encoding="utf-8")
        key = SubmissionKey("village", "workshops", organisation, "")
        with pipeline.engine() as connection:
            past = pipeline.past_of(home, connection, key, path, now=NOW)
            return pipeline.check_file(path, workshops, schemas, connection, key, past=past)[0]

    checked = look(rows, "")
    assert checked.counts == {("already-received", Level.CORRECTED, None): 15}
    assert tell(checked.findings[0], workshops, schemas, "fr").read.replace("\u00a0", " ") == (
        "15 lignes de ce fichier sont celles de l’envoi du 24 novembre 2026, identiques (lavoir, T1 2026)."
    )
    changed = look(rows.replace(";80\n", ";81\n"), "")
    assert (changed.exit_code, sum(f.code == "duplicate-elsewhere" for f in changed.findings)) == (2, 1)
    assert changed.counts["already-received", Level.CORRECTED, None] == 14
    other = look(rows, "tilleuls")
    assert sum(f.code == "duplicate-elsewhere" for f in other.findings) == 15
    few = look(rows.splitlines(keepends=True)[0] + "L90;2026-Q1;;;9\nL91;2026-Q1;;;9\n", "")
    assert [f.code for f in few.findings if f.level is Level.TO_CHECK] == ["duplicate-elsewhere"]
