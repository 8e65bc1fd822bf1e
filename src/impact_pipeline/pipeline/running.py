"""The whole line in one call: what waits in the inbox, what was never checked, the figures, the release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from impact_pipeline.home import Home
from impact_pipeline.pipeline.building import build
from impact_pipeline.pipeline.checking import check_submissions, land_inbox, unchecked
from impact_pipeline.pipeline.publishing import publish
from impact_pipeline.pipeline.telling import not_weighted
from impact_pipeline.release import Release


def run(
    home: Home,
    *,
    now: datetime,
    threads: int | None = None,
    spark_master: str | None = None,
    force: bool = False,
    tell: Callable[[str], object] = lambda line: None,
) -> Release:
    """Land, check, build and publish; safe to kill at any moment and to run again.

    Returns the latest release: a new one, or the one that stands where nothing has changed and not `force`. `tell`
    hears one line a step, and one for each sample that cannot be weighted as declared.
    """
    landed = land_inbox(home, now=now)
    if landed:
        tell(f"Taken from the inbox: {len(landed)} files.")
    waiting = unchecked(home)
    if waiting:
        tell(f"Checking {len(waiting)} submissions...")
        check_submissions(home, waiting, now=now)
    tell("Computing the figures...")
    candidate = build(home, threads=threads, spark_master=spark_master)
    for line in not_weighted(home, candidate):
        tell(line)
    tell("Publishing...")
    return publish(home, candidate, now=now, force=force)
