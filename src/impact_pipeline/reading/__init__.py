"""From bytes to cells: `read_book` opens CSV, XLSX, XLS and ODS, and says where each cell stood.

Bytes and a name come in; a `Book` of text cells goes out, or a `ReadingError` whose code tells the field actor why. It
does not look for the header, match columns, or give a cell a type: that is conforming's work.
"""

from impact_pipeline.reading.asked import NOTHING, Asked
from impact_pipeline.reading.book import is_text, read_book, table_hash
from impact_pipeline.reading.csv_text import Dialect, sniff

__all__ = ["NOTHING", "Asked", "Dialect", "is_text", "read_book", "sniff", "table_hash"]
