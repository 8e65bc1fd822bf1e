"""`pipeline`: the whole line in one run, from the inbox to the published release."""

from __future__ import annotations

from prefect import flow

from flows.build import build_candidate
from flows.ingest import ingest_steps
from flows.publish import publish_steps


@flow(name="pipeline")
def pipeline(
    home: str | None = None, threads: int | None = None, force: bool = False, spark_master: str | None = None
) -> str:
    """Ingest, build and publish; returns the version of the latest release."""
    ingest_steps(home)
    return publish_steps(home, build_candidate(home, threads, spark_master), force)
