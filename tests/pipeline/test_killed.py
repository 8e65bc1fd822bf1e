"""`impact run` killed without warning, at twenty moments: the latest release is whole each time, and the next run
completes.

Each run is a process of its own, born of one that has imported the code and read the declarations: what is killed is
work.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.programme import ROOT, fill_inbox, new_home

from impact_pipeline import cli, open_release
from impact_pipeline.declarations import load_schemas
from impact_pipeline.release import Release

MOMENTS = 20
PATIENCE = 120  # seconds for a run on a busy machine
BIRTHS = multiprocessing.get_context("forkserver")
SHIPPED = load_schemas(ROOT / "schemas")  # remembered by the processes born of the one that imports this


def impact(*arguments: str) -> None:
    os.setsid()  # so that a kill reaches its own children too
    sys.argv = ["impact", *arguments]
    cli.main()


def start(home: Path) -> ForkServerProcess:
    arguments = ("--home", str(home), "run", "--force", "--threads", "1")
    process = BIRTHS.Process(target=impact, args=arguments)
    process.start()
    return process


def complete(home: Path) -> float:
    """Run to the end; returns the seconds that it took."""
    began = time.monotonic()
    process = start(home)
    process.join(PATIENCE)
    assert process.exitcode == 0
    return time.monotonic() - began


def kill(process: ForkServerProcess) -> None:
    try:
        os.killpg(process.pid or 0, signal.SIGKILL)
    except ProcessLookupError:  # it leads no group yet
        process.kill()


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
    BIRTHS.set_forkserver_preload([__name__, "impact_pipeline.cli", "impact_pipeline.pipeline"])
    lasts = complete(home.root)
    dice = random.Random(20)
    killed = 0
    for moment in range(MOMENTS):
        # each time another file to land, to check and to count, in place of the one before
        waiting.write_bytes(sent.replace(b"CAFE-12", b"CAFE-%02d" % (moment + 13)))
        began = time.monotonic()
        process = start(home.root)
        process.join(dice.uniform(0, lasts))
        if process.is_alive():
            kill(process)
            killed += 1
        else:
            lasts = min(lasts, time.monotonic() - began)  # the machine has less to do than before
        process.join()
        assert_whole(open_release(home.root))
    assert killed > MOMENTS / 2

    before = open_release(home.root).version
    complete(home.root)
    after = open_release(home.root)
    assert after.version != before
    assert_whole(after)
    assert after.manifest["counts"]["submissions"] == 1
    assert not list((home.curated / ".staging").glob("*"))
