"""What is known of each study's plan when its effects are computed: when it was declared, and when data came in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from impact_pipeline.declarations import Schemas
from impact_pipeline.landing import Submission, SubmissionKey
from impact_pipeline.methods.studies import Plan
from impact_pipeline.registration import declared_at, registered


def plans(schemas: Schemas, lock: Path, submissions: Sequence[Submission]) -> dict[str, Plan]:
    """Of every study. What a submission tells was known when the first file of its key was received, even if that one
    was superseded or withdrawn since."""
    first: dict[SubmissionKey, datetime] = {}
    for item in submissions:
        first[item.key] = min(item.received_at, first.get(item.key, item.received_at))
    received = {item.submission: first[item.key] for item in submissions}
    known = registered(lock)
    return {name: Plan(declared_at(study, known), received) for name, study in schemas.studies.items()}
