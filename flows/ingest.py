"""`ingest`: land what waits in the inbox, check what was never checked, tell what was found."""

from __future__ import annotations

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger

from flows.settings import BATCH, home_at, is_passing, utc_now
from impact_pipeline import pipeline


@task(retries=3, retry_delay_seconds=[1, 5, 20], retry_condition_fn=is_passing)
def land_inbox(home: str | None) -> list[str]:
    """Land every file of the inbox; returns the submissions' numbers."""
    return [receipt.landing.submission for receipt in pipeline.land_inbox(home_at(home), now=utc_now())]


@task(retries=1, retry_condition_fn=is_passing)
def find_unchecked(home: str | None) -> list[str]:
    """Current submissions that this version of declarations and code has not checked yet."""
    return pipeline.unchecked(home_at(home))


@task(retries=1, retry_condition_fn=is_passing, task_run_name="check-{count}-submissions")
def check_batch(home: str | None, submissions: list[str], count: int) -> int:
    """Check a batch of submissions and keep the outcome in the warehouse; returns how many."""
    checks = pipeline.check_submissions(home_at(home), submissions, now=utc_now())
    for check in checks:
        get_run_logger().info("%s: %d of %d rows accepted", check.submission, check.accepted, check.rows_in)
    return count


@task
def tell_findings(home: str | None) -> None:
    """Two artifacts: every current submission with its rows, and its findings by cause."""
    quality = pipeline.quality(home_at(home))
    create_table_artifact(key="submissions", table=quality.submissions, description="Rows in = accepted + set aside")
    create_table_artifact(key="findings", table=quality.findings, description="Findings by submission and cause")


@flow(name="ingest")
def ingest(home: str | None = None) -> int:
    """Land and check everything that arrived; returns how many submissions were checked now."""
    return ingest_steps(home)


def ingest_steps(home: str | None) -> int:
    """The steps of `ingest`, for the flow that goes further."""
    landed = land_inbox(home)
    waiting = find_unchecked(home)
    get_run_logger().info("%d files taken from the inbox, %d submissions to check", len(landed), len(waiting))
    batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
    checks = [check_batch.submit(home, batch, len(batch)) for batch in batches]
    checked = sum(check.result() for check in checks)
    tell_findings(home)
    return checked
