"""`impact run` killed without warning, at twenty moments: the latest release is whole each time, and the next run
completes."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.programme import fill_inbox, new_home

from impact_pipeline import open_release
from impact_pipeline.release import Release

MOMENTS = 20
IMPACT = [sys.executable, "-c", "from impact_pipeline.cli import main; main()"]


def start(home: Path) -> subprocess.Popen[bytes]:
    command = [*IMPACT, "--home", str(home), "run", "--force", "--threads", "1"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def complete(home: Path) -> float:
    """Run to the end; returns the seconds that it took."""
    began = time.monotonic()
    process = start(home)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    return time.monotonic() - began


def assert_whole(release: Release) -> None:
    """Every file has the checksum that the release declares, and the database answers."""
    listed = (release.path / "checksums.sha256").read_text().splitlines()
    for line in listed:
        digest, name = line.split(maxsplit=1)
        assert hashlib.sha256((release.path / name).read_bytes()).hexdigest() == digest
    assert release.query("select count(*) as n from estimate").to_pylist()[0]["n"] > 0


def test_killed_at_random_moments_never_leaves_the_latest_release_unreadable(tmp_path):
    home = new_home(tmp_path / "home")
    fill_inbox(home, "cafes mai.csv")
    (waiting,) = home.inbox.rglob("*.csv")
    sent = waiting.read_bytes()
    lasts = complete(home.root)
    dice = random.Random(20)
    killed = 0
    for moment in range(MOMENTS):
        # each time another file to land, to check and to count, in place of the one before
        waiting.write_bytes(sent.replace(b"CAFE-12", b"CAFE-%02d" % (moment + 13)))
        process = start(home.root)
        time.sleep(dice.uniform(0, lasts))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate()
        assert_whole(open_release(home.root))
    assert killed > MOMENTS / 2

    before = open_release(home.root).version
    complete(home.root)
    after = open_release(home.root)
    assert after.version != before
    assert_whole(after)
    assert after.manifest["counts"]["submissions"] == 1
    assert not list((home.curated / ".staging").glob("*"))
