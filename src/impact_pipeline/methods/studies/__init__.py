"""Impact studies: from a declared plan and stored records to effects with their evidence level."""

from impact_pipeline.methods.studies.computing import Plan, compute_studies
from impact_pipeline.methods.studies.rows import TABLES

__all__ = ["TABLES", "Plan", "compute_studies"]
