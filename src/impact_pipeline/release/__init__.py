"""The curated tables: what they are, the versions published, and how they are read."""

from impact_pipeline.release.contents import communes, declared, received
from impact_pipeline.release.reader import Release
from impact_pipeline.release.store import ReleaseStore, Staged, in_order
from impact_pipeline.release.tables import BY_NAME, TABLES

__all__ = ["BY_NAME", "TABLES", "Release", "ReleaseStore", "Staged", "communes", "declared", "in_order", "received"]
