"""The line, as plain functions: land, check, build, publish.

A programme's folder, a file and its key, and the time come in; receipts, candidates and releases go out. The commands
and the flows call nothing else, so that a release made with Prefect and one made without are the same.
"""

from impact_pipeline.pipeline.building import build
from impact_pipeline.pipeline.checking import (
    Receipt,
    check_file,
    check_submissions,
    engine,
    land_inbox,
    past_of,
    submit,
    unchecked,
)
from impact_pipeline.pipeline.duplicates import Report, find_duplicates
from impact_pipeline.pipeline.giving_back import received
from impact_pipeline.pipeline.keys import check_key, read_key
from impact_pipeline.pipeline.publishing import publish
from impact_pipeline.pipeline.recognising import Recognised, completed, recognise
from impact_pipeline.pipeline.running import run
from impact_pipeline.pipeline.telling import Changes, Quality, changes, not_weighted, quality
from impact_pipeline.validation.past import NO_PAST

__all__ = [
    "NO_PAST",
    "Changes",
    "Quality",
    "Receipt",
    "Recognised",
    "Report",
    "build",
    "changes",
    "check_file",
    "check_key",
    "check_submissions",
    "completed",
    "engine",
    "find_duplicates",
    "land_inbox",
    "not_weighted",
    "past_of",
    "publish",
    "quality",
    "read_key",
    "received",
    "recognise",
    "run",
    "submit",
    "unchecked",
]
