"""`publish`: the disclosure gate, the release, its report, and what changed against the last one."""

from __future__ import annotations

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.logging import get_run_logger

from flows.settings import home_at, is_passing, utc_now
from impact_pipeline import open_release, pipeline


@task(retries=1, retry_delay_seconds=10, retry_condition_fn=is_passing)
def publish_candidate(home: str | None, candidate: str, force: bool) -> str:
    """Protect, stage, report and flip the pointer; returns the release's version."""
    return pipeline.publish(home_at(home), candidate, now=utc_now(), force=force).version


@task
def tell_release(home: str | None, version: str) -> None:
    """Two artifacts: what changed against the release before, and where the report is."""
    place = home_at(home)
    create_markdown_artifact(key="release-changes", markdown=pipeline.changes(place, version).markdown())
    report = open_release(place.root, version).report("fr")
    create_link_artifact(key="report", link=report.as_uri(), link_text=f"Report of release {version}")


@flow(name="publish")
def publish(candidate: str, home: str | None = None, force: bool = False) -> str:
    """Publish a candidate that `build` left; returns the release's version."""
    return publish_steps(home, candidate, force)


def publish_steps(home: str | None, candidate: str, force: bool) -> str:
    """The steps of `publish`, for the flow that runs the whole line."""
    version = publish_candidate(home, candidate, force)
    tell_release(home, version)
    get_run_logger().info("Release %s is the latest", version)
    return version
