"""From a book to a typed table that fits an instrument: `conform`.

`header` and `matrix` find the cells in the two layouts, `rows` tells records from totals and notes, `columns` types
what each distinct cell means. Nothing is checked against ranges or rules here: that is validation's work.
"""

from impact_pipeline.conforming.conform import conform
from impact_pipeline.conforming.table import Column, TypedTable

__all__ = ["Column", "TypedTable", "conform"]
