"""The path of large CSV files: what `conform` and `check_table` do with frames, done inside the engine.

Header, totals, types and messages are decided by the very functions of the small path, over distinct texts and few
rows; only what must be done a million times is SQL. A test holds both paths to the same outcome.
"""

from impact_pipeline.validation.engine.check import check_csv

__all__ = ["check_csv"]
