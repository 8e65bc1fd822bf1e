"""`build`: from checked records to a release candidate, kept in the warehouse until it is published."""

from __future__ import annotations

from prefect import flow, task
from prefect.logging import get_run_logger

from flows.settings import home_at, is_passing
from impact_pipeline import pipeline


@task(retries=1, retry_delay_seconds=10, retry_condition_fn=is_passing)
def build_candidate(home: str | None, threads: int | None, spark_master: str | None) -> str:
    """Store, score, observe and estimate; returns the candidate's name. Samples that cannot be weighted are told."""
    candidate = pipeline.build(home_at(home), threads=threads, spark_master=spark_master)
    for line in pipeline.not_weighted(home_at(home), candidate):
        get_run_logger().warning(line)
    return candidate


@flow(name="build")
def build(home: str | None = None, threads: int | None = None, spark_master: str | None = None) -> str:
    """Compute every figure from everything accepted so far; returns the candidate's name."""
    return build_candidate(home, threads, spark_master)
