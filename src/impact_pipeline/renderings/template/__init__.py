"""The workbook that field actors fill, made from an instrument: `template(...)`, and `header(...)` to read it back.

`workbook` puts the sheets together, `table` and `matrix` draw the sheet to fill in its two layouts, `notice` the one
that explains, `cells` says what one cell accepts, `styles` how things look. xlsxwriter writes XLSX; for the other
formats the same calls make a `drawing`, which `ods` and `delimited` write.
"""

from impact_pipeline.renderings.template.workbook import KINDS, Kind, header, template

__all__ = ["KINDS", "Kind", "header", "template"]
