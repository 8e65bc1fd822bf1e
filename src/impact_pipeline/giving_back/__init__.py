"""What goes back to the person who sent a file: their workbook where what is wrong is marked, a copy where what we read
is written, and a page to print or to send.

The bytes of a file, its book and the outcome of its check come in; bytes go out. No file is opened or written here.
"""

from impact_pipeline.giving_back.annotated import annotated
from impact_pipeline.giving_back.corrected import corrected
from impact_pipeline.giving_back.page import page
from impact_pipeline.giving_back.received import Given, Received

__all__ = ["Given", "Received", "annotated", "corrected", "page"]
