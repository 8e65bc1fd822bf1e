"""Statistics: from stored records to scores, observations and estimates with their uncertainty.

`compute` builds the long tables and the estimates in a connection that the caller opens and closes. Numbers happen in
small functions (`linearisation`, `intervals`) that know no connection; SQL is in `sql/` and `renderings.record_sql`.
"""

from impact_pipeline.methods.computing import compute
from impact_pipeline.methods.sources import Source

__all__ = ["Source", "compute"]
