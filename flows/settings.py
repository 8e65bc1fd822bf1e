"""What the flows read from the world, once: the programme's folder and the clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from impact_pipeline.home import Home

BATCH = 50  # submissions a task: Prefect's cost is per task, so one task takes many files


def home_at(folder: str | None) -> Home:
    """The programme's folder: the flow's parameter, else IMPACT_HOME, else the current folder."""
    return Home(Path(folder or os.environ.get("IMPACT_HOME", ".")).resolve())


def utc_now() -> datetime:
    return datetime.now(UTC)


def is_passing(_task: object, _run: object, state: object) -> bool:
    """Retry what may pass by itself (a file server that hiccups, a full queue), never a wrong declaration."""
    from impact_pipeline.errors import ImpactError

    error = getattr(state, "data", None)
    exception = getattr(error, "exception", error)
    return isinstance(exception, OSError) and not isinstance(exception, ImpactError)
