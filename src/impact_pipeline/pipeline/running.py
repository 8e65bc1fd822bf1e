"""The whole line in one call: what waits in the inbox, what was never checked, the figures, the release."""

from __future__ import annotations

from datetime import datetime

from impact_pipeline.home import Home
from impact_pipeline.pipeline.building import build
from impact_pipeline.pipeline.checking import check_submissions, land_inbox, unchecked
from impact_pipeline.pipeline.publishing import publish
from impact_pipeline.release import Release


def run(home: Home, *, now: datetime, threads: int | None = None, force: bool = False) -> Release:
    """Land, check, build and publish; safe to kill at any moment and to run again.

    Returns the latest release: a new one, or the one that stands where nothing has changed and not `force`.
    """
    land_inbox(home, now=now)
    check_submissions(home, unchecked(home), now=now)
    return publish(home, build(home, threads=threads), now=now, force=force)
