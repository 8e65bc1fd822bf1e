"""A workbook changed in place: only the parts of its container that must change are written anew.

The bytes of an XLSX or XLSM come in and go out. Everything that is not told to change stays as it was, byte for byte:
charts, pictures, pivot tables, macros, checks as one types, and the stored results of formulas.
"""

from impact_pipeline.giving_back.xlsx.cells import Change
from impact_pipeline.giving_back.xlsx.styles import Look
from impact_pipeline.giving_back.xlsx.workbook import NotOrdinary, Workbook

__all__ = ["Change", "Look", "NotOrdinary", "Workbook"]
